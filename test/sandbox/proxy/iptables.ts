/** kube-proxy's hands: the iptables tools in a node's network namespace. */
import { must, run } from '../node/command.ts';
import type { Family } from '../service-kinds.ts';
import { COUNTERS } from './chains.ts';

/** Iptables is the kernel of one node, for one family. */
export class Iptables {
  readonly #namespace: string;
  readonly #family: Family;

  constructor(namespace: string, family: Family) {
    this.#namespace = namespace;
    this.#family = family;
  }

  /** saved is what iptables-save prints. */
  saved(): Promise<string> {
    return must(this.#inNode([`${this.#tool()}-save`]));
  }

  /** restore writes the input of `iptables-restore --noflush`: all of it or, when it rejects, nothing. */
  async restore(text: string): Promise<void> {
    await must(this.#inNode([`${this.#tool()}-restore`, '--noflush']), { input: text });
  }

  /** forgetFlows removes UDP flows from the connection tracker; none to be found is no error. */
  async forgetFlows(flows: readonly string[][]): Promise<void> {
    const family = this.#family.toLowerCase();
    for (const flow of flows)
      await run(this.#inNode(['conntrack', '-D', '-f', family, '-p', 'udp', ...flow]));
  }

  #tool(): string {
    return this.#family === 'IPv4' ? 'iptables-nft' : 'ip6tables-nft';
  }

  #inNode(argv: string[]): string[] {
    return enter(this.#namespace, argv);
  }
}

/** Netlink needs no /sys of the namespace's own, which is what `ip netns exec` would mount first. */
function enter(namespace: string, argv: string[]): string[] {
  return ['nsenter', `--net=/run/netns/${namespace}`, ...argv];
}

/** addCounters makes the nfacct objects that rules count with; those that are there stay. */
export async function addCounters(namespace: string): Promise<void> {
  await Promise.all(COUNTERS.map((name) => run(enter(namespace, ['nfacct', 'add', name]))));
}
