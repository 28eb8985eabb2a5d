/** Reads one rule of iptables-save: what it asks, in order, and what it does. */
import type { Family } from '../address-set.ts';
import type { Action, Step } from '../model.ts';
import { natTargetOf } from './addresses.ts';
import { HeadReader } from './head.ts';
import { Interned } from './intern.ts';
import { matches } from './matches.ts';
import { extensionOf } from './options.ts';
import { nothing, targetOf, verdicts } from './targets.ts';
import { Garbled, shown, type Words } from './words.ts';

/** ChainNames tells the jump to a chain of the table that is read; undefined where there is no such chain. */
export type ChainNames = (name: string, action: 'jump' | 'goto') => Action | undefined;

/** without are matches that let every packet through. Each of their options has a value, which may look like anything. */
const without: ReadonlySet<string> = new Set(['comment', 'nfacct']);

/** RuleReader keeps what rules have in common, for all tables of one text. */
export class RuleReader {
  readonly #family: Family;
  readonly #head: HeadReader;
  readonly #matches: Interned<readonly Step[]>;
  readonly #targets: Interned<Step>;
  /** steps are those of the rule that is read; what is kept is a copy that has no room to spare. */
  readonly #steps: Step[] = [];

  constructor(family: Family) {
    this.#family = family;
    this.#head = new HeadReader(family);
    this.#matches = new Interned((text) => matchSteps(text, family));
    this.#targets = new Interned((text) => targetOf(text, family));
  }

  /** read stands at the first word behind the chain's name and goes to the end of the rule. */
  read(words: Words, chains: ChainNames): readonly Step[] {
    const steps = this.#steps;
    steps.length = 0;
    let decided = false;
    while (words.word !== undefined) {
      if (words.quoted || decided) throw new Garbled(`the word ${shown(words.word)}`);
      if (words.word === '-m') this.#match(words, steps);
      else if (words.word === '-j' || words.word === '-g') {
        steps.push(this.#target(words, chains));
        decided = true;
      } else if (!this.#head.read(words, steps)) throw new Garbled(`the word ${shown(words.word ?? '')}`);
    }
    if (!decided) steps.push(nothing);
    return steps.slice();
  }

  #match(words: Words, steps: Step[]): void {
    const name = words.next();
    if (name === undefined) throw new Garbled('a match without a name');
    if (without.has(name)) {
      words.next();
      while (words.atOption()) words.skip();
      return;
    }
    const { start } = words;
    let { end } = words;
    words.next();
    while (words.atOption()) {
      end = words.end;
      words.next();
    }
    for (const step of this.#matches.of(words.text.slice(start, end))) steps.push(step);
  }

  #target(words: Words, chains: ChainNames): Step {
    const action = words.word === '-g' ? 'goto' : 'jump';
    const name = words.next();
    if (name === undefined) throw new Garbled('a rule that ends in its target');
    const { start } = words;
    let { end } = words;
    const alone = words.next() === undefined;
    const known = alone
      ? ((action === 'jump' ? verdicts.get(name) : undefined) ?? chains(name, action))
      : undefined;
    if (known !== undefined) return known;
    if (name === 'DNAT' && words.word === '--to-destination') {
      // Hardly two rules send to the same endpoint: what would be kept of the text is of no use.
      const target = natTargetOf(this.#family, words.next() ?? '');
      end = words.end;
      if (words.next() === undefined && target !== undefined) return { action: 'dnat', targets: [target] };
    }
    while (words.word !== undefined) {
      end = words.end;
      words.next();
    }
    const text = words.text.slice(start, end);
    return action === 'goto' ? { action: 'unknown', text: `-g ${text}` } : this.#targets.of(text);
  }
}

function matchSteps(text: string, family: Family): readonly Step[] {
  if (!/^\w{1,30}(?=\s|$)/.test(text)) throw new Garbled('a match without a name');
  const extension = extensionOf(text);
  const understood = extension === undefined ? undefined : matches.get(extension.name)?.(extension, family);
  return understood ?? [{ match: 'unknown', text }];
}
