/** ServiceRules' probe: reads a node's rules, traces packets through them, and reports what they meet, as digests. */
import { detailLines } from '../../probe/service-rules/details.ts';
import { readHostNetwork } from '../../probe/service-rules/host-network.ts';
import { backendsOf, kernelMode } from '../../probe/service-rules/kernel-mode.ts';
import { type Means, meansOf } from '../../probe/service-rules/means.ts';
import { askProxy, type SaidProxy } from '../../probe/service-rules/proxy.ts';
import { proxyConfigOf } from '../../probe/service-rules/proxy-config.ts';
import { readRules } from '../../probe/service-rules/rules.ts';
import { traced } from '../../probe/service-rules/traced.ts';
import { addressOf, familyOf } from '../pod-to-pod/addresses.ts';
import type { ProbeContext, ProbeKind } from '../probe.ts';
import type { Family } from './address-set.ts';
import type { Evidence, Mode, ProxyConfig } from './evidence.ts';

/** serviceRulesProbe is the kind, as the probe's process sees it. */
export const serviceRulesProbe: ProbeKind = {
  type: 'ServiceRules',
  async probe(task, context) {
    if (task.version !== 1) throw new Error('the task is none of ServiceRules');
    return probe(context, meansOf(context.signal));
  },
};

/** mostAddresses of the node are looked at and reported: the judge must know the same ones. */
const mostAddresses = 64;

/** mostProblems of tools are reported. */
const mostProblems = 16;

/** probe reads everything once, prints the rows, and gives the evidence. Nothing is changed on the node. */
export async function probe(context: ProbeContext, means: Means): Promise<Evidence> {
  const families = familiesOf(context.podAddresses);
  const said = await askProxy(means);
  const host = await readHostNetwork(families, means);
  const { rulesets, unreadable } = await readRules(families, means);
  const problems = host.ok ? unreadable : [...unreadable, { tool: host.tool, problem: host.problem }];
  const signs = {
    // Who may not read it may read no rules either, which is told.
    virtualServers: await means.read('/proc/net/ip_vs').catch(() => undefined),
    addresses: host.ok ? host.addresses : '',
  };
  const found = said.mode ?? kernelMode(rulesets, signs);
  const config = configOf(said, found);
  const addresses = host.ok ? host.network.addresses.slice(0, mostAddresses) : [];
  const evidence: Evidence = {
    version: 1,
    mode: found ?? (problems.length === 0 ? 'none' : 'unknown'),
    modeSource: said.mode === undefined ? 'kernel' : 'proxy',
    backends: backendsOf(rulesets),
    unreadable: problems.slice(0, mostProblems),
    proxy: said.state,
    ...(config === undefined ? {} : { config }),
    host: addresses,
    families,
    rows: 0,
    digests: '',
    missingJumps: [],
    guards: [],
    foreign: [],
  };
  if (!host.ok || found === undefined || found === 'ipvs') return evidence;
  const table = traced({
    families,
    rulesets,
    primary: primaryOf(families, context.podAddresses),
    host: addresses,
    network: host.network,
    ...(config === undefined ? {} : { config }),
  });
  for (const line of detailLines(context.check, table.rows)) await context.print(line);
  const { missingJumps, guards, foreign } = table;
  return {
    ...evidence,
    families: table.families,
    rows: table.rows.length,
    digests: table.families.length === 0 ? '' : table.digests.text(),
    missingJumps,
    guards,
    foreign,
  };
}

/** A Pod in the node's network has the node's addresses, of the families that the cluster uses. */
function familiesOf(podAddresses: readonly string[]): readonly Family[] {
  const told = (['IPv4', 'IPv6'] as const).filter((family) =>
    podAddresses.some((address) => familyOf(address) === family),
  );
  return told.length === 0 ? ['IPv4'] : told;
}

function primaryOf(
  families: readonly Family[],
  podAddresses: readonly string[],
): Partial<Record<Family, string>> {
  return Object.fromEntries(
    families.flatMap((family) => {
      const address = addressOf(podAddresses, family);
      return address === undefined ? [] : [[family, address]];
    }),
  );
}

function configOf({ config }: SaidProxy, mode: Mode | undefined): ProxyConfig | undefined {
  return config === undefined ? undefined : proxyConfigOf(config, mode ?? 'iptables');
}
