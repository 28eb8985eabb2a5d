/** The chains and elements of one Service port on one node in nftables mode (pkg/proxy/nftables/proxier.go). Pure. */
import ipaddr from 'ipaddr.js';
import { familyOf } from '../service-kinds.ts';
import { MARK, type NftChain, type NftNode, type NftSet, words } from './nft-fixed.ts';
import { type NftPortChains, nftEndpoint, nftPortChains } from './nft-names.ts';
import type { ProxyEndpoint, ServicePort } from './service-ports.ts';
import { isExternal, type Place, reachable } from './topology.ts';

/** NftView is the node that rules are for. */
export interface NftView extends NftNode, Place {}

/** NftPort is what a port adds to the table. */
export interface NftPort {
  chains: Map<string, NftChain>;
  /** Sets of clients, where they stay with their endpoint. */
  clients: Map<string, NftSet>;
  /** Elements by set or map, and in it by key: what follows the key, comment or verdict, is the value. */
  elements: Map<string, Map<string, string>>;
}

function portOf({ text }: ProxyEndpoint): string {
  return text.slice(text.lastIndexOf(':') + 1);
}

function plain(rules: string[]): NftChain {
  return { head: [], rules };
}

/** balanced is the only rule of a port without affinity: each endpoint gets its turn at random. */
function balanced(protocol: string, endpoints: ProxyEndpoint[], ip: string): string {
  const turns = endpoints.map((endpoint, i) => `${i} : ${endpoint.address} . ${portOf(endpoint)}`);
  return `meta l4proto ${protocol} dnat ${ip} addr . port to numgen random mod ${endpoints.length} map { ${turns.join(', ')} }`;
}

function sticky({ name, protocol }: ServicePort, endpoints: ProxyEndpoint[], ip: string): string[] {
  const names = endpoints.map((endpoint) => nftEndpoint(name, protocol, endpoint.address, portOf(endpoint)));
  const turns = names.map(({ chain }, i) => `${i} : goto ${chain}`);
  return [
    ...names.map(({ chain, clients }) => `${ip} saddr @${clients} goto ${chain}`),
    `numgen random mod ${endpoints.length} vmap { ${turns.join(', ')} }`,
  ];
}

function externalRules(
  { externalLocal }: ServicePort,
  own: NftPortChains,
  usable: boolean,
  view: NftView,
): string[] {
  const { ip } = words(view.family);
  const rest = usable ? [`goto ${externalLocal ? own.local : own.cluster}`] : [];
  if (!externalLocal) return [`${MARK} comment "masquerade"`, ...rest];
  return [
    ...(view.clusterCIDR === undefined
      ? []
      : [`${ip} saddr ${view.clusterCIDR} goto ${own.cluster} comment "short-circuit pod traffic"`]),
    `fib saddr type local ${MARK} comment "masquerade local traffic"`,
    `fib saddr type local goto ${own.cluster} comment "short-circuit local traffic"`,
    ...rest,
  ];
}

function holds(range: string, address: string): boolean {
  return familyOf(range) === familyOf(address) && ipaddr.parse(address).match(ipaddr.parseCIDR(range));
}

function firewallRule({ sourceRanges, loadBalancerIPs }: ServicePort, { nodeIPs, family }: NftView): string {
  const isOurs = sourceRanges.some((range) => nodeIPs.some((ip) => holds(range, ip)));
  const sources = [...sourceRanges, ...(isOurs ? loadBalancerIPs : [])];
  const who = sources.length === 1 ? sources[0] : `{ ${sources.join(', ')} }`;
  return `${words(family).ip} saddr != ${who} drop`;
}

function endpointParts(port: ServicePort, endpoints: ProxyEndpoint[], view: NftView, into: NftPort): void {
  const { name, protocol, affinity } = port;
  const { ip, type } = words(view.family);
  for (const endpoint of endpoints) {
    const { address, text } = endpoint;
    if (endpoint.nodeName === view.node)
      add(into, 'hairpin-connections', `${address} . ${address} . ${protocol} . ${portOf(endpoint)}`, '');
    if (affinity === undefined) continue;
    const { chain, clients } = nftEndpoint(name, protocol, address, portOf(endpoint));
    into.clients.set(clients, {
      kind: 'set',
      body: [`type ${type}`, 'size 65535', 'flags dynamic,timeout', `timeout ${affinity}s`],
    });
    const rules = [`update @${clients} { ${ip} saddr }`, `meta l4proto ${protocol} dnat to ${text}`];
    into.chains.set(chain, plain(rules));
  }
}

function add({ elements }: NftPort, set: string, key: string, value: string): void {
  const own = elements.get(set) ?? new Map<string, string>();
  elements.set(set, own.set(key, value));
}

/** nftPort writes what a port needs on a node. */
export function nftPort(port: ServicePort, view: NftView): NftPort {
  const into: NftPort = { chains: new Map(), clients: new Map(), elements: new Map() };
  const { name, protocol, clusterIP, nodePort, internalLocal, externalLocal } = port;
  const { externalIPs, loadBalancerIPs, sourceRanges } = port;
  const { ip } = words(view.family);
  const own = nftPortChains(name, protocol);
  const { cluster, local, all, any } = reachable(port, view);
  const refusal = ` comment "${name}" : ${any ? 'drop' : 'goto reject-chain'}`;
  const at = (address: string) => `${address} . ${protocol} . ${port.port}`;
  const externalUsable = (externalLocal ? local : cluster).length > 0;
  add(into, 'cluster-ips', clusterIP, '');
  if ((internalLocal ? local : cluster).length > 0)
    add(into, 'service-ips', at(clusterIP), ` : goto ${internalLocal ? own.local : own.cluster}`);
  else add(into, 'no-endpoint-services', at(clusterIP), refusal);
  for (const address of [...externalIPs, ...loadBalancerIPs]) {
    if (any) add(into, 'service-ips', at(address), ` : goto ${own.external}`);
    if (!externalUsable) add(into, 'no-endpoint-services', at(address), refusal);
  }
  if (nodePort !== 0) {
    const key = `${protocol} . ${nodePort}`;
    if (any) add(into, 'service-nodeports', key, ` : goto ${own.external}`);
    if (!externalUsable) add(into, 'no-endpoint-nodeports', key, refusal);
  }
  if (any && isExternal(port))
    into.chains.set(own.external, plain(externalRules(port, own, externalUsable, view)));
  if (sourceRanges.length > 0 && loadBalancerIPs.length > 0) {
    into.chains.set(own.firewall, plain([firewallRule(port, view)]));
    for (const address of loadBalancerIPs) add(into, 'firewall-ips', at(address), ` : goto ${own.firewall}`);
  }
  const balance = (endpoints: ProxyEndpoint[]) =>
    port.affinity === undefined ? [balanced(protocol, endpoints, ip)] : sticky(port, endpoints, ip);
  if (cluster.length > 0) into.chains.set(own.cluster, plain(balance(cluster)));
  if (local.length > 0) into.chains.set(own.local, plain(balance(local)));
  endpointParts(port, all, view, into);
  return into;
}
