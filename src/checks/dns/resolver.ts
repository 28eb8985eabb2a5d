/** What a Pod's resolv.conf says, held against the DNS Service, the domain of the cluster and the other nodes. */
import type { JudgeInput } from '../check.ts';
import { canonical } from '../pod-to-pod/addresses.ts';
import { absolute, searchOf } from './names.ts';
import { nameserversOf, type Side } from './sides.ts';

/** ResolverKind is what the servers of a resolv.conf are: a DNS Service, a cache on the node, or something else. */
export type ResolverKind = 'Service' | 'NodeLocal' | 'Other' | 'Unreadable';

/** Resolver is what one node's resolv.conf is found to be. */
export interface Resolver {
  readonly kind: ResolverKind;
  /** searching says what is wrong with the search list or ndots; empty where nothing is, or where it is nobody's to say. */
  readonly searching: string;
  /** governed is true where the kubelet alone wrote the file, for a Pod that is to ask the cluster's DNS. */
  readonly governed: boolean;
}

/** resolverOf looks at one node's file. */
export function resolverOf(side: Side, { api }: JudgeInput, services: Side['task']['services']): Resolver {
  const dns = api.probeDNS.get(side.node);
  const governed = dns !== undefined && dns.policy === 'ClusterFirst' && !dns.configured;
  const { evidence } = side;
  if (evidence === undefined || 'problem' in evidence.resolvConf) {
    return { kind: 'Unreadable', searching: '', governed };
  }
  const addresses = services.flatMap((service) => service.addresses).map(spelled);
  const servers = nameserversOf(side).map(spelled);
  const kind = servers.some((each) => addresses.includes(each))
    ? 'Service'
    : servers.some(isLinkLocal) || (api.cluster.cachingNodes.has(side.node) && servers.length > 0)
      ? 'NodeLocal'
      : 'Other';
  return { kind, searching: governed ? searchingOf(side, api.cluster) : '', governed };
}

/** The node's own search list follows the cluster's, in an order that is the kubelet's. */
function searchingOf(
  side: Side,
  cluster: { readonly ownNamespace: string; readonly domain: string },
): string {
  const conf = side.evidence?.resolvConf;
  if (conf === undefined || 'problem' in conf) return '';
  const { ownNamespace, domain } = cluster;
  const expected = searchOf(ownNamespace, domain);
  const right = expected.every((each, index) => absolute(conf.search[index] ?? '') === absolute(each));
  return [
    ...(right
      ? []
      : [
          `search must begin with ${expected.join(' ')}, and is ${conf.search.slice(0, 8).join(' ') || 'empty'}`,
        ]),
    ...(conf.ndots === 5 ? [] : [`ndots must be 5, and is ${conf.ndots}`]),
  ].join('; ');
}

/** differingNodes are the nodes whose servers are others than those of most nodes; none where there is no most. */
export function differingNodes(sides: readonly Side[]): ReadonlyMap<string, string> {
  const lists = sides
    .map((side) => ({ node: side.node, servers: nameserversOf(side).map(spelled).join(' ') }))
    .filter(({ servers }) => servers !== '');
  const groups = [...Map.groupBy(lists, ({ servers }) => servers)].sort(
    ([, a], [, b]) => b.length - a.length,
  );
  const [most] = groups;
  if (most === undefined || most[1].length * 2 <= lists.length) return new Map();
  return new Map(
    lists
      .filter(({ servers }) => servers !== most[0])
      .map(({ node, servers }) => [
        node,
        `resolv.conf names ${servers.split(' ').join(', ')}, where that of most nodes names ${most[0].split(' ').join(', ')}`,
      ]),
  );
}

function isLinkLocal(address: string): boolean {
  return address.startsWith('169.254.') || /^fe[89ab][0-9a-f]:/.test(address);
}

function spelled(address: string): string {
  const [plain = ''] = address.toLowerCase().split('%', 1);
  return canonical(plain) ?? plain;
}
