/** What failed before and could not be told now. */
import type { Finding, NetworkAuditRun } from '../api/v1alpha1/index.ts';
import type { Verdict } from '../checks/verdict.ts';
import { maxSubjectLength } from './gather.ts';
import { pairOf } from './outstanding.ts';
import { cut } from './text.ts';

/**
 * carriedOver are the failures of the previous run that this one neither confirms nor clears: their question was not
 * asked again, or could not be answered. They do not decide this run; the audit does not pass while there are any. A
 * failure of no one node is cleared by whoever answers about its subject.
 */
export function carriedOver(
  previous: NetworkAuditRun | undefined,
  verdicts: readonly Verdict[],
  checks: ReadonlySet<string>,
  nodes: ReadonlySet<string>,
): readonly Finding[] {
  const before = (previous?.status?.findings ?? []).filter(
    ({ severity, check, node }) =>
      severity === 'Failed' && checks.has(check) && (node === '' || nodes.has(node)),
  );
  if (before.length === 0) return [];
  const byPlace = Map.groupBy(verdicts, ({ check, node, peer }) => placeOf(check, node, peer));
  const byCheck = Map.groupBy(verdicts, ({ check }) => check);
  return before.filter((finding) => {
    const peer = pairOf(finding, previous)?.to;
    if (peer !== undefined && !nodes.has(peer)) return false;
    const ofCheck = byCheck.get(finding.check) ?? [];
    if (finding.node === '') {
      const about = ofCheck.filter(({ subject }) => isAbout(subject, finding.subject ?? ''));
      return !isAnswered(about.length > 0 ? about : ofCheck);
    }
    const asked = byPlace.get(placeOf(finding.check, finding.node, peer)) ?? [];
    const same = asked.filter(({ subject }) => cut(subject, maxSubjectLength) === finding.subject);
    if (same.length > 0) return !isAnswered(same);
    // Nodes ask replicas in turn: one that others still ask has not been asked again from here.
    const far = peer === undefined ? farEnd(finding.subject) : undefined;
    const elsewhere = far !== undefined && ofCheck.some(({ subject }) => farEnd(subject) === far);
    return elsewhere || !isAnswered(asked);
  });
}

function isAnswered(verdicts: readonly Verdict[]): boolean {
  return verdicts.some(({ outcome }) => outcome === 'Passed' || outcome === 'Failed');
}

/** isAbout tells whether a question was about a subject of no node: itself, or some node's way to it. */
function isAbout(asked: string, subject: string): boolean {
  const far = farEnd(asked);
  return asked === subject || far === subject || far?.startsWith(`${subject} `) === true;
}

/** farEnd is what a node asked: `kube-system/coredns-1 UDP` of `n1 → kube-system/coredns-1 UDP`. */
function farEnd(subject: string | undefined): string | undefined {
  return /^\S+ → (.+)$/.exec(subject ?? '')?.[1];
}

function placeOf(check: string, node: string, peer: string | undefined): string {
  return `${check} ${node} ${peer ?? ''}`;
}
