/** The sandbox's address plan. It is the same in every sandbox: network namespaces keep them apart. */

/** Families are the IP families that Nodes and Pods get, the first one being the primary. */
export type Families = readonly ('IPv4' | 'IPv6')[];

/** Fabric is a host's address on the network between the nodes. */
export interface FabricAddress {
  address: string;
  prefixLength: number;
}

/** API_PORT is the port of the API server on the control plane's addresses. */
export const API_PORT = 6443;

const ROUTER = 1;
const CONTROL_PLANE = 10;

function fabric(family: 'IPv4' | 'IPv6', host: number): FabricAddress {
  return family === 'IPv4'
    ? { address: `10.199.0.${host}`, prefixLength: 24 }
    : { address: `fd00:199::${host}`, prefixLength: 64 };
}

/** nodeAddresses are the addresses of node number `index` (from 1) on the fabric. */
export function nodeAddresses(families: Families, index: number): FabricAddress[] {
  return families.map((family) => fabric(family, CONTROL_PLANE + index));
}

/** routerAddresses are the addresses of the nodes' default gateway. */
export function routerAddresses(families: Families): FabricAddress[] {
  return families.map((family) => fabric(family, ROUTER));
}

/** controlPlaneAddresses are the addresses of the API server on the fabric. */
export function controlPlaneAddresses(families: Families): FabricAddress[] {
  return families.map((family) => fabric(family, CONTROL_PLANE));
}

/** podCIDRs are the ranges that node number `index` gives its Pods addresses from. */
export function podCIDRs(families: Families, index: number): string[] {
  return families.map((family) => (family === 'IPv4' ? `10.200.${index}.0/24` : `fd00:200:${index}::/64`));
}

/** clusterCIDRs hold every node's Pod range. */
export function clusterCIDRs(families: Families): string[] {
  return families.map((family) => (family === 'IPv4' ? '10.200.0.0/16' : 'fd00:200::/32'));
}

/** isIPv6 tells a family by how an address or range is written. */
export function isIPv6(address: string): boolean {
  return address.includes(':');
}
