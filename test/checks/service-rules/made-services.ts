/** Service views for tests, made from the little that each of them is about. */
import type { EndpointView, ServiceView } from '../../../src/checks/cluster-view.ts';
import type { NodeFacts } from '../../../src/checks/service-rules/node-facts.ts';
import { capturedConfig } from './captured-cluster.ts';

/** endpoint is a ready one that listens on 8080 for the port `http`. */
export function endpoint(address: string, node: string, more: Partial<EndpointView> = {}): EndpointView {
  const ports = [{ name: 'http', protocol: 'TCP', port: 8080 }];
  return { address, node, ready: true, serving: true, terminating: false, ports, ...more };
}

/** service is shop/web on 10.96.0.7:80. */
export function service(more: Partial<ServiceView> = {}): ServiceView {
  return {
    namespace: 'shop',
    name: 'web',
    uid: 'b9a3c0de-0000-4000-8000-000000000007',
    type: 'ClusterIP',
    clusterIPs: ['10.96.0.7'],
    headless: false,
    ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
    externalIPs: [],
    loadBalancerIPs: [],
    sourceRanges: [],
    externalLocal: false,
    internalLocal: false,
    endpoints: [endpoint('10.244.1.5', 'n1'), endpoint('10.244.2.4', 'n2')],
    changedTime: '2026-11-22T07:00:00Z',
    endpointTimes: new Map(),
    ...more,
  };
}

/** facts are those of node n1 in iptables mode, with the Pods' range 10.244.0.0/16. */
export function facts(more: Partial<NodeFacts> = {}): NodeFacts {
  return {
    name: 'n1',
    mode: 'iptables',
    config: capturedConfig,
    podCIDRs: ['10.244.1.0/24'],
    primary: { IPv4: '10.99.0.11' },
    host: new Set(['10.99.0.11', '10.244.1.1']),
    ...more,
  };
}
