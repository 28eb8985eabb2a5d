/** Verdicts on what DNS probes saw. */
import type { JudgeInput } from '../check.ts';
import type { Verdict } from '../verdict.ts';

/** judge is `Check.judge` of DNS. */
export function judge(_: JudgeInput): readonly Verdict[] {
  return [];
}
