/** The nft tool in a node's network namespace. */
import { must } from '../node/command.ts';
import type { Family } from '../service-kinds.ts';
import { words } from './nft-fixed.ts';
import type { NftHeld } from './nft-ruleset.ts';
import { enter } from './tools.ts';

/** Nft is the kernel of one node, for kube-proxy's table of one family. */
export class Nft {
  readonly #namespace: string;
  readonly #table: string;
  readonly #ip: string;

  constructor(namespace: string, family: Family) {
    this.#namespace = namespace;
    this.#ip = words(family).ip;
    this.#table = `${this.#ip} kube-proxy`;
  }

  /** apply makes one transaction: all of it or, when it rejects, nothing. */
  async apply(text: string): Promise<void> {
    await must(enter(this.#namespace, ['nft', '-f', '-']), { input: text });
  }

  /** held are the names of what the table has, nothing where there is no table. */
  async held(): Promise<NftHeld> {
    // Without elements and without reading rules: these may be many.
    const list = async (what: 'chains' | 'sets') => {
      const text = await must(enter(this.#namespace, ['nft', '-t', 'list', what, this.#ip]));
      const from = `\n${text}`.indexOf(`\ntable ${this.#table} {\n`);
      const own = from < 0 ? '' : text.slice(from, text.indexOf('\n}', from));
      return [...own.matchAll(/^\t(?:chain|set) (\S+) \{/gm)].map(([, name = '']) => name);
    };
    const [chains, sets] = await Promise.all([list('chains'), list('sets')]);
    return { chains, sets };
  }

  /** remove takes the table away, if it is there. */
  async remove(): Promise<void> {
    await this.apply(`add table ${this.#table}\ndelete table ${this.#table}\n`);
  }
}
