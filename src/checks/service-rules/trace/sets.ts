/** Looking packets up in sets and maps, for many sources at once. */
import {
  type AddressSet,
  complement,
  emptySet,
  type Family,
  fullSet,
  holds,
  setOf,
  union,
} from '../address-set.ts';
import type { ElementSet, Field, Verdict } from '../model.ts';
import type { State } from './state.ts';

/** Found is what a map says for some of the sources. */
export interface Found {
  readonly sources: AddressSet | 'all';
  readonly verdict: Verdict | undefined;
}

/** SetIndex answers for one set and one key. */
export class SetIndex {
  /** partial is true where what is not found may still be there. */
  readonly partial: boolean;
  private readonly family: Family;
  private readonly set: ElementSet;
  private readonly key: readonly Field[];
  private readonly bySource: ReadonlyMap<string, Found[]> | undefined;
  private readonly ranges: readonly {
    readonly parts: readonly string[];
    readonly verdict: Verdict | undefined;
  }[];

  constructor(family: Family, set: ElementSet, key: readonly Field[]) {
    this.family = family;
    this.set = set;
    this.key = key;
    this.partial = set.partial === true;
    const source = key.indexOf('source');
    this.bySource = source < 0 ? undefined : indexed(family, set, source);
    this.ranges =
      source < 0
        ? [...set.elements].flatMap(([text, verdict]) =>
            /[-/]/.test(text) ? [{ parts: text.split(' '), verdict }] : [],
          )
        : [];
  }

  /** find gives what is found; an element for `all` sources comes alone. */
  find(state: State, protocol: string): readonly Found[] {
    const { addresses, elements } = this.set;
    if (this.bySource !== undefined) return this.bySource.get(this.text(state, protocol)) ?? [];
    const text = this.text(state, protocol);
    if (elements.has(text)) return [{ sources: 'all', verdict: elements.get(text) }];
    if (addresses !== undefined && this.key[0] === 'destination' && holds(addresses, state.destination)) {
      return [{ sources: 'all', verdict: undefined }];
    }
    const range = this.ranges.find(({ parts }) => this.inRange(parts, state, protocol));
    return range === undefined ? [] : [{ sources: 'all', verdict: range.verdict }];
  }

  /** answer gives the sources that match; undefined where elements that are not known could change it. */
  answer(state: State, protocol: string, negated: boolean): AddressSet | undefined {
    let matched = this.bySource === undefined ? undefined : this.set.addresses;
    for (const { sources } of this.find(state, protocol)) {
      if (sources === 'all') return negated ? emptySet(this.family) : fullSet(this.family);
      matched = matched === undefined ? sources : union(matched, sources);
    }
    if (this.partial) return undefined;
    const set = matched ?? emptySet(this.family);
    return negated ? complement(set) : set;
  }

  /** The packet's fields without its source. */
  private text(state: State, protocol: string): string {
    let text = '';
    for (const field of this.key) {
      if (field === 'source') continue;
      const part = field === 'destination' ? state.address : field === 'protocol' ? protocol : state.port;
      text = text === '' ? `${part}` : `${text} ${part}`;
    }
    return text;
  }

  private inRange(parts: readonly string[], state: State, protocol: string): boolean {
    return this.key.every((field, index) => {
      const part = parts[index] ?? '';
      if (field === 'protocol') return part === protocol;
      if (field !== 'destination') {
        const [low = '', high = low] = part.split('-');
        return Number(low) <= state.port && state.port <= Number(high);
      }
      const set = setOf(this.family, part);
      return set !== undefined && holds(set, state.destination);
    });
  }
}

function indexed(family: Family, set: ElementSet, source: number): ReadonlyMap<string, Found[]> {
  const found = new Map<string, Found[]>();
  for (const [text, verdict] of set.elements) {
    const parts = text.split(' ');
    const sources = setOf(family, parts[source] ?? '');
    if (sources === undefined) continue;
    const rest = parts.filter((_, index) => index !== source).join(' ');
    const list = found.get(rest);
    if (list === undefined) found.set(rest, [{ sources, verdict }]);
    else list.push({ sources, verdict });
  }
  return found;
}
