import { readdir } from 'node:fs/promises';
import {
  controlPlaneAddresses,
  type FabricAddress,
  type Families,
  nodeAddresses,
  podCIDRs,
  routerAddresses,
} from './addresses.ts';
import { inNamespace, must, run } from './command.ts';

/** Network is the machine-wide part of a sandbox: a namespace for each node, one for the control plane, one between. */
export interface Network {
  prefix: string;
  families: Families;
  fabric: string;
  controlPlane: string;
  /** The namespace of each node, by the node's name. */
  nodes: Map<string, string>;
}

/** BRIDGE is the name of the bridge in the fabric's namespace; port pK leads to node nK, pcp to the control plane. */
export const BRIDGE = 'br0';

const NODE_SYSCTLS = [
  'net.ipv4.ip_forward=1',
  // kube-proxy wants node ports to be reached by loopback addresses too.
  'net.ipv4.conf.all.route_localnet=1',
  'net.ipv6.conf.all.forwarding=1',
  'net.ipv4.conf.all.rp_filter=0',
  'net.ipv4.conf.default.rp_filter=0',
  // An address that is still being looked for on the link answers nobody for a second or two.
  'net.ipv6.conf.default.accept_dad=0',
  'net.ipv6.conf.default.dad_transmits=0',
];
const ROUTER_SYSCTLS = [...NODE_SYSCTLS, 'net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0'];
/** Only kernels with br_netfilter have these; a node without them sends same-node traffic past iptables. */
const BRIDGE_SYSCTLS = ['net.bridge.bridge-nf-call-iptables=1', 'net.bridge.bridge-nf-call-ip6tables=1'];

function addressCommands(addresses: FabricAddress[]): string[] {
  return [
    'link set lo up',
    ...addresses.map(({ address, prefixLength }) =>
      address.includes(':')
        ? `addr add ${address}/${prefixLength} dev eth0 nodad`
        : `addr add ${address}/${prefixLength} dev eth0`,
    ),
    'link set eth0 up',
  ];
}

function defaultRoutes(families: Families): string[] {
  return routerAddresses(families).map(({ address }) => `route add default via ${address}`);
}

/**
 * The fabric is the router of a network that leads nowhere: what it is sent, it answers with "network unreachable".
 * Without a default route a node would drop what is for an unknown address before its own rules could refuse it. The
 * way back to Pods is for those answers alone: nodes must know each other's Pods themselves.
 */
async function makeRouter(fabric: string, families: Families, count: number): Promise<void> {
  const answers = families.map((family) => `${family === 'IPv4' ? '-4' : '-6'} rule add iif lo lookup 100`);
  await must(['ip', '-n', fabric, '-batch', '-'], {
    input: [
      ...routerAddresses(families).map(
        ({ address, prefixLength }) =>
          `addr add ${address}/${prefixLength} dev ${BRIDGE}${address.includes(':') ? ' nodad' : ''}`,
      ),
      ...routesToPods(families, count).map((route) => `${route} table 100`),
    ].join('\n'),
  });
  await Promise.all([
    ...answers.map((rule) => must(['ip', '-n', fabric, ...rule.split(' ')])),
    must(inNamespace(fabric, ['sysctl', '-qw', ...ROUTER_SYSCTLS])),
  ]);
}

function routesToPods(families: Families, count: number, except?: number): string[] {
  const indices = Array.from({ length: count }, (_, i) => i + 1).filter((index) => index !== except);
  return indices.flatMap((index) => {
    const via = nodeAddresses(families, index);
    return podCIDRs(families, index).map((cidr, i) => `route add ${cidr} via ${via[i]?.address}`);
  });
}

async function setSysctls(namespace: string): Promise<void> {
  await must(inNamespace(namespace, ['sysctl', '-qw', ...NODE_SYSCTLS]));
  await run(inNamespace(namespace, ['sysctl', '-eqw', ...BRIDGE_SYSCTLS]));
}

async function addHost(network: Network, namespace: string, port: string, commands: string[]): Promise<void> {
  await must(['ip', 'netns', 'add', namespace]);
  const { fabric } = network;
  await must(['ip', '-n', fabric, '-batch', '-'], {
    input: `link add ${port} master ${BRIDGE} type veth peer name eth0 netns ${namespace}\nlink set ${port} up\n`,
  });
  await must(['ip', '-n', namespace, '-batch', '-'], { input: `${commands.join('\n')}\n` });
}

/** startNetwork makes the fabric, the control plane's namespace and `count` nodes named n1…nN, wired and routed. */
export async function startNetwork(prefix: string, families: Families, count: number): Promise<Network> {
  const names = Array.from({ length: count }, (_, i) => `n${i + 1}`);
  const network: Network = {
    prefix,
    families,
    fabric: `${prefix}fabric`,
    controlPlane: `${prefix}cp`,
    nodes: new Map(names.map((name) => [name, `${prefix}${name}`])),
  };
  await must(['ip', 'netns', 'add', network.fabric]);
  await must(['ip', '-n', network.fabric, '-batch', '-'], {
    input: `link set lo up\nlink add ${BRIDGE} type bridge\nlink set ${BRIDGE} up\n`,
  });
  await Promise.all([
    makeRouter(network.fabric, families, count),
    addHost(network, network.controlPlane, 'pcp', [
      ...addressCommands(controlPlaneAddresses(families)),
      ...routesToPods(families, count),
    ]),
    ...names.map(async (name, i) => {
      const namespace = `${prefix}${name}`;
      const commands = [
        ...addressCommands(nodeAddresses(families, i + 1)),
        ...defaultRoutes(families),
        ...routesToPods(families, count, i + 1),
      ];
      await addHost(network, namespace, `p${i + 1}`, commands);
      await setSysctls(namespace);
    }),
  ]);
  return network;
}

/** namespacesWith lists the machine's network namespaces whose names start with a prefix. */
export async function namespacesWith(prefix: string): Promise<string[]> {
  const names = await readdir('/run/netns').catch(() => []);
  return names.filter((name) => name.startsWith(prefix));
}

/** stopNetwork removes every namespace with the prefix, Pods' too. Nothing may run in them any more. */
export async function stopNetwork(prefix: string): Promise<void> {
  const names = await namespacesWith(prefix);
  await Promise.all(names.map((name) => run(['ip', 'netns', 'del', name])));
}
