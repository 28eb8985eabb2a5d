/** The rows of one Service port on one node. */
import { type AddressSet, boundOf, fullSet, holds, sameSet, setOf, union } from '../address-set.ts';
import type { Destination, Entry, Outcome } from '../entry.ts';
import { chooseEndpoints } from './endpoint-choice.ts';
import { externalOutcomes, internalOutcomes, unservedOutcomes } from './outcomes.ts';
import type { ServicePort } from './service-port.ts';
import type { Site } from './site.ts';
import type { Traffic } from './traffic.ts';

type Outcomes = (traffic: Traffic) => readonly Outcome[];

/** entriesOf are the rows of a port that may differ from node to node. */
export function entriesOf(port: ServicePort, site: Site): readonly Entry[] {
  const choice = chooseEndpoints(port, site);
  const ranges = allowedRanges(port, site);
  const cluster = entryOfAddress(port, port.clusterIP, site, (traffic) =>
    internalOutcomes(port, choice, site, traffic),
  );
  const external = externalAddresses(port, site.mode).map(({ address, walled }) =>
    entryOfAddress(port, address, site, (traffic) => {
      const refuses = traffic.origin !== 'node' || site.mode === 'nftables' || site.host.has(address);
      return externalOutcomes(port, choice, site, traffic, {
        ...(walled && ranges !== undefined ? { ranges } : {}),
        refuses,
      });
    }),
  );
  const places = port.nodePort === 0 ? [] : site.places;
  const nodePorts = places.map(({ place, fromNode }) => {
    const outcomes: Outcomes = (traffic) =>
      place.served
        ? externalOutcomes(port, choice, site, traffic, { refuses: true })
        : unservedOutcomes(port, choice, site, traffic);
    const { family, protocol, nodePort } = port;
    const destination = { family, kind: place.kind, address: '', protocol, port: nodePort };
    return place.kind === 'NodePortLoopback'
      ? { destination, entering: [], node: outcomes(fromNode) }
      : entryFor(destination, site, fromNode, outcomes);
  });
  return [cluster, ...external, ...nodePorts].filter(
    ({ entering, fromPods = [], node }) => entering.length + fromPods.length + node.length > 0,
  );
}

/** constantEntriesOf are the rows that a node has in any case, for the first port of a Service: other ports of its ClusterIP. */
export function constantEntriesOf({ first, family, clusterIP }: ServicePort, site: Site): readonly Entry[] {
  if (site.mode !== 'nftables' || !first) return [];
  const destination: Destination = {
    family,
    kind: 'OtherPorts',
    address: clusterIP,
    protocol: 'tcp',
    port: 0,
  };
  const rejected: Outcome = {
    kind: 'Reject',
    endpoint: '',
    sources: fullSet(family),
    masqueraded: { family, bounds: [] },
  };
  return [{ destination, entering: [rejected], node: [rejected] }];
}

/** destinationsOf are the destinations of all rows that a port can have on any node. */
export function destinationsOf(port: ServicePort): readonly Destination[] {
  const { family, protocol, nodePort, clusterIP } = port;
  const addresses = [...new Set([clusterIP, ...port.externalIPs, ...port.loadBalancerIPs])].map(
    (address): Destination => ({ family, kind: 'Address', address, protocol, port: port.port }),
  );
  const kinds = ['NodePort', 'NodePortElsewhere', 'NodePortLoopback'] as const;
  const nodePorts =
    nodePort === 0
      ? []
      : kinds.map((kind): Destination => ({ family, kind, address: '', protocol, port: nodePort }));
  const others: readonly Destination[] = port.first
    ? [{ family, kind: 'OtherPorts', address: clusterIP, protocol: 'tcp', port: 0 }]
    : [];
  return [...addresses, ...nodePorts, ...others];
}

/** Of an address that is both, iptables mode asks for the external one first, and then not for its source ranges. */
function externalAddresses(port: ServicePort, mode: Site['mode']) {
  const { clusterIP, externalIPs, loadBalancerIPs } = port;
  const walled = new Set(
    loadBalancerIPs.filter((address) => mode === 'nftables' || !externalIPs.includes(address)),
  );
  const addresses = new Set([...externalIPs, ...loadBalancerIPs]);
  addresses.delete(clusterIP);
  return [...addresses].map((address) => ({ address, walled: walled.has(address) }));
}

/** allowedSources are those that source ranges let through to an address, undefined where none are in force there. */
export function allowedSources(
  port: ServicePort,
  address: string,
  site: Site,
): { readonly entering: AddressSet; readonly node: AddressSet } | undefined {
  const ranges = allowedRanges(port, site);
  const walled = externalAddresses(port, site.mode).some((each) => each.walled && each.address === address);
  if (ranges === undefined || !walled) return undefined;
  return { entering: site.entering.within(ranges), node: site.fromNode.within(ranges) };
}

/** Where the node's own address is allowed, so are the load balancer's: a node may ask from them. */
function allowedRanges({ family, ranges, loadBalancerIPs }: ServicePort, site: Site): AddressSet | undefined {
  const own = site.primary === undefined ? undefined : boundOf(family, site.primary);
  if (ranges === undefined || own === undefined || !holds(ranges, own)) return ranges;
  return loadBalancerIPs.flatMap((address) => setOf(family, address) ?? []).reduce(union, ranges);
}

function entryOfAddress(port: ServicePort, address: string, site: Site, outcomes: Outcomes): Entry {
  const { family, protocol } = port;
  const destination: Destination = { family, kind: 'Address', address, protocol, port: port.port };
  return entryFor(destination, site, site.fromNode, outcomes);
}

function entryFor(destination: Destination, site: Site, fromNode: Traffic, outcomes: Outcomes): Entry {
  const entering = outcomes(site.entering);
  const pods = site.fromPods === undefined ? undefined : outcomes(site.fromPods);
  return {
    destination,
    entering,
    ...(pods === undefined || sameOutcomes(entering, pods) ? {} : { fromPods: pods }),
    node: outcomes(fromNode),
  };
}

/** Both lists are made in one order. */
function sameOutcomes(some: readonly Outcome[], others: readonly Outcome[]): boolean {
  return (
    some.length === others.length &&
    some.every((one, index) => {
      const other = others[index];
      return (
        other !== undefined &&
        one.kind === other.kind &&
        one.endpoint === other.endpoint &&
        sameSet(one.sources, other.sources) &&
        sameSet(one.masqueraded, other.masqueraded)
      );
    })
  );
}
