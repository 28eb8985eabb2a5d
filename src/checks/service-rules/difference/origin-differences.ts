/** What differs between what must become of packets of one origin and what does. */
import { isEmpty, union } from '../address-set.ts';
import type { Outcome } from '../entry.ts';
import { choices } from './choice-differences.ts';
import { type Circumstances, type Finding, finding, sourcesOf } from './findings.ts';
import { refusals } from './refusal-differences.ts';

/** originFindings compares outcomes; the most telling finding comes first. */
export function originFindings(
  expected: readonly Outcome[],
  actual: readonly Outcome[],
  circumstances: Circumstances,
): readonly Finding[] {
  const { family } = circumstances;
  const unknown = sourcesOf(actual, family, 'Unknown');
  const untracked = sourcesOf(actual, family, 'Untracked');
  const blind = union(unknown, untracked);
  const findings = [
    finding('RuleNotUnderstood', unknown),
    finding('PacketsTaken', untracked),
    ...refusals(expected, actual, blind, circumstances),
    ...choices(expected, actual, blind, circumstances),
  ];
  return findings.filter(({ sources }) => !isEmpty(sources));
}
