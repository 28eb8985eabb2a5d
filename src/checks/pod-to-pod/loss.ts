/**
 * When lost datagrams are a fault and no chance: 20 in a row, and when at least 3 of them are lost, 60 more, of which
 * at least 9 must be lost, too (15 in 100 both times).
 *
 * Where one datagram in a hundred is lost on the way there and one on the way back, a pair reaches both by chance once
 * in 47 million times (twice 3 of 20 would be reached once in 20,000). Where half of the round trips are lost, it
 * misses them once in 5,000.
 */

/** Round is one round of datagrams. */
export interface Round {
  readonly datagrams: number;
  /** atLeast is how many of them must be lost to ask again, and in the last round to fail. */
  readonly atLeast: number;
}

/** rounds are asked in this order, until one loses too few. */
export const rounds: readonly [Round, Round] = [
  { datagrams: 20, atLeast: 3 },
  { datagrams: 60, atLeast: 9 },
];

/** tooManyLost tells whether all rounds were asked, and each lost too many. */
export function tooManyLost(seen: readonly (readonly [sent: number, lost: number])[]): boolean {
  return (
    seen.length >= rounds.length &&
    rounds.every(({ datagrams, atLeast }, index) => {
      const [sent, lost] = seen[index] ?? [0, 0];
      return sent >= datagrams && lost >= atLeast;
    })
  );
}
