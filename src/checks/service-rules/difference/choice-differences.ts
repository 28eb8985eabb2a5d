/** What differs about the endpoints that packets are sent to. */
import { type AddressSet, difference, emptySet, intersection, isEmpty, union } from '../address-set.ts';
import type { Outcome } from '../entry.ts';
import { type Circumstances, type Finding, finding, gathered, sourcesOf } from './findings.ts';
import { beyond, type Sent, sentOf } from './sent-endpoints.ts';

/** choices finds it: which endpoints packets go to, in which shares, how often again, and with which source. */
export function choices(
  expected: readonly Outcome[],
  actual: readonly Outcome[],
  blind: AddressSet,
  circumstances: Circumstances,
): readonly Finding[] {
  const { family, barred } = circumstances;
  const [must, does] = [sentOf(expected), sentOf(actual)];
  const refused = sourcesOf(actual, family, 'Reject', 'Drop');
  const missing = beyond(must, does, union(blind, refused));
  const extra = beyond(does, must, union(blind, barred));
  const wrong = namesOfChoice(missing, extra, sourcesOf(actual, family, 'Endpoint'), circumstances);
  const both = [...must].flatMap(([endpoint, sent]) => {
    const other = does.get(endpoint);
    return other === undefined ? [] : [{ endpoint, must: sent, does: other }];
  });
  // Where packets go elsewhere, or nowhere, the shares of the rest follow from that.
  const even =
    missing.size + extra.size > 0 ||
    !isEmpty(difference(refused, sourcesOf(expected, family, 'Reject', 'Drop')));
  const uneven = even ? [] : both.filter(({ does: { shares } }) => shares.length > 0);
  return [
    ...wrong,
    gathered(
      'UnevenShares',
      oddOnes(uneven).map(({ endpoint, does: { sources } }) => ({ endpoint, sources })),
    ),
    gathered(
      'AffinityWrong',
      both
        .filter((each) => [...each.does.sticky].some((seconds) => !each.must.sticky.has(seconds)))
        .map(({ endpoint, does: { sources } }) => ({ endpoint, sources })),
    ),
    ...masquerading(both),
  ];
}

type Both = readonly { readonly endpoint: string; readonly must: Sent; readonly does: Sent }[];

/** Those that get the least or the most; all of them where all get the same and packets are lost. */
function oddOnes(uneven: Both): Both {
  const shares = uneven.flatMap(({ does }) => does.shares);
  const usual = [...shares].sort((one, other) => one - other)[Math.floor((shares.length - 1) / 2)] ?? 0;
  const odd = uneven.filter(({ does }) =>
    does.shares.some((share) => Math.abs(share - usual) > usual * 1e-3),
  );
  return odd.length === 0 ? uneven : odd;
}

function masquerading(both: Both): readonly Finding[] {
  const found = both.map(({ endpoint, must, does }) => {
    const common = intersection(must.sources, does.sources);
    return {
      endpoint,
      lacking: difference(intersection(must.masqueraded, common), does.masqueraded),
      needless: difference(intersection(does.masqueraded, common), must.masqueraded),
    };
  });
  // A rule with a wrong address does both; that answers are lost is the worse of the two.
  const needless = found.filter(({ lacking }) => isEmpty(lacking));
  return [
    gathered(
      'NotMasqueraded',
      found.map(({ endpoint, lacking }) => ({ endpoint, sources: lacking })),
    ),
    gathered(
      'WronglyMasqueraded',
      needless.map((each) => ({ endpoint: each.endpoint, sources: each.needless })),
    ),
  ];
}

function namesOfChoice(
  missing: ReadonlyMap<string, AddressSet>,
  extra: ReadonlyMap<string, AddressSet>,
  sent: AddressSet,
  { family, taken, had }: Circumstances,
): readonly Finding[] {
  const lost = [...missing].map(([endpoint, sources]) => ({ endpoint, sources }));
  const more = [...extra].map(([endpoint, sources]) => ({ endpoint, sources }));
  const whole = lost.reduce((all, { sources }) => union(all, sources), emptySet(family));
  const untouched = difference(whole, sent);
  if (more.length > 0 && taken('send')) return [gathered('PacketsTaken', more)];
  if (!isEmpty(untouched) && taken('accept'))
    return [finding('PacketsTaken', untouched, [...missing.keys()])];
  const moved = more.filter(
    ({ endpoint }) => lost.length > 0 && (!had(endpoint) || sameAddress(endpoint, missing)),
  );
  const stale = more.filter((each) => !moved.includes(each));
  // An address that stands in for another is told once.
  const replaced = moved.length >= lost.length ? [] : lost;
  const wrong = replaced.length === 0 && moved.length > 0 ? [...moved, ...lost] : moved;
  return [
    gathered('EndpointMissing', replaced),
    gathered('EndpointWrong', wrong),
    gathered('EndpointStale', stale),
  ];
}

function sameAddress(endpoint: string, others: ReadonlyMap<string, AddressSet>): boolean {
  const address = endpoint.slice(0, endpoint.lastIndexOf(':') + 1);
  return [...others.keys()].some((other) => other.startsWith(address));
}
