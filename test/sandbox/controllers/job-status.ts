/** What the job controller decides from a Job, its Pods and the time (pkg/controller/job). Pure. */
import {
  type Condition,
  conditionOf,
  identity,
  isReady,
  isTerminal,
  type Job,
  type JobStatus,
  type Pod,
} from '../kinds.ts';

/** TRACKING is the finalizer that keeps a Job's Pod until it has been counted. */
export const TRACKING = 'batch.kubernetes.io/job-tracking';

/** The back-off of new Pods after failures, in seconds. */
const FIRST_BACKOFF = 10;
const LAST_BACKOFF = 600;

/** JobPlan is what is to be done, in this order: write `interim`, release `count`, delete, create, write `final`. */
export interface JobPlan {
  /** The status before the finalizers go. */
  interim: JobStatus;
  /** Pods that are counted now: their finalizer goes when the interim status is written. */
  count: Pod[];
  /** Pods that must go although they are active. */
  remove: Pod[];
  /** How many Pods to make. */
  create: number;
  /** Look again after so many milliseconds, at the latest. */
  again?: number;
}

/** finishedCondition is the condition that ends a Job, if it has one. */
export function finishedCondition(status: JobStatus | undefined): Condition | undefined {
  return status?.conditions?.find(
    ({ type, status: value }) => (type === 'Complete' || type === 'Failed') && value === 'True',
  );
}

function hasFailed(job: Job, pod: Pod): boolean {
  if (pod.status?.phase === 'Failed') return true;
  if (job.spec.podReplacementPolicy === 'Failed') return false;
  return pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded';
}

function condition(type: string, reason: string, message: string, now: string): Condition {
  return { lastProbeTime: now, lastTransitionTime: now, message, reason, status: 'True', type };
}

