/**
 * Which objects checks hold to be the cause of what failed, where it is no pair of nodes that failed.
 *
 * A judge says of each failure whom it blames. Few objects that together explain most failures are suspects; where it
 * takes many, or what fails is mostly of no one object, none is named. A single question convicts only if it is all.
 */
import { maxSuspects, type Suspect } from '../api/v1alpha1/index.ts';
import type { Verdict } from '../checks/verdict.ts';
import type { Explanation } from './suspects.ts';
import { compare, mostFrequent, plural } from './text.ts';

/** Blamed is an object with the failures that are laid on it. */
interface Blamed extends Pick<Suspect, 'kind' | 'name'> {
  readonly failures: Verdict[];
}

/** blamedOf names the objects that explain most failures, the one that fails most nodes first. */
export function blamedOf(verdicts: readonly Verdict[]): readonly Explanation[] {
  const failed = verdicts.filter(({ outcome, peer }) => outcome === 'Failed' && peer === undefined);
  const named = objectsOf(failed)
    .filter(({ failures }) => failures.length > 1 || failed.length === 1)
    .map((each) => ({ ...each, explains: nodesOf(each).length }))
    .sort(
      (a, b) => b.explains - a.explains || b.failures.length - a.failures.length || compare(a.name, b.name),
    )
    .slice(0, maxSuspects);
  const explained = named.reduce((sum, { failures }) => sum + failures.length, 0);
  if (explained * 2 <= failed.length) return [];
  return named.map((each) => ({
    kind: each.kind,
    name: each.name,
    why: whyOf(each, failed.length),
    explains: each.explains,
  }));
}

function objectsOf(failed: readonly Verdict[]): readonly Blamed[] {
  const objects = new Map<string, Blamed>();
  for (const verdict of failed) {
    if (verdict.blames === undefined) continue;
    const { kind, name } = verdict.blames;
    const object = objects.get(`${kind} ${name}`) ?? { kind, name, failures: [] };
    objects.set(`${kind} ${name}`, object);
    object.failures.push(verdict);
  }
  return [...objects.values()];
}

function nodesOf({ failures }: Blamed): readonly string[] {
  return [...new Set(failures.map(({ node }) => node))];
}

function whyOf(blamed: Blamed, failed: number): string {
  const { failures } = blamed;
  const nodes = nodesOf(blamed);
  const [node = ''] = nodes;
  const from = nodes.length === 1 ? node : plural(nodes.length, 'node');
  const share = failures.length === failed ? `all ${failed}` : `${failures.length} of ${failed}`;
  const reason = mostFrequent(failures.map((failure) => failure.reason));
  const questions = failed === 1 ? 'the one question that failed' : `${share} questions that failed`;
  return `${questions}, asked from ${from}, ${failed === 1 ? 'points' : 'point'} at it (${reason})`;
}
