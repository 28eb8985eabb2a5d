/**
 * Which nodes explain most of what failed between nodes.
 *
 * For each node three things are looked at apart: the pairs that leave it, the pairs that enter it, and its pair with
 * itself. A direction is bad when at least two pairs of it failed, and more than half of those tried. The node whose bad
 * directions explain most failures is named first, what it explains is set aside, and the rest is looked at again.
 * Nothing is named where two nodes explain the same equally well, nor where most other pairs fail as well: then no
 * single node is to blame.
 */
import { maxSuspects } from '../api/v1alpha1/index.ts';
import type { Verdict } from '../checks/verdict.ts';
import type { Explanation } from './suspects.ts';
import { compare, mostFrequent } from './text.ts';

/** PairResult is whether one ordered pair failed in a run, and with which reason; pairs not judged are not there. */
export interface PairResult {
  readonly from: string;
  readonly to: string;
  readonly failed: boolean;
  /** reason is the most frequent reason of the pair's failures. */
  readonly reason: string;
}

/** pairResultsOf reduces verdicts to one result for each ordered pair: failed if any question of it failed. */
export function pairResultsOf(verdicts: readonly Verdict[]): readonly PairResult[] {
  const pairs = new Map<string, { from: string; to: string; reasons: string[] }>();
  for (const { node: from, peer: to, outcome, reason } of verdicts) {
    if (to === undefined || (outcome !== 'Passed' && outcome !== 'Failed')) continue;
    const key = `${from} ${to}`;
    const pair = pairs.get(key) ?? { from, to, reasons: [] };
    if (outcome === 'Failed') pair.reasons.push(reason);
    pairs.set(key, pair);
  }
  return [...pairs.values()].map(({ from, to, reasons }) => ({
    from,
    to,
    failed: reasons.length > 0,
    reason: mostFrequent(reasons),
  }));
}

/** pairSuspectsOf names at most 8 nodes, the one that explains most pairs first. */
export function pairSuspectsOf(pairs: readonly PairResult[]): readonly Explanation[] {
  const across = pairs.filter(({ from, to }) => from !== to);
  const within = pairs.filter(({ from, to }) => from === to);
  const blamed = blame(across);
  const alone = isolated(within);
  const names = [...new Set([...blamed.map(({ node }) => node), ...alone.map(({ from }) => from)])];
  return names.slice(0, maxSuspects).map((name) => {
    const found = blamed.find(({ node }) => node === name);
    const self = alone.find(({ from }) => from === name);
    const why = [
      ...(found === undefined ? [] : whyOf(found, across)),
      ...(self === undefined ? [] : [selfWhy(self)]),
    ];
    return { kind: 'Node', name, why: why.join('; '), explains: found?.explains ?? 1 };
  });
}

/** Direction is the pairs of one node that go one way. */
interface Direction {
  readonly tried: readonly PairResult[];
  readonly failed: readonly PairResult[];
}

/** Candidate is a node with the directions of it that are bad. */
interface Candidate {
  readonly node: string;
  readonly leaves?: Direction;
  readonly enters?: Direction;
  readonly explains: number;
}

function blame(pairs: readonly PairResult[]): readonly Candidate[] {
  const blamed: Candidate[] = [];
  let rest = pairs;
  while (blamed.length < maxSuspects) {
    const ranked = candidatesOf(rest);
    const best = ranked[0];
    if (best === undefined) break;
    const left = without(rest, best);
    // A rival that explains as much and has nothing left to explain now would have done as well.
    const again = new Set(candidatesOf(left).map(({ node }) => node));
    const rivals = ranked.filter(({ node, explains }) => node !== best.node && explains === best.explains);
    if (rivals.some(({ node }) => !again.has(node))) break;
    blamed.push(best);
    rest = left;
  }
  return mostlyFine(rest) ? blamed : [];
}

