/** Sorts what `nft -j list ruleset` prints into tables, chains with their rules, and sets; whatever came first. */
import { isObject, type JsonObject } from '../../shape.ts';
import type { Family } from '../address-set.ts';
import type { BaseChain, Hook } from '../model.ts';
import { Broken, listOf } from './json.ts';

/** Listing is a ruleset as it was listed: expressions are not looked at yet. */
export interface Listing {
  readonly tables: readonly ListedTable[];
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
  const tables = new Tables();
  for (const body of bodies(objects, 'table')) tables.add(body);
  for (const body of bodies(objects, 'chain')) {
    const table = tables.of(body, 'chain');
    table.chains.set(nameOf(body, 'name'), chainOf(body, tables.dormant.has(table.name)));
  }
  for (const kind of ['set', 'map', 'meter']) {
    for (const body of bodies(objects, kind))
      tables.of(body, kind).sets.set(nameOf(body, 'name'), setOf(body));
  }
  for (const body of bodies(objects, 'rule')) tables.chainOf(body).rules.push(body);
  const wanted = ({ name, families }: ListedTable) =>
    families.length > 0 && (options.iptablesTables || !iptablesTables.test(name));
  return { tables: tables.all.filter(wanted) };
}

/** bodies are those of the objects of one kind. */
function* bodies(objects: readonly unknown[], kind: string): Iterable<JsonObject> {
  for (const object of objects) {
    const body = isObject(object) ? object[kind] : undefined;
    if (isObject(body)) yield body;
    else if (body !== undefined) throw new Broken(`The list holds a ${kind} that is no object`);
    else if (!isObject(object)) throw new Broken('The list holds something that is no object');
  }
}

/** Tables finds tables and chains by what is said of them; most of a listing is about what was found last. */
class Tables {
  readonly all: ListedTable[] = [];
  /** dormant are the names of those that the kernel does not run. */
  readonly dormant = new Set<string>();
  readonly #byName = new Map<string, ListedTable>();
  #last: { readonly family: unknown; readonly table: unknown; readonly found: ListedTable } | undefined;

  add(body: JsonObject): void {
    const table = emptyTable(body);
    this.all.push(table);
    this.#byName.set(table.name, table);
    if (listOf(body.flags).includes('dormant')) this.dormant.add(table.name);
  }

  of(body: JsonObject, kind: string): ListedTable {
    const { family, table } = body;
    const last = this.#last;
    if (last !== undefined && last.family === family && last.table === table) return last.found;
    const found = this.#byName.get(tableOf(body, 'table'));
    if (found === undefined)
      throw new Broken(`A ${kind} is in table ${tableOf(body, 'table')}, which was not listed`);
    this.#last = { family, table, found };
    return found;
  }

  chainOf(body: JsonObject): ListedChain {
    const table = this.of(body, 'rule');
    const chain = table.chains.get(nameOf(body, 'chain'));
    if (chain !== undefined) return chain;
    throw new Broken(`A rule is in chain ${table.name}/${nameOf(body, 'chain')}, which was not listed`);
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
