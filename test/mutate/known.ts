/** The disagreements of product and simulator that have a reason, by class: they count as disagreements all the same. */
import type { Result } from './score.ts';

/** Class is a kind of disagreement. */
interface Class {
  readonly name: string;
  readonly reason: string;
  holds(result: Pick<Result, 'mutation' | 'witness' | 'findings'>): boolean;
}

/** classes are all that are known. */
export const classes: readonly Class[] = [];

/** classOf names the class of a disagreement; undefined where it has none. */
export function classOf(result: Pick<Result, 'mutation' | 'witness' | 'findings'>): string | undefined {
  return classes.find((each) => each.holds(result))?.name;
}
