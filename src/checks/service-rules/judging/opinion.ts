/** What can be said of one question about a node, and how it becomes a verdict. */
import type { Outcome } from '../../../api/v1alpha1/index.ts';
import type { JudgeInput } from '../../check.ts';
import type { EvidenceExcerpt, Verdict } from '../../verdict.ts';
import type { Reason } from '../reasons.ts';

/** Opinion is a verdict without its node. */
export interface Opinion {
  readonly outcome: Outcome;
  readonly reason: Reason;
  /** message is a sentence for people, empty for what is as expected. */
  readonly message: string;
  /** about is what of the node it is about. */
  readonly about: string;
  readonly evidence?: EvidenceExcerpt;
  /** questions is how many buckets of Services it is the answer for, all told in the same words; one where it is left out. */
  readonly questions?: number;
}

/**
 * What questions are about. All that rows can say has one subject, so that what failed before and cannot be told now is
 * recognised; what else there is has subjects of its own.
 */
export const subjects = {
  services: 'Services',
  proxy: 'kube-proxy',
  config: "kube-proxy's configuration",
  others: 'rules of others',
  unreadable: 'rules that could not be read',
} as const;

/** bucketSubject is the subject of one bucket that is right. */
export function bucketSubject(bucket: number): string {
  return `${subjects.services} ${bucket}`;
}

/** passed is the opinion that something is as it must be. */
export function passed(about: string): Opinion {
  return { outcome: 'Passed', reason: 'AsExpected', message: '', about };
}

/**
 * verdictsOf are the verdicts on a node: one for each question, so that what is wrong weighs as much as what is right.
 * What fails is of that node: nobody else writes its rules.
 */
export function verdictsOf({ check }: JudgeInput, node: string, opinion: Opinion): readonly Verdict[] {
  const { about, evidence, message, outcome, questions = 1, reason } = opinion;
  const verdict: Verdict = {
    check: check.name,
    type: check.type,
    outcome,
    reason,
    message,
    node,
    subject: `${node} ${about}`,
    ...(outcome === 'Failed' ? { blames: { kind: 'Node', name: node } } : {}),
    ...(evidence === undefined ? {} : { evidence }),
  };
  return Array.from({ length: questions }, () => ({ ...verdict }));
}
