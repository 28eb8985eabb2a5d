/**
 * The words of a small, slow and plain simulator of what a kernel does with one concrete packet. It shares nothing with
 * the product, so that the product's tracing can be held against it.
 */

/** Address is an address of either family as a number. */
export type Address = bigint;

/** Packet is the first packet of a connection, somewhere on its way. */
export interface Packet {
  readonly family: 4 | 6;
  /** own is true for packets that the node itself sends. */
  readonly own: boolean;
  readonly inInterface: string;
  readonly source: Address;
  readonly destination: Address;
  readonly protocol: string;
  readonly port: number;
  readonly mark: number;
  readonly untracked: boolean;
  /** translated is `DNAT` done, masqueraded the source replaced. */
  readonly translated: boolean;
  readonly masqueraded: boolean;
  /** remembered are the lists that hold the source, each with how many seconds ago it was put there. */
  readonly remembered: ReadonlyMap<string, number>;
  /** listed are those that it was put on by this packet. */
  readonly listed: readonly string[];
  /** weight is how likely the way is that it took so far. */
  readonly weight: number;
}

/** Turn is what is done to a packet. */
export interface Turn {
  readonly packet: Packet;
  /** `on`: the rule's next step; `next`: the next rule. */
  readonly go: 'on' | 'next' | 'accept' | 'drop' | 'reject' | 'return' | 'jump' | 'goto';
  /** chain is where `jump` and `goto` lead. */
  readonly chain?: string;
}

/** Act is something that is done to a packet: it may take several turns, each with a weight. */
export type Act = (packet: Packet, kernel: Kernel) => readonly Turn[];

/** Step is a part of a rule: a question, which a packet that it does not hold for leaves the rule at, or an act. */
export type Step = { readonly holds: (packet: Packet, kernel: Kernel) => boolean } | { readonly act: Act };

/** Base is a chain that the kernel calls. */
export interface Base {
  readonly chain: string;
  readonly hook: string;
  readonly nat: boolean;
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
}

/** NamedSet is a set or map of nftables: keys by their text, with what they lead to. */
export interface NamedSet {
  readonly elements: ReadonlyMap<string, Act | undefined>;
  readonly timeout?: number;
}

/** Kernel is all rules of one family on a node, and the node's own addresses. */
export interface Kernel {
  readonly bases: readonly Base[];
  readonly chains: ReadonlyMap<string, readonly (readonly Step[])[]>;
  readonly sets: ReadonlyMap<string, NamedSet>;
  readonly addresses: ReadonlySet<Address>;
  /** seen is told each chain, `chain#rule` and set that a packet meets. */
  seen(name: string): void;
}

/** isLocal tells whether an address is the node's own. */
export function isLocal(kernel: Kernel, address: Address, family: 4 | 6): boolean {
  const loopback = family === 4 ? address >> 24n === 127n : address === 1n;
  return loopback || kernel.addresses.has(address);
}
