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
  {
    name: 'a drop before kube-proxy’s own',
    reason:
      'what others drop that has no endpoint is left to them, and kube-proxy’s own rule behind it is not asked: told as one that must refuse and does not, though the packet is stopped either way',
    holds: ({ mutation, witness, findings }) =>
      witness === undefined &&
      mutation.base &&
      findings.every((finding) =>
        / Failed (RejectMissing|DispatchMissing): .*must be (dropped|rejected)/.test(finding),
      ),
  },
];

/** classOf names the class of a disagreement; undefined where it has none. */
export function classOf(result: Pick<Result, 'mutation' | 'witness' | 'findings'>): string | undefined {
  return classes.find((each) => each.holds(result))?.name;
}
