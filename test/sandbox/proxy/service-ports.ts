/** What a proxy makes of Services and their slices for one family (pkg/proxy/serviceport.go, endpointslicecache.go). Pure. */
import ipaddr from 'ipaddr.js';
import {
  type ServicePort as ApiPort,
  type Endpoint,
  type EndpointSlice,
  type Family,
  familyOf,
  PROXY_NAME,
  SERVICE_NAME,
  type Service,
} from '../service-kinds.ts';

/** ProxyEndpoint is one endpoint of a Service port. */
export interface ProxyEndpoint {
  /** "address:port", IPv6 addresses in brackets. */
  text: string;
  address: string;
  nodeName: string | undefined;
  ready: boolean;
  serving: boolean;
  terminating: boolean;
  forNodes: string[];
  forZones: string[];
}

/** ServicePort is one port of a Service as a proxy sees it. */
export interface ServicePort {
  /** "namespace/name", and ":port" where the port has a name. */
  name: string;
  protocol: string;
  clusterIP: string;
  port: number;
  nodePort: number;
  healthCheckNodePort: number;
  externalIPs: string[];
  loadBalancerIPs: string[];
  sourceRanges: string[];
  internalLocal: boolean;
  externalLocal: boolean;
  /** Seconds for which a client stays with its endpoint; undefined without affinity. */
  affinity: number | undefined;
  /** Sorted as text, the way that kube-proxy does. */
  endpoints: ProxyEndpoint[];
}

const AFFINITY_SECONDS = 10_800;

function rangesOf({ spec }: Service, family: Family): string[] {
  const ranges = (spec.loadBalancerSourceRanges ?? []).map((range) => range.trim());
  const own = ranges.filter((range) => familyOf(range) === family);
  // A range that holds everything is as good as none.
  return own.some((range) => range.endsWith('/0')) ? [] : own;
}

function portOf(service: Service, port: ApiPort, clusterIP: string, family: Family): ServicePort {
  const { metadata, spec, status } = service;
  const ingress = (status?.loadBalancer?.ingress ?? []).filter(({ ipMode = 'VIP' }) => ipMode === 'VIP');
  const ofFamily = (addresses: string[]) => addresses.filter((ip) => ip !== '' && familyOf(ip) === family);
  const suffix = port.name === undefined || port.name === '' ? '' : `:${port.name}`;
  return {
    name: `${metadata.namespace}/${metadata.name}${suffix}`,
    protocol: (port.protocol ?? 'TCP').toLowerCase(),
    clusterIP,
    port: port.port,
    nodePort: port.nodePort ?? 0,
    healthCheckNodePort: spec.healthCheckNodePort ?? 0,
    externalIPs: ofFamily(spec.externalIPs ?? []),
    loadBalancerIPs: ofFamily(ingress.map(({ ip = '' }) => ip)),
    sourceRanges: rangesOf(service, family),
    internalLocal: spec.internalTrafficPolicy === 'Local',
    externalLocal: spec.externalTrafficPolicy === 'Local',
    affinity:
      spec.sessionAffinity === 'ClientIP'
        ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? AFFINITY_SECONDS)
        : undefined,
    endpoints: [],
  };
}

function isProxied({ metadata, spec }: Service): boolean {
  const { clusterIP = '' } = spec;
  const foreign = metadata.labels?.[PROXY_NAME] !== undefined;
  return clusterIP !== '' && clusterIP !== 'None' && spec.type !== 'ExternalName' && !foreign;
}

function endpointOf(endpoint: Endpoint, port: number): ProxyEndpoint[] {
  const [text = ''] = endpoint.addresses;
  if (!ipaddr.isValid(text)) return [];
  const address = ipaddr.parse(text).toString();
  const { ready = true, serving = true, terminating = false } = endpoint.conditions ?? {};
  return [
    {
      text: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
      address,
      nodeName: endpoint.nodeName,
      ready,
      serving,
      terminating,
      forNodes: (endpoint.hints?.forNodes ?? []).map(({ name }) => name),
      forZones: (endpoint.hints?.forZones ?? []).map(({ name }) => name),
    },
  ];
}

function endpointsOf(
  slices: readonly EndpointSlice[],
  { name = '', protocol = 'TCP' }: ApiPort,
): ProxyEndpoint[] {
  const found = new Map<string, ProxyEndpoint>();
  for (const { ports, endpoints } of slices) {
    for (const known of ports ?? []) {
      const number = known.port ?? 0;
      if (known.name !== name || (known.protocol ?? 'TCP') !== protocol || number === 0) continue;
      for (const endpoint of (endpoints ?? []).flatMap((one) => endpointOf(one, number))) {
        const before = found.get(endpoint.text);
        // Of two that are the same, the one that stays counts.
        if (before === undefined || before.terminating) found.set(endpoint.text, endpoint);
      }
    }
  }
  return [...found.values()].sort((a, b) => (a.text < b.text ? -1 : 1));
}

/** servicePorts are the ports of all Services that have an address of a family, with their endpoints. */
export function servicePorts(
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  family: Family,
): ServicePort[] {
  const byService = new Map<string, EndpointSlice[]>();
  for (const slice of slices.filter(({ addressType }) => addressType === family)) {
    const { namespace, labels = {} } = slice.metadata;
    const key = `${namespace}/${labels[SERVICE_NAME]}`;
    byService.set(key, [...(byService.get(key) ?? []), slice]);
  }
  return services.filter(isProxied).flatMap((service) => {
    const { clusterIP = '', clusterIPs = [clusterIP], ports = [] } = service.spec;
    const own = clusterIPs.find((ip) => familyOf(ip) === family);
    if (own === undefined) return [];
    const found = byService.get(`${service.metadata.namespace}/${service.metadata.name}`) ?? [];
    return ports.map((port) => ({
      ...portOf(service, port, own, family),
      endpoints: endpointsOf(found, port),
    }));
  });
}
