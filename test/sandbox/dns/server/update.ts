/** The difference of two states of the records, as nsupdate reads it. Pure. */
import { zoneOf } from './names.ts';
import type { RecordSet, Records } from './records.ts';

/** A message of the DNS holds 64 KiB: so many lines fit, whatever the names are. */
const LINES = 100;

function lines(before: RecordSet | undefined, after: RecordSet | undefined): string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const gone = before === undefined ? [] : [`update delete ${before.name} ${before.type}`];
  const added =
    after?.data.map((data) => `update add ${after.name} ${after.ttl} ${after.type} ${data}`) ?? [];
  return [...gone, ...added];
}

/** Deletions come first: a name with an alias has no other records, so what was there must be gone. */
function inOrder(all: string[]): string[] {
  const isDeletion = (line: string) => line.startsWith('update delete');
  return [...all.filter(isDeletion), ...all.filter((line) => !isDeletion(line))];
}

/**
 * updates are the messages that turn one state into another. A message is applied whole or not at all, and what is said
 * of one name is in one message. Names that are in none of the zones are left out.
 */
export function updates(before: Records, after: Records, zones: readonly string[]): string[] {
  const byName = new Map<string, string[]>();
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const changes = lines(before.get(key), after.get(key));
    const name = (after.get(key) ?? before.get(key))?.name ?? '';
    if (changes.length > 0) byName.set(name, [...(byName.get(name) ?? []), ...changes]);
  }
  const byZone = Map.groupBy(byName, ([name]) => zoneOf(name, zones));
  return [...byZone].flatMap(([zone, names]) => (zone === undefined ? [] : messages(zone, names)));
}

function messages(zone: string, names: [name: string, changes: string[]][]): string[] {
  const full: string[][] = [];
  let open: string[] = [];
  for (const [, changes] of names) {
    if (open.length > 0 && open.length + changes.length > LINES) {
      full.push(open);
      open = [];
    }
    open.push(...inOrder(changes));
  }
  return [...full, open].map((changes) => [`zone ${zone}`, ...changes, 'send', 'answer', ''].join('\n'));
}
