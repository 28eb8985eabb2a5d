/** A port of a Service as kube-proxy sees it, for one family: addresses, policies and endpoints of that port alone. */
import type { EndpointView, ServiceView } from '../../cluster-view.ts';
import { type AddressSet, emptySet, type Family, isEmpty, isFull, setOf, union } from '../address-set.ts';

/** ServicePort is one. */
export interface ServicePort {
  readonly family: Family;
  /** service is `namespace/name`. */
  readonly service: string;
  readonly portName: string;
  /** protocol is in lower case. */
  readonly protocol: string;
  readonly port: number;
  readonly nodePort: number;
  readonly clusterIP: string;
  readonly externalIPs: readonly string[];
  readonly loadBalancerIPs: readonly string[];
  /** ranges are the sources that may use its load balancers' addresses, absent where all may. */
  readonly ranges?: AddressSet;
  readonly internalLocal: boolean;
  /** externalLocal is whether the policy is Local and there is anything external that it is about. */
  readonly externalLocal: boolean;
  readonly external: boolean;
  readonly stickySeconds?: number;
  /** endpoints are those of this port, each once, in the order of `text`. */
  readonly endpoints: readonly PortEndpoint[];
  /** first is whether it is the first port of its Service: what is there once for each ClusterIP belongs to it. */
  readonly first: boolean;
}

/** PortEndpoint is an endpoint of one port. */
export interface PortEndpoint {
  /** text is `ip:port`, `[ip]:port`. */
  readonly text: string;
  readonly ip: string;
  readonly ready: boolean;
  /** lastResort is whether it still serves while it terminates: used where none is ready. */
  readonly lastResort: boolean;
  readonly node: string | undefined;
  readonly zoneHints: readonly string[] | undefined;
  readonly nodeHints: readonly string[] | undefined;
}

/**
 * servicePortsOf are the ports of a Service that kube-proxy serves in a family: none of headless ones, of ExternalName, and
 * of those that are left to another proxy.
 */
export function servicePortsOf(service: ServiceView, family: Family): readonly ServicePort[] {
  if (service.headless || service.type === 'ExternalName' || service.proxyName !== undefined) return [];
  const mine = (address: string) => address.includes(':') === (family === 'IPv6');
  const clusterIP = service.clusterIPs.find(mine);
  if (clusterIP === undefined) return [];
  const addresses = {
    clusterIP,
    externalIPs: [...new Set(service.externalIPs.filter(mine))],
    loadBalancerIPs: [...new Set(service.loadBalancerIPs.filter(mine))],
  };
  const reachable = addresses.externalIPs.length + addresses.loadBalancerIPs.length > 0;
  const ranges = rangesOf(family, service.sourceRanges);
  return service.ports.map(({ name, protocol, port, nodePort = 0 }, index) => {
    const external = reachable || nodePort !== 0;
    return {
      family,
      service: `${service.namespace}/${service.name}`,
      portName: name,
      protocol: protocol.toLowerCase(),
      port,
      nodePort,
      ...addresses,
      ...(ranges === undefined ? {} : { ranges }),
      internalLocal: service.internalLocal,
      externalLocal: service.externalLocal && external,
      external,
      ...(service.affinitySeconds === undefined ? {} : { stickySeconds: service.affinitySeconds }),
      endpoints: endpointsOf(
        service.endpoints.filter(({ address }) => mine(address)),
        name,
        protocol,
      ),
      first: index === 0,
    };
  });
}

/** A range of every address counts as no ranges at all, in kube-proxy. */
function rangesOf(family: Family, texts: readonly string[]): AddressSet | undefined {
  const sets = texts.flatMap((text) => setOf(family, text) ?? []);
  const all = sets.reduce(union, emptySet(family));
  return isEmpty(all) || sets.some(isFull) ? undefined : all;
}

/** Of two that have one address and port, the one that does not terminate counts. */
function endpointsOf(
  views: readonly EndpointView[],
  name: string,
  protocol: string,
): readonly PortEndpoint[] {
  const found = new Map<string, PortEndpoint>();
  for (const view of views) {
    for (const port of view.ports) {
      if (port.name !== name || port.protocol !== protocol || port.port === 0) continue;
      const text = view.address.includes(':')
        ? `[${view.address}]:${port.port}`
        : `${view.address}:${port.port}`;
      if (!found.has(text) || !view.terminating) found.set(text, endpointOf(text, view));
    }
  }
  return [...found.values()].sort((one, other) => (one.text < other.text ? -1 : 1));
}

function endpointOf(text: string, view: EndpointView): PortEndpoint {
  return {
    text,
    ip: view.address,
    ready: view.ready,
    lastResort: view.serving && view.terminating,
    node: view.node,
    zoneHints: view.zoneHints,
    nodeHints: view.nodeHints,
  };
}
