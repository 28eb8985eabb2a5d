/**
 * The small model of a node's rules that both readers make and that packets are traced through. It holds what a packet
 * meets and nothing of how it was written; every rule keeps its own line, to be shown to people.
 */
import type { AddressSet, Family } from './address-set.ts';

/** Hook is a place in the kernel where base chains are attached (`netfilter.h`). */
export type Hook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';

/** Backend is where a table of rules lives. */
export type Backend = 'iptables-nft' | 'iptables-legacy' | 'nftables';

/** Ruleset is all rules of a node for one family. */
export interface Ruleset {
  readonly family: Family;
  /** bases are the base chains, in the order in which they were read; hooks run them by priority, then this order. */
  readonly bases: readonly BaseChain[];
  /** chains are all chains by id. */
  readonly chains: ReadonlyMap<string, Chain>;
  /** sets are nftables' named and anonymous sets and maps by id. */
  readonly sets: ReadonlyMap<string, ElementSet>;
}

/** BaseChain is a chain that the kernel itself calls. */
export interface BaseChain {
  /** chain is the id of the chain with its rules. */
  readonly chain: string;
  readonly hook: Hook;
  readonly type: 'filter' | 'nat' | 'route';
  /** priority is as the kernel has it: raw -300, mangle -150, dstnat -100, filter 0, srcnat 100. */
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
}

/** Chain is a list of rules. */
export interface Chain {
  /** id is `<backend> <table>/<name>`, as in `iptables-nft nat/KUBE-SERVICES`, `nftables ip kube-proxy/services`. */
  readonly id: string;
  readonly backend: Backend;
  /** table is the table's name: `nat`; of nftables with its family, `ip kube-proxy`. */
  readonly table: string;
  readonly name: string;
  readonly rules: readonly Rule[];
}

/** Rule is a row of steps: a packet that does not match a step leaves the rule there, and goes on with the next rule. */
export interface Rule {
  /** raw is the rule as its tool wrote it (nftables: its JSON), bounded to be shown. */
  readonly raw: string;
  readonly steps: readonly Step[];
}

/** Step is a question to the packet, or something that is done to it. */
export type Step = Match | Action;

/** Match is a question to the packet. */
export type Match =
  | { readonly match: 'source' | 'destination'; readonly set: AddressSet }
  | { readonly match: 'protocol'; readonly protocols: readonly string[]; readonly negated: boolean }
  | {
      readonly match: 'sourcePort' | 'destinationPort';
      readonly ranges: readonly PortRange[];
      readonly negated: boolean;
    }
  /** name may end in `+` or `*`: any interface whose name begins so. */
  | { readonly match: 'inInterface' | 'outInterface'; readonly name: string; readonly negated: boolean }
  /** states are conntrack's, in capitals: NEW, ESTABLISHED, RELATED, INVALID, UNTRACKED, and the statuses DNAT, SNAT. */
  | { readonly match: 'state'; readonly states: readonly string[]; readonly negated: boolean }
  /** mark: `(mark & mask) === value`, or not. 32 bits, unsigned. */
  | { readonly match: 'mark'; readonly mask: number; readonly value: number; readonly negated: boolean }
  /** local: the address is one of the node's own (addrtype LOCAL, fib type local). */
  | { readonly match: 'sourceLocal' | 'destinationLocal'; readonly negated: boolean }
  /** random matches with a probability, 0 to 1. */
  | { readonly match: 'random'; readonly probability: number }
  /** remembered: the source was put on a list no longer than so many seconds ago (recent, a dynamic set). */
  | { readonly match: 'remembered'; readonly list: string; readonly seconds: number }
  /** element: the packet's fields, in this order, are an element of a set. */
  | {
      readonly match: 'element';
      readonly key: readonly Field[];
      readonly set: string;
      readonly negated: boolean;
    }
  /** unknown is a question that this model does not understand; text shows it. */
  | { readonly match: 'unknown'; readonly text: string };

/** Action is what is done to a packet that came so far. */
export type Action =
  /** mark: `mark = (mark & and) ^ xor`, 32 bits, unsigned. */
  | { readonly action: 'mark'; readonly and: number; readonly xor: number }
  | { readonly action: 'remember'; readonly list: string }
  | Verdict
  /** choose takes one branch at random, all alike likely (numgen random with a verdict map). */
  | { readonly action: 'choose'; readonly branches: readonly Verdict[] }
  /** lookup takes the verdict that a map has for the packet's fields; without one the packet goes on. */
  | { readonly action: 'lookup'; readonly key: readonly Field[]; readonly map: string }
  /** dnat: one of the targets, all alike likely. */
  | { readonly action: 'dnat'; readonly targets: readonly Target[] }
  | { readonly action: 'redirect'; readonly port?: number }
  | { readonly action: 'masquerade' }
  | { readonly action: 'snat'; readonly text: string }
  | { readonly action: 'notrack' }
  /** nothing: counters, comments, logs. */
  | { readonly action: 'nothing' }
  /** unknown is something that this model does not understand: what becomes of the packet cannot be told. */
  | { readonly action: 'unknown'; readonly text: string };

/** Verdict decides where a packet goes on. chain is the id of a chain. */
export type Verdict =
  | { readonly action: 'jump' | 'goto'; readonly chain: string }
  | { readonly action: 'return' | 'accept' | 'drop' | 'reject' };

/** Target is where a packet is sent; what is left out stays as it is. */
export interface Target {
  /** address is in canonical form. */
  readonly address?: string;
  readonly port?: number;
}

/** PortRange is inclusive at both ends. */
export type PortRange = readonly [number, number];

/** Field is a part of a packet that sets are asked about. */
export type Field = 'source' | 'destination' | 'protocol' | 'destinationPort' | 'unknown';

/** ElementSet is an nftables set or map. */
export interface ElementSet {
  readonly id: string;
  /**
   * elements are its elements by their text: the fields in their order, joined by a space: `10.96.0.10 tcp 53`
   * (addresses canonical, protocols by name in lower case). The value is the verdict of a map, `undefined` in a set.
   */
  readonly elements: ReadonlyMap<string, Verdict | undefined>;
  /** addresses is set for sets of single addresses, with ranges and prefixes in it. */
  readonly addresses?: AddressSet;
  /** timeoutSeconds is set for dynamic sets: what is put into them stays so long. */
  readonly timeoutSeconds?: number;
  /** partial is true where some elements were not understood: what is not found may still be there. */
  readonly partial?: true;
}

/** Reading is what a reader made of a tool's output: rules, or why there are none that can be trusted. */
export type Reading =
  | { readonly kind: 'Read'; readonly rulesets: readonly Ruleset[] }
  /** Unreadable: the output is broken, cut, or says that a table cannot be shown. Not the same as empty. */
  | { readonly kind: 'Unreadable'; readonly problem: string };
