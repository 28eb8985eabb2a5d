/** What becomes of packets once their destination is settled. */
import { type AddressSet, intersection, isEmpty, isFull, sameSet, union } from '../address-set.ts';
import type { Rule } from '../model.ts';

/** Fate is what becomes of the packets of some sources. */
export interface Fate {
  readonly kind: 'Passed' | 'Drop' | 'Reject' | 'Unknown';
  readonly sources: AddressSet;
  readonly masqueraded: boolean;
  readonly rule: Rule | undefined;
  readonly foreign: Rule | undefined;
}

/** Fates are those of all sources; guards are rules that were taken to let packets through. */
export interface Fates {
  readonly fates: readonly Fate[];
  readonly guards: readonly Rule[];
}

/** narrowed are the fates of some sources. */
export function narrowed(fates: readonly Fate[], sources: AddressSet): readonly Fate[] {
  const [only, more] = fates;
  if (only !== undefined && more === undefined && isFull(only.sources)) return [{ ...only, sources }];
  return fates.flatMap((fate) => {
    const both = intersection(fate.sources, sources);
    return isEmpty(both) ? [] : [{ ...fate, sources: both }];
  });
}

/** joinedFates puts together what is alike. */
export function joinedFates(fates: readonly Fate[]): readonly Fate[] {
  const joined: Fate[] = [];
  for (const fate of fates) {
    const index = joined.findIndex(
      (each) =>
        each.kind === fate.kind &&
        each.masqueraded === fate.masqueraded &&
        each.rule === fate.rule &&
        each.foreign === fate.foreign,
    );
    const other = joined[index];
    if (other === undefined) joined.push(fate);
    else if (!sameSet(other.sources, fate.sources)) {
      joined[index] = { ...other, sources: union(other.sources, fate.sources) };
    }
  }
  return joined;
}
