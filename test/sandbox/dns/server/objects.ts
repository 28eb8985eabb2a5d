/** Objects for tests of what is made of them. */
import type { Endpoint, EndpointPort, EndpointSlice, Service } from '../../service-kinds.ts';
import type { Zones } from './records.ts';

/** zones are those of the sandbox with both families. */
export const zones: Zones = {
  domain: 'cluster.local.',
  reverse: [
    '96.10.in-addr.arpa.',
    '200.10.in-addr.arpa.',
    '0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.0.d.f.ip6.arpa.',
  ],
  ttl: 5,
};

/** service is a Service of the namespace `team`. */
export function service(name: string, spec: Service['spec']): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'team' }, spec };
}

/** slice is an EndpointSlice of one. */
export function slice(of: string, endpoints: Endpoint[], ports: EndpointPort[] = []): EndpointSlice {
  const labels = { 'kubernetes.io/service-name': of };
  const metadata = { name: `${of}-1`, namespace: 'team', labels };
  const addressType = endpoints[0]?.addresses[0]?.includes(':') ? 'IPv6' : 'IPv4';
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata,
    addressType,
    endpoints,
    ports,
  };
}
