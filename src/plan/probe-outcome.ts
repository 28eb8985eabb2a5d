/** What one probe's Job and Pod show: its answer, or why there is none. */
import type { NetworkAuditRun } from '../api/v1alpha1/index.ts';
import { type Answer, readAnswer } from '../checks/answer.ts';
import type { Report } from '../checks/check.ts';
import type { Asking } from './questions.ts';
import { cut } from './text.ts';
import type { JobView, ProbePodView } from './world.ts';

/** ProbeOutcome is a whole answer, or why there is none. */
export type ProbeOutcome =
  | { readonly kind: 'Answered'; readonly answer: Answer; readonly podAddresses: readonly string[] }
  | Extract<Report, { readonly kind: 'Lost' | 'Gone' }>;

/** ProbeCase is all that is known of one probe. */
export interface ProbeCase {
  readonly run: NetworkAuditRun;
  readonly asking: Asking;
  readonly job: JobView | undefined;
  readonly pod: ProbePodView | undefined;
}

/** Seen is what a probe's Job and Pod show, whatever became of the node. */
export interface Seen {
  readonly outcome: ProbeOutcome;
  /** final is false while waiting longer could bring an answer, or a better one. */
  readonly final: boolean;
  /** unstarted is true while nothing of the probe runs, and it is known why. */
  readonly unstarted?: boolean;
  /** answerLine is how long the answer is that is on stdout and has not been read yet. */
  readonly answerLine?: number;
  /** displaced is true when something other than the probe or its deadline ended its Pod, as a drain does. */
  readonly displaced?: boolean;
}

/** seenOf looks at a probe's Job and Pod: the answer, or the true reason why there is none. */
export function seenOf(at: ProbeCase): Seen {
  const { asking, job, pod } = at;
  if ('problem' in asking.question) return over('NoReport', `Not asked: ${asking.question.problem}`);
  if (job === undefined) return unstarted('NoReport', 'The run ended before its Job was made');
  if (pod === undefined) return withoutPod(job);
  const { foreignContainers } = pod;
  if (foreignContainers.length > 0) {
    const names = foreignContainers.slice(0, 8).join(', ');
    return over('PodMutated', `Its Pod ${pod.name} has containers that are not ours: ${names}`);
  }
  if (pod.node !== undefined && pod.node !== asking.node) {
    return over('EvidenceBroken', `Its Pod ${pod.name} ran on ${pod.node}`);
  }
  return pod.terminated === undefined
    ? notEnded(pod, job)
    : ended(at, pod, pod.terminated, asking.question.hash);
}

function ended(
  { run }: ProbeCase,
  pod: ProbePodView,
  terminated: NonNullable<ProbePodView['terminated']>,
  question: string,
): Seen {
  if (terminated.message.trim() === '' || runtimeFaults.has(terminated.reason)) {
    const displaced = pod.deleting || (pod.reason !== undefined && pod.reason !== 'DeadlineExceeded');
    return { ...over('NoReport', deathOf(pod, terminated)), displaced };
  }
  if (pod.log !== undefined && 'error' in pod.log) {
    return over(
      'NoReport',
      `Its answer is in the log of Pod ${pod.name}, which could not be read: ${pod.log.error}`,
    );
  }
  const read = readAnswer(terminated.message, { run: run.metadata.uid, question }, pod.log?.text);
  switch (read.kind) {
    case 'Answer':
      return {
        outcome: { kind: 'Answered', answer: read.answer, podAddresses: pod.addresses },
        final: true,
      };
    case 'InLog':
      return {
        ...waiting('NoReport', `The log of Pod ${pod.name} was not read in time`),
        answerLine: read.length,
      };
    case 'Broken':
      return over('EvidenceBroken', cut(read.problem, 512));
  }
}

/** runtimeFaults are reasons with which the kubelet puts a sentence of its own where the probe's answer would be. */
const runtimeFaults: ReadonlySet<string> = new Set([
  'StartError',
  'ContainerCannotRun',
  'ContainerStatusUnknown',
]);

