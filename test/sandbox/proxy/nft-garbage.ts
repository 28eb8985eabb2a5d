/** Chains and sets that nothing leads to any more: emptied at once, deleted by a sync a while later. */
import { type NftRuleset, type NftStale, portNames } from './nft-ruleset.ts';

/** STALE is the milliseconds for which a chain stays that nothing leads to: a packet may still be in it. */
export const STALE = 1000;

/** NftGarbage remembers since when each has been stale. */
export class NftGarbage {
  readonly #since = new Map<string, { at: number; kind: keyof NftStale }>();

  /** due are those that a sync from `before` to `rules` is to delete; it tells with `deleted` that it has. */
  due(before: NftRuleset, rules: NftRuleset, now: number): NftStale {
    // What has been used again is not stale any more, however soon it will be once more.
    for (const used of [portNames(before), portNames(rules)])
      for (const name of this.#since.keys()) if (used.has(name)) this.#since.delete(name);
    const names = (wanted: keyof NftStale) =>
      [...this.#since].flatMap(([name, { at, kind }]) =>
        kind === wanted && now - at >= STALE ? [name] : [],
      );
    return { chains: names('chains'), sets: names('sets') };
  }

  /** deleted takes what a sync has deleted, and what it has left empty. */
  deleted(gone: NftStale, stale: NftStale, now: number): void {
    for (const name of [...gone.chains, ...gone.sets]) this.#since.delete(name);
    for (const kind of ['chains', 'sets'] as const)
      for (const name of stale[kind]) this.#since.set(name, { at: now, kind });
  }

  /** clear forgets everything: a full sync has looked at what is there. */
  clear(): void {
    this.#since.clear();
  }
}
