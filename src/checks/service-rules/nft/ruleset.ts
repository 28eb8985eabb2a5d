/**
 * Reads what `nft -j list ruleset` prints (libnftables-json, any version of schema 1). What is not understood is kept as
 * such, with its text; a listing that is cut or contradicts itself is not read at all.
 */
import { isObject } from '../../shape.ts';
import type { Family } from '../address-set.ts';
import type { BaseChain, Chain, ElementSet, Reading, Rule, Ruleset } from '../model.ts';
import { namedSetOf } from './elements.ts';
import { Broken } from './json.ts';
import { type ListedTable, type Listing, listingOf } from './listing.ts';
import { rulesOf } from './rule.ts';
import { Scope } from './scope.ts';
import { updatedSets } from './statement.ts';

/** NftOptions: iptablesTables also reads the tables that iptables-nft keeps (`ip nat` and the like), else left out. */
export interface NftOptions {
  readonly iptablesTables: boolean;
}

/** readNft reads a listing: two rulesets, IPv4 and IPv6, with the tables of family `inet` in both. Never throws. */
export function readNft(text: string, options: NftOptions): Reading {
  try {
    const { tables } = listingOf(objectsOf(text), options);
    return { kind: 'Read', rulesets: [rulesetOf('IPv4', tables), rulesetOf('IPv6', tables)] };
  } catch (error) {
    if (error instanceof Broken) return { kind: 'Unreadable', problem: error.message };
    throw error;
  }
}

function objectsOf(text: string): readonly unknown[] {
  const listing = jsonOf(text);
  const objects = isObject(listing) ? listing.nftables : undefined;
  if (!Array.isArray(objects)) throw new Broken('The output is no listing of nftables');
  const about = objects.find((object: unknown) => isObject(object) && isObject(object.metainfo))?.metainfo;
  if (about === undefined) throw new Broken('The listing does not say which version made it');
  const { json_schema_version: version = 1 } = about;
  if (version !== 1) throw new Broken(`The listing has schema ${String(version)}, not 1`);
  return objects;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Broken('The output is not whole JSON');
  }
}

function rulesetOf(family: Family, tables: Listing['tables']): Ruleset {
  const ruleset = {
    family,
    bases: [] as BaseChain[],
    chains: new Map<string, Chain>(),
    sets: new Map<string, ElementSet>(),
  };
  for (const table of tables) {
    if (table.families.includes(family)) addTable(ruleset, table);
  }
  return ruleset;
}

interface Growing {
  readonly family: Family;
  readonly bases: BaseChain[];
  readonly chains: Map<string, Chain>;
  readonly sets: Map<string, ElementSet>;
}

/** What has been read is let go at once: a listing takes more memory than what is made of it. */
function addTable({ family, bases, chains, sets }: Growing, table: ListedTable): void {
  const isLast = family === table.families.at(-1);
  const scope = new Scope(family, table, updatedSets(table.chains.values()), sets);
  for (const set of table.sets.values()) sets.set(scope.idOf(set.name), namedSetOf(scope, set));
  for (const { name, base, rules } of table.chains.values()) {
    const id = scope.idOf(name);
    const read: Rule[] = [];
    for (const rule of rules) read.push(...rulesOf(scope, rule));
    if (isLast) rules.length = 0;
    chains.set(id, { id, backend: 'nftables', table: table.name, name, rules: read });
    if (base !== undefined) bases.push({ chain: id, ...base });
  }
}
