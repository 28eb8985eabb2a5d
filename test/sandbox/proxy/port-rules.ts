/** The rules of one Service port on one node (pkg/proxy/iptables/proxier.go). Pure. */
import ipaddr from 'ipaddr.js';
import { type Family, familyOf } from '../service-kinds.ts';
import { type Chains, comment, counted, MARK_MASQ } from './chains.ts';
import { endpointChain, type PortChains, portChains } from './names.ts';
import type { ProxyEndpoint, ServicePort } from './service-ports.ts';
import { isExternal, type Place, reachable } from './topology.ts';

/** View is the node that rules are for. */
export interface View extends Place {
  family: Family;
  nodeIPs: readonly string[];
  /** The range of all Pods, by which a proxy knows who is one; undefined where it cannot tell. */
  clusterCIDR: string | undefined;
  /** Past a thousand endpoints most comments are left out. */
  large: boolean;
}

/** PortRules are a port's rules: those in chains of all ports, and the port's own chains. */
export interface PortRules {
  name: string;
  services: string[];
  nodePorts: string[];
  filterServices: string[];
  externalServices: string[];
  filterNodePorts: string[];
  firewall: string[];
  chains: Chains;
}

const PROBABILITY_UNIT = 2 ** 31;

/** probability is one in n as the kernel holds it and iptables-save prints it. */
export function probability(n: number): string {
  return (Math.round(Number((1 / n).toFixed(10)) * PROBABILITY_UNIT) / PROBABILITY_UNIT).toFixed(11);
}

function host(address: string): string {
  return `${address}/${address.includes(':') ? 128 : 32}`;
}

function to(port: ServicePort, address: string, text: string, target: string): string {
  const { protocol } = port;
  return `-d ${host(address)} -p ${protocol} ${comment(text)} -m ${protocol} --dport ${port.port} ${target}`;
}

function mask(family: Family): string {
  return family === 'IPv4' ? '255.255.255.255' : Array(8).fill('ffff').join(':');
}

function sepRules(port: ServicePort, chain: string, endpoint: ProxyEndpoint, view: View): string[] {
  const { name, protocol, affinity } = port;
  const said = view.large ? '' : `${comment(name)} `;
  const recent =
    affinity === undefined ? '' : `-m recent --set --name ${chain} --mask ${mask(view.family)} --rsource `;
  return [
    `-s ${host(endpoint.address)} ${said}-j ${MARK_MASQ}`,
    `-p ${protocol} ${said}${recent}-m ${protocol} -j DNAT --to-destination ${endpoint.text}`,
  ];
}

function balance(port: ServicePort, endpoints: ProxyEndpoint[], view: View): string[] {
  const { name, protocol, affinity } = port;
  const said = ({ text }: ProxyEndpoint) => (view.large ? '' : `${comment(`${name} -> ${text}`)} `);
  const chain = ({ text }: ProxyEndpoint) => endpointChain(name, protocol, text);
  const sticky = endpoints.map(
    (endpoint) =>
      `${said(endpoint)}-m recent --rcheck --seconds ${affinity} --reap --name ${chain(endpoint)} --mask ${mask(view.family)} --rsource -j ${chain(endpoint)}`,
  );
  const chosen = endpoints.map((endpoint, i) => {
    const left = endpoints.length - i;
    const chance = left === 1 ? '' : `-m statistic --mode random --probability ${probability(left)} `;
    return `${said(endpoint)}${chance}-j ${chain(endpoint)}`;
  });
  return affinity === undefined ? chosen : [...sticky, ...chosen];
}

function externalRules(port: ServicePort, own: PortChains, usable: boolean, view: View): string[] {
  const about = `${port.name} external destinations`;
  if (!port.externalLocal) {
    const masked = `${comment(`masquerade traffic for ${about}`)} -j ${MARK_MASQ}`;
    return usable ? [masked, `-j ${own.cluster}`] : [masked];
  }
  const fromHere = '-m addrtype --src-type LOCAL';
  return [
    ...(view.clusterCIDR === undefined
      ? []
      : [`-s ${view.clusterCIDR} ${comment(`pod traffic for ${about}`)} -j ${own.cluster}`]),
    `${comment(`masquerade LOCAL traffic for ${about}`)} ${fromHere} -j ${MARK_MASQ}`,
    `${comment(`route LOCAL traffic for ${about}`)} ${fromHere} -j ${own.cluster}`,
    ...(usable ? [`-j ${own.local}`] : []),
  ];
}

function holds(range: string, address: string): boolean {
  return familyOf(range) === familyOf(address) && ipaddr.parse(address).match(ipaddr.parseCIDR(range));
}

