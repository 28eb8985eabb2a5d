/** All of kube-proxy's table on one node for one family, and the transactions that make the kernel hold it. Pure. */
import type { Family } from '../service-kinds.ts';
import { fixedChains, fixedSets, type NftChain, type NftSet, words } from './nft-fixed.ts';
import { isNftPortChain } from './nft-names.ts';
import { type NftPort, type NftView, nftPort } from './nft-port.ts';
import type { ServicePort } from './service-ports.ts';

/** NftRuleset is what shall be in the kernel. */
export interface NftRuleset {
  family: Family;
  sets: Map<string, NftSet>;
  chains: Map<string, NftChain>;
  /** The ports' own chains and sets, by the port's name. */
  ports: Map<string, NftPort>;
  elements: Map<string, Map<string, string>>;
}

/** nftRuleset works it out. */
export function nftRuleset(ports: readonly ServicePort[], view: NftView): NftRuleset {
  const own = new Map(ports.map((port) => [`${port.name}/${port.protocol}`, nftPort(port, view)]));
  const sets = fixedSets(view);
  const elements = new Map([...sets.keys()].map((name) => [name, new Map<string, string>()]));
  for (const address of view.nodeIPs.slice(0, 1)) elements.get('nodeport-ips')?.set(address, '');
  for (const port of own.values())
    for (const [name, found] of port.elements)
      for (const [key, value] of found) elements.get(name)?.set(key, value);
  return { family: view.family, sets, chains: fixedChains(view), ports: own, elements };
}

/** NftHeld are the names of the chains and sets that the table has. */
export interface NftHeld {
  chains: readonly string[];
  sets: readonly string[];
}

function body(lines: readonly string[]): string {
  return lines.map((line) => (line.endsWith(';') ? line : `${line};`)).join(' ');
}

/** Lines writes commands that are all about one table. */
class Lines {
  readonly #table: string;
  readonly #lines: string[] = [];

  constructor(family: Family) {
    this.#table = `${words(family).ip} kube-proxy`;
  }

  table(): void {
    this.#lines.push(`add table ${this.#table} { comment "rules for kube-proxy"; }`);
  }

  say(verb: 'flush' | 'delete', kind: 'chain' | 'set' | 'map', name: string): void {
    this.#lines.push(`${verb} ${kind} ${this.#table} ${name}`);
  }

  set(name: string, { kind, body: lines }: NftSet): void {
    this.#lines.push(`add ${kind} ${this.#table} ${name} { ${body(lines)} }`);
  }

  /** Chains must be there before rules lead to them. */
  chain(name: string, { head }: NftChain): void {
    this.#lines.push(`add chain ${this.#table} ${name}${head.length > 0 ? ` { ${body(head)} }` : ''}`);
    this.say('flush', 'chain', name);
  }

  rules(name: string, { rules }: NftChain): void {
    for (const rule of rules) this.#lines.push(`add rule ${this.#table} ${name} ${rule}`);
  }

  element(verb: 'add' | 'delete', set: string, text: string): void {
    this.#lines.push(`${verb} element ${this.#table} ${set} { ${text} }`);
  }

  text(): string {
    return this.#lines.map((line) => `${line}\n`).join('');
  }
}

function chainsOf(ports: Iterable<NftPort>): [string, NftChain][] {
  return [...ports].flatMap(({ chains }) => [...chains]);
}

function clientsOf(ports: Iterable<NftPort>): [string, NftSet][] {
  return [...ports].flatMap(({ clients }) => [...clients]);
}

/** portNames are the names of all chains and sets that are Services'. */
export function portNames({ ports }: NftRuleset): Set<string> {
  const all = [...ports.values()];
  return new Set([...chainsOf(all), ...clientsOf(all)].map(([name]) => name));
}

/** nftFull writes the whole table and removes what is left of Services from before. Lists of clients stay. */
export function nftFull(rules: NftRuleset, held: NftHeld): string {
  const lines = new Lines(rules.family);
  const chains = new Map([...rules.chains, ...chainsOf(rules.ports.values())]);
  const clients = new Map(clientsOf(rules.ports.values()));
  lines.table();
  for (const [name, set] of [...rules.sets, ...clients]) lines.set(name, set);
  for (const [name, { kind }] of rules.sets) lines.say('flush', kind, name);
  for (const [name, chain] of chains) lines.chain(name, chain);
  const stale = held.chains.filter((name) => isNftPortChain(name) && !chains.has(name));
  for (const name of stale) lines.say('flush', 'chain', name);
  for (const [name, chain] of chains) lines.rules(name, chain);
  for (const [set, own] of rules.elements)
    for (const [key, value] of own) lines.element('add', set, `${key}${value}`);
  for (const name of stale) lines.say('delete', 'chain', name);
  for (const name of held.sets)
    if (isNftPortChain(name) && !clients.has(name)) lines.say('delete', 'set', name);
  return lines.text();
}

/** NftStale are chains and sets that nothing leads to any more: they are emptied now and deleted by a later sync. */
export interface NftStale {
  chains: string[];
  sets: string[];
}

/** nftPartial writes only what is another than before, and says what has become stale. */
export function nftPartial(
  rules: NftRuleset,
  before: NftRuleset,
  due: NftStale,
): { text: string; stale: NftStale } {
  const lines = new Lines(rules.family);
  const changed = [...rules.ports]
    .filter(([name, port]) => own(port) !== own(before.ports.get(name)))
    .map(([, port]) => port);
  const chains = new Map(chainsOf(changed));
  for (const [name, set] of clientsOf(changed)) lines.set(name, set);
  for (const [name, chain] of chains) lines.chain(name, chain);
  const kept = new Set(chainsOf(rules.ports.values()).map(([name]) => name));
  const sets = new Set(clientsOf(rules.ports.values()).map(([name]) => name));
  const stale = {
    chains: chainsOf(before.ports.values()).flatMap(([name]) => (kept.has(name) ? [] : [name])),
    sets: clientsOf(before.ports.values()).flatMap(([name]) => (sets.has(name) ? [] : [name])),
  };
  for (const [name, was] of before.elements)
    for (const [key, value] of was)
      if (rules.elements.get(name)?.get(key) !== value) lines.element('delete', name, key);
  for (const name of stale.chains) lines.say('flush', 'chain', name);
  for (const [name, chain] of chains) lines.rules(name, chain);
  for (const [name, is] of rules.elements)
    for (const [key, value] of is)
      if (before.elements.get(name)?.get(key) !== value) lines.element('add', name, `${key}${value}`);
  for (const name of due.chains) if (!kept.has(name)) lines.say('delete', 'chain', name);
  for (const name of due.sets) if (!sets.has(name)) lines.say('delete', 'set', name);
  return { text: lines.text(), stale };
}

/** own is what a port has of its own, to be compared. */
function own(port: NftPort | undefined): string {
  return JSON.stringify([[...(port?.chains ?? [])], [...(port?.clients ?? [])]]);
}
