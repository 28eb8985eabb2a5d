/** The rules that a node has in iptables, of either back end. */
import type { Family } from '../../checks/service-rules/address-set.ts';
import {
  incompatibleTables,
  readIptablesSave,
  withoutIncompatible,
} from '../../checks/service-rules/iptables/save.ts';
import type { IptablesBackend } from '../../checks/service-rules/iptables/table.ts';
import type { Reading, Ruleset } from '../../checks/service-rules/model.ts';
import type { Found } from './found.ts';
import type { Means } from './means.ts';
import { iptablesTableOf } from './nft-as-iptables.ts';

/** legacyTables names the tables that the legacy back end has in this network. Reading it makes none. */
const legacyTables = { IPv4: '/proc/net/ip_tables_names', IPv6: '/proc/net/ip6_tables_names' } as const;

/** toolOf is the tool that prints the rules of a back end and family; both work without a lock and change nothing. */
function toolOf(backend: IptablesBackend, family: Family): string {
  return `${family === 'IPv4' ? 'iptables' : 'ip6tables'}-${backend === 'iptables-nft' ? 'nft' : 'legacy'}-save`;
}

/** readIptables reads one back end's rules of a family. */
export async function readIptables(backend: IptablesBackend, family: Family, means: Means): Promise<Found> {
  const tool = toolOf(backend, family);
  const failed = (problem: string): Found => ({ rulesets: [], unreadable: [{ tool, problem }] });
  if (backend === 'iptables-legacy') {
    const tables = await legacyTablesOf(family, means);
    if ('problem' in tables) return failed(tables.problem);
    if (tables.names === '') return { rulesets: [], unreadable: [] };
  }
  // Never with -t: the legacy tool would make the table that it is asked for.
  const ran = await means.run(tool, []);
  if (!ran.ok) return failed(ran.problem);
  const missing = backend === 'iptables-nft' ? incompatibleTables(ran.text) : [];
  const text = missing.length === 0 ? ran.text : withoutIncompatible(ran.text);
  const reading = readIptablesSave(text, backend, family);
  if (reading.kind === 'Unreadable') return failed(reading.problem);
  return missing.length === 0 ? foundIn(reading) : await withMissing(reading, missing, tool, family, means);
}

async function legacyTablesOf(
  family: Family,
  means: Means,
): Promise<{ readonly names: string } | { readonly problem: string }> {
  try {
    return { names: ((await means.read(legacyTables[family])) ?? '').trim() };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an error';
    return { problem: `${legacyTables[family]} cannot be read: ${code}` };
  }
}

function foundIn(reading: Reading): Found {
  return { rulesets: reading.kind === 'Read' ? reading.rulesets : [], unreadable: [] };
}

/** A table with rules that iptables has no words for is read by nft, as far as that understands what iptables wrote. */
async function withMissing(
  reading: Reading,
  missing: readonly string[],
  tool: string,
  family: Family,
  means: Means,
): Promise<Found> {
  const rulesets: Ruleset[] = foundIn(reading).rulesets.map((ruleset) => without(ruleset, missing));
  for (const name of missing) {
    const table = await iptablesTableOf(name, family, means);
    if ('problem' in table)
      return {
        rulesets: [],
        unreadable: [{ tool, problem: `table ${name} is incompatible; ${table.problem}` }],
      };
    rulesets.push(table);
  }
  return { rulesets, unreadable: [] };
}

/** What was shown of a table in part is not kept: nft shows all of it. */
function without(ruleset: Ruleset, tables: readonly string[]): Ruleset {
  const chains = new Map([...ruleset.chains].filter(([, { table }]) => !tables.includes(table)));
  return { ...ruleset, bases: ruleset.bases.filter(({ chain }) => chains.has(chain)), chains };
}
