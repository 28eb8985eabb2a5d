/** The objects that the API shows of a drawn cluster. */
import {
  addresses,
  balanced,
  type Cluster,
  type Pod,
  type Service,
  type Version,
  zoneOf,
} from './cluster.ts';

type Json = { readonly [key: string]: unknown };

const versions: readonly Version[] = [4, 6];

/** apiOf are Services, EndpointSlices and Nodes. */
export function apiOf({ services }: Cluster): {
  readonly services: readonly Json[];
  readonly slices: readonly Json[];
  readonly apiNodes: readonly Json[];
} {
  return {
    services: services.map(serviceOf),
    slices: services.flatMap((service) =>
      versions.flatMap((version) => [0, 1].map((slice) => sliceOf(service, version, slice))),
    ),
    apiNodes: [1, 2, 3].map((node) => ({
      metadata: { name: `n${node}`, labels: { 'topology.kubernetes.io/zone': zoneOf(node) } },
      spec: { podCIDRs: [`10.244.${node}.0/24`, `fd00:244:${node}::/48`] },
    })),
  };
}

function serviceOf(service: Service): Json {
  const { name, type, kind, ports, externalLocal, internalLocal, affinitySeconds, ranges } = service;
  const clusterIPs =
    kind === 'headless' ? ['None'] : versions.map((each) => addresses.cluster(service, each));
  return {
    metadata: {
      name,
      namespace: 'shop',
      uid: name,
      creationTimestamp: '2026-11-22T06:00:00Z',
      labels: kind === 'other-proxy' ? { 'service.kubernetes.io/service-proxy-name': 'other' } : {},
    },
    spec: {
      type: kind === 'headless' ? 'ClusterIP' : type,
      clusterIP: clusterIPs[0],
      clusterIPs,
      ports: ports.map(({ name, protocol, port, nodePort }) => ({
        ...(name === '' ? {} : { name }),
        protocol,
        port,
        ...(nodePort === 0 || kind === 'headless' ? {} : { nodePort }),
      })),
      externalIPs: service.externalIPs ? versions.map((each) => addresses.external(service, each)) : [],
      ...(type === 'LoadBalancer' ? { loadBalancerSourceRanges: ranges } : {}),
      externalTrafficPolicy: externalLocal ? 'Local' : 'Cluster',
      internalTrafficPolicy: internalLocal ? 'Local' : 'Cluster',
      ...(affinitySeconds === 0
        ? { sessionAffinity: 'None' }
        : {
            sessionAffinity: 'ClientIP',
            sessionAffinityConfig: { clientIP: { timeoutSeconds: affinitySeconds } },
          }),
    },
    status: {
      loadBalancer: {
        ingress: versions.flatMap((each) => balanced(service, each)).map((ip) => ({ ip, ipMode: 'VIP' })),
      },
    },
  };
}

function sliceOf({ name, ports, pods }: Service, version: Version, slice: number): Json {
  return {
    metadata: {
      name: `${name}-${version}-${slice}`,
      namespace: 'shop',
      creationTimestamp: '2026-11-22T06:00:00Z',
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: version === 4 ? 'IPv4' : 'IPv6',
    ports: ports.map(({ name, protocol, target }) => ({ name, protocol, port: target + slice })),
    endpoints: pods.filter((pod) => pod.slice === slice).map((pod) => endpointOf(pod, version)),
  };
}

function endpointOf(pod: Pod, version: Version): Json {
  const { ready, serving, terminating, zones, nodes, node } = pod;
  return {
    addresses: [addresses.pod(pod, version)],
    conditions: { ready, serving, terminating },
    ...(node === 0 ? {} : { nodeName: `n${node}` }),
    hints: {
      ...(zones.length === 0 ? {} : { forZones: zones.map((name) => ({ name })) }),
      ...(nodes.length === 0 ? {} : { forNodes: nodes.map((name) => ({ name })) }),
    },
  };
}
