/**
 * What explains most of what failed: nodes, by the pairs that fail, and objects that checks hold to be the cause.
 * Each counts by the ordered pairs that it explains: of two nodes, or of a node and the object that fails it.
 */
import { maxSuspects, type Suspect } from '../api/v1alpha1/index.ts';
import type { Verdict } from '../checks/verdict.ts';
import { blamedOf } from './blamed.ts';
import { pairResultsOf, pairSuspectsOf } from './pair-suspects.ts';

/** Explanation is a suspect with how many pairs it explains. */
export interface Explanation extends Suspect {
  readonly explains: number;
}

/** suspectsOf names at most 8 objects, the one that explains most first; of equals, a node that pairs speak against. */
export function suspectsOf(verdicts: readonly Verdict[]): readonly Suspect[] {
  const found = new Map<string, Explanation>();
  for (const each of [...pairSuspectsOf(pairResultsOf(verdicts)), ...blamedOf(verdicts)]) {
    const key = `${each.kind} ${each.name}`;
    const before = found.get(key);
    found.set(key, before === undefined ? each : both(before, each));
  }
  return [...found.values()]
    .sort((a, b) => b.explains - a.explains)
    .slice(0, maxSuspects)
    .map(({ explains: _, ...suspect }) => suspect);
}

function both(one: Explanation, other: Explanation): Explanation {
  return { ...one, why: `${one.why}; ${other.why}`, explains: one.explains + other.explains };
}
