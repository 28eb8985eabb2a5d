/** What a person must read of a run: findings out of verdicts, the worst first, and since when each is there. */
import { type Finding, maxRunFindings, type NetworkAuditRun } from '../api/v1alpha1/index.ts';
import type { Verdict } from '../checks/verdict.ts';
import { type Draft, failuresOf, type Gathered, unansweredOf, warningsOf } from './gather.ts';

/** Findings are the worst that were found, and how many more there were. */
export interface Findings {
  readonly findings: readonly Finding[];
  readonly omitted: number;
}

/** findingsOf lists findings, the worst first: `Failed`, then failures that were carried over, `Unknown`, `Warning`. */
export function findingsOf(
  verdicts: readonly Verdict[],
  carried: readonly Finding[],
  previous: NetworkAuditRun | undefined,
  time: string,
): Findings {
  const drafts: readonly Draft[] = [
    ...failuresOf(verdicts),
    ...carried.map((finding) => () => finding),
    ...unansweredOf(verdicts),
    ...warningsOf(verdicts),
  ];
  const since = sinceIn(previous);
  const findings = drafts
    .slice(0, maxRunFindings)
    .map((draft) => draft())
    .map((finding) => ({ ...finding, since: since(finding) ?? time }));
  return { findings, omitted: drafts.length - findings.length };
}

/** sinceIn finds when the same finding was first seen, in the run before. */
function sinceIn(previous: NetworkAuditRun | undefined) {
  const times = new Map(
    (previous?.status?.findings ?? []).map((finding) => [identityOf(finding), finding.since]),
  );
  return (finding: Gathered) => times.get(identityOf(finding));
}

function identityOf({ severity, check, reason, node, subject }: Gathered): string {
  return [severity, check, reason, node, subject ?? ''].join('\n');
}