function deathOf(pod: ProbePodView, terminated: NonNullable<ProbePodView['terminated']>): string {
  const neverRan = runtimeFaults.has(terminated.reason);
  if (pod.reason !== undefined && !(neverRan && pod.reason === 'DeadlineExceeded')) return stopOf(pod);
  if (neverRan) {
    const why = cut(terminated.message, 400);
    return `The container of Pod ${pod.name} did not start (${terminated.reason}: ${why})`;
  }
  const how = terminated.signal === undefined ? `code ${terminated.exitCode}` : `signal ${terminated.signal}`;
  return `Its Pod ${pod.name} ended without an answer: ${terminated.reason}, ${how}`;
}

/** stopOf says why a Pod was stopped from outside, in the words of its status. */
function stopOf({ name, reason = 'Failed', message }: ProbePodView): string {
  if (reason === 'DeadlineExceeded') return `The probe hung: its Pod ${name} was stopped at its deadline`;
  const why = message === undefined || message === '' ? '' : `: ${cut(message, 400)}`;
  return `Its Pod ${name} was stopped by the node (${reason})${why}`;
}

const imageFaults: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]);

function notEnded(pod: ProbePodView, job: JobView): Seen {
  const { phase, unscheduled, waiting: container } = pod;
  if (phase === 'Failed' || phase === 'Succeeded') {
    return { ...over('NoReport', stopOf(pod)), displaced: pod.reason !== 'DeadlineExceeded' };
  }
  if (pod.deleting) {
    const seen = {
      ...waiting('NoReport', `Its Pod ${pod.name} was deleted before it answered`),
      displaced: true,
    };
    return job.finished === undefined ? seen : { ...seen, final: true };
  }
  if (unscheduled !== undefined) {
    return unstarted('ProbeNotScheduled', cut(unscheduled.message || unscheduled.reason, 512));
  }
  if (container !== undefined && imageFaults.has(container.reason)) {
    return unstarted('ImageNotPulled', cut(`${container.reason}: ${container.message}`, 512));
  }
  if (container !== undefined) {
    const message = container.message === '' ? container.reason : `${container.reason}: ${container.message}`;
    return unstarted(
      'NoReport',
      `The container of Pod ${pod.name} did not start in time (${cut(message, 400)})`,
    );
  }
  if (phase === 'Pending') return unstarted('NoReport', `Pod ${pod.name} did not start in time`);
  return waiting('NoReport', `The probe hung: Pod ${pod.name} had not ended when the run's time was over`);
}

/**
 * withoutPod speaks of a Job whose Pod is not there. A Job that is over had one: it was deleted, or, since Jobs and Pods
 * are watched apart, it is only not seen yet; so that is not final.
 */
function withoutPod({ name, finished, refusal }: JobView): Seen {
  if (finished !== undefined) {
    const message = `The Pod of its Job ${name} is gone, and no answer with it (${finished.reason}: ${cut(finished.message, 400)})`;
    return { ...unstarted('NoReport', message), displaced: finished.reason !== 'DeadlineExceeded' };
  }
  if (refusal !== undefined && refusal !== '') return unstarted('PodRefused', cut(refusal, 512));
  const message = `No Pod was made for its Job ${name} in time`;
  return refusal === undefined ? waiting('NoReport', message) : unstarted('NoReport', message);
}

/** lost is that there is no answer, and why. */
export function lost(reason: string, message: string): Extract<Report, { readonly kind: 'Lost' }> {
  return { kind: 'Lost', reason, message };
}

function over(reason: string, message: string): Seen {
  return { outcome: lost(reason, message), final: true };
}

function unstarted(reason: string, message: string): Seen {
  return { ...waiting(reason, message), unstarted: true };
}

function waiting(reason: string, message: string): Seen {
  return { outcome: lost(reason, message), final: false };
}
