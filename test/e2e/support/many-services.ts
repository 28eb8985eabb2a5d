/** Services of every kind that nodes must write rules for, with endpoints by hand. On the sandbox only. */

import type { Sandbox } from '../../sandbox/sandbox.ts';
import {
  ENDPOINT_SLICES,
  type Endpoint,
  type EndpointSlice,
  SERVICE_NAME,
  SERVICES,
  type Service,
  type ServicePort,
} from '../../sandbox/service-kinds.ts';

/** namespace is where they all are. */
export const namespace = 'shop';

/** addressOn is an address of the Pods' range of a node, the nth: nothing need be there. */
export const addressOn = (node: number, nth: number) => `10.200.${node}.${100 + nth}`;

const web: ServicePort = { name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 };

/** Kind is a Service with the endpoints that it gets, by hand. */
interface Kind {
  readonly name: string;
  readonly spec: Service['spec'];
  readonly endpoints?: readonly Endpoint[];
  readonly loadBalancer?: readonly string[];
}

/** endpoint is the nth of a node, counted from 1. */
export const endpoint = (
  nodes: readonly string[],
  node: number,
  nth: number,
  more: Partial<Endpoint> = {},
) => ({
  addresses: [addressOn(node, nth)],
  conditions: { ready: true, serving: true, terminating: false },
  nodeName: nodes[node - 1] ?? '',
  ...more,
});

const terminating = { ready: false, serving: true, terminating: true };

/** kindsOf are Services of every kind that kube-proxy treats in a way of its own. */
function kindsOf(nodes: readonly string[]): readonly Kind[] {
  const at = (node: number, nth: number, more: Partial<Endpoint> = {}) => endpoint(nodes, node, nth, more);
  const spread = [at(1, 1), at(2, 1), at(3, 1)];
  return [
    { name: 'plain', spec: { ports: [web] }, endpoints: spread },
    { name: 'empty', spec: { ports: [web] } },
    {
      name: 'ports',
      spec: {
        ports: [
          web,
          { name: 'dns', port: 53, protocol: 'UDP' },
          { name: 'sctp', port: 99, protocol: 'SCTP' },
        ],
      },
      endpoints: spread,
    },
    {
      name: 'sticky',
      spec: {
        ports: [web],
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 600 } },
      },
      endpoints: spread,
    },
    { name: 'inside', spec: { ports: [web], internalTrafficPolicy: 'Local' }, endpoints: [at(1, 2)] },
    { name: 'node-port', spec: { type: 'NodePort', ports: [web] }, endpoints: spread },
    {
      name: 'node-port-local',
      spec: { type: 'NodePort', ports: [web], externalTrafficPolicy: 'Local' },
      endpoints: [at(1, 3), at(2, 3)],
    },
    {
      name: 'balanced',
      spec: { type: 'LoadBalancer', ports: [web], loadBalancerSourceRanges: ['198.51.100.0/24'] },
      endpoints: spread,
      loadBalancer: ['192.0.2.40'],
    },
    {
      name: 'external',
      spec: { ports: [web], externalIPs: ['192.0.2.50'] },
      endpoints: [at(2, 4), at(3, 4)],
    },
    {
      name: 'leaving',
      spec: { ports: [web] },
      endpoints: [at(1, 5, { conditions: terminating }), at(2, 5, { conditions: terminating })],
    },
    { name: 'headless', spec: { ports: [web], clusterIP: 'None' }, endpoints: spread },
    { name: 'elsewhere', spec: { type: 'ExternalName', externalName: 'shop.example' } },
  ];
}

/** makeServices makes one Service of each kind. */
export async function makeServices({ client, nodes }: Sandbox): Promise<void> {
  await client.create(
    { group: '', version: 'v1', plural: 'namespaces' },
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    },
  );
  for (const { name, spec, endpoints, loadBalancer } of kindsOf([...nodes.keys()])) {
    const service = await client.create<Service>(SERVICES, serviceOf(name, spec));
    if (endpoints !== undefined) await client.create(ENDPOINT_SLICES, sliceOf(name, spec, endpoints));
    if (loadBalancer !== undefined) {
      const ingress = loadBalancer.map((ip) => ({ ip, ipMode: 'VIP' }));
      await client.updateStatus(SERVICES, { ...service, status: { loadBalancer: { ingress } } });
    }
  }
}

/** makeService makes one more plain Service, with an endpoint on the first node. */
export async function makeService({ client, nodes }: Sandbox, name: string): Promise<void> {
  const spec: Service['spec'] = { ports: [web] };
  await client.create(SERVICES, serviceOf(name, spec));
  await client.create(ENDPOINT_SLICES, sliceOf(name, spec, [endpoint([...nodes.keys()], 1, 9)]));
}

/** serviceOf is a Service without a selector. */
export function serviceOf(name: string, spec: Service['spec']): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec };
}

/** sliceOf is its EndpointSlice. */
export function sliceOf(
  name: string,
  { ports = [] }: Service['spec'],
  endpoints: readonly Endpoint[],
): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-1`, namespace, labels: { [SERVICE_NAME]: name } },
    addressType: 'IPv4',
    endpoints: [...endpoints],
    ports: ports.map(({ name: port = '', protocol = 'TCP' }) => ({ name: port, port: 8080, protocol })),
  };
}
