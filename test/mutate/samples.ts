/** The packets that a mutation is tried with: to everything that the API names, from everywhere. */
import { addressOf, rangeOf, within } from '../support/packets/addresses.ts';
import type { Sent } from '../support/packets/meeting.ts';
import type { Capture, CapturedNode } from './capture.ts';
import type { Destination } from './mutation.ts';
import { listOf, objectOf } from './nft-item.ts';
import { borders } from './ranges.ts';

const podRange = '10.244.0.0/16';

/** outside are a few addresses of the world, another node, and one that nobody has of every node's Pods. */
const outside = ['192.0.2.77', '8.8.8.8', '10.99.0.10', '10.99.0.12', '10.99.0.13', '10.99.0.11'];
const plainPods = ['10.244.1.200', '10.244.2.200', '10.244.3.200'];

/** sourcesOf are those that packets of a node's table are tried with. */
export function sourcesOf(capture: Pick<Capture, 'services' | 'slices'>): readonly string[] {
  const endpoints = capture.slices.flatMap((slice) =>
    listOf(slice.endpoints).map((endpoint) => String(listOf(objectOf(endpoint).addresses)[0])),
  );
  const ranges = capture.services.flatMap(({ spec }) =>
    listOf(objectOf(spec).loadBalancerSourceRanges).map(String),
  );
  const all = [...endpoints, ...plainPods, ...outside, ...[podRange, ...ranges].flatMap(borders)];
  return [...new Set(all.filter((address) => !address.includes(':')))];
}

const otherProxy = 'service.kubernetes.io/service-proxy-name';

/**
 * destinationsOf are every address, protocol and port of the Services that kube-proxy serves, and ports that no Service
 * has, of IPv4.
 */
export function destinationsOf(capture: Pick<Capture, 'services'>): readonly Destination[] {
  return capture.services.flatMap((service) => {
    const spec = objectOf(service.spec);
    const isOthers = otherProxy in objectOf(objectOf(service.metadata).labels ?? {});
    if (isOthers || spec.clusterIP === 'None') return [];
    const ingress = listOf(objectOf(objectOf(service.status).loadBalancer).ingress).map(objectOf);
    const cluster = listOf(spec.clusterIPs)
      .map(String)
      .filter((address) => address !== 'None');
    const addresses = [
      ...cluster,
      ...listOf(spec.externalIPs).map(String),
      ...ingress.map(({ ip }) => String(ip)),
    ].filter((address) => !address.includes(':'));
    const ports = listOf(spec.ports).map(objectOf);
    const others = ['tcp', 'udp'].map((protocol) => ({ protocol, port: 9 }));
    const named = ports.map(({ protocol, port }) => ({
      protocol: String(protocol).toLowerCase(),
      port: Number(port),
    }));
    return [
      ...[...named, ...others].flatMap((each) => addresses.map((address) => ({ address, ...each }))),
      ...ports.flatMap(({ protocol, nodePort }) =>
        nodePort === undefined ? [] : [{ protocol: String(protocol).toLowerCase(), port: Number(nodePort) }],
      ),
    ];
  });
}

/** packetsTo are those from all sources to all destinations, as they get to a node. */
export function packetsTo(
  node: Pick<CapturedNode, 'addresses' | 'primary'>,
  sources: readonly string[],
  destinations: readonly Destination[],
): readonly Sent[] {
  return destinations.flatMap(({ address, protocol, port }) => {
    const loopback: readonly Sent[] = [
      { from: 'node', source: '127.0.0.1', destination: '127.0.0.1', protocol, port },
    ];
    if (address?.startsWith('127.')) return loopback;
    const to = address === undefined ? [...node.addresses] : [address];
    const own = to.map((destination): Sent => {
      const source = node.addresses.includes(destination) ? destination : node.primary;
      return { from: 'node', source, destination, protocol, port };
    });
    const entering = to.flatMap((destination) =>
      sources
        .filter((source) => !node.addresses.includes(source) && !source.startsWith('127.'))
        .map((source): Sent => ({ from: fromOf(node, source), source, destination, protocol, port })),
    );
    return [...own, ...(address === undefined ? loopback : []), ...entering];
  });
}

/** A Pod of the node comes over its bridge, all else over the wire. */
function fromOf(node: Pick<CapturedNode, 'addresses' | 'primary'>, source: string): 'pod' | 'wire' {
  const bridge = node.addresses.find((address) => address !== node.primary) ?? '';
  return within(addressOf(source), rangeOf(`${bridge}/24`)) ? 'pod' : 'wire';
}
