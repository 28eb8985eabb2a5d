/** Which chains and sets are kube-proxy's own. Names say only where to look; what a rule does is traced. */
import type { Chain, ElementSet, Ruleset } from '../model.ts';

/** Chains of network policy agents that begin as kube-proxy's do. */
const othersOf = /^KUBE-(ROUTER|POD-FW|NWPLCY)/;

/** isKubeProxys tells whether a chain is one of kube-proxy (or of the kubelet, which shares some with it). */
export function isKubeProxys({ backend, table, name }: Chain): boolean {
  if (backend === 'nftables') return isKubeProxyTable(table);
  return name.startsWith('KUBE-') && !othersOf.test(name);
}

/** isKubeProxyTable tells whether a table of nftables is kube-proxy's. */
export function isKubeProxyTable(table: string): boolean {
  return table === 'kube-proxy' || table.endsWith(' kube-proxy');
}

/** chainsNamed are the iptables chains of a name in a table, of either back end. */
export function chainsNamed({ chains }: Ruleset, table: string, name: string): readonly Chain[] {
  return (['iptables-legacy', 'iptables-nft'] as const).flatMap(
    (backend) => chains.get(`${backend} ${table}/${name}`) ?? [],
  );
}

/** setNamed is a set or map of kube-proxy's nftables table. */
export function setNamed({ sets, family }: Ruleset, name: string): ElementSet | undefined {
  return sets.get(`nftables ${family === 'IPv4' ? 'ip' : 'ip6'} kube-proxy/${name}`);
}
