/** Answering the matches of one ruleset, with its sets. */
import type { AddressSet } from '../address-set.ts';
import type { Field, Match, Ruleset } from '../model.ts';
import { answer, type Surroundings } from './match.ts';
import { SetIndex } from './sets.ts';
import type { Remembrance, State } from './state.ts';

/** Questions answers matches. */
export class Questions {
  /** askOrigin is set once a question tells packets of the node from others. */
  askOrigin = false;
  private readonly ruleset: Ruleset;
  private readonly sets = new Map<string, SetIndex | undefined>();

  constructor(ruleset: Ruleset) {
    this.ruleset = ruleset;
  }

  /** asked gives the sources that match; undefined where chance, memory or something unknown decides. */
  asked(match: Match, state: State, around: Surroundings): AddressSet | undefined {
    switch (match.match) {
      case 'random':
      case 'remembered':
      case 'unknown':
        return undefined;
      case 'element':
        return this.setOf(match.set, match.key)?.answer(state, around.protocol, match.negated);
      case 'sourceLocal':
      case 'inInterface':
      case 'outInterface':
        this.askOrigin = true;
        return answer(match, state, around);
      default:
        return answer(match, state, around);
    }
  }

  /** listOf is the list of sources that a match asks for, also where it is a set that packets put sources into. */
  listOf(match: Match): Remembrance | undefined {
    if (match.match === 'remembered') return match;
    if (match.match !== 'element' || match.negated || match.key.join() !== 'source') return undefined;
    const seconds = this.ruleset.sets.get(match.set)?.timeoutSeconds;
    return seconds === undefined ? undefined : { list: match.set, seconds };
  }

  /** setOf is a set to look a key up in; undefined where what is in it, or what is looked up, is not known. */
  setOf(id: string, key: readonly Field[]): SetIndex | undefined {
    const name = `${id} ${key.join()}`;
    if (!this.sets.has(name)) {
      const set = this.ruleset.sets.get(id);
      const known = set !== undefined && !key.includes('unknown') && set.timeoutSeconds === undefined;
      this.sets.set(name, known ? new SetIndex(this.ruleset.family, set, key) : undefined);
    }
    return this.sets.get(name);
  }
}
