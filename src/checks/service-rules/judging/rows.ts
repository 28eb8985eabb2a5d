/** The rows of a node's wrong buckets beside those that it must have: what of it counts, what does not yet, what is unknown. */
import type { Family } from '../address-set.ts';
import { isAsOtherPorts } from '../expected/other-ports.ts';
import type { Compared } from './buckets.ts';
import { isChangingBucket } from './changing.ts';
import { Details } from './detail-reader.ts';
import type { Fault } from './faults.ts';
import { familyOf, pairsOf, weighPair } from './pairs.ts';
import type { Known } from './settling.ts';
import type { SeenSide } from './sides.ts';
import { rowsOfNode } from './tables.ts';

/** enough is how many faults of one node are looked for: of a thousand stale Services the rest tells nothing more. */
const enough = 500;

/** Weighing is what the wrong buckets of a node come to. */
export interface Weighing {
  readonly faults: readonly Fault[];
  /** more is true where there are parts that were not looked into, since there were enough faults in others. */
  readonly more: boolean;
  /** settling and tooLong say, for each difference that does not count, why. */
  readonly settling: ReadonlySet<string>;
  readonly tooLong: ReadonlySet<string>;
  /** unread are the buckets whose rows are not known, problem is why. */
  readonly unread: readonly number[];
  readonly problem: string;
}

/** weighingOf compares the rows of a node, of the families whose rules could all be read. */
export function weighingOf(
  { evidence, report }: SeenSide,
  { facts, reported, tables, wrong }: Compared,
  check: string,
  families: readonly Family[],
  known: Known,
): Weighing {
  const { log = { error: 'the log of the probe was not read' } } = report;
  const details = new Details('lines' in log ? log.lines : [], check, reported);
  const faults: Fault[] = [];
  const settling = new Set<string>();
  const tooLong = new Set<string>();
  const unread: number[] = [];
  let problem = 'error' in log ? log.error : '';
  const expectedOf = (bucket: number) => rowsOfNode(tables, facts, evidence.families, new Set([bucket]));
  for (const bucket of wrong) {
    if (faults.length >= enough) return { faults, more: true, settling, tooLong, unread, problem };
    const read = details.bucket(bucket);
    const expected = expectedOf(bucket);
    if (read?.ok === true) {
      for (const pair of pairsOf(read.rows, expected)) {
        if (!families.includes(familyOf(pair)) || isAsOtherPorts(pair, wrong, expectedOf)) continue;
        for (const each of weighPair(pair, evidence, known)) {
          if (each.kind === 'Counts') faults.push(each.fault);
          else (each.kind === 'Settling' ? settling : tooLong).add(each.message);
        }
      }
    } else if (read === undefined && 'lines' in log && isChangingBucket(bucket, expected.values(), known)) {
      // It was right when the lines were asked for, and the API has changed since.
      settling.add('Services changed while the log of the probe was read');
    } else {
      unread.push(bucket);
      problem ||= read?.problem ?? 'the log of the probe does not show them';
    }
  }
  return { faults, more: false, settling, tooLong, unread, problem };
}
