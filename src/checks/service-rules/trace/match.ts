/** What a match answers for a packet. */
import { type AddressSet, emptySet, fullSet, holds } from '../address-set.ts';
import type { Match, PortRange } from '../model.ts';
import { matching } from './marks.ts';
import type { State } from './state.ts';

/** Surroundings are what a rule can ask of a packet that does not change while a chain is passed. */
export interface Surroundings {
  readonly protocol: string;
  /** tracked is false before connection tracking has seen the packet. */
  readonly tracked: boolean;
  /** fromNode is true for packets of the node itself. */
  readonly fromNode: boolean;
  /** own are the node's own addresses, loopback among them. */
  readonly own: AddressSet;
  /** inInterface and outInterface are undefined where they are not known, and empty where there is none. */
  readonly inInterface: string | undefined;
  readonly outInterface: string | undefined;
}

/** Plain is a match that a packet's own fields answer. */
export type Plain = Exclude<Match, { readonly match: 'random' | 'remembered' | 'element' | 'unknown' }>;

/** answer gives the sources whose packets match; undefined where that cannot be told. */
export function answer(match: Plain, state: State, around: Surroundings): AddressSet | undefined {
  if (match.match === 'source') return match.set;
  if (match.match === 'mark') return matching(state.marks, match.mask, match.value, match.negated);
  const told = tell(match, state, around);
  if (told === undefined) return undefined;
  return told ? fullSet(state.sources.family) : emptySet(state.sources.family);
}

function tell(match: Plain, state: State, around: Surroundings): boolean | undefined {
  switch (match.match) {
    case 'source':
    case 'mark':
      return undefined;
    case 'destination':
      return holds(match.set, state.destination);
    case 'protocol':
      return match.protocols.includes(around.protocol) !== match.negated;
    case 'destinationPort':
      return inRanges(match.ranges, state.port) !== match.negated;
    case 'sourcePort':
      // The client chooses it: only what every port fulfils is known.
      return inEveryPort(match.ranges) ? !match.negated : undefined;
    case 'inInterface':
    case 'outInterface': {
      const name = match.match === 'inInterface' ? around.inInterface : around.outInterface;
      return name === undefined ? undefined : named(match.name, name) !== match.negated;
    }
    case 'state':
      return match.states.some((each) => isIn(each, state, around)) !== match.negated;
    case 'sourceLocal':
      return around.fromNode !== match.negated;
    case 'destinationLocal':
      return holds(around.own, state.destination) !== match.negated;
  }
}

function inRanges(ranges: readonly PortRange[], port: number): boolean {
  for (const [low, high] of ranges) if (low <= port && port <= high) return true;
  return false;
}

function inEveryPort(ranges: readonly PortRange[]): boolean {
  return ranges.some(([low, high]) => low <= 1 && high >= 65535);
}

/** An iptables name ends in `+`, one of nftables in `*`, where it stands for all that begin so. */
function named(pattern: string, name: string): boolean {
  if (!/[+*]$/.test(pattern)) return pattern === name;
  return name.startsWith(pattern.slice(0, -1));
}

/** xt_conntrack, nf_conntrack: without an entry a packet is INVALID; DNAT and SNAT come on top of the state. */
function isIn(
  name: string,
  { untracked, translated, masqueraded }: State,
  { tracked }: Surroundings,
): boolean {
  if (name === 'DNAT') return translated;
  if (name === 'SNAT') return masqueraded !== 'no';
  if (untracked) return name === 'UNTRACKED';
  return name === (tracked ? 'NEW' : 'INVALID');
}
