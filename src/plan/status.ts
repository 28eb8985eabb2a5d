/** The status of an audit, out of the world: rebuilt on every look, and never a source of truth but for lastRun. */
import {
  type Condition,
  maxAuditFindings,
  maxSuspects,
  type NetworkAudit,
  type NetworkAuditRun,
  type NetworkAuditStatus,
} from '../api/v1alpha1/index.ts';
import { conditionOf, type NewCondition, withConditions } from './conditions.ts';
import { dueRun, lastScheduled } from './due.ts';
import { statusOfPassed } from './passing.ts';
import { coverageOfPlan } from './plan.ts';
import type { Readiness } from './ready.ts';
import { newestJudged, newestPlanned, type Runs } from './runs.ts';
import { plural } from './text.ts';
import { timeText } from './time.ts';

/** statusOf is what the audit's status must say now. */
export function statusOf(audit: NetworkAudit, runs: Runs, ready: Readiness, now: Date): NetworkAuditStatus {
  const judged = lastingJudged(audit, runs);
  const newest = lasting(audit, newestPlanned(runs));
  const before = audit.status;
  const nextRunTime = nextTime(audit, runs, ready, now);
  const plan = newest?.status?.plan;
  return {
    observedGeneration: audit.metadata.generation,
    conditions: withConditions(
      before?.conditions,
      [
        readyCondition(audit, runs, ready, nextRunTime),
        passedCondition(audit, judged),
        runningCondition(audit, runs),
      ],
      now,
    ),
    ...lastRunOf(audit, newest),
    ...lastScheduleOf(audit, runs, now),
    ...(nextRunTime === undefined ? {} : { nextRunTime }),
    ...(plan === undefined || plan.nodes.length === 0
      ? before?.coverage && { coverage: before.coverage }
      : { coverage: coverageOfPlan(plan, plan.retries.length > 0 || hasFailed(judged)) }),
    ...resultsOf(judged, before),
  };
}

/** lastingJudged is the newest finished run, unless one that was newer still was deleted: no older one takes its place. */
function lastingJudged(audit: NetworkAudit, runs: Runs): NetworkAuditRun | undefined {
  const last = audit.status?.lastRun;
  const judged = newestJudged(runs);
  const number = judged?.status?.plan?.number ?? 0;
  return last?.completionTime !== undefined && number < last.number ? undefined : judged;
}

/** resultsOf shows what the newest finished run found; if that was deleted, what was known of it stays. */
function resultsOf(judged: NetworkAuditRun | undefined, before: NetworkAuditStatus | undefined) {
  const from = judged?.status ?? before;
  return {
    ...(from?.summary && { summary: from.summary }),
    ...(from?.checks && { checks: from.checks }),
    ...(from?.findings && { findings: from.findings.slice(0, maxAuditFindings) }),
    ...(from?.suspects && { suspects: from.suspects.slice(0, maxSuspects) }),
  };
}

/** lasting leaves out a run that is older than one that the status already told of, and that was deleted since. */
function lasting(audit: NetworkAudit, run: NetworkAuditRun | undefined): NetworkAuditRun | undefined {
  const number = run?.status?.plan?.number ?? -1;
  return number < (audit.status?.lastRun?.number ?? 0) ? undefined : run;
}

function lastRunOf(
  audit: NetworkAudit,
  newest: NetworkAuditRun | undefined,
): Pick<NetworkAuditStatus, 'lastRun'> {
  const before = audit.status?.lastRun;
  const status = newest?.status;
  if (newest === undefined || status?.plan === undefined) {
    return before === undefined ? {} : { lastRun: before };
  }
  return {
    lastRun: {
      name: newest.metadata.name,
      number: status.plan.number,
      startTime: status.startTime ?? newest.metadata.creationTimestamp,
      ...(status.completionTime === undefined ? {} : { completionTime: status.completionTime }),
      ...(status.outcome === undefined ? {} : { outcome: status.outcome }),
    },
  };
}

/** lastScheduleOf outlives the runs themselves: one that was pruned or deleted must not be made again. */
function lastScheduleOf(
  audit: NetworkAudit,
  { active, finished }: Runs,
  now: Date,
): Pick<NetworkAuditStatus, 'lastScheduleTime'> {
  const time = lastScheduled(audit, [...active, ...finished], now);
  return time === undefined ? {} : { lastScheduleTime: timeText(time) };
}

