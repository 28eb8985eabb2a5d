/** What kube-proxy's table holds whatever Services there are (pkg/proxy/nftables/proxier.go). Pure. */
import type { Family } from '../service-kinds.ts';

/** NftNode is what the fixed rules depend on. */
export interface NftNode {
  family: Family;
  nodeIPs: readonly string[];
  clusterCIDR: string | undefined;
  /** The ranges of Services' addresses. */
  serviceCIDRs: readonly string[];
}

/** NftChain is a chain: its head, where it has one, and its rules, all as nft lists them. */
export interface NftChain {
  head: string[];
  rules: string[];
}

/** NftSet is a set or a map without its elements. */
export interface NftSet {
  kind: 'set' | 'map';
  body: string[];
}

/** words are the names that a family has in rules and types. */
export function words(family: Family): { ip: 'ip' | 'ip6'; type: string; loopback: string } {
  return family === 'IPv4'
    ? { ip: 'ip', type: 'ipv4_addr', loopback: '127.0.0.0/8' }
    : { ip: 'ip6', type: 'ipv6_addr', loopback: '::1' };
}

/** MARK is what a packet gets that shall leave with the node's address. */
export const MARK = 'meta mark set meta mark | 0x00004000';

function commented(kind: NftSet['kind'], type: string, comment: string): NftSet {
  return { kind, body: [`type ${type}`, `comment "${comment}"`] };
}

/** fixedSets are the sets and maps that every node has, by name. */
export function fixedSets({ family, nodeIPs }: NftNode): Map<string, NftSet> {
  const { type } = words(family);
  const service = `${type} . inet_proto . inet_service : verdict`;
  const nodePort = 'inet_proto . inet_service : verdict';
  const none = (of: string) => `vmap to drop or reject packets to ${of} with no endpoints`;
  const sets: [string, NftSet][] = [
    ['cluster-ips', commented('set', type, 'Active ClusterIPs')],
    [
      'hairpin-connections',
      commented('set', `${type} . ${type} . inet_proto . inet_service`, 'service hairpin connections'),
    ],
    ['no-endpoint-services', commented('map', service, none('services'))],
    ['no-endpoint-nodeports', commented('map', nodePort, none('service nodeports'))],
    ['firewall-ips', commented('map', service, 'destinations that are subject to LoadBalancerSourceRanges')],
    ['service-ips', commented('map', service, 'ClusterIP, ExternalIP and LoadBalancer IP traffic')],
    ['service-nodeports', commented('map', nodePort, 'NodePort traffic')],
  ];
  if (nodeIPs.length > 0)
    sets.push(['nodeport-ips', commented('set', type, 'IPs that accept NodePort traffic')]);
  return new Map(sets);
}

function base(type: string, hook: string, priority: string, rules: string[]): NftChain {
  return { head: [`type ${type} hook ${hook} priority ${priority}; policy accept;`], rules };
}

function plain(...rules: string[]): NftChain {
  return { head: [], rules };
}

const isNew = (chain: string) => `ct state new jump ${chain}`;

/** fixedChains are the chains that no Service changes, by name. */
export function fixedChains({ family, nodeIPs, clusterCIDR, serviceCIDRs }: NftNode): Map<string, NftChain> {
  const { ip, loopback } = words(family);
  const destination = `${ip} daddr . meta l4proto . th dport vmap`;
  // Without an address of its own a node takes whatever is local for its own.
  const ports = (local: string) =>
    nodeIPs.length > 0 ? `${ip} daddr @nodeport-ips` : `${local}${ip} daddr != ${loopback}`;
  const masquerade =
    clusterCIDR === undefined
      ? []
      : [
          `${ip} daddr @cluster-ips ${ip} saddr != ${clusterCIDR} ${MARK} comment "masquerade clusterIP traffic from outside cluster"`,
        ];
  const unallocated = serviceCIDRs.length === 1 ? serviceCIDRs[0] : `{ ${serviceCIDRs.join(', ')} }`;
  return new Map([
    ['filter-prerouting-pre-dnat', base('filter', 'prerouting', 'dstnat - 10', [isNew('firewall-check')])],
    ['filter-output-pre-dnat', base('filter', 'output', '-110', [isNew('firewall-check')])],
    [
      'filter-input',
      base('filter', 'input', 'filter', [
        isNew('nodeport-endpoints-check'),
        isNew('service-endpoints-check'),
      ]),
    ],
    [
      'filter-forward',
      base('filter', 'forward', 'filter', [isNew('service-endpoints-check'), isNew('cluster-ips-check')]),
    ],
    [
      'filter-output',
      base('filter', 'output', 'filter', [isNew('service-endpoints-check'), isNew('cluster-ips-check')]),
    ],
    ['nat-prerouting', base('nat', 'prerouting', 'dstnat', ['jump services'])],
    ['nat-output', base('nat', 'output', '-100', ['jump services'])],
    ['nat-postrouting', base('nat', 'postrouting', 'srcnat', ['jump masquerading'])],
    ['nodeport-endpoints-check', plain(`${ports('')} meta l4proto . th dport vmap @no-endpoint-nodeports`)],
    ['service-endpoints-check', plain(`${destination} @no-endpoint-services`)],
    ['firewall-check', plain(`${destination} @firewall-ips`)],
    [
      'services',
      plain(
        ...masquerade,
        `${destination} @service-ips`,
        `${ports('fib daddr type local ')} meta l4proto . th dport vmap @service-nodeports`,
      ),
    ],
    [
      'masquerading',
      plain(
        'meta mark & 0x00004000 != 0x00000000 meta mark set meta mark ^ 0x00004000 masquerade fully-random',
        `ct status dnat ${ip} saddr . ${ip} daddr . meta l4proto . th dport @hairpin-connections masquerade fully-random`,
      ),
    ],
    [
      'cluster-ips-check',
      plain(
        `${ip} daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"`,
        ...(serviceCIDRs.length === 0
          ? []
          : [`${ip} daddr ${unallocated} drop comment "Drop traffic to unallocated ClusterIPs"`]),
      ),
    ],
    [
      'reject-chain',
      { head: ['comment "helper for @no-endpoint-services / @no-endpoint-nodeports"'], rules: ['reject'] },
    ],
  ]);
}
