/** What could not be read of a node, and of which packets nothing can be said for it. */
import type { Family } from '../address-set.ts';
import type { Evidence } from '../evidence.ts';
import type { Backend } from '../model.ts';
import { holdsRules } from './modes.ts';

/** isBlind tells evidence of whose rules nothing can be said, in no family. */
export function isBlind(evidence: Evidence): boolean {
  if (evidence.unreadable.length === 0) return false;
  return evidence.digests === '' || readFamilies(evidence).length === 0;
}

/**
 * readFamilies are those whose rules could all be read, as far as they may be kube-proxy's: a tool that fails for a back
 * end without any of them takes nothing away from what the others show.
 */
export function readFamilies(evidence: Evidence): readonly Family[] {
  const { families, unreadable } = evidence;
  return families.filter((family) => !unreadable.some(({ tool }) => concerns(tool, family, evidence)));
}

/** unreadableText says which tools failed, and why. */
export function unreadableText({ unreadable }: Evidence): string {
  if (unreadable.length === 0) return 'neither kube-proxy nor the rules say which mode it is in';
  return unreadable
    .slice(0, 3)
    .map(({ problem, tool }) => `${tool}: ${problem}`)
    .join('; ');
}

function concerns(tool: string, family: Family, { backends, mode }: Evidence): boolean {
  const backend = backendOf(tool);
  if (backend === undefined) return true;
  if (backend !== 'nftables' && tool.startsWith('ip6') !== (family === 'IPv6')) return false;
  if (mode === 'none' || mode === 'unknown') return true;
  const found = backends.some((each) => holdsRules(mode, each));
  return holdsRules(mode, backend) && (!found || backends.includes(backend));
}

/** backendOf is what a tool reads: `iptables-nft-save`, `ip6tables-legacy-save`, `nft`; undefined for another. */
function backendOf(tool: string): Backend | undefined {
  if (/^ip6?tables-legacy/.test(tool)) return 'iptables-legacy';
  if (/^ip6?tables/.test(tool)) return 'iptables-nft';
  return /^nft\b/.test(tool) ? 'nftables' : undefined;
}
