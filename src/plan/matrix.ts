/** Who reached whom and how fast, in little space; and what became of each probe. */
import {
  dnsPaths,
  type Matrix,
  maxTargets,
  type NodeResult,
  type Outcome,
  type Plan,
} from '../api/v1alpha1/index.ts';
import type { Check } from '../checks/check.ts';
import type { Verdict } from '../checks/verdict.ts';
import { noResponder } from './plan.ts';
import type { ProbeReport } from './reports.ts';
import { cut } from './text.ts';

const letters: Readonly<Record<Outcome, string>> = { Passed: '.', Failed: 'x', Unknown: '?', Skipped: '-' };
/** The worst of several questions between one pair is what the pair shows. */
const weights: Readonly<Record<Outcome, number>> = { Failed: 3, Unknown: 2, Passed: 1, Skipped: 0 };

/** matrixOf has one row for each node that asked others; undefined where no check asks others. */
export function matrixOf(plan: Plan, verdicts: readonly Verdict[]): Matrix | undefined {
  const missing = plan.skipped.filter(({ reason }) => reason === noResponder).map(({ name }) => name);
  const targets = [...plan.targets.map(({ node }) => node), ...missing].slice(0, maxTargets);
  const column = new Map(targets.map((node, index) => [node, index]));
  const rows = new Map<string, { readonly worst: (Outcome | undefined)[]; readonly times: number[] }>();
  for (const { node, peer, outcome, roundTripMicroseconds } of verdicts) {
    const index = peer === undefined ? undefined : column.get(peer);
    if (index === undefined) continue;
    const row = rows.get(node) ?? { worst: targets.map(() => undefined), times: targets.map(() => 0) };
    rows.set(node, row);
    const before = row.worst[index];
    if (before === undefined || weights[outcome] > weights[before]) row.worst[index] = outcome;
    row.times[index] = Math.max(row.times[index] ?? 0, bounded(roundTripMicroseconds ?? 0));
  }
  if (rows.size === 0) return undefined;
  return {
    targets,
    rows: plan.nodes.flatMap(({ name }) => {
      const row = rows.get(name);
      if (row === undefined) return [];
      const reach = row.worst.map((outcome) => (outcome === undefined ? ' ' : letters[outcome])).join('');
      return [{ node: name, reach, roundTripMicroseconds: row.times }];
    }),
  };
}

/** nodeResultsOf has one result for each probe of the run. */
export function nodeResultsOf(
  reports: readonly ProbeReport[],
  verdicts: readonly Verdict[],
  kinds: readonly Check[],
): readonly NodeResult[] {
  const places = new Map<string, string>(kinds.map(({ type, place }) => [type, place]));
  const byProbe = Map.groupBy(verdicts, ({ node, type }) => `${places.get(type) ?? 'pod'} ${node}`);
  return reports.map((report) => {
    const ours = byProbe.get(`${report.place} ${report.node}`) ?? [];
    const roundTripMicroseconds = quantilesOf(ours.map((verdict) => verdict.roundTripMicroseconds));
    const lookups = lookupsOf(ours);
    return {
      name: report.node,
      place: report.place,
      ...summaryOf(report, ours),
      ...countsOf(ours),
      ...(roundTripMicroseconds === undefined ? {} : { roundTripMicroseconds }),
      ...(lookups.length === 0 ? {} : { lookups }),
      ...(report.job === undefined ? {} : { job: report.job.name }),
    };
  });
}

/** countsOf counts verdicts by outcome. */
export function countsOf(verdicts: readonly Verdict[]) {
  const counts = { passed: 0, failed: 0, unknown: 0, skipped: 0 };
  for (const { outcome } of verdicts) {
    if (outcome === 'Passed') counts.passed++;
    else if (outcome === 'Failed') counts.failed++;
    else if (outcome === 'Unknown') counts.unknown++;
    else counts.skipped++;
  }
  return counts;
}

/** worstOf is the outcome that a set of verdicts shows, with the first verdict that has it. */
export function worstOf(verdicts: readonly Verdict[]): Verdict | undefined {
  let worst: Verdict | undefined;
  for (const verdict of verdicts) {
    if (worst === undefined || weights[verdict.outcome] > weights[worst.outcome]) worst = verdict;
  }
  return worst;
}

function summaryOf({ outcome }: ProbeReport, verdicts: readonly Verdict[]) {
  if (outcome.kind === 'Lost') {
    return { outcome: 'Unknown' as const, reason: outcome.reason, message: cut(outcome.message, 256) };
  }
  if (outcome.kind === 'Gone') {
    return { outcome: 'Skipped' as const, reason: 'NodeGone', message: cut(outcome.message, 256) };
  }
  const worst = worstOf(verdicts);
  if (worst === undefined) return { outcome: 'Skipped' as const, reason: 'NothingAsked', message: '' };
  return { outcome: worst.outcome, reason: worst.reason, message: cut(worst.message, 256) };
}

/** lookupsOf has what became of DNS questions, for each path that was asked. */
function lookupsOf(verdicts: readonly Verdict[]): readonly NonNullable<NodeResult['lookups']>[number][] {
  const byPath = Map.groupBy(verdicts, ({ lookup }) => lookup?.path);
  return dnsPaths.flatMap((path) => {
    const ours = byPath.get(path);
    if (ours === undefined) return [];
    const latencyMicroseconds = quantilesOf(ours.map(({ lookup }) => lookup?.latencyMicroseconds));
    return [{ path, ...countsOf(ours), ...(latencyMicroseconds && { latencyMicroseconds }) }];
  });
}

function quantilesOf(measured: readonly (number | undefined)[]) {
  const times = measured.flatMap((time) => (time === undefined ? [] : [bounded(time)])).sort((a, b) => a - b);
  const last = times.at(-1);
  if (last === undefined) return undefined;
  const at = (share: number) => times[Math.ceil(share * times.length) - 1] ?? last;
  return { p50: at(0.5), p90: at(0.9), max: last };
}

/** bounded is whole microseconds within a minute, the schema's bound. */
function bounded(time: number): number {
  return Math.min(60_000_000, Math.max(0, Math.round(time)));
}
