/** Where the cluster's DNS is found. */
import type { Families } from '../node/addresses.ts';

/** CLUSTER_DOMAIN is what the names of Services end with. */
export const CLUSTER_DOMAIN = 'cluster.local';

const ADDRESSES = { IPv4: '10.96.0.10', IPv6: 'fd00:96::a' };

/** dnsAddress is the cluster address of the DNS Service: the usual tenth one of the primary family. */
export function dnsAddress([primary = 'IPv4']: Families): string {
  return ADDRESSES[primary];
}
