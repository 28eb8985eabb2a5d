/** Which endpoints a node uses, and what that makes of a Service's port there: what both writers write from. */
import { createHash } from 'node:crypto';
import {
  addresses,
  balanced,
  type Cluster,
  type Pod,
  type Port,
  rangesOf,
  type Service,
  type Version,
  zoneOf,
} from './cluster.ts';

/** Endpoint is where packets are sent. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  /** text is `ip:port`, IPv6 in brackets. */
  readonly text: string;
  readonly local: boolean;
}

/** ServicePort is one port of a Service as one node sees it. */
export interface ServicePort {
  readonly service: Service;
  readonly port: Port;
  readonly protocol: string;
  readonly clusterIP: string;
  readonly externalIPs: readonly string[];
  readonly balancers: readonly string[];
  readonly ranges: readonly string[];
  /** fromNode is true where a range holds the node itself: then the load balancer's own address is let through. */
  readonly fromNode: boolean;
  readonly cluster: readonly Endpoint[];
  readonly local: readonly Endpoint[];
  /** internal, external are those that the policies choose. */
  readonly internal: readonly Endpoint[];
  readonly external: readonly Endpoint[];
  readonly any: boolean;
}

/** servicePortsOf are all that kube-proxy looks at. */
export function servicePortsOf(
  { services }: Cluster,
  node: number,
  version: Version,
): readonly ServicePort[] {
  return services
    .filter(({ kind }) => kind === 'usual')
    .flatMap((service) => service.ports.map((port) => servicePort(service, port, node, version)));
}

function servicePort(service: Service, port: Port, node: number, version: Version): ServicePort {
  const { pods, externalLocal, internalLocal } = service;
  const endpoint = (pod: Pod): Endpoint => {
    const [address, number] = [addresses.pod(pod, version), port.target + pod.slice];
    return { address, port: number, text: socket(address, number), local: pod.node === node };
  };
  const sorted = (chosen: readonly Pod[]) => {
    return chosen.map(endpoint).sort((one, other) => (one.text < other.text ? -1 : 1));
  };
  const [ready, leaving] = [
    pods.filter((pod) => pod.ready),
    pods.filter((pod) => pod.serving && pod.terminating),
  ];
  const near = hintedTo(ready, node);
  const here = (pod: Pod) => pod.node === node;
  const cluster = sorted(near.length > 0 ? near : leaving);
  const local = sorted(ready.some(here) ? ready.filter(here) : leaving.filter(here));
  const balancers = balanced(service, version);
  const ranges = service.type === 'LoadBalancer' ? rangesOf(service, version) : [];
  return {
    service,
    port,
    protocol: port.protocol.toLowerCase(),
    clusterIP: addresses.cluster(service, version),
    externalIPs: service.externalIPs ? [addresses.external(service, version)] : [],
    balancers,
    ranges,
    fromNode: version === 4 && ranges.includes('10.99.0.0/24'),
    cluster,
    local,
    internal: internalLocal ? local : cluster,
    external: externalLocal ? local : cluster,
    any: ready.length + leaving.length > 0,
  };
}

/** Hints count only where every ready endpoint has them and one names this node, or its zone. */
function hintedTo(ready: readonly Pod[], node: number): readonly Pod[] {
  const [name, zone] = [`n${node}`, zoneOf(node)];
  const byNode = ready.filter(({ nodes }) => nodes.includes(name));
  if (byNode.length > 0 && ready.every(({ nodes }) => nodes.length > 0)) return byNode;
  const byZone = ready.filter(({ zones }) => zones.includes(zone));
  return byZone.length > 0 && ready.every(({ zones }) => zones.length > 0) ? byZone : ready;
}

/** socket writes `ip:port`. */
export function socket(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** isExternal tells a port that is reached from outside. */
export function isExternal({ port, externalIPs, balancers }: ServicePort): boolean {
  return port.nodePort !== 0 || externalIPs.length > 0 || balancers.length > 0;
}

/** hash is the beginning of base32 of SHA-256. */
export function hash(text: string, length: number): string {
  const bits = [...createHash('sha256').update(text).digest()]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return Array.from(
    { length },
    (_, index) => alphabet[Number.parseInt(bits.slice(5 * index, 5 * index + 5), 2)],
  ).join('');
}
