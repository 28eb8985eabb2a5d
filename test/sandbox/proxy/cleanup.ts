/** What a proxy in nftables mode takes away at its start: the rules of one in iptables mode. Pure. */
import type { Family } from '../service-kinds.ts';
import { FIREWALL, fixedFilter, JUMPS, type Table } from './chains.ts';
import { isPortChain } from './names.ts';
import { CANARY, KUBELET } from './ruleset.ts';

const FIXED = new Set([
  'KUBE-SERVICES',
  'KUBE-EXTERNAL-SERVICES',
  'KUBE-NODEPORTS',
  'KUBE-POSTROUTING',
  'KUBE-MARK-MASQ',
  'KUBE-FORWARD',
  'KUBE-PROXY-FIREWALL',
  CANARY,
]);

interface Found {
  chains: string[];
  jumps: string[];
  firewall: Set<string>;
}

/** isProxys tells the chains that are the proxy's alone: the kubelet shares some with it. */
function isProxys(chain: string): boolean {
  return FIXED.has(chain) || isPortChain(chain);
}

function found(saved: string): Record<Table | 'mangle', Found> {
  const none = (): Found => ({ chains: [], jumps: [], firewall: new Set() });
  const tables = { mangle: none(), filter: none(), nat: none() };
  let own: Found | undefined;
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) own = tables[nameOf(line.slice(1))];
    const [, chain] = /^:(\S+)/.exec(line) ?? [];
    if (chain !== undefined && isProxys(chain)) own?.chains.push(chain);
    const [, from, target] = /^-A (\S+) .*-j (\S+)$/.exec(line) ?? [];
    if (from === undefined || target === undefined || from.startsWith('KUBE-')) continue;
    if (isProxys(target)) own?.jumps.push(line.replace('-A', '-D'));
    if (target === FIREWALL) own?.firewall.add(from);
  }
  return tables;
}

function nameOf(table: string): Table | 'mangle' {
  return table === 'filter' || table === 'nat' ? table : 'mangle';
}

/**
 * cleanupText is the input of `iptables-restore --noflush` that leaves of a saved ruleset what is not the proxy's, and
 * of what is the kubelet's makes what is missing.
 */
export function cleanupText(saved: string, family: Family): string {
  const tables = found(saved);
  const firewall = fixedFilter(family).get(FIREWALL) ?? [];
  const lines = (['mangle', 'filter', 'nat'] as const).flatMap((table) => {
    const { chains, jumps, firewall: led } = tables[table];
    const kubelets = [...(KUBELET[table] ?? []), ...(table === 'filter' ? [FIREWALL] : [])];
    const toFirewall = JUMPS.filter(
      ({ rule, table: where, chain }) => rule === `-j ${FIREWALL}` && where === table && !led.has(chain),
    );
    return [
      `*${table}`,
      ...[...kubelets, ...chains].map((chain) => `:${chain} - [0:0]`),
      ...jumps,
      ...toFirewall.map(({ chain, rule }) => `-I ${chain} ${rule}`),
      ...(table === 'filter' ? firewall.map((rule) => `-A ${FIREWALL} ${rule}`) : []),
      ...chains.map((chain) => `-X ${chain}`),
      'COMMIT',
    ];
  });
  return `${lines.join('\n')}\n`;
}
