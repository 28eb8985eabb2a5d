/** Rules of a proxy that once ran on a node and is no more there, for one Service. Pure. */

import { endpointChain, portChains } from '../proxy/names.ts';
import { words } from '../proxy/nft-fixed.ts';
import { nftPortChains } from '../proxy/nft-names.ts';
import type { ServicePort } from '../proxy/service-ports.ts';
import { familyOf } from '../service-kinds.ts';
import { type Edit, restore } from './iptables-edit.ts';

function host(address: string): string {
  return `${address}/${address.includes(':') ? 128 : 32}`;
}

/** legacyLeftovers are rules in the other back end of iptables, which lead a Service to `endpoint`. */
export function legacyLeftovers(port: ServicePort, endpoint: string): Edit {
  const { name, protocol, clusterIP } = port;
  const { cluster } = portChains(name, protocol);
  const sep = endpointChain(name, protocol, endpoint);
  const services = 'KUBE-SERVICES';
  const match = `-p ${protocol} -m comment --comment "${name} cluster IP" -m ${protocol} --dport ${port.port}`;
  const jumps = ['PREROUTING', 'OUTPUT'].map(
    (chain) => `${chain} -m comment --comment "kubernetes service portals" -j ${services}`,
  );
  const chains = [services, cluster, sep];
  const lines = (...parts: string[]) => ['*nat', ...parts, 'COMMIT', ''].join('\n');
  return {
    argv: restore(familyOf(clusterIP), 'legacy'),
    apply: lines(
      ...chains.map((chain) => `:${chain} - [0:0]`),
      ...jumps.map((jump) => `-A ${jump}`),
      `-A ${services} -d ${host(clusterIP)} ${match} -j ${cluster}`,
      `-A ${cluster} -m comment --comment "${name} -> ${endpoint}" -j ${sep}`,
      `-A ${sep} -p ${protocol} -m comment --comment "${name}" -m ${protocol} -j DNAT --to-destination ${endpoint}`,
    ),
    undo: lines(
      ...jumps.map((jump) => `-D ${jump}`),
      ...chains.map((chain) => `-F ${chain}`),
      ...chains.map((chain) => `-X ${chain}`),
    ),
  };
}

/** nftLeftovers are kube-proxy's table of nftables mode, where it leads a Service to an address and a port. */
export function nftLeftovers(port: ServicePort, address: string, target: string): Edit {
  const { name, protocol, clusterIP } = port;
  const { ip, type } = words(familyOf(clusterIP));
  const { cluster } = nftPortChains(name, protocol);
  const table = `${ip} kube-proxy`;
  return {
    argv: ['nft', '-f', '-'],
    apply: [
      `add table ${table} { comment "rules for kube-proxy"; }`,
      `add map ${table} service-ips { type ${type} . inet_proto . inet_service : verdict; comment "ClusterIP, ExternalIP and LoadBalancer IP traffic"; }`,
      `add chain ${table} nat-prerouting { type nat hook prerouting priority dstnat; }`,
      `add chain ${table} nat-output { type nat hook output priority -100; }`,
      `add chain ${table} services`,
      `add chain ${table} ${cluster}`,
      `add rule ${table} ${cluster} meta l4proto ${protocol} dnat ${ip} addr . port to numgen random mod 1 map { 0 : ${address} . ${target} }`,
      `add rule ${table} services ${ip} daddr . meta l4proto . th dport vmap @service-ips`,
      `add rule ${table} nat-prerouting jump services`,
      `add rule ${table} nat-output jump services`,
      `add element ${table} service-ips { ${clusterIP} . ${protocol} . ${port.port} : goto ${cluster} }`,
      '',
    ].join('\n'),
    undo: `delete table ${table}\n`,
  };
}
