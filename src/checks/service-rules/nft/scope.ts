/** What a rule of nftables may refer to: the chains and sets of its own table, and the family it is read for. */
import type { AddressSet, Bound, Family } from '../address-set.ts';
import { emptySet } from '../address-set.ts';
import type { ElementSet, Step } from '../model.ts';
import { Broken } from './json.ts';
import type { ListedSet, ListedTable } from './listing.ts';

/** Way is a row of steps. A statement may have several, of which a packet can go one at most. */
export type Way = readonly Step[];

/** Scope is that of the rules of one table, read for one family. */
export class Scope {
  readonly family: Family;
  /** sets are those of the whole ruleset, by id: anonymous ones are put there as they are read. */
  readonly sets: Map<string, ElementSet>;
  /** updated are the names of the table's sets that rules put addresses into. */
  readonly updated: ReadonlySet<string>;
  /** never is a question that no packet of this family can answer with yes. */
  readonly never: Step;
  readonly #table: ListedTable;
  #anonymous = 0;

  constructor(
    family: Family,
    table: ListedTable,
    updated: ReadonlySet<string>,
    sets: Map<string, ElementSet>,
  ) {
    this.family = family;
    this.sets = sets;
    this.updated = updated;
    this.never = { match: 'source', set: emptySet(family) };
    this.#table = table;
  }

  /** idOf is the id of a chain or a set of the table. */
  idOf(name: string): string {
    return `nftables ${this.#table.name}/${name}`;
  }

  /** chainOf is the id of a chain, which must exist. */
  chainOf(name: unknown): string {
    if (typeof name === 'string' && this.#table.chains.has(name)) return this.idOf(name);
    throw new Broken(
      `A rule of table ${this.#table.name} sends packets to chain ${name}, which was not listed`,
    );
  }

  /** setOf is the set behind `@name`, which must exist; undefined for what is no such reference. */
  setOf(reference: unknown): ListedSet | undefined {
    if (typeof reference !== 'string' || !reference.startsWith('@')) return undefined;
    const set = this.#table.sets.get(reference.slice(1));
    if (set !== undefined) return set;
    throw new Broken(`A rule of table ${this.#table.name} asks set ${reference}, which was not listed`);
  }

  /** keep puts an anonymous set away, and is its id. */
  keep(set: Omit<ElementSet, 'id'>): string {
    this.#anonymous += 1;
    const id = this.idOf(`#${this.#anonymous}`);
    this.sets.set(id, { id, ...set });
    return id;
  }

  /** isFamily tells whether packets of a protocol of nft (ip, ip6, ipv4, ipv6) are of this family. */
  isFamily(name: unknown): boolean {
    return name === (this.family === 'IPv4' ? 'ip' : 'ip6') || name === this.family.toLowerCase();
  }
}

/** unionOf is the union of many sets at once: of as many addresses as a cluster has Services. */
export function unionOf(family: Family, sets: readonly AddressSet[]): AddressSet {
  const ranges: (readonly [Bound, Bound])[] = [];
  for (const { bounds } of sets) {
    for (let index = 0; index + 1 < bounds.length; index += 2) {
      ranges.push([bounds[index] ?? 0, bounds[index + 1] ?? 0]);
    }
  }
  ranges.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
  const bounds: Bound[] = [];
  for (const [start, end] of ranges) {
    const last = bounds.at(-1);
    if (last === undefined || start > last) bounds.push(start, end);
    else if (end > last) bounds[bounds.length - 1] = end;
  }
  return { family, bounds };
}
