/** Which back ends hold rules of kube-proxy, and which mode they are of, where kube-proxy itself does not say. */
import type { Mode } from '../../checks/service-rules/evidence.ts';
import type { Backend, Chain, Ruleset } from '../../checks/service-rules/model.ts';

/** backendsOf are the back ends with a chain KUBE-SERVICES that has rules, or with the table kube-proxy. */
export function backendsOf(rulesets: readonly Ruleset[]): readonly Backend[] {
  const found = new Set<Backend>();
  for (const { chains } of rulesets)
    for (const chain of chains.values()) if (isProxys(chain)) found.add(chain.backend);
  const order: readonly Backend[] = ['iptables-nft', 'iptables-legacy', 'nftables'];
  return order.filter((backend) => found.has(backend));
}

function isProxys({ backend, table, name, rules }: Chain): boolean {
  if (backend === 'nftables') return table.endsWith(' kube-proxy');
  return name === 'KUBE-SERVICES' && rules.length > 0;
}

/** KernelSigns is what tells of IPVS, beside the rules. */
export interface KernelSigns {
  /** virtualServers is the text of /proc/net/ip_vs, if there is such a file. */
  readonly virtualServers: string | undefined;
  /** addresses is what `ip -j addr` printed. */
  readonly addresses: string;
}

/**
 * kernelMode is the mode that the kernel shows; undefined where there are no rules of kube-proxy. Rules of two modes are
 * told apart by how many there are: what is left behind does not grow.
 */
export function kernelMode(rulesets: readonly Ruleset[], signs: KernelSigns): Mode | undefined {
  const backends = backendsOf(rulesets);
  const counts = { iptables: 0, nftables: 0 };
  for (const { chains } of rulesets) {
    for (const { backend, table, name } of chains.values()) {
      if (backend === 'nftables') counts.nftables += table.endsWith(' kube-proxy') ? 1 : 0;
      else counts.iptables += name.startsWith('KUBE-S') ? 1 : 0;
    }
  }
  const servers = /^(TCP|UDP|SCTP|FWM) /m.test(signs.virtualServers ?? '');
  const dummy = /"ifname": ?"kube-ipvs0"/.test(signs.addresses);
  const some = backends.some((each) => each !== 'nftables');
  if (dummy || (servers && some)) return 'ipvs';
  if (backends.length === 0) return undefined;
  if (!some) return 'nftables';
  return backends.includes('nftables') && counts.nftables > counts.iptables ? 'nftables' : 'iptables';
}
