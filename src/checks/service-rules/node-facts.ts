/** What must be known of a node, beside the API's Services, to say what its rules must do. */
import type { Family } from './address-set.ts';
import type { Mode, ProxyConfig } from './evidence.ts';

/** NodeFacts are those of one node. */
export interface NodeFacts {
  readonly name: string;
  /** zone is the label topology.kubernetes.io/zone. */
  readonly zone?: string;
  readonly mode: Exclude<Mode, 'ipvs'>;
  /** config is absent where kube-proxy does not tell: what depends on it is then left out on both sides. */
  readonly config?: ProxyConfig;
  /** podCIDRs are those of the Node, for detectLocalMode NodeCIDR. */
  readonly podCIDRs: readonly string[];
  /** primary are the node's first addresses, by family: those of a host-network Pod. */
  readonly primary: Readonly<Partial<Record<Family, string>>>;
  /** host are all its own addresses, without loopback. */
  readonly host: ReadonlySet<string>;
}

/**
 * withoutConfig are the sources that are looked at where kube-proxy's configuration is not known: one address of the
 * documentation range, which is no Pod's and no node's.
 */
export const withoutConfig = { IPv4: '203.0.113.77', IPv6: '2001:db8:ffff::77' } as const;

/**
 * elsewhereOf is the address that stands for the node's other addresses: the first of its own, in the order of `host`, that
 * is neither the primary one nor link-local.
 */
export function elsewhereOf(
  family: Family,
  host: Iterable<string>,
  primary: string | undefined,
): string | undefined {
  for (const address of host) {
    const fits = address.includes(':') === (family === 'IPv6');
    if (fits && address !== primary && !/^(169\.254\.|fe[89ab])/i.test(address)) return address;
  }
  return undefined;
}
