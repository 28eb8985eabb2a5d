/**
 * Chains of equal priority: the kernel calls the one that came last first, and no listing tells which one that is. So
 * packets are traced in either order, and what becomes of them is known where that is the same.
 */
import { emptySet, fullSet } from '../../checks/service-rules/address-set.ts';
import {
  type Destination,
  destinationText,
  type Entry,
  entryText,
  type Outcome,
} from '../../checks/service-rules/entry.ts';
import type { Ruleset } from '../../checks/service-rules/model.ts';
import type { Table, TableRow } from '../../checks/service-rules/table/table.ts';

/** tracedEitherWay is the table of a ruleset; with Unknown where it hangs on which of two chains comes first. */
export function tracedEitherWay(ruleset: Ruleset, trace: (ruleset: Ruleset) => Table): Table {
  const table = trace(ruleset);
  if (!hasTies(ruleset)) return table;
  const other = trace({ ...ruleset, bases: ruleset.bases.toReversed() });
  return { ...table, rows: certainRows(table.rows, other.rows) };
}

/** Only of chains that translate addresses the first one alone decides, and only chains of different tables can tie. */
function hasTies({ bases, chains }: Ruleset): boolean {
  const seen = new Map<string, string>();
  return bases.some(({ chain: id, hook, priority, type }) => {
    const chain = chains.get(id);
    if (type !== 'nat' || chain === undefined || chain.rules.length === 0) return false;
    const [place, table] = [`${hook} ${priority}`, `${chain.backend} ${chain.table}`];
    const before = seen.get(place);
    seen.set(place, table);
    return before !== undefined && before !== table;
  });
}

function certainRows(rows: readonly TableRow[], others: readonly TableRow[]): readonly TableRow[] {
  const byKey = new Map(others.map((row) => [destinationText(row.entry.destination), row]));
  const found = rows.map((row) => {
    const key = destinationText(row.entry.destination);
    const other = byKey.get(key);
    byKey.delete(key);
    return certainRow(row, other);
  });
  return [...found, ...[...byKey.values()].map((row) => certainRow(row, undefined))];
}

function certainRow(row: TableRow, other: TableRow | undefined): TableRow {
  const { destination } = row.entry;
  const second = other?.entry ?? { destination, entering: [], node: [] };
  if (entryText(row.entry) === entryText(second)) return row;
  const rules = [...new Set([...row.rules, ...(other?.rules ?? [])])].slice(0, mostRules);
  return { entry: certainEntry(row.entry, second), rules };
}

/** mostRules is how many rules are shown of a row. */
const mostRules = 8;

function certainEntry(one: Entry, other: Entry): Entry {
  const { destination } = one;
  const pods = one.fromPods ?? other.fromPods;
  return {
    destination,
    entering: certain(destination, one.entering, other.entering),
    ...(pods === undefined
      ? {}
      : { fromPods: certain(destination, one.fromPods ?? one.entering, other.fromPods ?? other.entering) }),
    node: certain(destination, one.node, other.node),
  };
}

function certain(
  destination: Destination,
  one: readonly Outcome[],
  other: readonly Outcome[],
): readonly Outcome[] {
  const text = (node: readonly Outcome[]) => entryText({ destination, entering: [], node });
  if (text(one) === text(other)) return one;
  const { family } = destination;
  return [{ kind: 'Unknown', endpoint: '', sources: fullSet(family), masqueraded: emptySet(family) }];
}
