/** What is wrong about a row of a node, compared with the one that it must have. */
import { type AddressSet, complement, emptySet, type Family, fullSet, union } from '../address-set.ts';
import { type Destination, type Entry, entryText, type Outcome } from '../entry.ts';
import type { Guard } from '../evidence.ts';
import type { ExpectedRow } from '../expected/row.ts';
import type { Difference, DifferenceReason, Origin } from './difference.ts';
import type { Circumstances, Finding } from './findings.ts';
import { didTake } from './foreign-deeds.ts';
import { originFindings } from './origin-differences.ts';
import { sentenceOf } from './row-text.ts';

/** RowComparison is what is compared. At least one of the two rows is there. */
export interface RowComparison {
  readonly expected?: ExpectedRow;
  readonly actual?: Entry;
  /** rules are raw rules behind the actual row, absent where they are not known. */
  readonly rules?: readonly string[];
  /** foreign are the rules of others that decided over packets to Services on that node. */
  readonly foreign: readonly Guard[];
  /** had tells whether the Service is known to have had an endpoint; without it none is. */
  readonly had?: (endpoint: string) => boolean;
}

/** Several findings of one reason are one difference, in this order of how much they tell. */
const order: readonly DifferenceReason[] = [
  'PacketsTaken',
  'RuleNotUnderstood',
  'ServiceMissing',
  'NodePortMissing',
  'ServiceStale',
  'NodePortStale',
  'EndpointMissing',
  'EndpointWrong',
  'EndpointStale',
  'SourceRangesWrong',
  'RejectStale',
  'RejectMissing',
  'AffinityWrong',
  'UnevenShares',
  'NotMasqueraded',
  'WronglyMasqueraded',
];

/**
 * differencesOf says what is wrong, the most telling first. Of a destination that several Services claim, only what is
 * wrong whichever of them is served counts: nothing says which one is, and rules of both may be met.
 */
export function differencesOf(comparison: RowComparison): readonly Difference[] {
  const { expected } = comparison;
  const first = differencesFrom(comparison);
  const others = (expected?.alternatives ?? []).map((entry) =>
    differencesFrom({
      ...comparison,
      ...(expected === undefined ? {} : { expected: { ...expected, entry } }),
    }),
  );
  return first.filter(({ reason }) => others.every((other) => other.some((each) => each.reason === reason)));
}

function differencesFrom(comparison: RowComparison): readonly Difference[] {
  const { expected, actual } = comparison;
  const destination = (expected?.entry ?? actual)?.destination;
  if (destination === undefined || isAsWanted(expected, actual)) return [];
  const findings = originsOf(expected?.entry, actual).flatMap((origin) =>
    findingsOf(origin, destination, comparison).map((finding) => ({ origin, finding })),
  );
  if (findings.length === 0 && expected === undefined) return [letThrough(destination)];
  const byReason = Map.groupBy(findings, ({ finding: { reason } }) => reason);
  return order.flatMap((reason) => {
    const same = byReason.get(reason);
    // A packet that misses its endpoint keeps the mark that it got on the way: that follows from the rest.
    if (reason === 'WronglyMasqueraded' && byReason.size > 1) return [];
    return same === undefined ? [] : differenceOf(reason, destination, expected, same);
  });
}

function isAsWanted(expected: ExpectedRow | undefined, actual: Entry | undefined): boolean {
  if (expected === undefined || actual === undefined) return false;
  return entryText(expected.entry) === entryText(actual);
}

/** A row without any outcome is of a port that passes where all unused ports of its address are refused. */
function letThrough(destination: Destination): Difference {
  const origins = ['entering', 'node'] as const;
  const told = { reason: 'RejectMissing', destination, origins, what: [] } as const;
  return { ...told, sentence: sentenceOf({ ...told, sources: fullSet(destination.family) }) };
}

/** Where one side tells Pods' interfaces apart and the other does not, both are asked for them. */
function originsOf(expected: Entry | undefined, actual: Entry | undefined): readonly Origin[] {
  const apart = expected?.fromPods !== undefined || actual?.fromPods !== undefined;
  return apart ? ['entering', 'fromPods', 'node'] : ['entering', 'node'];
}

function outcomesOf(entry: Entry | undefined, origin: Origin): readonly Outcome[] {
  if (entry === undefined) return [];
  return origin === 'fromPods' ? (entry.fromPods ?? entry.entering) : entry[origin];
}

function findingsOf(
  origin: Origin,
  destination: Destination,
  { expected, actual, foreign, rules, had = () => false }: RowComparison,
): readonly Finding[] {
  const [must, does] = [outcomesOf(expected?.entry, origin), outcomesOf(actual, origin)];
  const circumstances: Circumstances = {
    family: destination.family,
    barred: barredOf(expected, origin, destination.family),
    taken: (deed) => didTake(deed, foreign, rules),
    had,
  };
  const found = originFindings(must, does, circumstances);
  if (expected === undefined) return staleOf(found, destination);
  const sent = must.flatMap(({ endpoint }) => (endpoint === '' ? [] : endpoint));
  const gone = does.length === 0 && sent.length > 0;
  return found.map((finding) => {
    if (!gone || finding.reason !== 'EndpointMissing') return finding;
    return { ...finding, reason: isNodePort(destination) ? 'NodePortMissing' : 'ServiceMissing', what: [] };
  });
}

function barredOf(expected: ExpectedRow | undefined, origin: Origin, family: Family): AddressSet {
  const allowed = expected?.allowed?.[origin === 'node' ? 'node' : 'entering'];
  return allowed === undefined ? emptySet(family) : complement(allowed);
}

/** Of a destination that no Service has, only that it is there counts, and who else takes its packets. */
function staleOf(found: readonly Finding[], destination: Destination): readonly Finding[] {
  const stale = isNodePort(destination) ? 'NodePortStale' : 'ServiceStale';
  return found.map((finding) =>
    finding.reason === 'PacketsTaken' || finding.reason === 'RuleNotUnderstood'
      ? finding
      : { ...finding, reason: stale },
  );
}

function isNodePort({ kind }: Destination): boolean {
  return kind !== 'Address' && kind !== 'OtherPorts';
}

function differenceOf(
  reason: DifferenceReason,
  destination: Destination,
  expected: ExpectedRow | undefined,
  same: readonly { readonly origin: Origin; readonly finding: Finding }[],
): Difference {
  const origins = [...new Set(same.map(({ origin }) => origin))];
  const what = [...new Set(same.flatMap(({ finding }) => finding.what))].sort();
  const sources = same
    .filter(({ origin }) => origin !== 'node')
    .reduce<AddressSet | undefined>((all, { finding }) => joined(all, finding.sources), undefined);
  const entry = expected?.entry;
  const all = sources ?? fullSet(destination.family);
  return {
    reason,
    destination,
    ...(expected === undefined ? {} : { service: expected.service, portName: expected.portName }),
    origins,
    what,
    sentence: sentenceOf({ reason, destination, origins, what, sources: all, ...(entry ? { entry } : {}) }),
  };
}

function joined(all: AddressSet | undefined, sources: AddressSet): AddressSet {
  return all === undefined ? sources : union(all, sources);
}
