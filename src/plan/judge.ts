/** Verdicts on a whole run: every check's judge on its part of the evidence, and what no check can ask at all. */
import type { NetworkAuditRun, Plan, PlannedCheck } from '../api/v1alpha1/index.ts';
import type { ApiView, Check, Place, Report } from '../checks/check.ts';
import type { Verdict } from '../checks/verdict.ts';
import { noResponder, noResponderMessage } from './plan.ts';
import { type ProbeReport, reportFor } from './reports.ts';
import type { Settings } from './settings.ts';
import { plusSeconds, timeOf } from './time.ts';
import { apiViewOf } from './view.ts';
import type { World } from './world.ts';

/** Judging is a run with what became of its probes, and what it is judged by. */
export interface Judging {
  readonly run: NetworkAuditRun;
  readonly plan: Plan;
  readonly reports: readonly ProbeReport[];
  readonly world: World;
  readonly kinds: readonly Check[];
  readonly settings: Settings;
  readonly now: Date;
}

/** verdictsOf judges a run with what there is, in the order of the plan's checks. */
export function verdictsOf(judging: Judging): readonly Verdict[] {
  const { run, plan, reports, kinds } = judging;
  const api = apiOf(judging);
  return plan.checks.flatMap((check) => {
    const kind = kinds.find(({ type }) => type === check.type);
    if (kind === undefined) return unknownKind(run, plan, check);
    const judged = kind.judge({ plan, check, reports: reportsFor(check.name, kind.place, reports), api });
    return kind.asksPeers ? [...judged, ...unasked(plan, check, api.gone)] : judged;
  });
}

/** linesWanted are the beginnings of the lines, by node, that the judges of one place want of the probes' logs. */
export function linesWanted(judging: Judging): ReadonlyMap<ProbeReport, readonly string[]> {
  const { plan, reports, kinds } = judging;
  const wanted = new Map<ProbeReport, readonly string[]>();
  const asking = plan.checks.flatMap((check) => {
    const kind = kinds.find(({ type }) => type === check.type);
    return kind?.wantsLog === undefined
      ? []
      : [{ check, place: kind.place, wants: kind.wantsLog.bind(kind) }];
  });
  if (asking.length === 0) return wanted;
  const api = apiOf(judging);
  for (const { check, place, wants } of asking) {
    const nodes = wants({ plan, check, reports: reportsFor(check.name, place, reports), api });
    for (const report of reports) {
      const beginnings = report.place === place ? (nodes.get(report.node) ?? []) : [];
      if (beginnings.length > 0) wanted.set(report, [...(wanted.get(report) ?? []), ...beginnings]);
    }
  }
  return wanted;
}

function apiOf({ run, plan, reports, world, settings, now }: Judging): ApiView {
  const began = timeOf(run.status?.startTime) ?? new Date(plan.dueTime);
  return apiViewOf(plan, reports, world, plusSeconds(began, -settings.settleSeconds), now);
}

function reportsFor(
  check: string,
  place: Place,
  reports: readonly ProbeReport[],
): ReadonlyMap<string, Report> {
  const ours = reports.filter((report) => report.place === place);
  return new Map(ours.map((report) => [report.node, reportFor(check, report)]));
}

/**
 * unasked are the pairs that could not be asked, since the node at the other end has no responder Pod: every prober
 * would have asked those of the block, and each its own node.
 */
function unasked(plan: Plan, check: PlannedCheck, gone: ReadonlyMap<string, string>): readonly Verdict[] {
  const missing = new Map(
    plan.skipped.filter(({ reason }) => reason === noResponder).map(({ name, message }) => [name, message]),
  );
  const known = new Set([...missing.keys(), ...plan.targets.map(({ node }) => node)]);
  return plan.nodes
    .filter(({ name, places }) => places.includes('pod') && !gone.has(name))
    .flatMap(({ name: node }) => {
      const own = known.has(node) ? [] : [[node, noResponderMessage] as const];
      return [...missing, ...own].map(([peer, message]) => ({
        check: check.name,
        type: check.type,
        outcome: 'Unknown' as const,
        reason: noResponder,
        message: `${peer}: ${message}`,
        node,
        peer,
        subject: `${node} → ${peer}`,
      }));
    });
}

/** An operator that was replaced by an older one may find checks in a plan that it does not know. */
function unknownKind(run: NetworkAuditRun, plan: Plan, check: PlannedCheck): readonly Verdict[] {
  return plan.nodes.map(({ name }) => ({
    check: check.name,
    type: check.type,
    outcome: 'Unknown',
    reason: 'NoReport',
    message: `This operator does not know checks of type ${check.type}, which run ${run.metadata.name} has`,
    node: name,
    subject: check.name,
  }));
}
