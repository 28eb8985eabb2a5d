/** What is sent to each endpoint, all its outcomes together. */
import { type AddressSet, difference, isEmpty, union } from '../address-set.ts';
import type { Outcome } from '../entry.ts';

/** Sent is all that is known of one endpoint. */
export interface Sent {
  readonly sources: AddressSet;
  readonly masqueraded: AddressSet;
  /** shares are in millionths, only where they are not all alike. */
  readonly shares: readonly number[];
  readonly sticky: ReadonlySet<number | undefined>;
}

/** beyond is what goes to endpoints on one side, and on the other to others. */
export function beyond(
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

/** sentOf gathers the outcomes of each endpoint. */
export function sentOf(outcomes: readonly Outcome[]): ReadonlyMap<string, Sent> {
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
