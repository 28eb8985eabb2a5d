/** Sorts what `nft -j list ruleset` prints into tables, chains with their rules, and sets; whatever came first. */
import { isObject, type JsonObject } from '../shape.ts';
import type { Family } from './address-set.ts';
import type { BaseChain, Hook } from './model.ts';
import { Broken, listOf } from './nft-json.ts';

/** Listing is a ruleset as it was listed: expressions are not looked at yet. */
export interface Listing {
  readonly tables: ReadonlyMap<string, ListedTable>;
}

/** ListedTable is one table, `ip kube-proxy`. */
export interface ListedTable {
  readonly name: string;
  readonly families: readonly Family[];
  readonly chains: Map<string, ListedChain>;
  readonly sets: Map<string, ListedSet>;
}

/** ListedChain is a chain with its rules in order. base is what a base chain has. */
export interface ListedChain {
  readonly name: string;
  readonly base?: Omit<BaseChain, 'chain'>;
  readonly rules: JsonObject[];
}

/** ListedSet is a named set or map. */
export interface ListedSet {
  readonly name: string;
  readonly isMap: boolean;
  readonly elements: readonly unknown[];
  readonly timeoutSeconds?: number;
}

const families: Readonly<Record<string, readonly Family[]>> = {
  ip: ['IPv4'],
  ip6: ['IPv6'],
  inet: ['IPv4', 'IPv6'],
};

const hooks: readonly Hook[] = ['prerouting', 'input', 'forward', 'output', 'postrouting'];
const types: readonly BaseChain['type'][] = ['filter', 'nat', 'route'];

/** The tables that iptables-nft keeps its rules in, under names that are its own. */
const iptablesTables = /^ip6? (raw|mangle|nat|filter|security)$/;

/** listingOf sorts a listing. Tables of families through which no packet of a Service is sent (arp, bridge) are left out. */
export function listingOf(
  objects: readonly unknown[],
  options: { readonly iptablesTables: boolean },
): Listing {
  const tables = new Map<string, ListedTable>();
  const dormant = new Set<string>();
  for (const [kind, body] of bodies(objects, ['table'])) {
    if (kind === 'table' && listOf(body.flags).includes('dormant')) dormant.add(tableOf(body, 'name'));
    if (kind === 'table') tables.set(tableOf(body, 'name'), emptyTable(body));
  }
  for (const [kind, body] of bodies(objects, ['chain', 'set', 'map', 'meter'])) {
    const name = tableOf(body, 'table');
    const table = tables.get(name);
    if (table === undefined) throw new Broken(`A ${kind} is in table ${name}, which was not listed`);
    if (kind === 'chain') table.chains.set(nameOf(body, 'name'), chainOf(body, dormant.has(name)));
    else table.sets.set(nameOf(body, 'name'), setOf(body));
  }
  for (const [, body] of bodies(objects, ['rule'])) {
    const name = `${tableOf(body, 'table')}/${nameOf(body, 'chain')}`;
    const chain = tables.get(tableOf(body, 'table'))?.chains.get(nameOf(body, 'chain'));
    if (chain === undefined) throw new Broken(`A rule is in chain ${name}, which was not listed`);
    chain.rules.push(body);
  }
  const wanted = ([name, table]: readonly [string, ListedTable]) =>
    table.families.length > 0 && (options.iptablesTables || !iptablesTables.test(name));
  return { tables: new Map([...tables].filter(wanted)) };
}

function* bodies(
  objects: readonly unknown[],
  kinds: readonly string[],
): Iterable<readonly [string, JsonObject]> {
  for (const object of objects) {
    if (!isObject(object)) throw new Broken('The list holds something that is no object');
    for (const kind of kinds) {
      const body = object[kind];
      if (isObject(body)) yield [kind, body];
      else if (body !== undefined) throw new Broken(`The list holds a ${kind} that is no object`);
    }
  }
}

function nameOf(body: JsonObject, key: string): string {
  const name = body[key];
  if (typeof name !== 'string' || name === '') throw new Broken(`Something was listed without ${key}`);
  return name;
}

function tableOf(body: JsonObject, key: string): string {
  return `${nameOf(body, 'family')} ${nameOf(body, key)}`;
}

function emptyTable(body: JsonObject): ListedTable {
  const family = nameOf(body, 'family');
  return {
    name: tableOf(body, 'name'),
    families: (Object.hasOwn(families, family) ? families[family] : undefined) ?? [],
    chains: new Map(),
    sets: new Map(),
  };
}

function chainOf(body: JsonObject, dormant: boolean): ListedChain {
  const base = dormant ? undefined : baseOf(body);
  return { name: nameOf(body, 'name'), ...(base === undefined ? {} : { base }), rules: [] };
}

/** A hook that no packet to a Service passes as one (ingress, egress) makes no base chain. */
function baseOf(body: JsonObject): ListedChain['base'] {
  const hook = hooks.find((each) => each === body.hook);
  const type = types.find((each) => each === body.type);
  if (hook === undefined || type === undefined) return undefined;
  const priority = body.prio;
  if (typeof priority !== 'number') throw new Broken(`Base chain ${nameOf(body, 'name')} has no priority`);
  return { hook, type, priority, policy: body.policy === 'drop' ? 'drop' : 'accept' };
}

function setOf(body: JsonObject): ListedSet {
  const { timeout, elem } = body;
  return {
    name: nameOf(body, 'name'),
    isMap: body.map !== undefined,
    elements: listOf(elem),
    ...(typeof timeout === 'number' && timeout > 0 ? { timeoutSeconds: timeout } : {}),
  };
}
