/** Ports of an address that need no row of their own. */
import { bucketOf } from '../digest.ts';
import { type Destination, destinationText, entryText } from '../entry.ts';
import type { Pair } from '../judging/pairs.ts';
import type { ExpectedRow } from './row.ts';

/**
 * isAsOtherPorts tells a row that only one side has, of a port for which it says the same as is said of every other port of
 * that address: packets to it meet that with and without the row. (nftables refuses all unused ports of cluster addresses,
 * so one without endpoints is refused even where its own element is missing.) `rowsOf` gives the expected rows of a
 * bucket; what is expected of other ports is there where their bucket is not among the wrong ones.
 */
export function isAsOtherPorts(
  { actual, expected }: Pair,
  wrong: readonly number[],
  rowsOf: (bucket: number) => ReadonlyMap<string, ExpectedRow>,
): boolean {
  if (actual !== undefined && expected !== undefined) return false;
  const entry = (actual ?? expected)?.entry;
  if (entry?.destination.kind !== 'Address') return false;
  const { family, address } = entry.destination;
  const others: Destination = { family, kind: 'OtherPorts', address, protocol: 'tcp', port: 0 };
  const bucket = bucketOf(others);
  if (wrong.includes(bucket)) return false;
  const row = rowsOf(bucket).get(destinationText(others));
  return row !== undefined && entryText(row.entry) === entryText({ ...entry, destination: others });
}
