/** Maps of nftables in rules: with verdicts (`vmap`), and with the addresses of `dnat`. */
import { isObject } from '../../shape.ts';
import type { Step, Verdict } from '../model.ts';
import { elementText, verdictsOf } from './elements.ts';
import { elementOf, insideOf, listOf, pairOf } from './json.ts';
import { matchWays } from './match.ts';
import { chanceOf, choiceOf } from './random.ts';
import type { Scope, Way } from './scope.ts';
import { keyOf } from './selector.ts';
import { verdictOf } from './verdict.ts';

/** mostWays is into how many rules a map is taken apart that cannot be looked up by one text. */
export const mostWays = 64;

/** elementsOf are the elements of the map that a statement names or holds. */
export function elementsOf(scope: Scope, data: unknown): readonly unknown[] {
  return scope.setOf(data)?.elements ?? listOf(isObject(data) ? data.set : undefined);
}

/** chosen are the steps that let a packet on with a probability, none where it is certain. */
export function chosen(probability: number): readonly Step[] {
  return probability >= 1 ? [] : [{ match: 'random', probability }];
}

/** verdictWays are the ways through a map with verdicts; undefined where it is not understood. */
export function verdictWays(scope: Scope, key: unknown, data: unknown): readonly Way[] | undefined {
  const elements = elementsOf(scope, data);
  if (insideOf(key, 'numgen') !== undefined) return choiceWays(scope, key, elements);
  const { fields, needs } = keyOf(scope, key);
  const byText = elements.every((pair) => elementText(pairOf(pair)?.[0]) !== undefined);
  const single = fields.length === 1;
  if (single && (fields.includes('unknown') || !byText) && elements.length <= mostWays) {
    return takenApart(scope, key, elements, (value) => {
      const verdict = verdictOf(scope, value);
      return verdict === 'continue' ? [] : verdict && [verdict];
    });
  }
  if (single && fields.includes('unknown')) return undefined;
  const named = scope.setOf(data);
  const map = named === undefined ? scope.keep(verdictsOf(scope, elements)) : scope.idOf(named.name);
  return [[...needs, { action: 'lookup', key: fields, map }]];
}

/** takenApart makes a way of each element of a map: they never overlap, so that a packet takes one at most. */
export function takenApart(
  scope: Scope,
  key: unknown,
  elements: readonly unknown[],
  then: (value: unknown) => Way | undefined,
): readonly Way[] | undefined {
  if (elements.length > mostWays) return undefined;
  const ways: Way[] = [];
  for (const element of elements) {
    const [left, value] = pairOf(element) ?? [];
    const asked = matchWays(scope, '==', key, elementOf(left));
    const done = then(value);
    const [way, ...more] = asked ?? [];
    if (way === undefined || more.length > 0 || done === undefined) return undefined;
    if (done.length > 0) ways.push([...way, ...done]);
  }
  return ways;
}

/** A packet for whose number the map has nothing goes on with the next rule, as does one that is told to go on. */
function choiceWays(scope: Scope, key: unknown, elements: readonly unknown[]): readonly Way[] | undefined {
  const uniform = chanceOf(key);
  const choice = uniform && choiceOf(uniform, elements);
  if (choice === undefined) return undefined;
  const branches: Verdict[] = [];
  for (const value of choice.values) {
    const verdict = verdictOf(scope, value);
    if (verdict === undefined) return undefined;
    if (verdict !== 'continue') branches.push(verdict);
  }
  if (branches.length === 0) return [[scope.never]];
  const probability = (choice.probability * branches.length) / choice.values.length;
  return [[...chosen(probability), { action: 'choose', branches }]];
}
