/** Chance in nftables: `numgen`, `meta random`, and what is chosen with it. */
import { isObject } from '../../shape.ts';
import { insideOf, itemsOf, pairOf, rangeOf } from './json.ts';

/** Uniform is a whole number of chance: one of `count` from `first` on, all alike likely. */
export interface Uniform {
  readonly first: number;
  readonly count: number;
}

/** mostBranches is how many branches a choice may have: as many as the kernel lets a Service have endpoints, and more. */
const mostBranches = 65_536;

/** chanceOf reads `numgen`. One that counts (`inc`) gives each number as often as one of chance does. */
export function chanceOf(expression: unknown): Uniform | undefined {
  const numgen = insideOf(expression, 'numgen');
  if (numgen === undefined) return undefined;
  const { mode, mod, offset = 0 } = numgen;
  if (mode !== 'random' && mode !== 'inc') return undefined;
  if (typeof mod !== 'number' || typeof offset !== 'number') return undefined;
  return Number.isInteger(mod) && Number.isInteger(offset) && mod > 0
    ? { first: offset, count: mod }
    : undefined;
}

/** likelihoodOf is how likely a number of chance passes a comparison; undefined where it is not understood. */
export function likelihoodOf({ first, count }: Uniform, op: unknown, right: unknown): number | undefined {
  const ranges = itemsOf(right).map(rangeOf);
  const inside = (from: number, to: number) =>
    Math.max(0, Math.min(to, first + count - 1) - Math.max(from, first) + 1) / count;
  let sum = 0;
  for (const range of ranges) {
    if (range === undefined) return undefined;
    sum += inside(range[0], range[1]);
  }
  const bound = ranges[0]?.[0] ?? 0;
  switch (op) {
    case '==':
    case 'in':
      return Math.min(1, sum);
    case '!=':
      return Math.max(0, 1 - sum);
    case '<':
      return inside(first, bound - 1);
    case '<=':
      return inside(first, bound);
    case '>':
      return 1 - inside(first, bound);
    case '>=':
      return 1 - inside(first, bound - 1);
    default:
      return undefined;
  }
}

/** Choice is what a map gives for a number of chance: values, all alike likely, and how likely there is one at all. */
export interface Choice {
  readonly values: readonly unknown[];
  readonly probability: number;
}

/** choiceOf reads a map over a number of chance. Numbers that the map does not have choose nothing. */
export function choiceOf({ first, count }: Uniform, elements: readonly unknown[]): Choice | undefined {
  if (count > mostBranches) return undefined;
  const chosen = new Map<number, unknown>();
  for (const element of elements) {
    const [key, value] = pairOf(element) ?? [];
    const range = rangeOf(isObject(key) && isObject(key.elem) ? key.elem.val : key);
    if (range === undefined) return undefined;
    const end = Math.min(range[1], first + count - 1);
    for (let number = Math.max(range[0], first); number <= end; number += 1) {
      if (!chosen.has(number)) chosen.set(number, value);
    }
  }
  return { values: [...chosen.values()], probability: chosen.size / count };
}