/** nextTime stays at a due time until its run is planned, so that the hour striking alone writes nothing. */
function nextTime(audit: NetworkAudit, runs: Runs, { schedule }: Readiness, now: Date): string | undefined {
  if (schedule === undefined || audit.spec.suspend) return undefined;
  const waiting = runs.waiting.length > 0 || dueRun(audit, schedule, runs, now)?.dueTime !== undefined;
  const before = audit.status?.nextRunTime;
  if (waiting && runs.active.length === 0 && before !== undefined && new Date(before) <= now) return before;
  const next = schedule.nextDue(now);
  return next === undefined ? undefined : timeText(next);
}

function readyCondition(
  audit: NetworkAudit,
  runs: Runs,
  { obstacle, schedule }: Readiness,
  nextRunTime: string | undefined,
): NewCondition {
  const base = { type: 'Ready', observedGeneration: audit.metadata.generation };
  if (obstacle !== undefined) return { ...base, status: 'False', ...obstacle };
  const ok = { ...base, status: 'True' as const };
  if (audit.spec.suspend) {
    return {
      ...ok,
      reason: 'Suspended',
      message: 'spec.suspend is true: no runs are made but those asked for',
    };
  }
  if (schedule !== undefined) {
    const when =
      nextRunTime === undefined
        ? 'The schedule has no due time any more'
        : `The next run is due at ${nextRunTime}`;
    return { ...ok, reason: 'Scheduled', message: when };
  }
  const wanted = runs.waiting.length > 0 || dueRun(audit, undefined, runs, new Date(0)) !== undefined;
  if (runs.active.length === 0 && wanted) {
    return { ...ok, reason: 'Waiting', message: 'A run waits for its turn' };
  }
  return {
    ...ok,
    reason: 'UpToDate',
    message: `Generation ${audit.metadata.generation} has its run; there is no schedule`,
  };
}

/** passedCondition tells of the newest finished run, and stays False while what failed before waits for its retry. */
function passedCondition(audit: NetworkAudit, judged: NetworkAuditRun | undefined): NewCondition {
  const status = judged?.status;
  const passed = conditionOf(status?.conditions, 'Passed');
  if (judged === undefined || status?.plan === undefined || passed === undefined) return formerly(audit);
  const observedGeneration = status.plan.auditGeneration;
  const base = { type: 'Passed', observedGeneration, reason: passed.reason };
  if (status.outcome !== 'Failed' && hasFailed(judged)) {
    const open = (status.findings ?? []).filter(({ severity }) => severity === 'Failed').length;
    const message = `Run ${judged.metadata.name}: ${plural(open, 'failure')} of earlier runs not yet tried again or not answered`;
    return { ...base, status: 'False', reason: 'FindingsFailed', message };
  }
  const message = `Run ${judged.metadata.name}: ${passed.message}`;
  return { ...base, status: statusOfPassed(status.outcome ?? 'Unknown'), message };
}

/** A run that was deleted takes nothing back; an audit that never had one knows nothing. */
function formerly(audit: NetworkAudit): NewCondition {
  const before = conditionOf(audit.status?.conditions, 'Passed');
  if (before !== undefined && audit.status?.lastRun !== undefined) return withoutTime(before);
  const observedGeneration = audit.metadata.generation;
  return {
    type: 'Passed',
    status: 'Unknown',
    observedGeneration,
    reason: 'NotYetRun',
    message: 'No run has ended yet',
  };
}

function withoutTime({ lastTransitionTime: _, ...condition }: Condition): NewCondition {
  return condition;
}

function runningCondition(audit: NetworkAudit, { active }: Runs): NewCondition {
  const base = { type: 'Running', observedGeneration: audit.metadata.generation };
  const run = active[0];
  if (run === undefined) return { ...base, status: 'False', reason: 'Idle', message: 'No run is under way' };
  const nodes = plural(run.status?.plan?.nodes.length ?? 0, 'node');
  return {
    ...base,
    status: 'True',
    reason: 'RunInProgress',
    message: `Run ${run.metadata.name} probes from ${nodes}`,
  };
}

function hasFailed(run: NetworkAuditRun | undefined): boolean {
  return run?.status?.findings?.some(({ severity }) => severity === 'Failed') === true;
}
