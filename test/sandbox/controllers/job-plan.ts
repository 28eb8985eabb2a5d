/** What the job controller decides from a Job, its Pods and the time (pkg/controller/job). Pure. */
import { type Condition, isReady, type Job, type JobStatus, type Pod, rfc3339 } from '../kinds.ts';
import { type Failures, failuresAfter, pauseLeft } from './job-backoff.ts';
import {
  deadlineIn,
  failureTarget,
  successTarget,
  suspension,
  targetCondition,
  withCondition,
} from './job-conditions.ts';
import { nonZero, type Tally, tallyOf, uidOf, uncounted } from './job-tally.ts';
import { leastLossFirst } from './least-loss.ts';

/** JobPlan is one step of a Job: `remove`, `drop` and `create` first, then the status, then the finalizers. */
export interface JobPlan {
  /** Active Pods of a Job that fails: deleted with their finalizer on, since they count as failed. */
  remove: Pod[];
  /** Active Pods that are too many: their finalizer goes first, and they count as nothing. */
  drop: Pod[];
  /** How many Pods to make. */
  create: number;
  /** The status to write before finalizers go. */
  status: JobStatus;
  /** Pods whose finalizer goes once the status is written. */
  release: Pod[];
  /** What to remember of failures. */
  failures?: Failures;
  /** Look again after so many milliseconds, at the latest. */
  again?: number;
}

interface Moves {
  drop: Pod[];
  create: number;
  pause?: number;
}

/** wantedPods is how many Pods shall be active. Without `completions` one success lets the others run out. */
function wantedPods({ spec }: Job, succeeded: number, active: number): number {
  const { parallelism = 1, completions } = spec;
  if (completions === undefined) return succeeded > 0 ? active : parallelism;
  return Math.min(parallelism, Math.max(completions - succeeded, 0));
}

function moves(job: Job, tally: Tally, succeeded: number, failures: Failures | undefined, now: Date): Moves {
  const { active, terminating } = tally;
  if (job.metadata.deletionTimestamp !== undefined) return { drop: [], create: 0 };
  if (job.spec.suspend === true) return { drop: active, create: 0 };
  const wanted = wantedPods(job, succeeded, active.length);
  if (active.length > wanted)
    return { drop: [...active].sort(leastLossFirst).slice(0, active.length - wanted), create: 0 };
  const occupied = active.length + (job.spec.podReplacementPolicy === 'Failed' ? terminating.length : 0);
  const create = Math.max(wanted - occupied, 0);
  const pause = create > 0 ? pauseLeft(failures, now.getTime()) : 0;
  return pause > 0 ? { drop: [], create: 0, pause } : { drop: [], create };
}

function startTime({ spec, status }: Job, changed: Condition | undefined, now: Date): string | undefined {
  if (changed?.status === 'False') return rfc3339(now);
  return status?.startTime ?? (spec.suspend === true ? undefined : rfc3339(now));
}

/** planJob decides one step of a Job that is not finished; `known` is what was remembered of its failures. */
export function planJob(job: Job, pods: Pod[], known: Failures | undefined, now: Date): JobPlan {
  const tally = tallyOf(job, pods);
  const { status, active, terminating, open } = tally;
  const before = status.uncountedTerminatedPods ?? {};
  const succeeded = (status.succeeded ?? 0) + (before.succeeded?.length ?? 0) + tally.succeeded.length;
  const failed = (status.failed ?? 0) + (before.failed?.length ?? 0) + tally.failed.length;
  const failures = failuresAfter(known, tally.succeeded, tally.failed);

  const ending = targetCondition(status) ?? failureTarget(job, failed, pods, now);
  const { drop, create, pause } =
    ending === undefined ? moves(job, tally, succeeded, failures, now) : { drop: [], create: 0 };
  const remove = ending === undefined ? [] : active;
  const staying = active.filter((pod) => !remove.includes(pod) && !drop.includes(pod));
  const target = ending ?? successTarget(job, succeeded, staying.length + create, now);
  const changed = target === undefined ? suspension(job, now) : undefined;

  const tracked = open.filter((pod) => !drop.includes(pod));
  const ended = [...tally.succeeded, ...tally.failed];
  const lost = target?.type === 'FailureTarget' ? tracked.filter((pod) => !isEnded(pod, ended, before)) : [];
  const all = target !== undefined || job.metadata.deletionTimestamp !== undefined;
  const deadline = target === undefined ? deadlineIn(job, now) : undefined;
  const appointments = [pause, deadline].filter((time) => time !== undefined);
  const { active: _active, startTime: _start, conditions: _conditions, ...rest } = status;
  const conditions = withCondition(withCondition(status.conditions ?? [], target), changed);
  const started = startTime(job, changed, now);
  return {
    remove,
    drop,
    create,
    release: all ? tracked : tracked.filter((pod) => isEnded(pod, ended, before)),
    ...(failures === undefined ? {} : { failures }),
    ...(appointments.length > 0 ? { again: Math.min(...appointments) } : {}),
    status: {
      ...rest,
      ...(conditions.length > 0 ? { conditions } : {}),
      ...(started === undefined ? {} : { startTime: started }),
      ...nonZero('active', staying.length + create),
      ready: staying.filter(isReady).length,
      terminating: terminating.length + remove.length + drop.length,
      uncountedTerminatedPods: uncounted(
        [...(before.succeeded ?? []), ...tally.succeeded.map(uidOf)],
        [...(before.failed ?? []), ...[...tally.failed, ...lost].map(uidOf)],
      ),
    },
  };
}

function isEnded(
  pod: Pod,
  ended: Pod[],
  { succeeded = [], failed = [] }: { succeeded?: string[]; failed?: string[] },
): boolean {
  return ended.includes(pod) || [...succeeded, ...failed].includes(uidOf(pod));
}
