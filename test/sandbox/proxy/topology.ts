/** Which endpoints of a Service port a node uses (pkg/proxy/topology.go). Pure. */
import type { ProxyEndpoint, ServicePort } from './service-ports.ts';

/** Place is where a proxy runs. */
export interface Place {
  node: string;
  zone: string | undefined;
}

/** Reachable are the endpoints by who may use them. */
export interface Reachable {
  /** Those of traffic policy Cluster. */
  cluster: ProxyEndpoint[];
  /** Those of traffic policy Local: empty where no policy of the port is Local. */
  local: ProxyEndpoint[];
  /** All that have a chain on this node. */
  all: ProxyEndpoint[];
  /** any tells whether the port has usable endpoints anywhere. */
  any: boolean;
}

/** isExternal tells whether a port is reached from outside: by a node's port or an address that is no cluster address. */
export function isExternal({ nodePort, loadBalancerIPs, externalIPs }: ServicePort): boolean {
  return nodePort !== 0 || loadBalancerIPs.length > 0 || externalIPs.length > 0;
}

/** near keeps the endpoints that hints leave to this node, if every endpoint has them and one names it. */
function near(ready: ProxyEndpoint[], { node, zone }: Place): ProxyEndpoint[] {
  const here = ready.filter(({ forNodes }) => forNodes.includes(node));
  if (here.length > 0 && ready.every(({ forNodes }) => forNodes.length > 0)) return here;
  const close = zone === undefined ? [] : ready.filter(({ forZones }) => forZones.includes(zone));
  if (close.length > 0 && ready.every(({ forZones }) => forZones.length > 0)) return close;
  return ready;
}

/** reachable sorts the endpoints of a port for one node. */
export function reachable(port: ServicePort, place: Place): Reachable {
  const { endpoints, internalLocal, externalLocal } = port;
  const outside = isExternal(port);
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  // The last resort: what still answers although it is on its way out.
  const leaving = endpoints.filter((endpoint) => endpoint.serving && endpoint.terminating);
  const own = (all: ProxyEndpoint[]) => all.filter(({ nodeName }) => nodeName === place.node);
  const first = (...choices: ProxyEndpoint[][]) => choices.find((choice) => choice.length > 0) ?? [];
  const usesCluster = !internalLocal || outside;
  const usesLocal = internalLocal || (externalLocal && outside);
  const cluster = usesCluster ? first(near(ready, place), leaving) : [];
  const local = usesLocal ? first(own(ready), own(leaving)) : [];
  const all = endpoints.filter((endpoint) => cluster.includes(endpoint) || local.includes(endpoint));
  return { cluster, local, all, any: ready.length > 0 || leaving.length > 0 };
}

/** withoutLocal counts the ports with a policy Local that have endpoints, but none on this node. */
export function withoutLocal(
  ports: readonly ServicePort[],
  place: Place,
): { internal: number; external: number } {
  const without = ports.filter((port) => {
    const { local, any } = reachable(port, place);
    return any && local.length === 0;
  });
  return {
    internal: without.filter(({ internalLocal }) => internalLocal).length,
    external: without.filter((port) => port.externalLocal && isExternal(port)).length,
  };
}
