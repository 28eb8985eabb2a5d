/** The rules of the captures in test/fixtures/kube-proxy, read and traced as on the node itself. */
import { existsSync, readFileSync } from 'node:fs';
import type { Family } from '../../../src/checks/service-rules/address-set.ts';
import type { ProxyConfig } from '../../../src/checks/service-rules/evidence.ts';
import { type HostNetwork, readHost } from '../../../src/checks/service-rules/host/host.ts';
import { readIptablesSave } from '../../../src/checks/service-rules/iptables/save.ts';
import type { Reading, Ruleset } from '../../../src/checks/service-rules/model.ts';
import { readNft } from '../../../src/checks/service-rules/nft/ruleset.ts';
import type { TableInput } from '../../../src/checks/service-rules/table/table.ts';
import { combine } from '../../../src/checks/service-rules/trace/combine.ts';
import { capturedConfig, capturedFacts } from './captured-cluster.ts';

/** healthyCaptures are those on which everything is right. */
export const healthyCaptures = ['iptables-healthy', 'nftables-healthy'] as const;

/** capturedText is one file of a node. */
export function capturedText(capture: string, file: string): string {
  return readFileSync(new URL(`../../fixtures/kube-proxy/${capture}/${file}`, import.meta.url), 'utf8');
}

/** capturedRuleset is what a node of a capture held. */
export function capturedRuleset(capture: string, node: string, family: Family): Ruleset {
  const save = `${node}.${family === 'IPv4' ? 'iptables' : 'ip6tables'}-save.txt`;
  const readings = existsSync(new URL(`../../fixtures/kube-proxy/${capture}/${save}`, import.meta.url))
    ? [readIptablesSave(capturedText(capture, save), 'iptables-nft', family)]
    : [readNft(capturedText(capture, `${node}.nft.json`), { iptablesTables: false })];
  const [first, ...more] = readings.flatMap(rulesetsOf).filter((ruleset) => ruleset.family === family);
  if (first === undefined) throw new Error(`no rules of ${family} on ${node} of ${capture}`);
  return combine([first, ...more]);
}

function rulesetsOf(reading: Reading): readonly Ruleset[] {
  if (reading.kind === 'Unreadable') throw new Error(reading.problem);
  return reading.rulesets;
}

/** capturedInput is what a node of a capture is traced with; null for a configuration that cannot be read. */
export function capturedInput(
  capture: string,
  node: string,
  config: ProxyConfig | null = capturedConfig,
  family: Family = 'IPv4',
): TableInput {
  const host = capturedHost(capture, node);
  const primary = capturedFacts(capture, node).primary[family];
  return {
    ruleset: capturedRuleset(capture, node, family),
    family,
    ...(primary === undefined ? {} : { primary }),
    host: host.addresses,
    outInterface: (address) => host.outInterface(address),
    ...(host.uplink[family] === undefined ? {} : { uplink: host.uplink[family] }),
    ...(config === null ? {} : { config }),
  };
}

function capturedHost(capture: string, node: string): HostNetwork {
  const host = readHost({
    addr: capturedText(capture, `${node}.ip-addr.json`),
    route: capturedText(capture, `${node}.ip-route.json`),
    rule: '[]',
  });
  if (host === undefined) throw new Error(`no addresses of ${node} in ${capture}`);
  return host;
}
