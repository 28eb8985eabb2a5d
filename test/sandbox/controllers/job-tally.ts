/** What became of a Job's Pods, and which of that is in its counters already (pkg/controller/job). Pure. */
import { identity, isTerminal, type Job, type JobStatus, type Pod } from '../kinds.ts';

/** TRACKING is the finalizer that keeps a Job's Pod until it has been counted. */
export const TRACKING = 'batch.kubernetes.io/job-tracking';

/** Tally sorts a Job's Pods. */
export interface Tally {
  /** The Job's status with every Pod counted whose finalizer is gone. */
  status: JobStatus;
  active: Pod[];
  /** Pods on their way out. */
  terminating: Pod[];
  /** Pods whose finalizer is not taken off yet. */
  open: Pod[];
  /** Pods that came to their end since the last look. */
  succeeded: Pod[];
  failed: Pod[];
}

/** isTracked tells whether a Pod still has the finalizer. */
export function isTracked({ metadata }: Pod): boolean {
  return metadata.finalizers?.includes(TRACKING) === true;
}

/** uidOf is a Pod's uid. */
export function uidOf(pod: Pod): string {
  return identity(pod).uid;
}

/** settled counts the uncounted Pods of which `open` knows nothing any more. */
export function settled(status: JobStatus, open: ReadonlySet<string>): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const left = (uids: string[]) => uids.filter((uid) => open.has(uid));
  const sum = (before: number | undefined, uids: string[]) => (before ?? 0) + uids.length - left(uids).length;
  return {
    ...status,
    ...nonZero('succeeded', sum(status.succeeded, succeeded)),
    ...nonZero('failed', sum(status.failed, failed)),
    uncountedTerminatedPods: uncounted(left(succeeded), left(failed)),
  };
}

/** uncounted is `status.uncountedTerminatedPods`. */
export function uncounted(
  succeeded: string[],
  failed: string[],
): { succeeded?: string[]; failed?: string[] } {
  return { ...(succeeded.length > 0 ? { succeeded } : {}), ...(failed.length > 0 ? { failed } : {}) };
}

/** nonZero is a counter as it is written: left out when it is 0. */
export function nonZero<Name extends string>(name: Name, value: number): Partial<Record<Name, number>> {
  const member: Partial<Record<Name, number>> = {};
  if (value > 0) member[name] = value;
  return member;
}

/** hasFailed: a Pod that is deleted counts as failed at once, unless the Job only replaces those that have ended. */
export function hasFailed({ spec }: Job, { metadata, status }: Pod): boolean {
  if (status?.phase === 'Failed') return true;
  if (spec.podReplacementPolicy === 'Failed') return false;
  return metadata.deletionTimestamp !== undefined && status?.phase !== 'Succeeded';
}

/** tallyOf sorts the Pods that a Job controls. */
export function tallyOf(job: Job, pods: Pod[]): Tally {
  const open = pods.filter(isTracked);
  const status = settled(job.status ?? {}, new Set(open.map(uidOf)));
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const fresh = open.filter((pod) => ![...succeeded, ...failed].includes(uidOf(pod)));
  const running = pods.filter((pod) => !isTerminal(pod));
  return {
    status,
    active: running.filter(({ metadata }) => metadata.deletionTimestamp === undefined),
    terminating: running.filter(({ metadata }) => metadata.deletionTimestamp !== undefined),
    open,
    succeeded: fresh.filter((pod) => pod.status?.phase === 'Succeeded'),
    failed: fresh.filter((pod) => hasFailed(job, pod)),
  };
}
