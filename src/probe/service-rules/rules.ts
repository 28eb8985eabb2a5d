/** All rules of a node: of both back ends of iptables, and of nftables. */
import type { Family } from '../../checks/service-rules/address-set.ts';
import { type Found, together } from './found.ts';
import { readIptables } from './iptables-rules.ts';
import type { Means } from './means.ts';
import { readNftables } from './nft-rules.ts';

/** readRules reads those of the families, one tool after another: each may take as much memory as the probe itself. */
export async function readRules(families: readonly Family[], means: Means): Promise<Found> {
  const found: Found[] = [];
  for (const family of families) {
    found.push(await readIptables('iptables-nft', family, means));
    found.push(await readIptables('iptables-legacy', family, means));
  }
  found.push(await readNftables(families, means));
  return together(found);
}
