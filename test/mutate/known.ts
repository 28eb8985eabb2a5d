/** The disagreements of product and simulator that have a reason, by class: they count as disagreements all the same. */
import type { Result } from './score.ts';

/** Class is a kind of disagreement. */
interface Class {
  readonly name: string;
  readonly reason: string;
  holds(result: Pick<Result, 'mutation' | 'witness' | 'findings'>): boolean;
}

/** classes are all that are known. */
export const classes: readonly Class[] = [
  {
    name: 'the list of the only endpoint',
    reason:
      'with one endpoint every packet goes there, remembered or not; rules that ask for another time than sessionAffinity are told all the same, since kube-proxy writes the same ones for many',
    holds: ({ witness, findings }) =>
      witness === undefined && findings.every((finding) => / Failed AffinityWrong: /.test(finding)),
  },
];

/** classOf names the class of a disagreement; undefined where it has none. */
export function classOf(result: Pick<Result, 'mutation' | 'witness' | 'findings'>): string | undefined {
  return classes.find((each) => each.holds(result))?.name;
}
