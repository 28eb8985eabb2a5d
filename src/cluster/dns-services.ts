/** Which Services may be the cluster's DNS: by the names and labels that distributions use. Pure. */
import type { ServiceEntry } from './service-view.ts';

/** known are names that distributions give it, the likeliest first. */
const known = [
  'kube-system/kube-dns',
  'kube-system/coredns',
  'kube-system/rke2-coredns-rke2-coredns',
  'openshift-dns/dns-default',
];

/** upstream is NodeLocal DNSCache's own way to the servers: it is no Service that Pods ask. */
const upstream = 'kube-system/kube-dns-upstream';

/** dnsServicesOf are the keys of the candidates, the likeliest first; `chosen`, if it is not empty, is the only one. */
export function dnsServicesOf(services: Iterable<ServiceEntry>, chosen: string): readonly string[] {
  if (chosen !== '') return [chosen];
  const found: { readonly key: string; readonly rank: number }[] = [];
  for (const service of services) {
    const key = `${service.namespace}/${service.name}`;
    if (key === upstream || service.clusterIPs.length === 0 || !answersNames(service)) continue;
    const rank = known.indexOf(key);
    if (rank >= 0) found.push({ key, rank });
    else if (service.namespace === 'kube-system' && (service.dns || service.name.includes('dns'))) {
      found.push({ key, rank: known.length + (service.dns ? 0 : 1) });
    }
  }
  return found.sort((a, b) => a.rank - b.rank || (a.key < b.key ? -1 : 1)).map(({ key }) => key);
}

function answersNames({ ports }: ServiceEntry): boolean {
  return ports.some(({ protocol, port }) => protocol === 'UDP' && port === 53);
}
