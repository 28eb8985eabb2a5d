/** Reads one table of iptables-save: its chains with their declarations, and the rules of each. */

import type { Action, Backend, BaseChain, Chain, Rule } from '../model.ts';
import type { ChainNames, RuleReader } from './rule.ts';
import { baseOf } from './tables.ts';
import { Garbled, shown, type Words } from './words.ts';

/** IptablesBackend is a back end that iptables-save can print. */
export type IptablesBackend = Exclude<Backend, 'nftables'>;

/** SavedChain is a chain with the line that declares it. */
export interface SavedChain extends Chain {
  readonly declaration: string;
}

/** SavedTable is a table as it was printed. */
export interface SavedTable {
  readonly name: string;
  /** comments are the lines before it. */
  readonly comments: readonly string[];
  readonly chains: readonly SavedChain[];
  readonly bases: readonly BaseChain[];
}

/** Declared is a chain while its table is read. */
interface Declared extends SavedChain {
  rules: Rule[];
  readonly jump: Action;
  goto?: Action;
}

/** TableReader reads the lines of one table. */
export class TableReader {
  readonly #name: string;
  readonly #words: Words;
  readonly #backend: IptablesBackend;
  readonly #rules: RuleReader;
  readonly #chains = new Map<string, Declared>();
  readonly #bases: BaseChain[] = [];
  /** latest are the rules of the chain whose rules are read: it gets them in one piece, with no room to spare. */
  readonly #latest: Rule[] = [];
  #chain: Declared | undefined;

  constructor(name: string, words: Words, backend: IptablesBackend, rules: RuleReader) {
    this.#name = name;
    this.#words = words;
    this.#backend = backend;
    this.#rules = rules;
  }

  /** declare takes in the line of a chain: `:KUBE-SERVICES - [0:0]`. */
  declare(declaration: string): void {
    const name = declaration.slice(1, declaration.indexOf(' '));
    const rest = declaration.slice(name.length + 1);
    if (name === '' || !(rest === ' - [0:0]' || /^ (-|ACCEPT|DROP) \[\d+:\d+\]$/.test(rest)))
      throw new Garbled(`no declaration of a chain (${shown(declaration)})`);
    if (this.#chains.has(name)) throw new Garbled(`chain ${name} for a second time`);
    const table = this.#name;
    const id = `${this.#backend} ${table}/${name}`;
    if (!rest.startsWith(' -')) {
      const base = baseOf(table, name);
      if (base === undefined) throw new Garbled(`a built-in chain that table ${table} has not (${name})`);
      this.#bases.push({ chain: id, ...base, policy: rest.startsWith(' DROP') ? 'drop' : 'accept' });
    }
    const jump: Action = { action: 'jump', chain: id };
    this.#chains.set(name, { id, backend: this.#backend, table, name, rules: [], declaration, jump });
  }

  /** rule takes in the rule that begins at a place, and gives the place of the next line. */
  rule(place: number): number {
    const words = this.#words;
    words.enter(place);
    if (words.word !== '-A') throw new Garbled(`no rule (${shown(words.word ?? '')})`);
    const name = words.next() ?? '';
    if (this.#chain?.name !== name) this.#begin(name);
    words.next();
    const steps = this.#rules.read(words, this.#names);
    this.#latest.push({ raw: words.text.slice(place, words.end), steps });
    return words.end + 1;
  }

  /** end gives what was read. */
  end(comments: readonly string[]): SavedTable {
    this.#finish();
    return { name: this.#name, comments, chains: [...this.#chains.values()], bases: this.#bases };
  }

  readonly #names: ChainNames = (name, action) => {
    const chain = this.#chains.get(name);
    if (chain === undefined || action === 'jump') return chain?.jump;
    chain.goto ??= { action: 'goto', chain: chain.id };
    return chain.goto;
  };

  #begin(name: string): void {
    const chain = this.#chains.get(name);
    if (chain === undefined) throw new Garbled(`a rule of a chain that is not declared (${shown(name)})`);
    this.#finish();
    this.#chain = chain;
  }

  #finish(): void {
    const chain = this.#chain;
    if (chain?.rules.length === 0) chain.rules = this.#latest.slice();
    else for (const rule of this.#latest) chain?.rules.push(rule);
    this.#latest.length = 0;
  }
}
