/** What is known of a packet, for many sources at once, at one place of its way. */
import { type AddressSet, type Bound, intersection, isEmpty, sameSet, union } from '../address-set.ts';
import type { Rule } from '../model.ts';
import { type Marks, sameMarks, together, within } from './marks.ts';

/** Link is a list that grows at its head and shares its tail. */
export interface Link<Value> {
  readonly value: Value;
  readonly before: Link<Value> | undefined;
}

/** Decision is one way taken at a match that is not understood. Both ways of one have the same place. */
export interface Decision {
  /** place is another object for each time that a match was met. */
  readonly place: object;
  readonly matched: boolean;
  readonly rule: Rule;
}

/** Remembrance is a list of sources and how long ago a source was put on it, at most. */
export interface Remembrance {
  readonly list: string;
  readonly seconds: number;
}

/** State is a packet on its way. */
export interface State {
  readonly sources: AddressSet;
  /** weight is how many of all packets of each of these sources take this way, 0 to 1. */
  readonly weight: number;
  readonly marks: Marks;
  readonly destination: Bound;
  readonly address: string;
  readonly port: number;
  /** translated is true once the destination was replaced. */
  readonly translated: boolean;
  readonly untracked: boolean;
  /** masqueraded says who replaced the source. */
  readonly masqueraded: 'no' | 'by kube-proxy' | 'by another';
  /** on is the one list that the source is on; undefined for a source that is on none, or on none that was asked for. */
  readonly on: Remembrance | undefined;
  /** notOn are lists that the source was asked for and is not on. */
  readonly notOn: Link<Remembrance> | undefined;
  /** put are the lists that the source was put on. */
  readonly put: Link<string> | undefined;
  readonly decisions: Link<Decision> | undefined;
  /** trail are the rules that led to where the destination was settled, the last first. */
  readonly trail: Link<Rule> | undefined;
  /** foreign is the first rule of another agent that decided over this packet. */
  readonly foreign: Rule | undefined;
}

/** withSources is a state for other sources. */
export function withSources(state: State, sources: AddressSet): State {
  return state.sources === sources ? state : { ...state, sources };
}

/** merged joins states that nothing tells apart, so that ways which come together again are followed once. */
export function merged(states: State[]): State[] {
  if (states.length < 2) return states;
  const kept: State[] = [];
  for (const state of states) {
    let one = state;
    for (let index = 0; index < kept.length; ) {
      const other = kept[index];
      const joint = other === undefined ? undefined : joined(other, one);
      if (joint === undefined) index += 1;
      else {
        one = joint;
        kept.splice(index, 1);
        index = 0;
      }
    }
    kept.push(one);
  }
  return kept;
}

function joined(one: State, other: State): State | undefined {
  if (!alike(one, other)) return undefined;
  if (one.decisions === other.decisions) {
    if (sameSet(one.sources, other.sources)) {
      const same = sameMarks(one.marks, other.marks, one.sources);
      return same ? { ...one, weight: one.weight + other.weight } : undefined;
    }
    return one.weight === other.weight && isEmpty(intersection(one.sources, other.sources))
      ? { ...one, sources: union(one.sources, other.sources), marks: marksOfBoth(one, other) }
      : undefined;
  }
  const same = one.weight === other.weight && sameSet(one.sources, other.sources);
  return same && sameMarks(one.marks, other.marks, one.sources) && areSides(one, other)
    ? { ...one, decisions: one.decisions?.before }
    : undefined;
}

function marksOfBoth(one: State, other: State): Marks {
  if (one.marks === other.marks) return one.marks;
  return together(within(one.marks, one.sources), within(other.marks, other.sources));
}

/** Both ways of one match that is not understood. */
function areSides(one: State, other: State): boolean {
  const [a, b] = [one.decisions, other.decisions];
  return a !== undefined && b !== undefined && a.before === b.before && a.value.place === b.value.place;
}

function alike(one: State, other: State): boolean {
  return (
    one.port === other.port &&
    one.destination === other.destination &&
    one.translated === other.translated &&
    one.untracked === other.untracked &&
    one.masqueraded === other.masqueraded &&
    one.on === other.on &&
    one.notOn === other.notOn &&
    one.put === other.put &&
    one.foreign === other.foreign
  );
}
