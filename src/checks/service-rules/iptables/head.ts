/** What a rule asks before its first `-m`: addresses, interfaces, protocol. */
import { complement, type Family } from '../address-set.ts';
import type { Match, Step } from '../model.ts';
import { prefixOf } from './addresses.ts';
import { Interned } from './intern.ts';
import { Garbled, shown, type Words } from './words.ts';

/** protocolNames are those that the model has names for; iptables writes numbers where it finds no name. */
const protocolNames: Readonly<Record<string, string>> = { '6': 'tcp', '17': 'udp', '132': 'sctp' };

/** HeadReader reads the options that no extension has. */
export class HeadReader {
  readonly #family: Family;
  readonly #options: ReadonlyMap<string, readonly [plain: Interned<Match>, negated: Interned<Match>]>;

  constructor(family: Family) {
    this.#family = family;
    const options = {
      '-s': (value: string, negated: boolean) => addressMatch(family, 'source', value, negated),
      '-d': (value: string, negated: boolean) => addressMatch(family, 'destination', value, negated),
      '-i': (name: string, negated: boolean): Match => ({ match: 'inInterface', name, negated }),
      '-o': (name: string, negated: boolean): Match => ({ match: 'outInterface', name, negated }),
      '-p': protocolMatch,
    };
    this.#options = new Map(
      Object.entries(options).map(([option, make]) => [
        option,
        [new Interned((value) => make(value, false)), new Interned((value) => make(value, true))],
      ]),
    );
  }

  /** read takes in the option that the words stand at and gives true, or false where it is none of a rule's head. */
  read(words: Words, steps: Step[]): boolean {
    const negated = words.word === '!';
    const option = negated ? words.next() : words.word;
    const made = this.#options.get(option ?? '');
    if (made !== undefined) {
      const value = words.value();
      // Each endpoint's own address is asked for once: keeping it by its text would only take room.
      if (option === '-s' && !negated && value.endsWith('/32'))
        steps.push(addressMatch(this.#family, 'source', value, false));
      else steps.push(made[negated ? 1 : 0].of(value));
      return true;
    }
    if (option !== '-f') return false;
    words.next();
    steps.push({ match: 'unknown', text: negated ? '! -f' : '-f' });
    return true;
  }
}

function addressMatch(
  family: Family,
  match: 'source' | 'destination',
  value: string,
  negated: boolean,
): Match {
  const set = prefixOf(family, value);
  if (set !== undefined) return { match, set: negated ? complement(set) : set };
  // A mask with holes in it is legal, and no set of ranges worth having.
  if (!/^[0-9a-f:.]+\/[0-9a-f]+[.:][0-9a-f:.]+$/.test(value))
    throw new Garbled(`the address ${shown(value)}`);
  return { match: 'unknown', text: `${negated ? '! ' : ''}${match === 'source' ? '-s' : '-d'} ${value}` };
}

function protocolMatch(value: string, negated: boolean): Match {
  if (!/^[a-z0-9-]{1,20}$/.test(value)) throw new Garbled(`the protocol ${shown(value)}`);
  return { match: 'protocol', protocols: [protocolNames[value] ?? value], negated };
}
