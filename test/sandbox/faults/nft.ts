/** Faults that are an nftables table of our own: undoing one is deleting its table. */
import type { Fault, Step, Target } from './fault.ts';

/** Chain is one base chain with its rules. */
export interface Chain {
  type: 'filter' | 'nat';
  hook: 'prerouting' | 'forward' | 'postrouting';
  priority: string;
  rules: string[];
}

/** TABLE is what the names of all tables start with, so that leftovers can be seen. */
export const TABLE = 'netaudit-fault';

function text(family: string, table: string, sets: string[], chains: Chain[]): string {
  const bodies = chains.map(({ type, hook, priority, rules }) =>
    [
      `  chain ${hook} {`,
      `    type ${type} hook ${hook} priority ${priority};`,
      ...rules.map((rule) => `    ${rule}`),
      '  }',
    ].join('\n'),
  );
  return [`table ${family} ${table} {`, ...sets.map((set) => `  ${set}`), ...bodies, '}', ''].join('\n');
}

/** tableFault is a fault on one node made of nftables chains, and of the sets that they use. */
export function tableFault(
  name: string,
  { name: node }: Target,
  chains: Chain[],
  family = 'inet',
  sets: string[] = [],
): Fault {
  const table = `${TABLE}-${name}`;
  const place = { node };
  const apply: Step[] = [{ place, argv: ['nft', '-f', '-'], input: text(family, table, sets, chains) }];
  return {
    name: `${name} on ${node}`,
    apply,
    undo: [{ place, argv: ['nft', 'delete', 'table', family, table] }],
  };
}

/** each makes rules for every pair of ranges of the same family, in the words of that family. */
export function each(
  sources: string[],
  destinations: string[],
  rule: (words: { ip: 'ip' | 'ip6'; source: string; destination: string }) => string[],
): string[] {
  const family = (range: string) => (range.includes(':') ? 'ip6' : 'ip');
  return sources.flatMap((source) =>
    destinations
      .filter((destination) => family(destination) === family(source))
      .flatMap((destination) => rule({ ip: family(source), source, destination })),
  );
}
