/** The two ways of a match that is not answered by packets' own fields: one matches, the other goes on with the next rule. */
import { type AddressSet, difference, sameSet } from '../address-set.ts';
import type { Match, Rule } from '../model.ts';
import type { Remembrance, State } from './state.ts';

/** Open is such a match. */
export interface Open {
  readonly match: Match;
  /** list is the list of sources that it asks for, undefined where it asks for none. */
  readonly list: Remembrance | undefined;
  readonly rule: Rule;
}

/** opened gives the way that matches, undefined where none does, and puts the other among the next. */
export function opened(
  { match, list, rule }: Open,
  state: State,
  behind: boolean,
  next: State[],
): State | undefined {
  if (match.match === 'random' && !behind) {
    const { probability } = match;
    if (probability < 1) next.push({ ...state, weight: state.weight * (1 - probability) });
    return probability > 0 ? { ...state, weight: state.weight * probability } : undefined;
  }
  if (list !== undefined) return remembered(list, state, next);
  const place = {};
  const side = (matched: boolean): State => ({
    ...state,
    decisions: { value: { place, matched, rule }, before: state.decisions },
  });
  next.push(side(false));
  return side(true);
}

/** Sources on the list go on; those that are not on it do not match, and are known not to be. */
function remembered(asked: Remembrance, state: State, next: State[]): State | undefined {
  const { list, seconds } = asked;
  const { on } = state;
  if (on !== undefined) {
    if (on.list === list && on.seconds <= seconds) return state;
    next.push(state);
    return undefined;
  }
  for (let link = state.notOn; link !== undefined; link = link.before) {
    if (link.value.list === list && link.value.seconds >= seconds) {
      next.push(state);
      return undefined;
    }
  }
  next.push({ ...state, notOn: { value: asked, before: state.notOn } });
  return { ...state, on: asked };
}

/** parted gives the way of the sources that match. */
export function parted(state: State, sources: AddressSet, next: State[]): State {
  if (sources === state.sources || sameSet(sources, state.sources)) return state;
  next.push({ ...state, sources: difference(state.sources, sources) });
  return { ...state, sources };
}
