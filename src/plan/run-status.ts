/** What is written into a run's status before it has results: that it waits, its plan, or why it was refused. */
import type { NetworkAuditRun, NetworkAuditRunStatus } from '../api/v1alpha1/index.ts';
import type { Check } from '../checks/check.ts';
import { type NewCondition, withConditions } from './conditions.ts';
import { makePlan, type PlanInput } from './plan.ts';
import type { Settings } from './settings.ts';
import { plural } from './text.ts';
import { timeText } from './time.ts';

/** planRun is the status that starts a run: its plan, before the first Job exists. */
export function planRun(
  input: PlanInput,
  now: Date,
  settings: Settings,
  kinds: readonly Check[],
): NetworkAuditRunStatus {
  const { run } = input;
  const plan = makePlan(input, now, settings, kinds);
  const message = `${plural(plan.nodes.length, 'node')} of ${plan.eligible} will probe ${plural(plan.targets.length, 'target')}`;
  return {
    ...begun(run, { status: 'False', reason: 'Probing', message }, now),
    startTime: timeText(now),
    plan,
  };
}

/** waitingStatus says that a run waits for its turn, and for what. */
export function waitingStatus(run: NetworkAuditRun, why: string, now: Date): NetworkAuditRunStatus {
  return begun(run, { status: 'False', reason: 'Waiting', message: why }, now);
}

/** closeWithout ends a run whose audit does not exist (any more): nothing was found out, so nothing passed. */
export function closeWithout(run: NetworkAuditRun, now: Date): NetworkAuditRunStatus {
  const { auditName } = run.spec;
  const reason = run.status?.plan === undefined ? 'AuditNotFound' : 'AuditDeleted';
  const message =
    reason === 'AuditNotFound'
      ? `There is no NetworkAudit ${auditName}: create it first, then another run`
      : `NetworkAudit ${auditName} was deleted while the run went on`;
  return {
    ...begun(run, { status: 'True', reason, message }, now),
    completionTime: timeText(now),
    outcome: 'Unknown',
  };
}

function begun(
  run: NetworkAuditRun,
  complete: Pick<NewCondition, 'status' | 'reason' | 'message'>,
  now: Date,
): NetworkAuditRunStatus {
  const observedGeneration = run.metadata.generation;
  const ended = complete.status === 'True';
  const passed = {
    type: 'Passed',
    status: 'Unknown',
    observedGeneration,
    reason: ended ? 'NothingJudged' : 'NotYetRun',
    message: ended ? complete.message : 'The run has not ended yet',
  } as const;
  const conditions = [{ type: 'Complete', observedGeneration, ...complete }, passed];
  return {
    ...run.status,
    observedGeneration,
    conditions: withConditions(run.status?.conditions, conditions, now),
  };
}
