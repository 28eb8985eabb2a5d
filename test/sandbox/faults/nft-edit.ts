/** Edits of kube-proxy's nftables table, and how each is taken back. Pure. */
import { words } from '../proxy/nft-fixed.ts';
import { type Listed, listedTable } from '../proxy/nft-listed.ts';
import type { Family } from '../service-kinds.ts';
import type { Edit } from './iptables-edit.ts';

const argv = ['nft', '-f', '-'];

function tableOf(listing: string, family: Family): Listed {
  const listed = listedTable(listing, words(family).ip);
  if (listed === undefined) throw new Error('There is no table of kube-proxy');
  return listed;
}

/** What some versions leave out of a listing, and need in a rule. */
function asWritten(rule: string): string {
  return rule.replace(/ dnat (ip6?) to numgen/, ' dnat $1 addr . port to numgen');
}

function transaction(table: string, chain: string, rules: string[]): string {
  const lines = rules.map((rule) => `add rule ${table} ${chain} ${asWritten(rule)}`);
  return [`flush chain ${table} ${chain}`, ...lines, ''].join('\n');
}

/** chainEdit replaces a chain's rules; it throws where that changes nothing. */
export function chainEdit(
  family: Family,
  listing: string,
  chain: string,
  change: (rules: string[]) => string[],
): Edit {
  const listed = tableOf(listing, family).chains[chain];
  if (listed === undefined) throw new Error(`There is no chain ${chain}`);
  const rules = listed.filter((line) => !/^(type |comment ")/.test(line));
  const changed = change(rules);
  if (changed.join('\n') === rules.join('\n')) throw new Error(`Chain ${chain} has no such rule`);
  const table = `${words(family).ip} kube-proxy`;
  return { argv, apply: transaction(table, chain, changed), undo: transaction(table, chain, rules) };
}

/** elementEdit deletes the element of a set or a map that has a key. */
export function elementEdit(family: Family, listing: string, set: string, key: string): Edit {
  const element = tableOf(listing, family).sets[set]?.elements.find(
    (text) => text === key || text.startsWith(`${key} `),
  );
  if (element === undefined) throw new Error(`${set} has no element ${key}`);
  const where = `${words(family).ip} kube-proxy ${set}`;
  return {
    argv,
    apply: `delete element ${where} { ${key} }\n`,
    undo: `add element ${where} { ${element} }\n`,
  };
}

/** A turn is an endpoint's in the map that a port's only rule chooses from. */
const TURNS = /numgen random mod \d+ map \{ (.*) \}$/;

/** turnsEdit changes the endpoints that a port's rule chooses from, in their order; each has the same chance. */
export function turnsEdit(
  family: Family,
  listing: string,
  chain: string,
  change: (endpoints: string[]) => string[],
): Edit {
  return chainEdit(family, listing, chain, (rules) =>
    rules.map((rule) =>
      rule.replace(TURNS, (_, inside: string) => {
        const endpoints = inside.split(', ').map((turn) => turn.replace(/^\d+ : /, ''));
        const turns = change(endpoints).map((endpoint, i) => `${i} : ${endpoint}`);
        return `numgen random mod ${turns.length} map { ${turns.join(', ')} }`;
      }),
    ),
  );
}
