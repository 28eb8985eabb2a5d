/** What can be broken in a server from inside, for tests. Pure. */
import { absolute } from './names.ts';
import { keyOf, type Records } from './records.ts';

/** Garbage is a kind of answer that is none: any bytes, one that stops in the middle, or 64 KB. */
export type Garbage = 'noise' | 'cut' | 'large';

/** DnsFault is what one fault breaks. */
export interface DnsFault {
  /** Every question is refused. */
  refuse?: boolean;
  /** Zones that cannot be answered for. */
  broken?: string[];
  /** Every answer comes so many milliseconds late. */
  delay?: number;
  garbage?: Garbage;
  /** What is said of these names instead of the truth; without data, nothing. */
  records?: { name: string; type: string; data: string[] }[];
}

/** Faults are all that is broken, taken together. */
export interface Faults {
  refuse: boolean;
  broken: string[];
  delay: number;
  garbage: Garbage | undefined;
}

/** together joins faults. */
export function together(faults: Iterable<DnsFault>): Faults {
  const all = [...faults];
  return {
    refuse: all.some(({ refuse }) => refuse === true),
    broken: [...new Set(all.flatMap(({ broken = [] }) => broken.map(absolute)))],
    delay: Math.max(0, ...all.map(({ delay = 0 }) => delay)),
    garbage: all.find(({ garbage }) => garbage !== undefined)?.garbage,
  };
}

/** lying puts what faults say in the place of the truth. */
export function lying(truth: Records, faults: Iterable<DnsFault>, ttl: number): Records {
  const said = new Map(truth);
  for (const { records = [] } of faults) {
    for (const { name, type, data } of records) {
      const set = { name: absolute(name), type, ttl, data };
      if (data.length === 0) said.delete(keyOf(set));
      else said.set(keyOf(set), set);
    }
  }
  return said;
}
