/** Differences of one origin before they are put into words. */
import { type AddressSet, emptySet, type Family, isEmpty, sameSet, union } from '../address-set.ts';
import type { Outcome } from '../entry.ts';
import type { DifferenceReason } from './difference.ts';

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

/** sourcesOf are the sources of all outcomes of some kinds. */
export function sourcesOf(
  outcomes: readonly Outcome[],
  family: Family,
  ...kinds: readonly Outcome['kind'][]
): AddressSet {
  return outcomes
    .filter(({ kind }) => kinds.includes(kind))
    .reduce((all, { sources }) => union(all, sources), emptySet(family));
}

/** finding is one about all packets of some sources. */
export function finding(
  reason: DifferenceReason,
  sources: AddressSet,
  what: readonly string[] = [],
): Finding {
  return { reason, sources, what };
}

/** gathered is one about endpoints, each with its own sources. */
export function gathered(
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
