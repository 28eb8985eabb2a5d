/** What differs about packets that are refused. */
import {
  type AddressSet,
  difference,
  emptySet,
  type Family,
  intersection,
  isEmpty,
  union,
} from '../address-set.ts';
import type { Outcome } from '../entry.ts';
import { type Circumstances, type Finding, finding, sourcesOf } from './findings.ts';

/** refusals finds it: refusing too much counts here; too little only where packets then pass untouched, or past source ranges. */
export function refusals(
  expected: readonly Outcome[],
  actual: readonly Outcome[],
  blind: AddressSet,
  { family, barred, taken }: Circumstances,
): readonly Finding[] {
  const must = sourcesOf(expected, family, 'Reject', 'Drop');
  const does = sourcesOf(actual, family, 'Reject', 'Drop');
  const sent = sourcesOf(actual, family, 'Endpoint');
  const over = difference(does, union(must, blind));
  const under = difference(difference(must, wholly(actual, family)), blind);
  const what = expected
    .filter(({ kind, sources }) => kind === 'Endpoint' && !isEmpty(intersection(sources, over)))
    .map(({ endpoint }) => endpoint)
    .sort();
  // Source ranges drop what they keep out, and reject nothing.
  const ranged = !isEmpty(barred) && isEmpty(intersection(over, sourcesOf(actual, family, 'Reject')));
  const overdone = ranged ? 'SourceRangesWrong' : 'RejectStale';
  const swapped = difference(intersection(must, does), union(sameKind(expected, actual, family), blind));
  const moved = isEmpty(difference(sent, sourcesOf(expected, family, 'Endpoint')));
  return [
    finding(taken('refuse') ? 'PacketsTaken' : overdone, over, what),
    finding('SourceRangesWrong', intersection(under, barred)),
    finding('RejectMissing', difference(difference(under, barred), sent)),
    finding('RejectMissing', moved && isEmpty(over) ? swapped : emptySet(family)),
  ];
}

/** The sources of which every packet is refused. */
function wholly(actual: readonly Outcome[], family: Family): AddressSet {
  return sourcesOf(
    actual.filter(({ shareMillionths }) => shareMillionths === undefined),
    family,
    'Reject',
    'Drop',
  );
}

function sameKind(expected: readonly Outcome[], actual: readonly Outcome[], family: Family): AddressSet {
  const kinds = ['Reject', 'Drop'] as const;
  return kinds
    .map((kind) => intersection(sourcesOf(expected, family, kind), sourcesOf(actual, family, kind)))
    .reduce(union);
}
