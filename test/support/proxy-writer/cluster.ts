/** Small clusters with Services of every kind, as they are drawn at random and as the API shows them. */
import fc from 'fast-check';

/** Pod is an endpoint in the words of a slice. */
export interface Pod {
  /** host is 10 to 29: the last part of its address. */
  readonly host: number;
  /** node is 1 to 3; 0 for an address outside the cluster. */
  readonly node: number;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** slice is 0 or 1: in slice 1 named ports have other numbers. */
  readonly slice: number;
  readonly zones: readonly string[];
  readonly nodes: readonly string[];
}

/** Port is one of a Service. */
export interface Port {
  readonly name: string;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly port: number;
  readonly nodePort: number;
  readonly target: number;
}

/** Service is one with its endpoints. */
export interface Service {
  readonly name: string;
  readonly index: number;
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
  readonly kind: 'usual' | 'headless' | 'other-proxy';
  readonly ports: readonly Port[];
  readonly externalIPs: boolean;
  readonly ranges: readonly string[];
  readonly externalLocal: boolean;
  readonly internalLocal: boolean;
  readonly affinitySeconds: number;
  readonly pods: readonly Pod[];
}

/** Cluster is all Services, and how kube-proxy is configured in it. */
export interface Cluster {
  readonly services: readonly Service[];
  readonly detector: boolean;
  readonly masqueradeAll: boolean;
  readonly localhostNodePorts: boolean;
  readonly nodePorts: 'all' | 'primary';
}

/** zoneOf is the zone of a node. */
export function zoneOf(node: number): string {
  return node === 3 ? 'b' : 'a';
}

const pod: fc.Arbitrary<Pod> = fc
  .record({
    host: fc.integer({ min: 10, max: 14 }),
    node: fc.constantFrom(1, 1, 2, 3, 0),
    state: fc.constantFrom('ready', 'ready', 'ready', 'not ready', 'terminating', 'ended'),
    slice: fc.constantFrom(0, 0, 1),
  })
  .map(({ state, ...rest }) => ({
    ...rest,
    ready: state === 'ready',
    serving: state === 'ready' || state === 'terminating',
    terminating: state === 'terminating' || state === 'ended',
    zones: [],
    nodes: [],
  }));

/** Hints are on all endpoints, or one lacks them. */
function hinted(pods: readonly Pod[], hints: string, lacking: number): readonly Pod[] {
  return pods.map((each, index) => {
    if (hints === 'none' || index === lacking) return each;
    const zones = [zoneOf(each.node)];
    return hints === 'zones' ? { ...each, zones } : { ...each, zones, nodes: [`n${each.node}`] };
  });
}

const service: fc.Arbitrary<Omit<Service, 'name' | 'index'>> = fc
  .record({
    type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer'),
    kind: fc.constantFrom('usual', 'usual', 'usual', 'usual', 'usual', 'headless', 'other-proxy'),
    protocols: fc.array(fc.constantFrom('TCP', 'TCP', 'UDP', 'SCTP'), { minLength: 1, maxLength: 2 }),
    externalIPs: fc.constantFrom(true, false, false),
    ranges: fc.constantFrom(
      [],
      [],
      ['203.0.113.0/24', '2001:db8:7::/48'],
      ['203.0.113.64/26', '10.99.0.0/24', '10.244.0.0/16'],
    ),
    externalLocal: fc.boolean(),
    internalLocal: fc.constantFrom(true, false, false),
    affinitySeconds: fc.constantFrom(0, 0, 600, 10_800),
    pods: fc.uniqueArray(pod, { maxLength: 5, selector: ({ node, host }) => `${node} ${host}` }),
    hints: fc.constantFrom('none', 'none', 'zones', 'nodes'),
    lacking: fc.integer({ min: 0, max: 9 }),
  })
  .map(({ protocols, pods, hints, lacking, ...rest }) => ({
    ...rest,
    pods: hinted(pods, hints, lacking),
    ports: protocols.map((protocol, index): Port => {
      const name = protocols.length === 1 ? '' : `p${index}`;
      return { name, protocol, port: 80 + index, nodePort: 0, target: 8080 + 10 * index };
    }),
  }));

/** cluster draws one. */
export const cluster: fc.Arbitrary<Cluster> = fc
  .record({
    services: fc.array(service, { minLength: 1, maxLength: 5 }),
    detector: fc.constantFrom(true, true, false),
    masqueradeAll: fc.constantFrom(false, false, false, true),
    localhostNodePorts: fc.constantFrom(true, true, false),
    nodePorts: fc.constantFrom('all', 'primary'),
  })
  .map(({ services, ...rest }) => ({ ...rest, services: services.map(numbered) }));

function numbered(given: Omit<Service, 'name' | 'index'>, index: number): Service {
  const onNodes = given.type !== 'ClusterIP';
  const ports = given.ports.map((each, place) => ({
    ...each,
    nodePort: onNodes ? 30_000 + 10 * index + place : 0,
  }));
  return { ...given, ports, index, name: `s${index}` };
}

/** Family of addresses. */
export type Version = 4 | 6;

/** Addresses of everything, by family. */
export const addresses = {
  cluster: ({ index }: Service, version: Version) =>
    version === 4 ? `10.96.${index}.10` : `fd00:96::${index + 1}:10`,
  external: ({ index }: Service, version: Version) =>
    version === 4 ? `198.51.100.${index + 1}` : `2001:db8:51::${index + 1}`,
  balancer: ({ index }: Service, version: Version) =>
    version === 4 ? `198.51.100.${index + 101}` : `2001:db8:51::${index + 101}`,
  pod: ({ node, host }: Pod, version: Version) => {
    if (node === 0) return version === 4 ? `192.0.2.${host}` : `2001:db8:2::${host}`;
    return version === 4 ? `10.244.${node}.${host}` : `fd00:244:${node}::${host}`;
  },
  node: (node: number, version: Version) => (version === 4 ? `10.99.0.1${node}` : `fd00:99::1${node}`),
  bridge: (node: number, version: Version) => (version === 4 ? `10.244.${node}.1` : `fd00:244:${node}::1`),
  pods: (version: Version) => (version === 4 ? '10.244.0.0/16' : 'fd00:244::/32'),
};

/** balanced are the addresses of a load balancer that a Service has. */
export function balanced(service: Service, version: Version): readonly string[] {
  return service.type === 'LoadBalancer' ? [addresses.balancer(service, version)] : [];
}

/** rangesOf are the source ranges of one family. */
export function rangesOf({ ranges }: Service, version: Version): readonly string[] {
  return ranges.filter((range) => range.includes(':') === (version === 6));
}
