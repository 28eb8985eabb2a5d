/**
 * What the API server says of Services, their endpoints and whatever else checks are judged against: plain data, read
 * once for each look. Who compares a node with it must know what was changing meanwhile, so every part that can change
 * carries when it last did.
 */

/** ClusterView is the part of the cluster that checks may look at. */
export interface ClusterView {
  /** domain is the DNS domain of the cluster, without a final dot: `cluster.local`. */
  readonly domain: string;
  /** ownNamespace is where the product's own Pods and Services are. */
  readonly ownNamespace: string;
  /** services are all Services, by `namespace/name`. */
  readonly services: ReadonlyMap<string, ServiceView>;
  /** removedServices are Services that were deleted while the operator watched, with when. */
  readonly removedServices: ReadonlyMap<string, string>;
  /** dnsServices are `namespace/name` of the Services that may be the cluster's DNS, the likeliest first. */
  readonly dnsServices: readonly string[];
  /** cachingNodes are the nodes with a ready NodeLocal DNSCache Pod. */
  readonly cachingNodes: ReadonlySet<string>;
  /** corefile is the DNS server's own configuration, absent where there is none that could be read. */
  readonly corefile?: Corefile;
  /** nodes are what of Nodes decides about Service rules, by name. */
  readonly nodes: ReadonlyMap<string, ClusterNodeView>;
  /**
   * formerPorts are what packets to Services were sent to and no longer are, with when that ended: of Services that were
   * deleted or changed while the operator watched. The keys are those of `servicePortKey`; port 0 in TCP stands for the
   * other ports of a cluster address.
   */
  readonly formerPorts: ReadonlyMap<string, string>;
  /** watchedSince is since when changes of Services and endpoints have been followed without a gap. */
  readonly watchedSince?: string;
}

/** Corefile is CoreDNS's configuration as its ConfigMap holds it. */
export interface Corefile {
  /** configMap is `namespace/name`. */
  readonly configMap: string;
  readonly text: string;
}

/** ClusterNodeView is a Node, reduced to what decides about Service rules. */
export interface ClusterNodeView {
  /** zone is the label topology.kubernetes.io/zone. */
  readonly zone?: string;
  /** podCIDRs are `spec.podCIDRs`. */
  readonly podCIDRs: readonly string[];
}

/** servicePortKey names what packets are sent to: an address, or, with an empty one, a port of every node. */
export function servicePortKey(address: string, protocol: string, port: number): string {
  return `${address} ${protocol.toLowerCase()} ${port}`;
}

/** ServiceView is a Service with its endpoints, reduced. */
export interface ServiceView {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly type: string;
  /** clusterIPs are its cluster addresses in canonical form; empty for headless ones and ExternalName. */
  readonly clusterIPs: readonly string[];
  readonly headless: boolean;
  /** externalName is set for type ExternalName only. */
  readonly externalName?: string;
  readonly ports: readonly ServicePortView[];
  /** proxyName is the label service.kubernetes.io/service-proxy-name: kube-proxy leaves such a Service to another proxy. */
  readonly proxyName?: string;
  /** externalIPs are `spec.externalIPs`, canonical. */
  readonly externalIPs: readonly string[];
  /** loadBalancerIPs are those of `status.loadBalancer.ingress` with an `ip` and the mode VIP (or none), canonical. */
  readonly loadBalancerIPs: readonly string[];
  /** sourceRanges are `spec.loadBalancerSourceRanges`, trimmed. */
  readonly sourceRanges: readonly string[];
  /** externalLocal, internalLocal: the traffic policies are `Local`. */
  readonly externalLocal: boolean;
  readonly internalLocal: boolean;
  /** affinitySeconds is set for `sessionAffinity: ClientIP`. */
  readonly affinitySeconds?: number;
  /** endpoints are those of all its EndpointSlices. */
  readonly endpoints: readonly EndpointView[];
  /** changedTime is when the Service itself last changed in what counts here. */
  readonly changedTime: string;
  /**
   * endpointTimes says of each address, of endpoints that are there and of such that were removed, when what counts of
   * it last changed.
   */
  readonly endpointTimes: ReadonlyMap<string, string>;
  /** restlessSince is since when, up to the last change, no settle window went by without one. */
  readonly restlessSince?: string;
}

/** ServicePortView is a port of a Service. */
export interface ServicePortView {
  /** name is empty for the unnamed port. */
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  /** nodePort is set on ports of a Service that have one. */
  readonly nodePort?: number;
}

/** EndpointView is one endpoint of an EndpointSlice. */
export interface EndpointView {
  /** address is its first address, in canonical form. */
  readonly address: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly hostname?: string;
  readonly node?: string;
  /** hints are the zones and nodes that `hints` name, absent where it names none of either. */
  readonly zoneHints?: readonly string[];
  readonly nodeHints?: readonly string[];
  /** pod is the name of the Pod behind it, in the Service's own namespace. */
  readonly pod?: string;
  /** ports are those of its slice: the port name of the Service, the protocol, and where this endpoint listens. */
  readonly ports: readonly ServicePortView[];
}

/** emptyClusterView is a cluster of which nothing is known: for tests, and for checks that look at nothing of it. */
export const emptyClusterView: ClusterView = {
  domain: 'cluster.local',
  ownNamespace: 'netaudit',
  services: new Map(),
  removedServices: new Map(),
  dnsServices: [],
  cachingNodes: new Set(),
  nodes: new Map(),
  formerPorts: new Map(),
};
