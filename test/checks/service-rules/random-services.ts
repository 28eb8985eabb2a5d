/** Clusters by chance: few names and addresses, so that Services share endpoints, nodes and claims often. */
import fc from 'fast-check';
import type { EndpointView, ServiceView } from '../../../src/checks/cluster-view.ts';
import type { NodeFacts } from '../../../src/checks/service-rules/node-facts.ts';
import { capturedConfig } from './captured-cluster.ts';
import { facts, service } from './made-services.ts';

const nodeNames = ['n1', 'n2', 'n3'] as const;
const zones = ['a', 'b'] as const;

/** Endpoints are Pods, addresses of the nodes themselves, and of slices that people wrote. */
const endpoints: fc.Arbitrary<EndpointView> = fc
  .record({
    at: fc.constantFrom(
      { address: '10.244.1.5', node: 'n1' },
      { address: '10.244.1.5' },
      { address: '10.244.2.4', node: 'n2' },
      { address: '10.244.2.9', node: 'n2' },
      { address: '10.244.3.6', node: 'n3' },
      { address: '10.99.0.11', node: 'n1' },
      { address: '10.99.0.12', node: 'n2' },
      { address: '192.0.2.10' },
      { address: 'fd00:10:244:1::5', node: 'n1' },
    ),
    state: fc.constantFrom('ready', 'ready', 'ready', 'gone', 'down'),
    nodeHints: fc.option(fc.subarray([...nodeNames], { minLength: 1 }), { nil: undefined }),
    zoneHints: fc.option(fc.subarray([...zones], { minLength: 1 }), { nil: undefined }),
    port: fc.constantFrom(8080, 9090),
  })
  .map(({ at, state, nodeHints, zoneHints, port }) => ({
    ...at,
    ready: state === 'ready',
    serving: state !== 'down',
    terminating: state === 'gone',
    ...(nodeHints === undefined ? {} : { nodeHints }),
    ...(zoneHints === undefined ? {} : { zoneHints }),
    ports: [
      { name: 'http', protocol: 'TCP', port },
      { name: 'dns', protocol: 'UDP', port: 53 },
    ],
  }));

/** servicesByChance are up to six Services; ClusterIPs and node ports are their own, other addresses may be shared. */
export const servicesByChance: fc.Arbitrary<readonly ServiceView[]> = fc
  .array(
    fc.record({
      externalIPs: fc.subarray(['198.51.100.7', '198.51.100.8', '10.99.0.12'], { maxLength: 2 }),
      loadBalancerIPs: fc.subarray(['198.51.100.20', '198.51.100.7'], { maxLength: 1 }),
      sourceRanges: fc.subarray(['203.0.113.0/24', '10.99.0.11/32', '0.0.0.0/0'], { maxLength: 2 }),
      externalLocal: fc.boolean(),
      internalLocal: fc.boolean(),
      affinitySeconds: fc.option(fc.constant(600), { nil: undefined }),
      endpoints: fc.array(endpoints, { maxLength: 5 }),
      exposed: fc.boolean(),
      headless: fc.constantFrom(false, false, false, true),
    }),
    { maxLength: 6 },
  )
  .map((list) =>
    list.map(({ exposed, affinitySeconds, headless, ...more }, index) =>
      service({
        ...more,
        ...(affinitySeconds === undefined ? {} : { affinitySeconds }),
        name: `web-${index}`,
        headless,
        clusterIPs: headless ? [] : [`10.96.0.${index}`, `fd00:10:96::${index + 1}`],
        ports: [
          { name: 'http', protocol: 'TCP', port: 80, ...(exposed ? { nodePort: 30080 + index } : {}) },
          { name: 'dns', protocol: 'UDP', port: 53 },
        ],
      }),
    ),
  );

/** nodesByChance are nodes of that cluster, in every mode and with every way to tell Pods. */
export const nodesByChance: fc.Arbitrary<NodeFacts> = fc
  .record({
    number: fc.constantFrom(1, 2, 3),
    zone: fc.option(fc.constantFrom(...zones), { nil: undefined }),
    mode: fc.constantFrom('iptables' as const, 'nftables' as const),
    known: fc.constantFrom(true, true, true, false),
    bridge: fc.boolean(),
    vip: fc.constantFrom(false, false, true),
    config: fc.record({
      clusterCIDR: fc.constantFrom('10.244.0.0/16', '10.244.0.0/16,fd00:10:244::/48', '10.0.0.0/8', ''),
      detectLocalMode: fc.constantFrom('ClusterCIDR', 'ClusterCIDR', 'NodeCIDR', 'BridgeInterface'),
      masqueradeAll: fc.constantFrom(false, false, true),
      localhostNodePorts: fc.boolean(),
      nodePortAddresses: fc.constantFrom([], ['primary'], ['10.244.0.0/16']),
    }),
  })
  .map(({ number, zone, mode, known, bridge, vip, config }) => {
    const primary = `10.99.0.1${number}`;
    const { config: _, ...node } = facts({
      name: `n${number}`,
      mode,
      podCIDRs: [`10.244.${number}.0/24`],
      primary: { IPv4: primary, IPv6: `fd00:99::1${number}` },
      host: new Set([
        primary,
        ...(bridge ? [`10.244.${number}.1`] : []),
        ...(vip ? ['198.51.100.7'] : []),
        `fd00:99::1${number}`,
      ]),
    });
    const full = { ...capturedConfig, ...config, bridgeInterface: 'cni0' };
    return { ...node, ...(zone === undefined ? {} : { zone }), ...(known ? { config: full } : {}) };
  });
