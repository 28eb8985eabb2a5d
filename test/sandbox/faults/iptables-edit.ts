/** Edits of iptables rules by their place in a chain, and how each is taken back. Pure. */
import type { Family } from '../service-kinds.ts';

/** Edit is a change as the input of a tool, and the input that takes it back. */
export interface Edit {
  argv: string[];
  apply: string;
  undo: string;
}

/** Backend is the kernel's part that the iptables tools write to. */
export type Backend = 'nft' | 'legacy';

/** restore is the command that takes edits of a family's rules and leaves all others alone. */
export function restore(family: Family, backend: Backend = 'nft'): string[] {
  return [`${family === 'IPv4' ? 'iptables' : 'ip6tables'}-${backend}-restore`, '--noflush'];
}

/** chainRules are a chain's rules in what iptables-save printed, without `-A CHAIN`. */
export function chainRules(saved: string, table: string, chain: string): string[] {
  const from = saved.indexOf(`*${table}\n`);
  const own = from < 0 ? '' : saved.slice(from, saved.indexOf('\nCOMMIT', from));
  const start = `-A ${chain} `;
  return own.split('\n').flatMap((line) => (line.startsWith(start) ? [line.slice(start.length)] : []));
}

function input(table: string, lines: string[]): string {
  return [`*${table}`, ...lines, 'COMMIT', ''].join('\n');
}

/**
 * ruleEdit changes the first rule of a chain that `wanted` accepts to what `change` makes of it, or deletes it where that
 * is undefined. It throws where no rule is accepted: a fault that breaks nothing is a mistake of the test.
 */
export function ruleEdit(
  family: Family,
  saved: string,
  [table, chain]: [table: string, chain: string],
  wanted: (rule: string) => boolean,
  change: (rule: string) => string | undefined = () => undefined,
): Edit {
  const rules = chainRules(saved, table, chain);
  const index = rules.findIndex(wanted);
  const rule = rules[index];
  if (rule === undefined) throw new Error(`Chain ${chain} of table ${table} has no such rule`);
  const place = `${chain} ${index + 1}`;
  const changed = change(rule);
  return {
    argv: restore(family),
    apply: input(table, [changed === undefined ? `-D ${place}` : `-R ${place} ${changed}`]),
    undo: input(table, [changed === undefined ? `-I ${place} ${rule}` : `-R ${place} ${rule}`]),
  };
}

/** ruleBefore puts a rule before all others of a chain. */
export function ruleBefore(family: Family, table: string, chain: string, rule: string): Edit {
  return {
    argv: restore(family),
    apply: input(table, [`-I ${chain} 1 ${rule}`]),
    undo: input(table, [`-D ${chain} ${rule}`]),
  };
}
