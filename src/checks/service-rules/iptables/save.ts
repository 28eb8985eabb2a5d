/**
 * Reads what iptables-save prints, of either back end and family: three-valued, since a text that is cut, or in which a table
 * is missing, is not the same as no rules.
 */
import type { Family } from '../address-set.ts';
import type { Chain, Reading } from '../model.ts';
import { RuleReader } from './rule.ts';
import { type IptablesBackend, type SavedTable, TableReader } from './table.ts';
import { isTable } from './tables.ts';
import { Garbled, shown, Words } from './words.ts';

/** Saved is the whole text. */
export interface Saved {
  readonly tables: readonly SavedTable[];
  /** comments are the lines behind the last table. */
  readonly comments: readonly string[];
}

/** readIptablesSave reads a whole text; it never throws. */
export function readIptablesSave(text: string, backend: IptablesBackend, family: Family): Reading {
  const saved = savedOf(text, backend, family);
  if ('problem' in saved) return { kind: 'Unreadable', problem: saved.problem };
  const chains = new Map<string, Chain>();
  for (const table of saved.tables) for (const chain of table.chains) chains.set(chain.id, chain);
  const bases = saved.tables.flatMap((table) => table.bases);
  return { kind: 'Read', rulesets: [{ family, bases, chains, sets: new Map() }] };
}

const left = /^# Table `([^'\n]*)' (?:is|contains) incompatible[^\n]*\n?/;

/** incompatibleTables are those that iptables-nft-save left out, whole or in part: only nft can show them. */
export function incompatibleTables(text: string): readonly string[] {
  return [...text.matchAll(new RegExp(left, 'gm'))].map(([, table = '']) => table);
}

/** withoutIncompatible is the text without these notes, so that the other tables can be read. */
export function withoutIncompatible(text: string): string {
  return text.replaceAll(new RegExp(left, 'gm'), '');
}

/** printIptablesSave prints what was read: the same lines, where each chain's rules stood together. */
export function printIptablesSave({ tables, comments }: Saved): string {
  const lines = tables.flatMap(({ name, comments, chains }) => [
    ...comments,
    `*${name}`,
    ...chains.map(({ declaration }) => declaration),
    ...chains.flatMap(({ rules }) => rules.map(({ raw }) => raw)),
    'COMMIT',
  ]);
  return [...lines, ...comments].map((line) => `${line}\n`).join('');
}

/** savedOf reads a whole text, or says what is wrong with it. */
export function savedOf(
  text: string,
  backend: IptablesBackend,
  family: Family,
): Saved | { readonly problem: string } {
  const reader = new SaveReader(text, backend, family);
  try {
    return reader.read();
  } catch (error) {
    if (!(error instanceof Garbled)) throw error;
    return { problem: `${error.message} in line ${reader.line()}` };
  }
}

class SaveReader {
  readonly #words: Words;
  readonly #backend: IptablesBackend;
  readonly #rules: RuleReader;
  readonly #tables: SavedTable[] = [];
  #comments: string[] = [];
  #place = 0;

  constructor(text: string, backend: IptablesBackend, family: Family) {
    this.#words = new Words(text);
    this.#backend = backend;
    this.#rules = new RuleReader(family);
  }

  /** line is the number of the line that is read, from 1. */
  line(): number {
    return this.#words.text.slice(0, this.#place).split('\n').length;
  }

  read(): Saved {
    const { text } = this.#words;
    while (this.#place < text.length) {
      const line = this.#wholeLine();
      if (line.startsWith('#')) this.#comment(line);
      else if (line.startsWith('*')) this.#table(line.slice(1), line.length + 1);
      else if (line.trim() !== '') throw new Garbled(`a line that is none of a table's (${shown(line)})`);
      else this.#place += line.length + 1;
    }
    return { tables: this.#tables, comments: this.#comments };
  }

  #comment(line: string): void {
    const [, table] = left.exec(line) ?? [];
    if (table !== undefined)
      throw new Garbled(`table ${shown(table)} is incompatible and not shown, use nft`);
    this.#comments.push(line);
    this.#place += line.length + 1;
  }

  #table(name: string, length: number): void {
    if (!isTable(name)) throw new Garbled(`a table that iptables has not (${shown(name)})`);
    if (this.#tables.some((each) => each.name === name)) throw new Garbled(`table ${name} for a second time`);
    this.#place += length;
    const table = new TableReader(name, this.#words, this.#backend, this.#rules);
    const before = this.#comments;
    this.#comments = [];
    while (!this.#entered(table)) if (this.#place >= this.#words.text.length) throw new Garbled(cut(name));
    this.#tables.push(table.end([...before, ...this.#comments]));
    this.#comments = [];
  }

  /** entered takes in a line of a table, and tells whether it was the last. */
  #entered(table: TableReader): boolean {
    if (this.#words.text[this.#place] === '-') {
      this.#place = table.rule(this.#place);
      return false;
    }
    const line = this.#wholeLine();
    if (line.startsWith('#')) {
      this.#comment(line);
      return false;
    }
    if (line.startsWith(':')) table.declare(line);
    else if (line !== 'COMMIT') throw new Garbled(`a line that is none of iptables-save (${shown(line)})`);
    this.#place += line.length + 1;
    return line === 'COMMIT';
  }

  #wholeLine(): string {
    const { text } = this.#words;
    const end = text.indexOf('\n', this.#place);
    return text.slice(this.#place, end < 0 ? text.length : end);
  }
}

function cut(table: string): string {
  return `the end of the text before the end of table ${table}`;
}
