/** The conditions of a Job: which it has, when one is added, and with which words (pkg/controller/job). Pure. */
import { type Condition, conditionOf, type Job, type JobStatus, type Pod, rfc3339 } from '../kinds.ts';

/** Cause is the reason and the message of a condition. */
export type Cause = readonly [reason: string, message: string];

const BACKOFF_LIMIT: Cause = ['BackoffLimitExceeded', 'Job has reached the specified backoff limit'];
const DEADLINE: Cause = ['DeadlineExceeded', 'Job was active longer than specified deadline'];
const COMPLETIONS: Cause = ['CompletionsReached', 'Reached expected number of succeeded pods'];

function newCondition(type: string, [reason, message]: Cause, now: Date): Condition {
  const time = rfc3339(now);
  return { lastProbeTime: time, lastTransitionTime: time, message, reason, status: 'True', type };
}

/** finishedCondition is the condition that ends a Job, if it has one. */
export function finishedCondition(status: JobStatus | undefined): Condition | undefined {
  return status?.conditions?.find(
    ({ type, status: value }) => (type === 'Complete' || type === 'Failed') && value === 'True',
  );
}

/** targetCondition is the condition that says how a Job will end, if that is decided. */
export function targetCondition(status: JobStatus | undefined): Condition | undefined {
  return (
    conditionOf(status?.conditions, 'SuccessCriteriaMet') ?? conditionOf(status?.conditions, 'FailureTarget')
  );
}

/** Containers that restart in place count against the limit of a Job that restarts them. */
function hasRestartedTooOften({ spec }: Job, pods: Pod[]): boolean {
  if (spec.template.spec.restartPolicy !== 'OnFailure') return false;
  const restarts = pods
    .filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending')
    .flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  return restarts > 0 && restarts >= (spec.backoffLimit ?? 6);
}

/** deadlineIn is after how many milliseconds a Job is past its active deadline; undefined when it has none. */
export function deadlineIn({ spec, status }: Job, now: Date): number | undefined {
  if (spec.activeDeadlineSeconds === undefined || spec.suspend === true) return undefined;
  // A Job that is resumed now starts again.
  const resumed = conditionOf(status?.conditions, 'Suspended')?.status === 'True';
  const started = status?.startTime === undefined || resumed ? now.getTime() : Date.parse(status.startTime);
  return started + spec.activeDeadlineSeconds * 1000 - now.getTime();
}

/** failureTarget is the FailureTarget condition of a Job that has to fail now; `failed` counts its failed Pods. */
export function failureTarget(job: Job, failed: number, pods: Pod[], now: Date): Condition | undefined {
  if (failed > (job.spec.backoffLimit ?? 6) || hasRestartedTooOften(job, pods))
    return newCondition('FailureTarget', BACKOFF_LIMIT, now);
  const left = deadlineIn(job, now);
  const late = left !== undefined && left <= 0 && job.status?.startTime !== undefined;
  return late ? newCondition('FailureTarget', DEADLINE, now) : undefined;
}

/** successTarget is the SuccessCriteriaMet condition of a Job that has what it wants and nothing active any more. */
export function successTarget(
  { spec }: Job,
  succeeded: number,
  active: number,
  now: Date,
): Condition | undefined {
  const enough = spec.completions === undefined ? succeeded > 0 : succeeded >= spec.completions;
  return enough && active === 0 ? newCondition('SuccessCriteriaMet', COMPLETIONS, now) : undefined;
}

/** suspension is the Suspended condition of a Job if it changes now. A Job that never was suspended has none. */
export function suspension({ spec, status }: Job, now: Date): Condition | undefined {
  const known = conditionOf(status?.conditions, 'Suspended');
  const suspend = spec.suspend === true;
  if ((known?.status === 'True') === suspend) return undefined;
  const cause: Cause = suspend ? ['JobSuspended', 'Job suspended'] : ['JobResumed', 'Job resumed'];
  return { ...newCondition('Suspended', cause, now), status: suspend ? 'True' : 'False' };
}

/** withCondition puts a condition in the place of the one of its type, or at the end. */
export function withCondition(conditions: Condition[], next: Condition | undefined): Condition[] {
  if (next === undefined) return conditions;
  const known = conditions.some(({ type }) => type === next.type);
  return known
    ? conditions.map((condition) => (condition.type === next.type ? next : condition))
    : [...conditions, next];
}

/** finishedStatus adds the condition that ends the Job when nothing of it is left to wait for. */
export function finishedStatus(status: JobStatus, now: Date): JobStatus {
  const target = targetCondition(status);
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const waits = (status.active ?? 0) + (status.terminating ?? 0) + succeeded.length + failed.length > 0;
  if (target === undefined || waits || finishedCondition(status) !== undefined) return status;
  const complete = target.type === 'SuccessCriteriaMet';
  const cause: Cause = [target.reason ?? '', target.message ?? ''];
  return {
    ...status,
    conditions: [...(status.conditions ?? []), newCondition(complete ? 'Complete' : 'Failed', cause, now)],
    ...(complete ? { completionTime: rfc3339(now) } : {}),
  };
}
