/** What the kubelet writes into a Pod's /etc/resolv.conf and /etc/hosts. Pure. */
import type { Pod } from '../kinds.ts';

/** DnsSettings are the kubelet's clusterDNS and clusterDomain, and the node's own resolv.conf. */
export interface DnsSettings {
  clusterDNS: string[];
  clusterDomain: string;
  nodeResolvConf: string;
  /** A kubelet writes 5, and nobody can tell it another number: a fault can. */
  ndots?: number;
}

interface Resolver {
  nameservers: string[];
  searches: string[];
  options: string[];
}

function parse(text: string): Resolver {
  const words = text.split('\n').map((line) => line.trim().split(/\s+/));
  const of = (keyword: string) => words.filter(([first]) => first === keyword);
  return {
    nameservers: of('nameserver').flatMap(([, address]) => address ?? []),
    searches: of('search').at(-1)?.slice(1) ?? [],
    options: of('options').flatMap(([, ...rest]) => rest),
  };
}

/** The most of a search list that the kubelet writes: so many names, each and all together so long. */
const MOST = { searches: 32, name: 253, list: 2048 };

function fitting(searches: string[]): string[] {
  const kept: string[] = [];
  let length = -1;
  for (const search of searches.filter((name) => name.length <= MOST.name).slice(0, MOST.searches)) {
    length += search.length + 1;
    if (length > MOST.list) break;
    kept.push(search);
  }
  return kept;
}

/** resolvConf is the Pod's resolv.conf by its dnsPolicy (pkg/kubelet/network/dns/dns.go). */
export function resolvConf(pod: Pod, settings: DnsSettings): string {
  const { dnsPolicy = 'ClusterFirst', dnsConfig, hostNetwork = false } = pod.spec;
  const node = parse(settings.nodeResolvConf);
  const cluster = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork);
  let { nameservers, searches, options }: Resolver = { nameservers: [], searches: [], options: [] };
  if (dnsPolicy !== 'None') ({ nameservers, searches, options } = node);
  if (cluster && settings.clusterDNS.length > 0) {
    const { clusterDomain } = settings;
    nameservers = settings.clusterDNS;
    const own = [`${pod.metadata.namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
    searches = [...own, ...node.searches];
    options = [`ndots:${settings.ndots ?? 5}`];
  }
  const extra = (dnsConfig?.options ?? []).map(({ name = '', value }) =>
    value === undefined ? name : `${name}:${value}`,
  );
  const replaced = new Set(extra.map((option) => option.split(':')[0]));
  nameservers = [...new Set([...nameservers, ...(dnsConfig?.nameservers ?? [])])].slice(0, 3);
  searches = fitting([...new Set([...searches, ...(dnsConfig?.searches ?? [])])]);
  options = [...options.filter((option) => !replaced.has(option.split(':')[0])), ...extra];
  return [
    ...(searches.length > 0 ? [`search ${searches.join(' ')}`] : []),
    ...nameservers.map((address) => `nameserver ${address}`),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
    '',
  ].join('\n');
}

/** hostsFile is the Pod's /etc/hosts (pkg/kubelet/kubelet_pods.go). */
export function hostsFile(pod: Pod, podIPs: string[]): string {
  const hostname = pod.spec.hostname ?? pod.metadata.name;
  return [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::\tip6-localnet',
    'fe00::\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    ...podIPs.map((ip) => `${ip}\t${hostname}`),
    ...(pod.spec.hostAliases ?? []).map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join('\t')}`),
    '',
  ].join('\n');
}
