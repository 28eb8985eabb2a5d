/** The iptables tools in a node's network namespace. */
import { must, run } from '../node/command.ts';
import type { Family } from '../service-kinds.ts';
import { CANARY } from './ruleset.ts';
import { enter } from './tools.ts';

/** Iptables is the kernel of one node, for one family. */
export class Iptables {
  readonly #namespace: string;
  readonly #tool: string;

  constructor(namespace: string, family: Family) {
    this.#namespace = namespace;
    this.#tool = family === 'IPv4' ? 'iptables-nft' : 'ip6tables-nft';
  }

  /** saved is what iptables-save prints. */
  saved(): Promise<string> {
    return must(enter(this.#namespace, [`${this.#tool}-save`]));
  }

  /** restore writes the input of `iptables-restore --noflush`: all of it or, when it rejects, nothing. */
  async restore(text: string): Promise<void> {
    await must(enter(this.#namespace, [`${this.#tool}-restore`, '--noflush']), { input: text });
  }

  /** hasCanary tells whether a table still holds the chain whose absence means that rules were flushed. */
  async hasCanary(table: 'mangle' | 'nat' | 'filter'): Promise<boolean> {
    const { code } = await run(enter(this.#namespace, [this.#tool, '-t', table, '-S', CANARY]));
    return code === 0;
  }
}
