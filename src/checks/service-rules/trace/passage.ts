/** One walk of packets through a base chain: what it needs to know, where it is, and where packets ended. */
import type { Bound } from '../address-set.ts';
import type { BaseChain, Chain, Rule } from '../model.ts';
import type { Surroundings } from './match.ts';
import type { Link, State } from './state.ts';

/** Stop is where a packet ended on its way. */
export interface Stop {
  readonly kind: 'Drop' | 'Reject' | 'Unknown';
  readonly state: State;
  readonly rule: Rule;
  /** foreign is true where the rule is none of kube-proxy. */
  readonly foreign: boolean;
}

/** Passage is one walk through one base chain. */
export interface Passage {
  readonly base: BaseChain;
  readonly around: Surroundings;
  /** behind is true once an endpoint is chosen, or none will be: chance and memory are then not followed. */
  readonly behind: boolean;
  /** redirectTo is the address that a redirection leads to. */
  readonly redirectTo: string | undefined;
  /** read reads an address, as a number. */
  readonly read: (address: string) => Bound | undefined;
}

/** Within is the chain that is walked through, and what leaves it. */
export interface Within {
  readonly chain: Chain;
  readonly depth: number;
  readonly passage: Passage;
  /** accepted are states that are through with this base chain. */
  readonly accepted: State[];
  /** path are the rules that led into this chain, the last first. */
  readonly path: Link<Rule> | undefined;
}
