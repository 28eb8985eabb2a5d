/** What a node's rules do with packets, of all families together. */
import type { Family } from '../../checks/service-rules/address-set.ts';
import { Digests } from '../../checks/service-rules/digest.ts';
import type { Guard, ProxyConfig } from '../../checks/service-rules/evidence.ts';
import type { HostNetwork } from '../../checks/service-rules/host/host.ts';
import type { Ruleset } from '../../checks/service-rules/model.ts';
import { type TableRow, tableOf } from '../../checks/service-rules/table/table.ts';
import { combine } from '../../checks/service-rules/trace/combine.ts';
import { tracedEitherWay } from './ties.ts';

/** Tracing is what is traced through what. */
export interface Tracing {
  readonly families: readonly Family[];
  readonly rulesets: readonly Ruleset[];
  /** primary are the node's first addresses: those of this Pod, which is in the node's network. */
  readonly primary: Readonly<Partial<Record<Family, string>>>;
  /** host are its addresses as they are reported. */
  readonly host: readonly string[];
  readonly network: HostNetwork;
  readonly config?: ProxyConfig;
}

/** Traced is the table, and what stands beside it. */
export interface Traced {
  /** families are those that there was something to trace through. */
  readonly families: readonly Family[];
  readonly rows: readonly TableRow[];
  readonly digests: Digests;
  readonly missingJumps: readonly string[];
  readonly guards: readonly Guard[];
  readonly foreign: readonly Guard[];
}

/** most bounds what is reported. */
const most = { guards: 8, jumps: 64, characters: 240 };

/** traced traces each family for itself. */
export function traced({ families, rulesets, primary, host, network, config }: Tracing): Traced {
  const digests = new Digests();
  const rows: TableRow[] = [];
  const tracedFamilies: Family[] = [];
  const [missing, guards, foreign] = [
    new Set<string>(),
    new Map<string, number>(),
    new Map<string, number>(),
  ];
  for (const family of families) {
    const [first, ...others] = rulesets.filter((ruleset) => ruleset.family === family);
    if (first === undefined) continue;
    const [own, uplink] = [primary[family], network.uplink[family]];
    const table = tracedEitherWay(combine([first, ...others]), (ruleset) =>
      tableOf({
        ruleset,
        family,
        host,
        outInterface: (address) => network.outInterface(address),
        ...(own === undefined ? {} : { primary: own }),
        ...(uplink === undefined ? {} : { uplink }),
        ...(config === undefined ? {} : { config }),
      }),
    );
    tracedFamilies.push(family);
    for (const row of table.rows) {
      rows.push(row);
      digests.add(row.entry);
    }
    for (const jump of table.missingJumps) missing.add(jump);
    for (const { rule, count } of table.guards) guards.set(rule, (guards.get(rule) ?? 0) + count);
    for (const { rule, count } of table.foreign) foreign.set(rule, (foreign.get(rule) ?? 0) + count);
  }
  return {
    families: tracedFamilies,
    rows,
    digests,
    missingJumps: [...missing].slice(0, most.jumps),
    guards: largest(guards),
    foreign: largest(foreign),
  };
}

function largest(guards: ReadonlyMap<string, number>): readonly Guard[] {
  return [...guards]
    .sort(([one, few], [other, many]) => many - few || (one < other ? -1 : 1))
    .slice(0, most.guards)
    .map(([rule, count]) => ({ rule: rule.slice(0, most.characters), count }));
}
