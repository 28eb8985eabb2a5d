/** Which destinations kube-proxy's rules know on a node: found by what its chains and maps ask for. */
import type { AddressSet } from '../address-set.ts';
import { addressText } from '../address-text.ts';
import type { Rule, Ruleset } from '../model.ts';
import { chainsNamed, setNamed } from '../trace/kube-proxy-chains.ts';

/** Found is a protocol and port, of an address or, without one, of the node. */
export interface Known {
  readonly address: string;
  readonly protocol: string;
  readonly port: number;
}

/** Destinations are all that a node's rules know. */
export interface Destinations {
  readonly services: readonly Known[];
  /** nodePorts have an empty address. */
  readonly nodePorts: readonly Known[];
  /** addresses are those of Services, also those of which no port is served. */
  readonly addresses: ReadonlySet<string>;
}

const protocols: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp']);
/** A rule that takes more is none of kube-proxy's form; what it does shows in the rows of others. */
const most = { addresses: 16, ports: 16, clusterIPs: 65_536 };

/** destinationsOf finds them. */
export function destinationsOf(ruleset: Ruleset): Destinations {
  const services = new Map<string, Known>();
  const nodePorts = new Map<string, Known>();
  const addresses = new Set<string>();
  const addService = (known: Known): void => {
    services.set(`${known.address} ${known.protocol} ${known.port}`, known);
    addresses.add(known.address);
  };
  const addNodePort = (known: Known): void => {
    nodePorts.set(`${known.protocol} ${known.port}`, { ...known, address: '' });
  };
  for (const [table, name] of serviceChains) {
    for (const { rules } of chainsNamed(ruleset, table, name)) {
      for (const rule of rules) {
        for (const known of knownBy(rule)) {
          if (known.address !== '') addService(known);
          else if (isLocal(rule)) addNodePort(known);
        }
      }
    }
  }
  for (const { rules } of chainsNamed(ruleset, 'nat', 'KUBE-NODEPORTS')) {
    for (const rule of rules) for (const known of knownBy(rule)) addNodePort(known);
  }
  for (const name of ['service-ips', 'no-endpoint-services', 'firewall-ips']) {
    for (const key of setNamed(ruleset, name)?.elements.keys() ?? []) {
      const known = keyOf(key);
      if (known !== undefined) addService(known);
    }
  }
  for (const name of ['service-nodeports', 'no-endpoint-nodeports']) {
    for (const key of setNamed(ruleset, name)?.elements.keys() ?? []) {
      const known = keyOf(`node ${key}`);
      if (known !== undefined) addNodePort(known);
    }
  }
  for (const address of clusterIPs(ruleset)) addresses.add(address);
  return { services: [...services.values()], nodePorts: [...nodePorts.values()], addresses };
}

const serviceChains = [
  ['nat', 'KUBE-SERVICES'],
  ['filter', 'KUBE-SERVICES'],
  ['filter', 'KUBE-EXTERNAL-SERVICES'],
  ['filter', 'KUBE-PROXY-FIREWALL'],
] as const;

/** What a rule asks for; nothing where it does not ask for a protocol and port, or for too many. */
function knownBy({ steps }: Rule): readonly Known[] {
  let addresses: readonly string[] | undefined;
  let [asked, ports]: [readonly string[], readonly number[]] = [[], []];
  for (const step of steps) {
    if (!('match' in step)) break;
    if (step.match === 'destination') {
      addresses = addressesOf(step.set) ?? (isLoopback(step.set) ? undefined : []);
    } else if (step.match === 'protocol' && !step.negated) asked = step.protocols;
    else if (step.match === 'destinationPort' && !step.negated) {
      ports = step.ranges.flatMap(([low, high]) =>
        high - low < most.ports ? Array.from({ length: high - low + 1 }, (_, index) => low + index) : [],
      );
    }
  }
  return (addresses ?? ['']).flatMap((address) =>
    asked.flatMap((protocol) =>
      protocols.has(protocol) ? ports.map((port) => ({ address, protocol, port })) : [],
    ),
  );
}

function isLocal({ steps }: Rule): boolean {
  return steps.some((step) => 'match' in step && step.match === 'destinationLocal' && !step.negated);
}

/** The loopback range goes with NodePorts and is no address of a Service. */
function isLoopback({ bounds }: AddressSet): boolean {
  return bounds[0] === 127 * 2 ** 24;
}

function addressesOf({ bounds }: AddressSet, limit = most.addresses): readonly string[] | undefined {
  const addresses: string[] = [];
  for (let index = 0; index + 1 < bounds.length; index += 2) {
    const [start, end] = [bounds[index], bounds[index + 1]];
    if (start === undefined || end === undefined) continue;
    if (Number(end) - Number(start) > limit) return undefined;
    for (let bound = start; bound < end; bound = typeof bound === 'number' ? bound + 1 : bound + 1n) {
      addresses.push(addressText(bound));
      if (addresses.length > limit) return undefined;
    }
  }
  return addresses;
}

function keyOf(text: string): Known | undefined {
  const [address = '', protocol = '', port = '', more] = text.split(' ');
  if (more !== undefined || !protocols.has(protocol) || !/^\d{1,5}$/.test(port)) return undefined;
  if (/[/-]/.test(address)) return undefined;
  return { address, protocol, port: Number(port) };
}

function clusterIPs(ruleset: Ruleset): readonly string[] {
  const set = setNamed(ruleset, 'cluster-ips');
  if (set === undefined) return [];
  const named = [...set.elements.keys()].filter((key) => !/[/-]/.test(key));
  return [...named, ...((set.addresses && addressesOf(set.addresses, most.clusterIPs)) ?? [])];
}
