/** A row of a node beside the one that it must have: what differs, and what of that counts. */
import type { ServiceView } from '../../cluster-view.ts';
import type { Family } from '../address-set.ts';
import { differencesOf } from '../difference/differences.ts';
import { entryText } from '../entry.ts';
import type { Evidence, ProxyState } from '../evidence.ts';
import type { ExpectedRow } from '../expected/row.ts';
import { addressOfSocket } from '../expected/sockets.ts';
import type { ActualRow } from './detail-reader.ts';
import type { Fault } from './faults.ts';
import { lagOf } from './proxy.ts';
import { isAnswering } from './run.ts';
import { type Known, weigh } from './settling.ts';

/** behindSeconds is how long a change may wait before a kube-proxy is one that does not follow. */
const behindSeconds = 60;

/** Pair is a row of the node and the one that it must have: one of the two may be missing. */
export interface Pair {
  readonly expected?: ExpectedRow;
  readonly actual?: ActualRow;
}

/** WeighedFault is a difference that counts, or why it does not. */
export type WeighedFault =
  | { readonly kind: 'Counts'; readonly fault: Fault }
  | { readonly kind: 'Settling' | 'TooLong'; readonly message: string };

/** pairsOf are the rows of a bucket that are not alike: most are, and need no closer look. */
export function* pairsOf(
  actual: ReadonlyMap<string, ActualRow>,
  expected: ReadonlyMap<string, ExpectedRow>,
): Generator<Pair> {
  for (const [key, row] of expected) {
    const found = actual.get(key);
    if (found === undefined) yield { expected: row };
    else if (found.text !== entryText(row.entry)) yield { expected: row, actual: found };
  }
  for (const [key, row] of actual) if (!expected.has(key)) yield { actual: row };
}

/** familyOf is the family of the packets that a pair is about. */
export function familyOf({ actual, expected }: Pair): Family {
  return (actual ?? expected)?.entry.destination.family ?? 'IPv4';
}

/** weighPair compares the two. */
export function weighPair(
  { actual, expected }: Pair,
  evidence: Pick<Evidence, 'foreign' | 'proxy'>,
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
