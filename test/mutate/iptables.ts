/** Every mutation of what iptables-save wrote. */
import { changesOfRule } from './iptables-rule.ts';
import type { Change, Mutation } from './mutation.ts';

/** Placed is a rule's line and where it stands. */
interface Placed {
  readonly line: number;
  readonly table: string;
  readonly chain: string;
  /** index is its place in its chain. */
  readonly index: number;
}

/** mutationsOfIptables makes them one by one. */
export function* mutationsOfIptables(text: string, family: 4 | 6): Generator<Mutation> {
  const lines = text.split('\n');
  const { rules, chains, bases } = placesOf(lines);
  const made = (
    change: Omit<Mutation, 'text' | 'base' | 'family' | 'destinations' | 'sources'>,
    changed: readonly string[],
    more: Partial<Change<string>> = {},
  ) => ({
    ...change,
    family,
    base: !change.meets.some((name) => name.includes('/KUBE-')),
    text: changed.join('\n'),
    destinations: more.destinations ?? [],
    sources: more.sources ?? [],
  });
  for (const [number, rule] of rules.entries()) {
    const line = lines[rule.line] ?? '';
    const meets = [nameOf(rule)];
    yield made({ kind: 'delete', what: line, meets }, lines.toSpliced(rule.line, 1));
    yield made({ kind: 'double', what: line, meets }, lines.toSpliced(rule.line, 0, line));
    const neighbour = rules[number + 1];
    if (neighbour !== undefined && neighbour.chain === rule.chain && neighbour.table === rule.table) {
      const other = lines[neighbour.line] ?? '';
      const swapped = lines.with(rule.line, other).with(neighbour.line, line);
      yield made(
        { kind: 'swap', what: `${line}\n  with ${other}`, meets: [...meets, nameOf(neighbour)] },
        swapped,
      );
    }
    const names = chains.filter(([table]) => table === rule.table).map(([, name]) => name);
    const others = rules.filter(({ chain, table }) => chain === rule.chain && table === rule.table);
    const siblings = others.map((each) => lines[each.line] ?? '');
    for (const change of changesOfRule(line, rule.table, names, siblings))
      yield made(
        { kind: change.kind, what: `${line}\n  now  ${change.part}`, meets },
        lines.with(rule.line, change.part),
        change,
      );
  }
  for (const [table, name, line] of bases) {
    const changed = (lines[line] ?? '').replace(' ACCEPT ', ' DROP ');
    if (table !== 'nat')
      yield made({ kind: 'policy', what: changed, meets: [`${table}/${name}`] }, lines.with(line, changed));
  }
}

function nameOf({ table, chain, index }: Placed): string {
  return `${table}/${chain}#${index}`;
}

function placesOf(lines: readonly string[]) {
  const rules: Placed[] = [];
  const chains: [table: string, name: string][] = [];
  const bases: [table: string, name: string, line: number][] = [];
  const counts = new Map<string, number>();
  let table = '';
  for (const [line, text] of lines.entries()) {
    const [, name = '', policy] = /^(?::|-A )(\S+)(?: (\S+))?/.exec(text) ?? [];
    if (text.startsWith('*')) table = text.slice(1);
    else if (text.startsWith(':')) {
      chains.push([table, name]);
      if (policy !== '-') bases.push([table, name, line]);
    } else if (text.startsWith('-A ')) {
      const key = `${table}/${name}`;
      const index = counts.get(key) ?? 0;
      counts.set(key, index + 1);
      rules.push({ line, table, chain: name, index });
    }
  }
  return { rules, chains, bases };
}
