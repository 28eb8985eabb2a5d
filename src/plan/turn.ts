/** Which waiting run may start now: runs that people ask for take turns, and cost at most one run a minute. */
import type { NetworkAudit, NetworkAuditRun } from '../api/v1alpha1/index.ts';
import { scheduledTime } from './due.ts';
import { ownedBy, type Runs } from './runs.ts';
import type { Settings } from './settings.ts';
import { plusSeconds, timeOf, timeText } from './time.ts';

/** StartTurn is the waiting run that may start now, or when one may. */
export interface StartTurn {
  readonly run?: NetworkAuditRun;
  /** notBefore is when the first waiting run may start that may not yet. */
  readonly notBefore?: Date;
}

/** nextToStart picks the oldest waiting run whose turn it is: runs that people asked for start at most one a minute. */
export function nextToStart(audit: NetworkAudit, runs: Runs, now: Date, settings: Settings): StartTurn {
  const started = [...runs.active, ...runs.finished]
    .filter((run) => isAskedFor(audit, run))
    .flatMap(({ status }) => timeOf(status?.startTime)?.getTime() ?? []);
  const notBefore = plusSeconds(new Date(Math.max(0, ...started)), settings.askedForIntervalSeconds);
  const run = runs.waiting.find((each) => !isAskedFor(audit, each) || notBefore <= now);
  if (run !== undefined) return { run };
  return runs.waiting.length > 0 ? { notBefore } : {};
}

/** isAskedFor tells a run that a person made from one that the operator made by itself. */
export function isAskedFor(audit: NetworkAudit, run: NetworkAuditRun): boolean {
  const { name } = run.metadata;
  const generation = name.startsWith(`${audit.metadata.name}-g`)
    ? name.slice(audit.metadata.name.length + 2)
    : '';
  const named = scheduledTime(audit.metadata.name, name) !== undefined || /^[1-9]\d{0,15}$/.test(generation);
  return !named || !ownedBy(run, audit);
}

/** dueTimeOf is when a run should have started: out of its name if that says so, else when it was created. */
export function dueTimeOf(audit: NetworkAudit, run: NetworkAuditRun): string {
  const time = isAskedFor(audit, run) ? undefined : scheduledTime(audit.metadata.name, run.metadata.name);
  return time === undefined ? run.metadata.creationTimestamp : timeText(new Date(time));
}
