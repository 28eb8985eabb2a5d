/** What became of each probe of a run: its answer, or the true reason why there is none. */
import type { NetworkAuditRun, Plan } from '../api/v1alpha1/index.ts';
import { type Answer, readAnswer } from '../checks/answer.ts';
import type { Place, Report } from '../checks/check.ts';
import { goneNode, nodesByName } from './gone.ts';
import type { Asking } from './questions.ts';
import { compare, cut } from './text.ts';
import type { JobView, NodeView, ProbePodView, World } from './world.ts';

/** ProbeReport is what became of the probe on one node at one place. */
export interface ProbeReport {
  readonly node: string;
  readonly place: Place;
  /** job is the probe's Job, once there is one. */
  readonly job?: JobView;
  readonly pod?: ProbePodView;
  /** final is false while waiting longer could bring an answer, or a better one. */
  readonly final: boolean;
  /** needsLog is true when the answer is on stdout and has not been read yet. */
  readonly needsLog: boolean;
  readonly outcome: ProbeOutcome;
}

/** ProbeOutcome is a whole answer, or why there is none. */
export type ProbeOutcome =
  | { readonly kind: 'Answered'; readonly answer: Answer; readonly podAddresses: readonly string[] }
  | Extract<Report, { readonly kind: 'Lost' | 'Gone' }>;

/**
 * reportsOf gives one report for each probe of the plan. Evidence counts only along the owners run → Job → Pod, by uid:
 * a Pod that merely carries our labels says nothing.
 */
export function reportsOf(
  run: NetworkAuditRun,
  plan: Plan,
  askings: readonly Asking[],
  world: World,
): readonly ProbeReport[] {
  const jobs = new Map<string, JobView>();
  for (const job of world.jobs) {
    if (job.runUid === run.metadata.uid) jobs.set(`${job.place} ${job.node}`, job);
  }
  const pods = new Map<string, ProbePodView>();
  for (const pod of [...world.probePods].sort(mostTellingLast)) pods.set(pod.jobUid, pod);
  const nodes = nodesByName(world);
  const uids = new Map(plan.nodes.map(({ name, uid }) => [name, uid]));
  return askings.map((asking) => {
    const job = jobs.get(`${asking.place} ${asking.node}`);
    const pod = job === undefined ? undefined : pods.get(job.uid);
    const node = nodes.get(asking.node);
    const seen = seenOf({ run, asking, job, pod, node });
    const outcome = goneOr(seen, asking, node, uids.get(asking.node));
    const { place } = asking;
    return {
      node: asking.node,
      place,
      ...(job === undefined ? {} : { job }),
      ...(pod === undefined ? {} : { pod }),
      final: seen.final || outcome.kind === 'Gone',
      needsLog: seen.needsLog === true && outcome.kind !== 'Gone',
      outcome,
    };
  });
}

/** reportFor is one check's part of a probe's report. */
export function reportFor(check: string, { outcome }: ProbeReport): Report {
  if (outcome.kind !== 'Answered') return outcome;
  const { answer, podAddresses } = outcome;
  const result = answer.results.find((each) => each.check === check);
  if (result === undefined) return lost('NoReport', 'The probe ended before it came to this check');
  return { kind: 'Answered', evidence: result.evidence, podAddresses, complete: answer.complete };
}

interface Case {
  readonly run: NetworkAuditRun;
  readonly asking: Asking;
  readonly job: JobView | undefined;
  readonly pod: ProbePodView | undefined;
  readonly node: NodeView | undefined;
}

interface Seen {
  readonly outcome: ProbeOutcome;
  readonly final: boolean;
  readonly needsLog?: boolean;
  /** displaced is true when something other than the probe or its deadline ended its Pod, as a drain does. */
  readonly displaced?: boolean;
}

function seenOf(at: Case): Seen {
  const { asking, job, pod } = at;
  if ('problem' in asking.question) return over('NoReport', `Not asked: ${asking.question.problem}`);
  if (job === undefined) return waiting('NoReport', 'The run ended before its Job was made');
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
  { run }: Case,
  pod: ProbePodView,
  terminated: NonNullable<ProbePodView['terminated']>,
  question: string,
): Seen {
  if (terminated.message.trim() === '') {
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
      return { ...waiting('NoReport', `The log of Pod ${pod.name} was not read in time`), needsLog: true };
    case 'Broken':
      return over('EvidenceBroken', cut(read.problem, 512));
  }
}

function deathOf(pod: ProbePodView, terminated: NonNullable<ProbePodView['terminated']>): string {
  if (pod.reason !== undefined) return stopOf(pod);
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
    return waiting('ProbeNotScheduled', cut(unscheduled.message || unscheduled.reason, 512));
  }
  if (container !== undefined && imageFaults.has(container.reason)) {
    return waiting('ImageNotPulled', cut(`${container.reason}: ${container.message}`, 512));
  }
  if (container !== undefined) {
    const message = container.message === '' ? container.reason : `${container.reason}: ${container.message}`;
    return waiting(
      'NoReport',
      `The container of Pod ${pod.name} did not start in time (${cut(message, 400)})`,
    );
  }
  if (phase === 'Pending') return waiting('NoReport', `Pod ${pod.name} did not start in time`);
  return waiting('NoReport', `The probe hung: Pod ${pod.name} had not ended when the run's time was over`);
}

function withoutPod({ name, finished, refusal }: JobView): Seen {
  if (finished !== undefined) {
    const message = `Its Job ${name} ended without an answer: ${finished.reason}, ${cut(finished.message, 400)}`;
    return { ...over('NoReport', message), displaced: finished.reason !== 'DeadlineExceeded' };
  }
  if (refusal !== undefined && refusal !== '') return waiting('PodRefused', cut(refusal, 512));
  return waiting('NoReport', `No Pod was made for its Job ${name} in time`);
}

/** An answer counts even from a node that left after it; where there is none, that the node left is the true reason. */
function goneOr(
  seen: Seen,
  { node: name, place }: Asking,
  node: NodeView | undefined,
  uid?: string,
): ProbeOutcome {
  if (seen.outcome.kind === 'Answered') return seen.outcome;
  const message = goneNode(name, node, uid);
  // The node's own place is asked on nodes that are not Ready, too.
  const sameNode = node !== undefined && !node.deleting && node.uid === uid;
  if (message !== undefined && !(place === 'node' && sameNode)) return { kind: 'Gone', message };
  if (node?.unschedulable === true && seen.displaced === true) {
    return { kind: 'Gone', message: `Node ${name} was drained while the run went on` };
  }
  return seen.outcome;
}

/** A Job has one Pod; should there be more, one that ended tells most. */
function mostTellingLast(a: ProbePodView, b: ProbePodView): number {
  return Number(a.terminated !== undefined) - Number(b.terminated !== undefined) || compare(a.name, b.name);
}

function lost(reason: string, message: string): Extract<Report, { readonly kind: 'Lost' }> {
  return { kind: 'Lost', reason, message };
}

function over(reason: string, message: string): Seen {
  return { outcome: lost(reason, message), final: true };
}

function waiting(reason: string, message: string): Seen {
  return { outcome: lost(reason, message), final: false };
}
