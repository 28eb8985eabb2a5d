/** Which waiting run may start now: runs that people ask for take turns, and cost at most one run a minute. */
import { runNameOfGeneration } from '../api/names.ts';
import type { NetworkAudit, NetworkAuditRun } from '../api/v1alpha1/index.ts';
import { scheduledTime, startsByItself } from './due.ts';
import type { Runs } from './runs.ts';
import type { Settings } from './settings.ts';
import { plusSeconds, timeOf, timeText } from './time.ts';

/** StartTurn is the waiting run that may start now, or when one may. */
export interface StartTurn {
  readonly next?: {
    readonly run: NetworkAuditRun;
    /** dueTime is when the run should have started: by the schedule, else when it was created. */
    readonly dueTime: string;
  };
  /** notBefore is when the first waiting run may start that may not yet. */
  readonly notBefore?: Date;
}

/** nextToStart picks the oldest waiting run whose turn it is: runs that people asked for start at most one a minute. */
export function nextToStart(audit: NetworkAudit, runs: Runs, now: Date, settings: Settings): StartTurn {
  const notBefore = plusSeconds(lastAskedFor(audit, runs), settings.askedForIntervalSeconds);
  const ownTurn = (run: NetworkAuditRun) => startsByItself(audit, runs, run, now);
  const run = runs.waiting.find((each) => notBefore <= now || ownTurn(each));
  if (run === undefined) return runs.waiting.length > 0 ? { notBefore } : {};
  const due = ownTurn(run) ? scheduledTime(audit.metadata.name, run.metadata.name) : undefined;
  const dueTime = due === undefined ? run.metadata.creationTimestamp : timeText(new Date(due));
  return { next: { run, dueTime } };
}

/**
 * lastAskedFor is when a run that people asked for was last started. One that was deleted since counts by what the
 * audit's status tells of it: to delete a run gives nobody another turn.
 */
function lastAskedFor(audit: NetworkAudit, runs: Runs): Date {
  const started = [...runs.active, ...runs.finished];
  const last = audit.status?.lastRun;
  const isThere = started.some(
    ({ metadata, status }) => metadata.name === last?.name && status?.startTime === last.startTime,
  );
  const times = started
    .filter((run) => wasAskedFor(audit, run))
    .flatMap(({ status }) => timeOf(status?.startTime)?.getTime() ?? []);
  const deleted = isThere ? undefined : timeOf(last?.startTime)?.getTime();
  return new Date([...times, deleted ?? 0].reduce((newest, time) => Math.max(newest, time), 0));
}

/** wasAskedFor reads from a run's plan, which only the operator writes, whether it was started by itself. */
function wasAskedFor(audit: NetworkAudit, { metadata: { name }, status }: NetworkAuditRun): boolean {
  const plan = status?.plan;
  if (plan === undefined) return false;
  const due = timeOf(plan.dueTime)?.getTime();
  const isScheduled = scheduledTime(audit.metadata.name, name) === due;
  return !isScheduled && name !== runNameOfGeneration(audit.metadata.name, plan.auditGeneration);
}
