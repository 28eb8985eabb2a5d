/** The rows of a node's wrong buckets beside those that it must have: what differs, what of it counts, what is unknown. */
import type { ServiceView } from '../cluster-view.ts';
import type { Family } from './address-set.ts';
import type { Compared } from './buckets.ts';
import { type ActualRow, readBuckets } from './detail-reader.ts';
import { differencesOf } from './differences.ts';
import { bucketOf } from './digest.ts';
import type { ProxyState } from './evidence.ts';
import type { ExpectedRow } from './expected-row.ts';
import type { Fault } from './faults.ts';
import { lagOf } from './proxy.ts';
import { isAnswering } from './run.ts';
import { isChangingRow, type Known, recentDestinations, weigh } from './settling.ts';
import type { SeenSide } from './sides.ts';
import { addressOfSocket } from './sockets.ts';
import { rowsOfNode } from './tables.ts';

/** behindSeconds is how long a change may wait before a kube-proxy is one that does not follow. */
const behindSeconds = 60;

/** Weighing is what the wrong buckets of a node come to. */
export interface Weighing {
  readonly faults: readonly Fault[];
  /** settling and tooLong say, for each difference that does not count, why. */
  readonly settling: readonly string[];
  readonly tooLong: readonly string[];
  /** unread are the buckets whose rows are not known, problem is why. */
  readonly unread: readonly number[];
  readonly problem: string;
}

/** Pair is a row of the node and the one that it must have: one of the two may be missing. */
interface Pair {
  readonly expected?: ExpectedRow;
  readonly actual?: ActualRow;
}

/** weighingOf compares the rows of a node, of the families whose rules could all be read. */
export function weighingOf(
  side: SeenSide,
  compared: Compared,
  check: string,
  families: readonly Family[],
  known: Known,
): Weighing {
  const { facts, reported, tables, wrong } = compared;
  const { log = { error: 'the log of the probe was not read' } } = side.report;
  const buckets = readBuckets('lines' in log ? log.lines : [], check, wrong, reported);
  const expected = rowsOfNode(tables, facts, side.evidence.families, new Set(wrong));
  const changing = changingBuckets(expected.values(), known);
  const ofBucket = Map.groupBy(expected, ([, { entry }]) => bucketOf(entry.destination));
  const faults: Fault[] = [];
  const settling: string[] = [];
  const tooLong: string[] = [];
  const unread: number[] = [];
  const problems: string[] = 'error' in log ? [log.error] : [];
  for (const bucket of wrong) {
    const read = buckets.get(bucket);
    if (read?.ok === true) {
      for (const pair of pairsOf(read.rows, new Map(ofBucket.get(bucket)))) {
        if (!families.includes(familyOf(pair))) continue;
        for (const each of weighPair(pair, side, known)) {
          if (each.kind === 'Counts') faults.push(each.fault);
          else (each.kind === 'Settling' ? settling : tooLong).push(each.message);
        }
      }
    } else if (read === undefined && 'lines' in log && changing.has(bucket)) {
      // It was right when the lines were asked for, and the API has changed since.
      settling.push('Services changed while the log of the probe was read');
    } else {
      unread.push(bucket);
      problems.push(read?.problem ?? 'the log of the probe does not show them');
    }
  }
  return { faults, settling, tooLong, unread, problem: problems[0] ?? '' };
}

function* pairsOf(
  actual: ReadonlyMap<string, ActualRow>,
  expected: ReadonlyMap<string, ExpectedRow>,
): Generator<Pair> {
  for (const [key, row] of expected) {
    const found = actual.get(key);
    yield found === undefined ? { expected: row } : { expected: row, actual: found };
  }
  for (const [key, row] of actual) if (!expected.has(key)) yield { actual: row };
}

function familyOf({ actual, expected }: Pair): Family {
  return (actual ?? expected)?.entry.destination.family ?? 'IPv4';
}

type WeighedFault =
  | { readonly kind: 'Counts'; readonly fault: Fault }
  | { readonly kind: 'Settling' | 'TooLong'; readonly message: string };

function weighPair(
  { actual, expected }: Pair,
  { evidence }: SeenSide,
  known: Known,
): readonly WeighedFault[] {
  const view = known.cluster.services.get(expected?.service ?? '');
  const behind = isBehind(evidence.proxy);
  const differences = differencesOf({
    ...(expected === undefined ? {} : { expected }),
    ...(actual === undefined ? {} : { actual: actual.entry, rules: actual.rules }),
    foreign: evidence.foreign,
    had: (endpoint) => behind || (view !== undefined && hadEndpoint(view, endpoint)),
  });
  return differences.map((difference): WeighedFault => {
    const weighed = weigh(difference, expected, known);
    if (weighed.kind !== 'Counts') return weighed;
    return { kind: 'Counts', fault: { difference, what: weighed.what, rules: actual?.rules ?? [] } };
  });
}

/** What went is remembered for a while only: of a kube-proxy that follows nothing, whatever it has may once have been. */
function isBehind(proxy: ProxyState): boolean {
  return !isAnswering(proxy) || lagOf(proxy, behindSeconds) !== undefined;
}

/** hadEndpoint tells an endpoint that a Service has, or had as long as that is remembered. */
function hadEndpoint({ endpointTimes, endpoints }: ServiceView, endpoint: string): boolean {
  const address = addressOfSocket(endpoint);
  const current = endpoints.filter((each) => each.address === address);
  if (current.length === 0) return endpointTimes.has(address);
  const port = Number(endpoint.slice(endpoint.lastIndexOf(':') + 1));
  return current.some(({ ports }) => ports.some((each) => each.port === port));
}

function changingBuckets(expected: Iterable<ExpectedRow>, known: Known): ReadonlySet<number> {
  const buckets = new Set(recentDestinations(known).map(bucketOf));
  for (const row of expected) {
    if (isChangingRow(row, known)) buckets.add(bucketOf(row.entry.destination));
  }
  return buckets;
}
