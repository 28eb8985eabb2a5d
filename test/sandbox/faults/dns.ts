/** The faults of DNS that are rules on nodes, so that they break a real cluster as well as a sandbox. */
import { type Fault, joined, type Target } from './fault.ts';
import type { Protocol } from './network.ts';
import { type Chain, tableFault } from './nft.ts';

/** DnsReplica is one Pod of the cluster's DNS: its addresses, and the node that it runs on. */
export interface DnsReplica {
  name: string;
  addresses: string[];
  target: Target;
}

const words = (address: string) => (address.includes(':') ? 'ip6' : 'ip');

/** Before connection tracking and before a Service's address is replaced. */
function early(rules: string[]): Chain {
  return { type: 'filter', hook: 'prerouting', priority: '-300', rules };
}

/** Where Pods of one node talk to each other over a bridge, its rules see what routing never does. */
function onBridge(hook: Chain['hook'], rules: string[]): Chain {
  return { type: 'filter', hook, priority: '-300', rules };
}

/** dnsReplicaDead loses whatever is sent to port 53 of one replica, by anyone. Its Pod goes on being ready. */
export function dnsReplicaDead({ name, addresses, target }: DnsReplica): Fault {
  const rules = addresses.map(
    (address) => `${words(address)} daddr ${address} meta l4proto { tcp, udp } th dport 53 drop`,
  );
  const last: Chain = { type: 'filter', hook: 'postrouting', priority: '0', rules };
  return joined(`dns-replica-dead ${name}`, [
    tableFault(`dns-dead-${name}`, target, [last]),
    tableFault(`dns-dead-${name}`, target, [onBridge('forward', rules)], 'bridge'),
  ]);
}

/** dnsAllDead does so to every replica. */
export function dnsAllDead(replicas: readonly DnsReplica[]): Fault {
  return joined('dns-all-dead', replicas.map(dnsReplicaDead));
}

function port53Dropped(target: Target, protocol: Protocol): Fault {
  const rules = target.podCIDRs.map((range) => `${words(range)} saddr ${range} ${protocol} dport 53 drop`);
  const name = `${protocol}-53`;
  return joined(`${name} on ${target.name}`, [
    tableFault(name, target, [early(rules)]),
    tableFault(name, target, [onBridge('prerouting', rules)], 'bridge'),
  ]);
}

/** udp53Dropped loses what the node's Pods send to port 53 over UDP, to whomever. */
export function udp53Dropped(target: Target): Fault {
  return port53Dropped(target, 'udp');
}

/** tcp53Dropped loses what they send to it over TCP. */
export function tcp53Dropped(target: Target): Fault {
  return port53Dropped(target, 'tcp');
}

/** clusterIPPathBroken loses what the node's Pods send to the DNS Service, before it has become an endpoint's. */
export function clusterIPPathBroken(target: Target, clusterIPs: readonly string[]): Fault {
  const rules = pairs(target, clusterIPs).map(
    ({ ip, range, address }) =>
      `${ip} saddr ${range} ${ip} daddr ${address} meta l4proto { tcp, udp } th dport 53 drop`,
  );
  return tableFault('dns-path', target, [early(rules)]);
}

/** How long after its first packet a socket's others are lost, in milliseconds. */
const RACE = 300;

/**
 * parallelQueriesLost loses what a Pod of the node sends to the DNS Service right after the first packet of the same
 * socket, as connection tracking does when two questions race: of A and AAAA asked at once one stays without an answer.
 */
export function parallelQueriesLost(target: Target, clusterIPs: readonly string[]): Fault {
  const set = (ip: string) => `socket_${ip}`;
  const rules = pairs(target, clusterIPs).flatMap(({ ip, range, address }) => {
    const which = `${ip} saddr ${range} ${ip} daddr ${address} udp dport 53`;
    const socket = `${ip} saddr . udp sport`;
    return [`${which} ${socket} @${set(ip)} drop`, `${which} add @${set(ip)} { ${socket} }`];
  });
  const sets = ['ip', 'ip6'].map(
    (ip) =>
      `set ${set(ip)} { type ${ip === 'ip' ? 'ipv4_addr' : 'ipv6_addr'} . inet_service; size 65535; flags dynamic,timeout; timeout ${RACE}ms; }`,
  );
  return tableFault('dns-race', target, [early(rules)], 'inet', sets);
}

function pairs(target: Target, addresses: readonly string[]) {
  return target.podCIDRs.flatMap((range) =>
    addresses
      .filter((address) => words(address) === words(range))
      .map((address) => ({ ip: words(address), range, address })),
  );
}