/** candidatesOf are the nodes with a bad direction, the one that explains most first. */
function candidatesOf(pairs: readonly PairResult[]): readonly Candidate[] {
  const leaving = Map.groupBy(pairs, ({ from }) => from);
  const entering = Map.groupBy(pairs, ({ to }) => to);
  const nodes = [...new Set([...leaving.keys(), ...entering.keys()])].sort(compare);
  return nodes
    .map((node) => {
      const leaves = badDirection(leaving.get(node) ?? []);
      const enters = badDirection(entering.get(node) ?? []);
      const explains = (leaves?.failed.length ?? 0) + (enters?.failed.length ?? 0);
      return { node, ...(leaves && { leaves }), ...(enters && { enters }), explains };
    })
    .filter(({ explains }) => explains > 0)
    .sort((a, b) => b.explains - a.explains);
}

function badDirection(tried: readonly PairResult[]): Direction | undefined {
  const failed = tried.filter((pair) => pair.failed);
  return failed.length >= 2 && failed.length * 2 > tried.length ? { tried, failed } : undefined;
}

function without(pairs: readonly PairResult[], { node, leaves, enters }: Candidate): readonly PairResult[] {
  return pairs.filter(
    ({ from, to }) => !(leaves !== undefined && from === node) && !(enters !== undefined && to === node),
  );
}

/** mostlyFine needs witnesses: pairs that no suspect explains, most of which passed. */
function mostlyFine(pairs: readonly PairResult[]): boolean {
  const passed = pairs.filter(({ failed }) => !failed).length;
  return passed > 0 && passed * 2 >= pairs.length;
}

/** isolated are the nodes whose own Pods do not reach each other, where those of at least half of the nodes do. */
function isolated(within: readonly PairResult[]): readonly PairResult[] {
  const failed = within.filter((pair) => pair.failed);
  return within.length > 1 && failed.length * 2 <= within.length ? failed : [];
}

function whyOf({ node, leaves, enters }: Candidate, all: readonly PairResult[]): readonly string[] {
  const others = all.filter(({ from, to }) => from !== node && to !== node);
  const elsewhere = others.some(({ failed }) => failed)
    ? `${others.filter(({ failed }) => failed).length} of ${others.length} pairs between other nodes`
    : 'none between other nodes';
  const why: string[] = [];
  if (leaves !== undefined) {
    why.push(`${share(leaves)} that leave ${node} ${verbOf(leaves)}, ${elsewhere}`);
  }
  if (enters !== undefined) {
    const { failed, tried } = enters;
    const unreached = mostFrequent(failed.map(({ reason }) => reason)) === 'Unreachable';
    why.push(
      unreached
        ? `${failed.length} of ${tried.length} nodes that tried could not reach it`
        : `${share(enters)} that enter ${node} ${verbOf(enters)}${leaves === undefined ? `, ${elsewhere}` : ''}`,
    );
  }
  return why;
}

function share({ failed, tried }: Direction): string {
  if (failed.length < tried.length) return `${failed.length} of ${tried.length} pairs`;
  return tried.length === 2 ? 'both pairs' : `all ${tried.length} pairs`;
}

/** verbOf says in a verb what most of the failures are. */
function verbOf({ failed }: Direction): string {
  const reason = mostFrequent(failed.map((pair) => pair.reason));
  return verbs.get(reason) ?? `fail (${reason})`;
}

const verbs: ReadonlyMap<string, string> = new Map([
  ['AddressTranslated', 'are translated (AddressTranslated)'],
  ['PortTranslated', 'are translated (PortTranslated)'],
  ['DestinationTranslated', 'are translated (DestinationTranslated)'],
  ['Unreachable', 'are lost (Unreachable)'],
  ['OneWay', 'get no answer back (OneWay)'],
  ['WrongResponder', 'are answered by another Pod (WrongResponder)'],
  ['LargePacketsLost', 'lose large packets (LargePacketsLost)'],
  ['DatagramsLost', 'lose datagrams (DatagramsLost)'],
]);

function selfWhy({ from, reason }: PairResult): string {
  return `Pods on ${from} do not reach each other as they should (${reason}), those on most other nodes do`;
}
