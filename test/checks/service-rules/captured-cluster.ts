/** Service views and node facts of the captures in test/fixtures/kube-proxy, from the objects as the API gave them. */
import { readFileSync } from 'node:fs';
import type { EndpointView, ServiceView } from '../../../src/checks/cluster-view.ts';
import type { ProxyConfig } from '../../../src/checks/service-rules/evidence.ts';
import type { NodeFacts } from '../../../src/checks/service-rules/node-facts.ts';

interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly labels?: Readonly<Record<string, string>>;
}

interface CapturedService {
  readonly metadata: Metadata;
  readonly spec: {
    readonly type: string;
    readonly clusterIPs?: readonly string[];
    readonly ports?: readonly {
      readonly name?: string;
      readonly port: number;
      readonly protocol: string;
      readonly nodePort?: number;
    }[];
    readonly externalIPs?: readonly string[];
    readonly loadBalancerSourceRanges?: readonly string[];
    readonly externalTrafficPolicy?: string;
    readonly internalTrafficPolicy?: string;
    readonly sessionAffinityConfig?: { readonly clientIP: { readonly timeoutSeconds: number } };
  };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip: string }[] } };
}

interface CapturedSlice {
  readonly metadata: Metadata;
  readonly endpoints:
    | readonly {
        readonly addresses: readonly string[];
        readonly conditions?: {
          readonly ready?: boolean;
          readonly serving?: boolean;
          readonly terminating?: boolean;
        };
        readonly nodeName?: string;
        readonly hints?: {
          readonly forNodes?: readonly { readonly name: string }[];
          readonly forZones?: readonly { readonly name: string }[];
        };
      }[]
    | null;
  readonly ports:
    | readonly { readonly name: string; readonly port: number; readonly protocol: string }[]
    | null;
}

interface CapturedNode {
  readonly metadata: Metadata;
  readonly spec: { readonly podCIDRs?: readonly string[] };
  readonly status: { readonly addresses: readonly { readonly type: string; readonly address: string }[] };
}

function itemsOf<T>(capture: string, file: string): readonly T[] {
  const list: { readonly items: readonly T[] } = JSON.parse(
    readFileSync(new URL(`../../fixtures/kube-proxy/${capture}/${file}`, import.meta.url), 'utf8'),
  );
  return list.items;
}

/** capturedServices are the Services of a capture with their endpoints. */
export function capturedServices(capture: string): readonly ServiceView[] {
  const slices = itemsOf<CapturedSlice>(capture, 'endpointslices.json');
  return itemsOf<CapturedService>(capture, 'services.json').map(({ metadata, spec, status }) => {
    const clusterIPs = (spec.clusterIPs ?? []).filter((address) => address !== 'None');
    return {
      namespace: metadata.namespace,
      name: metadata.name,
      uid: metadata.uid,
      type: spec.type,
      clusterIPs,
      headless: clusterIPs.length === 0,
      ports: (spec.ports ?? []).map(({ name = '', port, protocol, nodePort }) => ({
        name,
        port,
        protocol,
        ...(nodePort === undefined ? {} : { nodePort }),
      })),
      ...proxyNameOf(metadata),
      externalIPs: spec.externalIPs ?? [],
      loadBalancerIPs: (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip),
      sourceRanges: spec.loadBalancerSourceRanges ?? [],
      externalLocal: spec.externalTrafficPolicy === 'Local',
      internalLocal: spec.internalTrafficPolicy === 'Local',
      ...(spec.sessionAffinityConfig === undefined
        ? {}
        : { affinitySeconds: spec.sessionAffinityConfig.clientIP.timeoutSeconds }),
      endpoints: slices
        .filter(
          (slice) =>
            slice.metadata.namespace === metadata.namespace &&
            slice.metadata.labels?.['kubernetes.io/service-name'] === metadata.name,
        )
        .flatMap(endpointsOf),
      changedTime: '2026-11-22T07:00:00Z',
      endpointTimes: new Map<string, string>(),
    };
  });
}

function proxyNameOf({ labels }: Metadata): { readonly proxyName?: string } {
  const proxyName = labels?.['service.kubernetes.io/service-proxy-name'];
  return proxyName === undefined ? {} : { proxyName };
}

function endpointsOf({ endpoints, ports }: CapturedSlice): readonly EndpointView[] {
  return (endpoints ?? []).map(({ addresses, conditions = {}, nodeName, hints }) => {
    const [zones, nodes] = [hints?.forZones, hints?.forNodes].map((each) => each?.map(({ name }) => name));
    return {
      address: addresses[0] ?? '',
      ready: conditions.ready ?? true,
      serving: conditions.serving ?? true,
      terminating: conditions.terminating ?? false,
      ...(nodeName === undefined ? {} : { node: nodeName }),
      ...(zones === undefined ? {} : { zoneHints: zones }),
      ...(nodes === undefined ? {} : { nodeHints: nodes }),
      ports: ports ?? [],
    };
  });
}

/** capturedConfig is the configuration that every kube-proxy of the captures had. */
export const capturedConfig: ProxyConfig = {
  clusterCIDR: '10.244.0.0/16',
  detectLocalMode: 'ClusterCIDR',
  bridgeInterface: '',
  interfaceNamePrefix: '',
  nodePortAddresses: [],
  masqueradeAll: false,
  localhostNodePorts: true,
};

/** capturedFacts are those of a node of a capture; its Pods' bridge has an address only where a Pod ran. */
export function capturedFacts(capture: string, name: string): NodeFacts {
  const node = itemsOf<CapturedNode>(capture, 'nodes.json').find((each) => each.metadata.name === name);
  const primary = node?.status.addresses.find(({ type }) => type === 'InternalIP')?.address ?? '';
  return {
    name,
    mode: capture.startsWith('nftables') ? 'nftables' : 'iptables',
    config: capturedConfig,
    podCIDRs: node?.spec.podCIDRs ?? [],
    primary: { IPv4: primary },
    host: new Set([primary, ...bridgesOf(capture, name)]),
  };
}

function bridgesOf(capture: string, name: string): readonly string[] {
  const file = new URL(`../../fixtures/kube-proxy/${capture}/${name}.ip-addr.json`, import.meta.url);
  const interfaces: readonly {
    readonly ifname: string;
    readonly addr_info: readonly { readonly family: string; readonly local: string }[];
  }[] = JSON.parse(readFileSync(file, 'utf8'));
  return interfaces
    .filter(({ ifname }) => ifname === 'cni0')
    .flatMap(({ addr_info }) => addr_info)
    .filter(({ family }) => family === 'inet')
    .map(({ local }) => local);
}
