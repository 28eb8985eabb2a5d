/** Verdicts on a whole run: every check's judge on its part of the evidence, and what no check can ask at all. */
import type { NetworkAuditRun, Plan, PlannedCheck } from '../api/v1alpha1/index.ts';
import type { Check, Report } from '../checks/check.ts';
import type { Verdict } from '../checks/verdict.ts';
import { noResponder, noResponderMessage } from './plan.ts';
import { type ProbeReport, reportFor } from './reports.ts';
import type { Settings } from './settings.ts';
import { plusSeconds, timeOf } from './time.ts';
import { apiViewOf } from './view.ts';
import type { World } from './world.ts';

/** verdictsOf judges a run with what there is, in the order of the plan's checks. */
export function verdictsOf(
  run: NetworkAuditRun,
  plan: Plan,
  reports: readonly ProbeReport[],
  world: World,
  kinds: readonly Check[],
  settings: Settings,
  now: Date,
): readonly Verdict[] {
  const began = timeOf(run.status?.startTime) ?? new Date(plan.dueTime);
  const api = apiViewOf(plan, reports, world, plusSeconds(began, -settings.settleSeconds), now);
  return plan.checks.flatMap((check) => {
    const kind = kinds.find(({ type }) => type === check.type);
    if (kind === undefined) return unknownKind(run, plan, check);
    const ours = new Map<string, Report>();
    for (const report of reports) {
      if (report.place === kind.place) ours.set(report.node, reportFor(check.name, report));
    }
    const judged = kind.judge({ plan, check, reports: ours, api });
    return kind.asksPeers ? [...judged, ...unasked(plan, check, api.gone)] : judged;
  });
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