function interimCondition(
  job: Job,
  succeeded: number,
  failed: number,
  now: Date,
): [string, string, string] | undefined {
  const { activeDeadlineSeconds, backoffLimit = 6, completions = 1 } = job.spec;
  if (failed > backoffLimit) {
    return ['FailureTarget', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit'];
  }
  const started = Date.parse(job.status?.startTime ?? '');
  if (activeDeadlineSeconds !== undefined && now.getTime() >= started + activeDeadlineSeconds * 1000) {
    return ['FailureTarget', 'DeadlineExceeded', 'Job was active longer than specified deadline'];
  }
  if (succeeded < completions) return undefined;
  return ['SuccessCriteriaMet', 'CompletionsReached', 'Reached expected number of succeeded pods'];
}

/** lastFailure is when the newest failed container of these Pods ended. */
function lastFailure(pods: Pod[]): number {
  const ends = pods
    .flatMap(({ status }) => status?.containerStatuses ?? [])
    .map(({ state }) => state.terminated);
  return Math.max(0, ...ends.map((end) => Date.parse(end?.finishedAt ?? '') || 0));
}

function counts(
  ready: number,
  active: number,
  terminating: number,
): Pick<JobStatus, 'active' | 'ready' | 'terminating'> {
  return { ...(active > 0 ? { active } : {}), ready, terminating };
}

/** A Job that was suspended once keeps telling whether it still is. */
function withSuspension(conditions: Condition[], suspend: boolean, now: string): Condition[] {
  const known = conditionOf(conditions, 'Suspended');
  if ((known?.status === 'True') === suspend) return conditions;
  const [reason, message] = suspend ? ['JobSuspended', 'Job suspended'] : ['JobResumed', 'Job resumed'];
  const next: Condition = {
    ...condition('Suspended', reason, message, now),
    status: suspend ? 'True' : 'False',
  };
  return [...conditions.filter((other) => other !== known), next];
}

/** planJob decides one step of a Job that is not finished. */
export function planJob(job: Job, pods: Pod[], now: Date): JobPlan {
  const { parallelism = 1, completions = 1, suspend = false, activeDeadlineSeconds } = job.spec;
  const status = job.status ?? {};
  const open = pods.filter(({ metadata }) => metadata.finalizers?.includes(TRACKING) === true);
  const newSucceeded = open.filter(({ status: own }) => own?.phase === 'Succeeded');
  const newFailed = open.filter((pod) => hasFailed(job, pod));
  const succeeded = (status.succeeded ?? 0) + newSucceeded.length;
  const failed = (status.failed ?? 0) + newFailed.length;
  const active = pods.filter((pod) => !isTerminal(pod) && pod.metadata.deletionTimestamp === undefined);
  const going = pods.filter((pod) => !isTerminal(pod) && pod.metadata.deletionTimestamp !== undefined);

  const time = `${now.toISOString().slice(0, 19)}Z`;
  const conditions = [...withSuspension(status.conditions ?? [], suspend, time)];
  const decided = conditions.some(({ type }) => type === 'FailureTarget' || type === 'SuccessCriteriaMet');
  const verdict = decided || suspend ? undefined : interimCondition(job, succeeded, failed, now);
  if (verdict !== undefined) conditions.push(condition(...verdict, time));
  const over = decided || verdict !== undefined;

  const remove = over || suspend ? active : [];
  const wanted = over || suspend ? 0 : Math.min(parallelism, Math.max(completions - succeeded, 0));
  const occupied = active.length + (job.spec.podReplacementPolicy === 'Failed' ? going.length : 0);
  let create =
    remove.length > 0 || job.metadata.deletionTimestamp !== undefined ? 0 : Math.max(wanted - occupied, 0);
  const appointments: number[] = [];
  if (create > 0 && failed > 0) {
    const pause = Math.min(FIRST_BACKOFF * 2 ** (failed - 1), LAST_BACKOFF) * 1000;
    const due = lastFailure(pods) + pause - now.getTime();
    if (due > 0) {
      appointments.push(due);
      create = 0;
    }
  }
  if (!over && activeDeadlineSeconds !== undefined && status.startTime !== undefined) {
    appointments.push(Date.parse(status.startTime) + activeDeadlineSeconds * 1000 - now.getTime());
  }
  const uid = (pod: Pod) => identity(pod).uid;
  // Pods that are deleted in this step count as failed ones at once, unless only failed Pods are replaced.
  const failing = job.spec.podReplacementPolicy === 'Failed' || suspend ? [] : remove;
  const counted = suspend ? newFailed.filter((pod) => !going.includes(pod)) : [...newFailed, ...failing];
  const { startTime: _started, active: _active, ...rest } = status;
  const startTime = suspend ? undefined : (status.startTime ?? time);
  return {
    interim: {
      ...rest,
      ...(conditions.length > 0 ? { conditions } : {}),
      ...(startTime === undefined ? {} : { startTime }),
      ...counts(
        active.filter((pod) => !remove.includes(pod) && isReady(pod)).length,
        active.length - remove.length + create,
        going.length + remove.length,
      ),
      uncountedTerminatedPods: {
        ...(newSucceeded.length > 0 ? { succeeded: newSucceeded.map(uid) } : {}),
        ...(counted.length > 0 ? { failed: counted.map(uid) } : {}),
      },
    },
    count: [...newSucceeded, ...counted],
    remove,
    create,
    ...(appointments.length > 0 ? { again: Math.min(...appointments) } : {}),
  };
}

/** countedStatus is the status once the finalizers of all uncounted Pods are gone. */
export function countedStatus(status: JobStatus): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const [s, f] = [(status.succeeded ?? 0) + succeeded.length, (status.failed ?? 0) + failed.length];
  return {
    ...status,
    ...(s > 0 ? { succeeded: s } : {}),
    ...(f > 0 ? { failed: f } : {}),
    uncountedTerminatedPods: {},
  };
}

/** finishedStatus adds the condition that ends the Job when nothing of it is left to wait for. */
export function finishedStatus(status: JobStatus, now: Date): JobStatus {
  const target =
    conditionOf(status.conditions, 'FailureTarget') ?? conditionOf(status.conditions, 'SuccessCriteriaMet');
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const waits = (status.active ?? 0) + (status.terminating ?? 0) + succeeded.length + failed.length > 0;
  if (target === undefined || waits || finishedCondition(status) !== undefined) return status;
  const time = `${now.toISOString().slice(0, 19)}Z`;
  const { reason = '', message = '' } = target;
  const complete = target.type === 'SuccessCriteriaMet';
  const conditions = [
    ...(status.conditions ?? []),
    condition(complete ? 'Complete' : 'Failed', reason, message, time),
  ];
  return { ...status, conditions, ...(complete ? { completionTime: time } : {}) };
}
