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
    const place = placeOf(finding.check, finding.node, peer);
    const asked = (finding.node === '' ? byCheck.get(finding.check) : byPlace.get(place)) ?? [];
    const same = asked.filter(({ subject }) => cut(subject, maxSubjectLength) === finding.subject);
    return !(same.length > 0 ? same : asked).some(
      ({ outcome }) => outcome === 'Passed' || outcome === 'Failed',
    );
  });
}

function placeOf(check: string, node: string, peer: string | undefined): string {
  return `${check} ${node} ${peer ?? ''}`;
}
