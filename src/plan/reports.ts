/** What became of each probe of a run: its answer, or the true reason why there is none. */
import type { NetworkAuditRun, Plan } from '../api/v1alpha1/index.ts';
import type { Place, Report } from '../checks/check.ts';
import { goneNode, nodesByName } from './gone.ts';
import { lost, type ProbeOutcome, type Seen, seenOf } from './probe-outcome.ts';
import type { Asking } from './questions.ts';
import { compare } from './text.ts';
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
  /** unstarted is true while nothing of the probe runs, and it is known why. */
  readonly unstarted: boolean;
  /** answerLine is how long the answer is that is on stdout and has not been read yet. */
  readonly answerLine?: number;
  readonly outcome: ProbeOutcome;
}

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
    const seen = seenOf({ run, asking, job, pod });
    const outcome = goneOr(seen, asking, node, uids.get(asking.node));
    const { place } = asking;
    const answerLine = outcome.kind === 'Gone' ? undefined : seen.answerLine;
    return {
      node: asking.node,
      place,
      ...(job === undefined ? {} : { job }),
      ...(pod === undefined ? {} : { pod }),
      final: seen.final || outcome.kind === 'Gone',
      unstarted: seen.unstarted === true,
      ...(answerLine === undefined ? {} : { answerLine }),
      outcome,
    };
  });
}

/** reportFor is one check's part of a probe's report. */
export function reportFor(check: string, { outcome, pod }: ProbeReport): Report {
  if (outcome.kind !== 'Answered') return outcome;
  const { answer, podAddresses } = outcome;
  const result = answer.results.find((each) => each.check === check);
  if (result === undefined) return lost('NoReport', 'The probe ended before it came to this check');
  return {
    kind: 'Answered',
    evidence: result.evidence,
    podAddresses,
    complete: answer.complete,
    ...(pod?.details === undefined ? {} : { log: pod.details }),
  };
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
