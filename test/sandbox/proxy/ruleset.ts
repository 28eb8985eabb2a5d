/** All rules of kube-proxy on one node for one family, and the text that makes the kernel hold them. Pure. */
import {
  type Chains,
  FIREWALL,
  fixedFilter,
  fixedNat,
  JUMPS,
  type Jump,
  nodePortsJump,
  type Table,
} from './chains.ts';
import { isPortChain } from './names.ts';
import { type PortRules, portRules, type View } from './port-rules.ts';
import type { ServicePort } from './service-ports.ts';

/** Ruleset is what shall be in the kernel. */
export interface Ruleset {
  /** The chains that are written with every sync. */
  filter: Chains;
  nat: Chains;
  /** The chains of each port, by the port's name: written when they have changed. */
  ports: Map<string, Chains>;
  /** Whether there are so many endpoints that comments are left out, and that nothing is written again by the hour. */
  large: boolean;
}

/** LARGE is the number of endpoints past which comments are left out. */
const LARGE = 1000;

/** ruleset works the rules out. */
export function ruleset(ports: readonly ServicePort[], view: Omit<View, 'large'>): Ruleset {
  const large = ports.reduce((sum, { endpoints }) => sum + endpoints.length, 0) > LARGE;
  const rules = ports.map((port) => portRules(port, { ...view, large }));
  const all = (of: (one: PortRules) => string[]) => rules.flatMap(of);
  return {
    filter: new Map([
      ['KUBE-SERVICES', all(({ filterServices }) => filterServices)],
      ['KUBE-EXTERNAL-SERVICES', all(({ externalServices }) => externalServices)],
      ['KUBE-NODEPORTS', all(({ filterNodePorts }) => filterNodePorts)],
      ['KUBE-PROXY-FIREWALL', all(({ firewall }) => firewall)],
      ...fixedFilter(view.family),
    ]),
    nat: new Map([
      ['KUBE-SERVICES', [...all(({ services }) => services), nodePortsJump(view.family)]],
      ['KUBE-NODEPORTS', all(({ nodePorts }) => nodePorts)],
      ...fixedNat(),
    ]),
    ports: new Map(rules.map(({ name, chains }) => [name, chains])),
    large,
  };
}

/** Held is what the kernel holds already, as far as it matters. */
export interface Held {
  /** Chains of Service ports in the table nat. */
  portChains: Set<string>;
  /** Rules of the kernel's own chains, as "table -A CHAIN RULE". */
  jumps: Set<string>;
}

/** held reads the output of iptables-save. */
export function held(saved: string): Held {
  const found: Held = { portChains: new Set(), jumps: new Set() };
  let table = '';
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    const chain = /^:(\S+)/.exec(line)?.[1];
    if (table === 'nat' && chain !== undefined && isPortChain(chain)) found.portChains.add(chain);
    if (/^-A (PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) /.test(line)) found.jumps.add(`${table} ${line}`);
  }
  return found;
}

/** Change is what one restore writes. */
export interface Change {
  filter: Chains;
  nat: Chains;
  /** Chains of the table nat that nothing leads to any more. */
  stale: string[];
  jumps: readonly Jump[];
  /** Chains that are empty and tell a flush from a ruleset: only the first write makes them. */
  canaries: boolean;
}

/** fullChange writes everything and removes what is left from before. */
export function fullChange({ filter, nat, ports }: Ruleset, { portChains, jumps }: Held): Change {
  const chains = new Map([...nat, ...[...ports.values()].flatMap((own) => [...own])]);
  return {
    filter,
    nat: chains,
    stale: [...portChains].filter((chain) => !chains.has(chain)),
    jumps: JUMPS.filter(({ table, chain, rule }) => !jumps.has(`${table} -A ${chain} ${rule}`)),
    canaries: true,
  };
}

/** partialChange leaves the chains alone that belong to ports whose rules are as they were. */
export function partialChange({ filter, nat, ports }: Ruleset, before: Ruleset): Change {
  const text = (chains: Chains | undefined) => JSON.stringify([...(chains ?? [])]);
  const changed = [...ports].filter(([name, chains]) => text(chains) !== text(before.ports.get(name)));
  const kept = new Set([...ports.values()].flatMap((chains) => [...chains.keys()]));
  const was = [...before.ports.values()].flatMap((chains) => [...chains.keys()]);
  return {
    filter,
    nat: new Map([...nat, ...changed.flatMap(([, chains]) => [...chains])]),
    stale: was.filter((chain) => !kept.has(chain)),
    jumps: [],
    canaries: false,
  };
}

/** CANARY is the empty chain of each table whose absence tells a proxy that its rules were flushed. */
export const CANARY = 'KUBE-PROXY-CANARY';
/** KUBELET are the chains that a kubelet makes for those who look for the back end that the node uses. */
export const KUBELET: Record<string, string[]> = {
  mangle: ['KUBE-IPTABLES-HINT', 'KUBE-KUBELET-CANARY'],
  filter: ['KUBE-KUBELET-CANARY'],
  nat: ['KUBE-KUBELET-CANARY'],
};

function section(table: Table | 'mangle', chains: Chains, { jumps, stale, canaries }: Change): string[] {
  const gone = table === 'nat' ? stale : [];
  const empty = canaries ? [...(KUBELET[table] ?? []), CANARY] : [];
  const names = [...empty, ...chains.keys(), ...gone];
  return [
    `*${table}`,
    ...names.map((name) => `:${name} - [0:0]`),
    ...jumps.filter((jump) => jump.table === table).map(({ chain, rule }) => `-I ${chain} ${rule}`),
    ...[...chains].flatMap(([chain, rules]) => rules.map((rule) => `-A ${chain} ${rule}`)),
    ...gone.map((name) => `-X ${name}`),
    'COMMIT',
  ];
}

/** restoreText is the input of `iptables-restore --noflush` that makes a change. */
export function restoreText(change: Change): string {
  const lines = [
    ...(change.canaries ? section('mangle', new Map(), change) : []),
    ...section('filter', change.filter, change),
    ...section('nat', change.nat, change),
  ];
  return `${lines.join('\n')}\n`;
}

/** ruleCounts are the numbers of the proxy's rules by table: those that a change writes, and all there are. */
export function ruleCounts(
  rules: Ruleset,
  { filter, nat }: Change,
): Record<Table, { last: number; total: number }> {
  const count = (chains: Chains) =>
    [...chains].reduce((sum, [name, own]) => sum + (name === FIREWALL ? 0 : own.length), 0);
  const ports = [...rules.ports.values()].reduce((sum, chains) => sum + count(chains), 0);
  return {
    filter: { last: count(filter), total: count(rules.filter) },
    nat: { last: count(nat), total: count(rules.nat) + ports },
  };
}
