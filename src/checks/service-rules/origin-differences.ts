/** What differs between what must become of packets of one origin and what does. */
import {
  type AddressSet,
  difference,
  emptySet,
  type Family,
  intersection,
  isEmpty,
  sameSet,
  union,
} from './address-set.ts';
import type { DifferenceReason } from './difference.ts';
import type { Outcome } from './entry.ts';

/** Finding is a difference before it is put into words. */
export interface Finding {
  readonly reason: DifferenceReason;
  readonly what: readonly string[];
  /** sources are those of the packets concerned. */
  readonly sources: AddressSet;
}

/** Circumstances are what beside the outcomes decides about a difference's name. */
export interface Circumstances {
  readonly family: Family;
  /** barred are the sources that the load balancer's source ranges keep out. */
  readonly barred: AddressSet;
  /** taken tells whether rules that are not kube-proxy's did that to packets of the row. */
  readonly taken: (deed: Deed) => boolean;
  /** had tells whether the Service ever had an endpoint at that address, as far as is known. */
  readonly had: (endpoint: string) => boolean;
}

/** Deed is what a rule of others can do to packets. */
export type Deed = 'refuse' | 'accept' | 'send';

/** Sent is all that is known of one endpoint. */
interface Sent {
  readonly sources: AddressSet;
  readonly masqueraded: AddressSet;
  /** shares are in millionths, only where they are not all alike. */
  readonly shares: readonly number[];
  readonly sticky: ReadonlySet<number | undefined>;
}

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

/** Refusing too much counts here; too little only where packets then pass untouched, or past source ranges. */
function refusals(
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

/** Which endpoints packets go to, in which shares, how often again, and with which source. */
function choices(
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

/** beyond is what goes to endpoints on one side, and on the other to others. */
function beyond(
  some: ReadonlyMap<string, Sent>,
  others: ReadonlyMap<string, Sent>,
  left: AddressSet,
): ReadonlyMap<string, AddressSet> {
  const found = new Map<string, AddressSet>();
  for (const [endpoint, { sources }] of some) {
    const there = others.get(endpoint)?.sources;
    const more = difference(there === undefined ? sources : difference(sources, there), left);
    if (!isEmpty(more)) found.set(endpoint, more);
  }
  return found;
}

function sentOf(outcomes: readonly Outcome[]): ReadonlyMap<string, Sent> {
  const found = new Map<string, Sent>();
  for (const { kind, endpoint, sources, masqueraded, shareMillionths, stickySeconds } of outcomes) {
    if (kind !== 'Endpoint') continue;
    const before = found.get(endpoint);
    const shares = shareMillionths === undefined ? [] : [shareMillionths];
    found.set(endpoint, {
      sources: before === undefined ? sources : union(before.sources, sources),
      masqueraded: before === undefined ? masqueraded : union(before.masqueraded, masqueraded),
      shares: [...(before?.shares ?? []), ...shares],
      sticky: new Set([...(before?.sticky ?? []), stickySeconds]),
    });
  }
  return found;
}

function sourcesOf(
  outcomes: readonly Outcome[],
  family: Family,
  ...kinds: readonly Outcome['kind'][]
): AddressSet {
  return outcomes
    .filter(({ kind }) => kinds.includes(kind))
    .reduce((all, { sources }) => union(all, sources), emptySet(family));
}

function finding(reason: DifferenceReason, sources: AddressSet, what: readonly string[] = []): Finding {
  return { reason, sources, what };
}

function gathered(
  reason: DifferenceReason,
  found: readonly { readonly endpoint: string; readonly sources: AddressSet }[],
): Finding {
  const there = found.filter(({ sources }) => !isEmpty(sources));
  const [first] = there;
  const all = there.reduce<AddressSet | undefined>(
    (sum, { sources }) => (sum === undefined || sameSet(sum, sources) ? sources : union(sum, sources)),
    first?.sources,
  );
  return { reason, what: there.map(({ endpoint }) => endpoint).sort(), sources: all ?? emptySet('IPv4') };
}
