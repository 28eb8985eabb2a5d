/** The DNS domain of the cluster, as the operator's own Pod was told it. */
import { parseResolvConf } from '../checks/dns/resolv-conf.ts';

/** usualDomain is what nearly every cluster has. */
const usualDomain = 'cluster.local';

/**
 * clusterDomainOf is the domain in a Pod's resolv.conf: the kubelet writes `svc.<domain>` into the search list of every
 * Pod that asks the cluster's DNS (pkg/kubelet/network/dns/dns.go). Any other file has the usual one.
 */
export function clusterDomainOf(resolvConf: string): string {
  const { search } = parseResolvConf(resolvConf);
  for (const entry of search) {
    const [, domain] = /^svc\.(.+?)\.?$/.exec(entry) ?? [];
    if (domain !== undefined) return domain;
  }
  return usualDomain;
}
