/**
 * How a run is made to fit into 512 KiB. The bounds of the schema alone cannot promise it: with the longest names and
 * messages everywhere they allow more. What is left out is always said, or is worth least.
 */
import { maxChecksBytes, maxRunBytes, maxSuspects } from './limits.ts';
import type { Plan } from './plan.ts';
import type { Finding } from './results.ts';
import type { NetworkAuditRunStatus } from './run.ts';

/** maxPlanBytes is what a plan may take, so that at least a third of the run is left for its results. */
export const maxPlanBytes = 320 * 1024;

/** metadataBytes is kept free for metadata, managedFields among it: lists of the status are atomic for its sake. */
const metadataBytes = 16 * 1024;

/**
 * bytesOf is the size of a value as the API server stores it: JSON by Go's encoder, which writes `<`, `>`, `&` and
 * the two line separators of Unicode as six bytes each.
 */
export function bytesOf(value: unknown): number {
  const text = JSON.stringify(value);
  return (
    Buffer.byteLength(text) +
    5 * (text.match(/[<>&]/g)?.length ?? 0) +
    3 * (text.match(/[\u2028\u2029]/g)?.length ?? 0)
  );
}

/** fitPlan leaves out what a plan can do without: DNS endpoints that are too many, then messages of skipped nodes first, then skipped nodes, then retries. */
export function fitPlan(plan: Plan): Plan {
  let fitted = fitEndpoints(plan);
  if (bytesOf(fitted) > maxPlanBytes) {
    fitted = { ...fitted, skipped: fitted.skipped.map((node) => ({ ...node, message: '' })) };
  }
  fitted = {
    ...fitted,
    skipped: keepWithin(fitted.skipped, maxPlanBytes - bytesOf({ ...fitted, skipped: [] })),
  };
  return {
    ...fitted,
    retries: keepWithin(fitted.retries, maxPlanBytes - bytesOf({ ...fitted, retries: [] })),
  };
}

/** fitEndpoints leaves out names of Pods, then endpoints: half of them until the rest fits, and never the last. */
function fitEndpoints(plan: Plan): Plan {
  if (bytesOf(plan.checks) <= 2 * maxChecksBytes) return plan;
  const without = (most: number) =>
    withServices(plan, (endpoints) => endpoints.slice(0, most).map(({ pod: _, ...each }) => each));
  const counts = [100, 50, 25, 12, 6, 3, 1];
  const fitting = counts.find((most) => bytesOf(without(most).checks) <= 2 * maxChecksBytes);
  return without(fitting ?? 1);
}

type Endpoints = NonNullable<Plan['checks'][number]['dns']>['services'][number]['endpoints'];

function withServices(plan: Plan, change: (endpoints: Endpoints) => Endpoints): Plan {
  const checks = plan.checks.map(({ dns, ...check }) => {
    if (dns === undefined) return check;
    const services = dns.services.map((each) => ({ ...each, endpoints: change(each.endpoints) }));
    return { ...check, dns: { ...dns, services } };
  });
  return { ...plan, checks };
}

/**
 * fitRunStatus leaves out, step by step until the rest fits: round trips of the matrix, findings but the first 32
 * (`findingsOmitted` counts them), messages of nodes, their lookups, the matrix, nodes, and then whatever findings are too many.
 * The plan is never touched: it must have been fitted before it was written.
 */
export function fitRunStatus(status: NetworkAuditRunStatus): NetworkAuditRunStatus {
  const room = maxRunBytes - metadataBytes;
  return steps.reduce((fitted, step) => (bytesOf(fitted) <= room ? fitted : step(fitted, room)), status);
}

type Step = (status: NetworkAuditRunStatus, room: number) => NetworkAuditRunStatus;

const steps: readonly Step[] = [
  withoutRoundTrips,
  (status, room) => withFewerFindings(status, room, 32),
  (status) => ({
    ...status,
    ...(status.nodes && { nodes: status.nodes.map((node) => ({ ...node, message: '' })) }),
  }),
  (status) => ({
    ...status,
    ...(status.nodes && { nodes: status.nodes.map(({ lookups: _, ...node }) => node) }),
  }),
  ({ matrix: _, ...status }) => status,
  ({ nodes: _, ...status }) => status,
  (status, room) => withFewerFindings(status, room, 0),
  ({ suspects, checks, ...status }) => ({
    ...status,
    ...(suspects && {
      suspects: suspects.slice(0, maxSuspects).map((each) => ({ ...each, why: each.why.slice(0, 160) })),
    }),
    ...(checks && { checks: checks.map((each) => ({ ...each, message: each.message.slice(0, 160) })) }),
  }),
];

function withoutRoundTrips(status: NetworkAuditRunStatus): NetworkAuditRunStatus {
  if (status.matrix === undefined) return status;
  const rows = status.matrix.rows.map((row) => ({ ...row, roundTripMicroseconds: [] }));
  return { ...status, matrix: { ...status.matrix, rows } };
}

function withFewerFindings(
  status: NetworkAuditRunStatus,
  room: number,
  least: number,
): NetworkAuditRunStatus {
  const all: readonly Finding[] = status.findings ?? [];
  const omitted = status.findingsOmitted ?? 0;
  const empty = { ...status, findings: [], findingsOmitted: omitted + all.length };
  const fitting = keepWithin(all, room - bytesOf(empty));
  const findings = fitting.length >= least ? fitting : all.slice(0, least);
  return { ...status, findings, findingsOmitted: omitted + all.length - findings.length };
}

/** keepWithin keeps the first items that fit into so many bytes, commas included. */
function keepWithin<T>(items: readonly T[], room: number): readonly T[] {
  const kept: T[] = [];
  let left = room;
  for (const item of items) {
    left -= bytesOf(item) + 1;
    if (left < 0) break;
    kept.push(item);
  }
  return kept;
}
