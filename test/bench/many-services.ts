/** As many Services as one likes, as the operator sees them, and the node whose rules are written from them. */
import type { EndpointView, ServiceView } from '../../src/checks/cluster-view.ts';
import type { ProxyConfig } from '../../src/checks/service-rules/evidence.ts';
import type { NodeFacts } from '../../src/checks/service-rules/node-facts.ts';

const nodes = 250;
const podsPerNode = 200;
const changed = '2026-11-01T10:00:00Z';

/** endpointPort is where every endpoint listens. */
export const endpointPort = 8080;

/**
 * servicesOf makes Services with so many endpoints each, spread over all nodes: every fifth has a port on the nodes, every
 * twentieth keeps a client with its endpoint, every fiftieth has none.
 */
export function servicesOf(count: number, endpoints: number): readonly ServiceView[] {
  return Array.from({ length: count }, (_, index) => serviceOf(index, index % 50 === 49 ? 0 : endpoints));
}

function serviceOf(index: number, endpoints: number): ServiceView {
  const name = `checkout-service-${index}`;
  const hasNodePort = index % 5 === 0;
  return {
    namespace: `team-${index % 100}`,
    name,
    uid: `uid-${index}`,
    type: hasNodePort ? 'NodePort' : 'ClusterIP',
    clusterIPs: [`10.96.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`],
    headless: false,
    ports: [
      { name: 'http', protocol: 'TCP', port: 80, ...(hasNodePort ? { nodePort: 30_000 + index / 5 } : {}) },
    ],
    externalIPs: [],
    loadBalancerIPs: [],
    sourceRanges: [],
    externalLocal: false,
    internalLocal: false,
    ...(index % 20 === 1 ? { affinitySeconds: 10_800 } : {}),
    endpoints: Array.from({ length: endpoints }, (_, number) => endpointOf(index * endpoints + number)),
    changedTime: changed,
    endpointTimes: new Map(),
  };
}

/** A Pod may stand behind several Services, never twice behind one. */
function endpointOf(index: number): EndpointView {
  const pod = index % (nodes * podsPerNode);
  return {
    address: `10.244.${pod % nodes}.${2 + Math.floor(pod / nodes)}`,
    ready: true,
    serving: true,
    terminating: false,
    node: `n${pod % nodes}`,
    ports: [{ name: 'http', protocol: 'TCP', port: endpointPort }],
  };
}

const config: ProxyConfig = {
  clusterCIDR: '10.244.0.0/16',
  detectLocalMode: 'ClusterCIDR',
  bridgeInterface: '',
  interfaceNamePrefix: '',
  nodePortAddresses: [],
  masqueradeAll: false,
  localhostNodePorts: true,
};

/** factsOf are those of one of the nodes; n1 is the one that the captures are of. */
export function factsOf(index: number, mode: NodeFacts['mode']): NodeFacts {
  const address = `10.99.0.${10 + index}`;
  return {
    name: `n${index}`,
    mode,
    config,
    podCIDRs: [`10.244.${index}.0/24`],
    primary: { IPv4: address },
    host: new Set([address, `10.244.${index}.1`]),
  };
}
