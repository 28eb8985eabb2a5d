/** What fuzzers have in common: numbers of chance that follow from a seed, changes to texts, and the count of it all. */

/** Tally is what a run of a fuzzer did. */
export interface Tally {
  readonly inputs: number;
  /** kinds are how the inputs were made, outcomes what was read. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly outcomes: Readonly<Record<string, number>>;
  /** faults are the first of the inputs of which something did not hold. */
  readonly faults: readonly { readonly fault: string; readonly text: string; readonly with?: string }[];
}

/** Below gives a whole number of chance, from 0 and below a bound. */
export type Below = (bound: number) => number;

/** chance is mulberry32: small, fast, and the same for the same seed everywhere. */
export function chance(seed: number): Below {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

/** pick is one of a list. */
export function pick<T>(below: Below, list: readonly T[]): T {
  const picked = list[below(list.length)];
  if (picked === undefined) throw new Error('There is nothing to pick from');
  return picked;
}

/** some makes none to `most`. */
export function some<T>(below: Below, most: number, make: () => T): readonly T[] {
  return Array.from({ length: below(most + 1) }, make);
}

/** mutate changes a text a few times: a character, a cut, lines doubled, dropped, swapped or put in. */
export function mutate(below: Below, text: string, lines: readonly string[], times: number): string {
  let mutated = text;
  for (let count = 0; count < times; count++) {
    const at = below(mutated.length + 1);
    const parts = mutated.split('\n');
    const line = below(parts.length);
    const change = below(7);
    if (change === 0)
      mutated = mutated.slice(0, at) + String.fromCharCode(below(128)) + mutated.slice(at + 1);
    else if (change === 1) mutated = mutated.slice(0, at) + mutated.slice(at + below(20));
    else if (change === 2) mutated = mutated.slice(0, at);
    else {
      if (change === 3) parts.splice(line, 0, pick(below, lines));
      else if (change === 4) parts.splice(line, 1 + below(2));
      else if (change === 5) parts.splice(line, 0, parts[below(parts.length)] ?? '');
      else parts.push(...parts.splice(line, 1));
      mutated = parts.join('\n');
    }
  }
  return mutated;
}

/** bytes is a text of chance. */
export function bytes(below: Below): string {
  const length = below(500) === 0 ? 65_536 : below(400);
  const pool = below(2) === 0 ? 65_536 : 128;
  return Array.from({ length }, () => String.fromCharCode(below(pool))).join('');
}
