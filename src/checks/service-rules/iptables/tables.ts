/** The tables of iptables and their built-in chains: where, and in which order, the kernel calls them. */
import type { BaseChain, Hook } from '../model.ts';

type Base = Pick<BaseChain, 'hook' | 'type' | 'priority'>;

const hooks: Readonly<Record<string, Hook>> = {
  PREROUTING: 'prerouting',
  INPUT: 'input',
  FORWARD: 'forward',
  OUTPUT: 'output',
  POSTROUTING: 'postrouting',
};

/** `enum nf_ip_hook_priorities` of linux/netfilter_ipv4.h; nat replaces destinations early and sources late. */
const tables: Readonly<Record<string, { readonly chains: readonly string[]; readonly priority: number }>> = {
  raw: { chains: ['PREROUTING', 'OUTPUT'], priority: -300 },
  mangle: { chains: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'], priority: -150 },
  nat: { chains: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'], priority: -100 },
  filter: { chains: ['INPUT', 'FORWARD', 'OUTPUT'], priority: 0 },
  security: { chains: ['INPUT', 'FORWARD', 'OUTPUT'], priority: 50 },
};

/** isTable tells whether iptables has a table of that name. */
export function isTable(name: string): boolean {
  return Object.hasOwn(tables, name);
}

/** baseOf is where the kernel calls a built-in chain; undefined for what is none. */
export function baseOf(table: string, chain: string): Base | undefined {
  const [known, hook] = [own(tables, table), own(hooks, chain)];
  if (known === undefined || hook === undefined || !known.chains.includes(chain)) return undefined;
  if (table !== 'nat') {
    return {
      hook,
      type: table === 'mangle' && hook === 'output' ? 'route' : 'filter',
      priority: known.priority,
    };
  }
  return { hook, type: 'nat', priority: hook === 'input' || hook === 'postrouting' ? 100 : -100 };
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
