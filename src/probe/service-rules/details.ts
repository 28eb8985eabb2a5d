/** The lines that the probe prints beside its answer: the rows of each bucket, with few of the rules behind them. */
import { gzipSync } from 'node:zlib';
import { bucketCount, bucketOf } from '../../checks/service-rules/digest.ts';
import { entryText } from '../../checks/service-rules/entry.ts';
import { type DetailRow, detailPrefix } from '../../checks/service-rules/evidence.ts';
import type { TableRow } from '../../checks/service-rules/table/table.ts';

/** mostDetails is how many bytes are printed in all: a kubelet begins a new log file after 10 MiB. */
export const mostDetails = 6 << 20;

/** Rules shown of a row. */
const most = { rules: 4, characters: 240 };

/**
 * detailLines are the lines of the buckets that have rows. Where they are too many bytes, all come without rules; where
 * these are too many still, the last buckets have none: the judge then cannot tell of them.
 */
export function detailLines(
  check: string,
  rows: readonly TableRow[],
  mostBytes: number = mostDetails,
): readonly string[] {
  const buckets = Array.from({ length: bucketCount }, (): TableRow[] => []);
  for (const row of rows) buckets[bucketOf(row.entry.destination)]?.push(row);
  const whole = linesOf(check, buckets, mostBytes, rulesShown);
  if (!whole.cut) return whole.lines;
  return linesOf(check, buckets, mostBytes, () => []).lines;
}

function linesOf(
  check: string,
  buckets: readonly (readonly TableRow[])[],
  mostBytes: number,
  shown: (row: TableRow) => readonly string[],
): { readonly lines: readonly string[]; readonly cut: boolean } {
  const lines: string[] = [];
  let length = 0;
  for (const [bucket, rows] of buckets.entries()) {
    if (rows.length === 0) continue;
    const details: readonly DetailRow[] = rows.map((row) => ({
      entry: entryText(row.entry),
      rules: shown(row),
    }));
    const packed = gzipSync(JSON.stringify(details), { level: 4 }).toString('base64');
    const line = `${detailPrefix} ${check} ${bucket} ${packed}`;
    length += line.length + 1;
    if (length > mostBytes) return { lines, cut: true };
    lines.push(line);
  }
  return { lines, cut: false };
}

function rulesShown({ rules }: TableRow): readonly string[] {
  return rules.slice(0, most.rules).map((rule) => rule.slice(0, most.characters));
}
