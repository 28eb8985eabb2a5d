/** Which endpoints of a Service port a node uses: the rules of kube-proxy's CategorizeEndpoints (pkg/proxy/topology.go). */
import type { PortEndpoint, ServicePort } from './service-port.ts';

/** EndpointChoice is what a node uses. */
export interface EndpointChoice {
  /** cluster are those for the traffic policy Cluster, after hints; nobody needs them of a port that is Local throughout. */
  readonly cluster: readonly PortEndpoint[];
  /** local are those on the node itself. */
  readonly local: readonly PortEndpoint[];
  /** usable is whether there is any that can be used, on whatever node. */
  readonly usable: boolean;
}

/** chooseEndpoints chooses for a node. */
export function chooseEndpoints(
  { endpoints, internalLocal, externalLocal }: ServicePort,
  node: { readonly name: string; readonly zone?: string },
): EndpointChoice {
  const ready = readyOf(endpoints);
  const cluster = ready.length > 0 ? hinted(ready, node) : lastResorts(endpoints);
  const usable = cluster.length > 0;
  if (!internalLocal && !externalLocal) return { cluster, local: [], usable };
  const here = endpoints.filter((endpoint) => endpoint.node === node.name);
  const readyHere = readyOf(here);
  return { cluster, local: readyHere.length > 0 ? readyHere : lastResorts(here), usable };
}

function readyOf(endpoints: readonly PortEndpoint[]): readonly PortEndpoint[] {
  return endpoints.every(({ ready }) => ready) ? endpoints : endpoints.filter(({ ready }) => ready);
}

function lastResorts(endpoints: readonly PortEndpoint[]): readonly PortEndpoint[] {
  return endpoints.filter(({ lastResort }) => lastResort);
}

/** Hints count only where every ready endpoint has one of the kind, and one of them is for this node. */
function hinted(
  ready: readonly PortEndpoint[],
  { name, zone }: { readonly name: string; readonly zone?: string },
): readonly PortEndpoint[] {
  if (ready.every(({ nodeHints }) => nodeHints !== undefined)) {
    const near = ready.filter(({ nodeHints }) => nodeHints?.includes(name));
    if (near.length > 0) return near;
  }
  if (zone !== undefined && ready.every(({ zoneHints }) => zoneHints !== undefined)) {
    const near = ready.filter(({ zoneHints }) => zoneHints?.includes(zone));
    if (near.length > 0) return near;
  }
  return ready;
}