function firewallRules(port: ServicePort, own: PortChains, view: View): string[] {
  const said = comment(`${port.name} loadbalancer IP`);
  const open = port.sourceRanges.map((range) => `-s ${range} ${said} -j ${own.external}`);
  const isOurs = port.sourceRanges.some((range) => view.nodeIPs.some((ip) => holds(range, ip)));
  const selves = isOurs ? port.loadBalancerIPs.map((ip) => `-s ${host(ip)} ${said} -j ${own.external}`) : [];
  return [
    ...open,
    ...selves,
    comment(`other traffic to ${port.name} will be dropped by KUBE-PROXY-FIREWALL`),
  ];
}

function nodePortRules({ name, protocol, nodePort }: ServicePort, target: string, family: Family): string[] {
  const match = `-p ${protocol} ${comment(name)} -m ${protocol} --dport ${nodePort}`;
  const plain = `${match} -j ${target}`;
  if (family === 'IPv6') return [plain];
  return [`-d 127.0.0.0/8 ${match} ${counted('localhost_nps_accepted_pkts')} -j ${target}`, plain];
}

/** portRules writes the rules of a port for a node. */
export function portRules(port: ServicePort, view: View): PortRules {
  const own = portChains(port.name, port.protocol);
  const { cluster, local, all, any } = reachable(port, view);
  const external = isExternal(port);
  const internalUsable = (port.internalLocal ? local : cluster).length > 0;
  const externalUsable = (port.externalLocal ? local : cluster).length > 0;
  const internalChain = port.internalLocal ? own.local : own.cluster;
  const guarded = port.loadBalancerIPs.length > 0 && port.sourceRanges.length > 0;
  const reject = view.family === 'IPv4' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable';
  const refusal = any ? '-j DROP' : `-j REJECT --reject-with ${reject}`;
  const why = `${port.name} has no ${any ? 'local ' : ''}endpoints`;
  const { nodePort, protocol, externalIPs, loadBalancerIPs, healthCheckNodePort } = port;
  const rules: PortRules = {
    name: `${port.name}/${protocol}`,
    services: [],
    nodePorts: any && nodePort !== 0 ? nodePortRules(port, own.external, view.family) : [],
    filterServices: [],
    externalServices: [],
    filterNodePorts: [],
    firewall: [],
    chains: new Map(),
  };
  if (internalUsable)
    rules.services.push(to(port, port.clusterIP, `${port.name} cluster IP`, `-j ${internalChain}`));
  else rules.filterServices.push(to(port, port.clusterIP, why, refusal));
  if (any) {
    rules.services.push(
      ...externalIPs.map((ip) => to(port, ip, `${port.name} external IP`, `-j ${own.external}`)),
      ...loadBalancerIPs.map((ip) =>
        to(port, ip, `${port.name} loadbalancer IP`, `-j ${guarded ? own.firewall : own.external}`),
      ),
    );
  }
  if (any && guarded) {
    const text = `${port.name} traffic not accepted by ${own.firewall}`;
    rules.firewall.push(...loadBalancerIPs.map((ip) => to(port, ip, text, '-j DROP')));
    rules.chains.set(own.firewall, firewallRules(port, own, view));
  }
  if (external && !externalUsable) {
    rules.externalServices.push(
      ...[...externalIPs, ...loadBalancerIPs].map((ip) => to(port, ip, why, refusal)),
    );
    const onNode = `-p ${protocol} ${comment(why)} -m addrtype --dst-type LOCAL -m ${protocol} --dport ${nodePort} ${refusal}`;
    if (nodePort !== 0) rules.externalServices.push(onNode);
  }
  if (healthCheckNodePort !== 0) {
    const said = comment(`${port.name} health check node port`);
    rules.filterNodePorts.push(`-p tcp ${said} -m tcp --dport ${healthCheckNodePort} -j ACCEPT`);
  }
  if (any && external) rules.chains.set(own.external, externalRules(port, own, externalUsable, view));
  const masked = (chain: string) =>
    chain === internalChain && view.clusterCIDR !== undefined
      ? [`! -s ${view.clusterCIDR} ${to(port, port.clusterIP, `${port.name} cluster IP`, `-j ${MARK_MASQ}`)}`]
      : [];
  for (const [chain, endpoints] of [
    [own.cluster, cluster],
    [own.local, local],
  ] as const) {
    if (endpoints.length > 0) rules.chains.set(chain, [...masked(chain), ...balance(port, endpoints, view)]);
  }
  for (const endpoint of all) {
    const chain = endpointChain(port.name, protocol, endpoint.text);
    rules.chains.set(chain, sepRules(port, chain, endpoint, view));
  }
  return rules;
}
