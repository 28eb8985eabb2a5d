/** How runs come to be: the one that is due is made, and the oldest that waits is planned when its turn has come. */
import type { NetworkAudit, NetworkAuditRun } from '../api/v1alpha1/index.ts';
import type { Action } from './actions.ts';
import { conditionOf } from './conditions.ts';
import { dueRun, newRun } from './due.ts';
import type { Readiness } from './ready.ts';
import { planRun, waitingStatus } from './run-status.ts';
import { isTaken, newestJudged, nextNumber, ownedBy } from './runs.ts';
import { missedCap } from './schedule.ts';
import type { Settings } from './settings.ts';
import { auditEvent, type Case, type Step, writeRun } from './step.ts';
import { earliest, plusSeconds, timeOf } from './time.ts';
import { nextToStart } from './turn.ts';

/** responderWaitSeconds is how long a run waits for something to ask. */
const responderWaitSeconds = 30;

/** startNext plans the oldest run whose turn it is, if none goes on. */
export function startNext(at: Case, ready: Readiness): Step {
  const { audit, runs, world, now, settings } = at;
  const active = runs.active[0];
  if (active !== undefined) {
    return { actions: tellWaiting(runs.waiting, `Run ${active.metadata.name} goes on`, now) };
  }
  const { next, notBefore } = nextToStart(audit, runs, now, settings);
  if (next === undefined) {
    const why = `Runs that were asked for start at most one in ${settings.askedForIntervalSeconds} s`;
    return { actions: tellWaiting(runs.waiting, why, now), again: notBefore };
  }
  if (world.otherProbes >= settings.jobCap) {
    // A run that is planned has its deadline: it must not run out while others take the room.
    return { actions: tellWaiting(runs.waiting, 'The probes of other audits take all the room', now) };
  }
  const number = nextNumber(audit, runs);
  const created = timeOf(next.run.metadata.creationTimestamp) ?? now;
  const wait = worthWaiting(ready, number, created, settings).find(({ until }) => until > now);
  if (wait !== undefined) {
    return { actions: tellWaiting(runs.waiting, wait.why, now), again: wait.until };
  }
  return { actions: startActions(at, { ...next, number }) };
}

function startActions(
  { audit, runs, world, now, settings, kinds }: Case,
  next: { readonly run: NetworkAuditRun; readonly dueTime: string; readonly number: number },
): readonly Action[] {
  const { run } = next;
  const previous = newestJudged(runs);
  const input = { audit, world, ...next, ...(previous === undefined ? {} : { previous }) };
  const adopt = ownedBy(run, audit) ? {} : { adopt: { auditUid: audit.metadata.uid } };
  const rest = runs.waiting.filter((other) => other !== run);
  return [
    { ...writeRun(run, planRun(input, now, settings, kinds)), ...adopt },
    ...tellWaiting(rest, `Run ${run.metadata.name} goes on`, now),
  ];
}

/** Wait is what a run waits for, and until when at most. */
interface Wait {
  readonly why: string;
  readonly until: Date;
}

/**
 * worthWaiting says what may change in a moment by itself: nodes and responders that come up. A spec that only a person
 * can mend is not waited for; and once the first run is done, a responder that is missing is what a run must tell of.
 * The first run also waits for what is within the settle window: a failure there would not count, and `Passed` of a
 * cluster where nothing could fail would be no verdict.
 */
function worthWaiting(
  { obstacle, unheard, calm }: Readiness,
  number: number,
  created: Date,
  { settleSeconds }: Settings,
): readonly Wait[] {
  const until = plusSeconds(created, responderWaitSeconds);
  if (obstacle?.reason === 'NoEligibleNodes' || obstacle?.reason === 'NoResponders') {
    return [{ why: obstacle.message, until }];
  }
  if (obstacle !== undefined || number > 0) return [];
  const settling = `Nodes or responder Pods have been ready for less than ${settleSeconds} s`;
  const settled = earliest(calm, plusSeconds(created, settleSeconds));
  return [
    ...(unheard > 0 ? [{ why: 'Not all responder Pods are ready yet', until }] : []),
    ...(calm === undefined || settled === undefined ? [] : [{ why: settling, until: settled }]),
  ];
}

/** tellWaiting says once to each waiting run that it waits. */
function tellWaiting(waiting: readonly NetworkAuditRun[], why: string, now: Date): readonly Action[] {
  return waiting
    .filter(({ status }) => conditionOf(status?.conditions, 'Complete') === undefined)
    .map((run) => writeRun(run, waitingStatus(run, why, now)));
}

/** makeDue makes the run that is due, unless one of the audit goes on or waits already. */
export function makeDue({ audit, runs, world, now }: Case, ready: Readiness): Step {
  const { schedule, obstacle } = ready;
  const next = schedule === undefined || audit.spec.suspend ? undefined : schedule.nextDue(now);
  const again = earliest(next, obstacle === undefined ? undefined : ready.settled);
  const busy = runs.active.length > 0 || runs.waiting.length > 0;
  const due = busy || !mayBeMade(ready) ? undefined : dueRun(audit, schedule, runs, now);
  if (due === undefined || isTaken(due.name, world)) return { actions: [], again };
  const create: Action = { type: 'CreateRun', run: newRun(audit, due.name) };
  const missed = due.missed();
  return { actions: [create, ...(missed > 0 ? [missedEvent(audit, due.name, missed)] : [])], again };
}

/**
 * mayBeMade tells whether a run that is due is made. Where nobody can be asked, one on schedule is made all the same:
 * it ends with nothing judged, and a verdict of better days does not stand on while the cluster is down.
 */
function mayBeMade({ obstacle, schedule }: Readiness): boolean {
  if (obstacle === undefined) return true;
  const passing = obstacle.reason === 'NoEligibleNodes' || obstacle.reason === 'NoResponders';
  return passing && schedule !== undefined;
}

function missedEvent(audit: NetworkAudit, run: string, missed: number): Action {
  const count = missed >= missedCap ? `At least ${missedCap}` : String(missed);
  const message = `${count} due times before that of run ${run} were missed and are not made up for`;
  return auditEvent(audit, { eventType: 'Warning', reason: 'RunsMissed', message, action: 'Schedule' });
}
