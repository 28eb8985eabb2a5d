/** On which of a node's addresses node ports must work: nodePortAddresses of kube-proxy's configuration. */
import { boundOf, type Family, holds, isFull, setOf } from '../address-set.ts';
import type { DestinationKind } from '../entry.ts';
import { elsewhereOf, type NodeFacts } from '../node-facts.ts';

/** NodePortPlace is one of the addresses that rows ask about. */
export interface NodePortPlace {
  readonly kind: Exclude<DestinationKind, 'Address' | 'OtherPorts'>;
  /** address is the node's address, which is also where its own packets to it come from. */
  readonly address: string;
  /** served is whether node ports work there. */
  readonly served: boolean;
}

/** nodePortPlacesOf are those of a node. Without configuration only its first address, on which they work by default. */
export function nodePortPlacesOf(facts: NodeFacts, family: Family): readonly NodePortPlace[] {
  const primary = facts.primary[family];
  const first: readonly NodePortPlace[] =
    primary === undefined
      ? []
      : [{ kind: 'NodePort', address: primary, served: servesOn(facts, family, primary) }];
  if (facts.config === undefined) return first;
  const other = elsewhereOf(family, facts.host, primary);
  const elsewhere: readonly NodePortPlace[] =
    other === undefined
      ? []
      : [{ kind: 'NodePortElsewhere', address: other, served: servesOn(facts, family, other) }];
  return family === 'IPv6' ? [...first, ...elsewhere] : [...first, ...elsewhere, loopbackOf(facts)];
}

/** Only iptables mode serves loopback, where it may. */
function loopbackOf(facts: NodeFacts): NodePortPlace {
  const address = '127.0.0.1';
  const may = facts.mode === 'iptables' && facts.config?.localhostNodePorts === true;
  return { kind: 'NodePortLoopback', address, served: may && servesOn(facts, 'IPv4', address) };
}

/** Where nothing is said of a family, all addresses of it are meant: also where `primary` names none of it. */
function servesOn({ config, mode, primary }: NodeFacts, family: Family, address: string): boolean {
  if (config === undefined) return true;
  const said = config.nodePortAddresses;
  const byPrimary = said.length === 0 ? mode === 'nftables' : said[0] === 'primary';
  const texts = byPrimary ? [primary[family] ?? ''] : said;
  const sets = texts.flatMap((text) => setOf(family, text) ?? []);
  const bound = boundOf(family, address);
  if (sets.length === 0 || sets.some(isFull)) return true;
  return bound !== undefined && sets.some((set) => holds(set, bound));
}
