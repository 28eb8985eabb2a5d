/** Whether the kernel's base chains still lead to kube-proxy's chains. */

import type { Chain, Hook, Rule, Ruleset, Verdict } from '../model.ts';
import { isKubeProxyTable } from './kube-proxy-chains.ts';

/** What kube-proxy itself makes in iptables mode (`pkg/proxy/iptables/proxier.go`, iptablesJumpChains). */
const iptablesJumps = [
  ['nat', 'PREROUTING', 'KUBE-SERVICES'],
  ['nat', 'OUTPUT', 'KUBE-SERVICES'],
  ['nat', 'POSTROUTING', 'KUBE-POSTROUTING'],
  ['filter', 'FORWARD', 'KUBE-SERVICES'],
  ['filter', 'OUTPUT', 'KUBE-SERVICES'],
  ['filter', 'INPUT', 'KUBE-EXTERNAL-SERVICES'],
  ['filter', 'FORWARD', 'KUBE-EXTERNAL-SERVICES'],
  ['filter', 'INPUT', 'KUBE-NODEPORTS'],
  ['filter', 'FORWARD', 'KUBE-FORWARD'],
  ['filter', 'INPUT', 'KUBE-PROXY-FIREWALL'],
  ['filter', 'OUTPUT', 'KUBE-PROXY-FIREWALL'],
  ['filter', 'FORWARD', 'KUBE-PROXY-FIREWALL'],
] as const;

/** And in nftables mode (`pkg/proxy/nftables/proxier.go`, nftablesJumpChains). */
const nftablesJumps: readonly (readonly [Hook, 'filter' | 'nat', string, string])[] = [
  ['prerouting', 'nat', 'nat-prerouting', 'services'],
  ['output', 'nat', 'nat-output', 'services'],
  ['postrouting', 'nat', 'nat-postrouting', 'masquerading'],
  ['prerouting', 'filter', 'filter-prerouting-pre-dnat', 'firewall-check'],
  ['output', 'filter', 'filter-output-pre-dnat', 'firewall-check'],
  ['input', 'filter', 'filter-input', 'nodeport-endpoints-check'],
  ['input', 'filter', 'filter-input', 'service-endpoints-check'],
  ['forward', 'filter', 'filter-forward', 'service-endpoints-check'],
  ['forward', 'filter', 'filter-forward', 'cluster-ips-check'],
  ['output', 'filter', 'filter-output', 'service-endpoints-check'],
  ['output', 'filter', 'filter-output', 'cluster-ips-check'],
];

/**
 * missingJumpsOf names the jumps that kube-proxy makes and that are not there, of chains that do something. Which packets a
 * jump takes is not asked here: tracing tells.
 */
export function missingJumpsOf(ruleset: Ruleset): readonly string[] {
  const missing: string[] = [];
  for (const backend of ['iptables-legacy', 'iptables-nft'] as const) {
    for (const [table, base, target] of iptablesJumps) {
      const id = `${backend} ${table}/${target}`;
      const from = ruleset.chains.get(`${backend} ${table}/${base}`);
      if (isIdle(ruleset, id)) continue;
      if (from === undefined || !leadsTo(from, id)) missing.push(`${table}/${base} → ${target}`);
    }
  }
  const table = `nftables ${ruleset.family === 'IPv4' ? 'ip' : 'ip6'} kube-proxy`;
  for (const [hook, type, base, target] of nftablesJumps) {
    const id = `${table}/${target}`;
    if (isIdle(ruleset, id)) continue;
    const there = ruleset.bases.some((each) => {
      const chain = ruleset.chains.get(each.chain);
      if (chain === undefined || chain.backend !== 'nftables' || !isKubeProxyTable(chain.table)) return false;
      return each.hook === hook && each.type === type && leadsTo(chain, id);
    });
    if (!there) missing.push(`kube-proxy/${base} → ${target}`);
  }
  return [...new Set(missing)];
}

function leadsTo({ rules }: Chain, id: string): boolean {
  return rules.some((rule) => verdictsOf(rule).some((verdict) => 'chain' in verdict && verdict.chain === id));
}

function verdictsOf({ steps }: Rule): readonly Verdict[] {
  return steps.flatMap((step) =>
    'action' in step && (step.action === 'jump' || step.action === 'goto') ? [step] : [],
  );
}

/** A chain without rules, or one that only looks packets up in maps without elements, does nothing. */
function isIdle({ chains, sets }: Ruleset, id: string): boolean {
  const chain = chains.get(id);
  if (chain === undefined) return true;
  return chain.rules.every(({ steps }) =>
    steps.some(
      (step) => 'action' in step && step.action === 'lookup' && sets.get(step.map)?.elements.size === 0,
    ),
  );
}
