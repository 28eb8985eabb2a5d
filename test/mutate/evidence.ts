/** What the product's probe would report of a node with these rules, and the rows that it would print. */
import { gzipSync } from 'node:zlib';
import type { Family } from '../../src/checks/service-rules/address-set.ts';
import { bucketOf, Digests } from '../../src/checks/service-rules/digest.ts';
import { entryText } from '../../src/checks/service-rules/entry.ts';
import type { Evidence, ProxyConfig } from '../../src/checks/service-rules/evidence.ts';
import { type HostNetwork, readHost } from '../../src/checks/service-rules/host/host.ts';
import { readIptablesSave } from '../../src/checks/service-rules/iptables/save.ts';
import type { Reading } from '../../src/checks/service-rules/model.ts';
import { readNft } from '../../src/checks/service-rules/nft/ruleset.ts';
import { type TableRow, tableOf } from '../../src/checks/service-rules/table/table.ts';
import { combine } from '../../src/checks/service-rules/trace/combine.ts';
import { proxyConfigOf } from '../../src/probe/service-rules/proxy-config.ts';
import { healthy } from '../checks/service-rules/modelled.ts';
import { type CapturedNode, configzText } from './capture.ts';

/** Rules are a node's rules as its tools print them. */
export interface Rules {
  readonly mode: 'iptables' | 'nftables';
  readonly family: Family;
  readonly text: string;
}

/** NodeNetwork is what must be known of the node beside its rules. */
export interface NodeNetwork {
  readonly host: HostNetwork;
  /** primaries are the node's first addresses, of one family or both. */
  readonly primaries: readonly string[];
  readonly config: ProxyConfig;
}

/** Reported is a probe's answer and what it printed. */
export interface Reported {
  readonly evidence: Evidence;
  /** lines are the printed lines that begin so. */
  lines(prefixes: readonly string[]): readonly string[];
}

/** networkOf is that of a captured node. */
export function networkOf({ addr, route, mode, primary, name }: CapturedNode): NodeNetwork {
  const host = readHost({ addr, route, rule: '[]' });
  const config = proxyConfigOf(configzText(mode), mode);
  if (host === undefined || config === undefined) throw new Error(`${name} cannot be read`);
  return { host, config, primaries: [primary] };
}

/** reportOf reads, traces and sums up what a node holds, as its probe does. */
export function reportOf(rules: readonly Rules[], network: NodeNetwork): Reported {
  const { host, config, primaries } = network;
  const mode = rules[0]?.mode ?? 'iptables';
  const readings = rules.map((each) => ({ ...each, reading: readingOf(each) }));
  const problems = readings.flatMap(({ reading }) =>
    reading.kind === 'Unreadable' ? [{ tool: mode, problem: reading.problem }] : [],
  );
  const tables = readings.flatMap(({ reading, family }) => {
    const rulesets = reading.kind === 'Read' ? reading.rulesets : [];
    const [first, ...more] = rulesets.filter((ruleset) => ruleset.family === family);
    if (first === undefined) return [];
    const uplink = host.uplink[family];
    const primary = primaries.find((address) => address.includes(':') === (family === 'IPv6'));
    return tableOf({
      ruleset: combine([first, ...more]),
      family,
      ...(primary === undefined ? {} : { primary }),
      host: host.addresses,
      outInterface: (address) => host.outInterface(address),
      ...(uplink === undefined ? {} : { uplink }),
      config,
    });
  });
  const rows = tables.flatMap((table) => table.rows);
  const digests = new Digests();
  for (const { entry } of rows) digests.add(entry);
  return {
    lines: linesOf(rows),
    evidence: {
      version: 1,
      mode,
      modeSource: 'proxy',
      backends: [mode === 'iptables' ? 'iptables-nft' : 'nftables'],
      unreadable: problems,
      proxy: healthy,
      config,
      host: host.addresses,
      families: rules.map(({ family }) => family),
      rows: rows.length,
      digests: problems.length > 0 ? '' : digests.text(),
      missingJumps: [...new Set(tables.flatMap(({ missingJumps }) => missingJumps))],
      guards: tables.flatMap(({ guards }) => guards).slice(0, 8),
      foreign: tables.flatMap(({ foreign }) => foreign).slice(0, 8),
    },
  };
}

function readingOf({ mode, family, text }: Rules): Reading {
  return mode === 'iptables'
    ? readIptablesSave(text, 'iptables-nft', family)
    : readNft(text, { iptablesTables: false });
}

/** linesOf prints every bucket, empty ones as well, when it is asked for some. */
function linesOf(rows: readonly TableRow[]): (prefixes: readonly string[]) => readonly string[] {
  return (prefixes) => {
    const buckets = Map.groupBy(rows, ({ entry }) => bucketOf(entry.destination));
    return prefixes.map((prefix) => {
      const ours = buckets.get(Number(prefix.trim().split(' ').at(-1))) ?? [];
      const details = ours.map(({ entry, rules }) => ({ entry: entryText(entry), rules }));
      return `${prefix}${gzipSync(JSON.stringify(details)).toString('base64')}`;
    });
  };
}
