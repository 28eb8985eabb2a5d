/** The marks of packets, which may be another for other sources: so that ways which differ in nothing else are one. */
import {
  type AddressSet,
  emptySet,
  type Family,
  fullSet,
  intersection,
  isEmpty,
  isFull,
  sameSet,
  union,
} from '../address-set.ts';

/** MarkPart is the mark of some sources. */
export interface MarkPart {
  readonly mark: number;
  /** byKubeProxy is true once a rule of kube-proxy has marked the packets. */
  readonly byKubeProxy: boolean;
  readonly sources: AddressSet;
}

/** Marks are those of all sources of a packet: parts that do not overlap, and may hold other sources too. */
export type Marks = readonly MarkPart[];

const unmarkedParts: Readonly<Record<Family, Marks>> = {
  IPv4: [{ mark: 0, byKubeProxy: false, sources: fullSet('IPv4') }],
  IPv6: [{ mark: 0, byKubeProxy: false, sources: fullSet('IPv6') }],
};

/** unmarked are the marks of new packets. */
export function unmarked(family: Family): Marks {
  return unmarkedParts[family];
}

/** matching are the sources whose mark is the one that is asked for. */
export function matching(marks: Marks, mask: number, value: number, negated: boolean): AddressSet {
  const [only, more] = marks;
  if (only === undefined) return fullSet('IPv4');
  const fits = ({ mark }: MarkPart): boolean => ((mark & mask) >>> 0 === value) !== negated;
  const { family } = only.sources;
  if (more === undefined) return fits(only) ? fullSet(family) : emptySet(family);
  return marks.reduce((all, part) => (fits(part) ? union(all, part.sources) : all), emptySet(family));
}

/** marked are the marks after `(mark & and) ^ xor`. */
export function marked(marks: Marks, and: number, xor: number, byKubeProxy: boolean): Marks {
  return joined(
    marks.map((part) => {
      const mark = ((part.mark & and) ^ xor) >>> 0;
      return { mark, byKubeProxy: part.byKubeProxy || (byKubeProxy && mark !== 0), sources: part.sources };
    }),
  );
}

/** within leaves only the parts of some sources. */
export function within(marks: Marks, sources: AddressSet): Marks {
  if (isFull(sources)) return marks;
  const [only, more] = marks;
  if (only !== undefined && more === undefined) return [{ ...only, sources }];
  return marks.flatMap((part) => {
    const both = intersection(part.sources, sources);
    return isEmpty(both) ? [] : [{ ...part, sources: both }];
  });
}

/** together are the marks of two packets of different sources. */
export function together(one: Marks, other: Marks): Marks {
  return joined([...one, ...other]);
}

/** sameMarks tells whether marks are the same for some sources. */
export function sameMarks(one: Marks, other: Marks, sources: AddressSet): boolean {
  if (one === other) return true;
  const [parts, others] = [joined(within(one, sources)), joined(within(other, sources))];
  return (
    parts.length === others.length &&
    parts.every((part) => others.some((each) => alike(part, each) && sameSet(part.sources, each.sources)))
  );
}

function joined(parts: Marks): Marks {
  if (parts.length < 2) return parts;
  const kept: MarkPart[] = [];
  for (const part of parts) {
    const index = kept.findIndex((each) => alike(each, part));
    const same = kept[index];
    if (same === undefined) kept.push(part);
    else kept[index] = { ...same, sources: union(same.sources, part.sources) };
  }
  return kept;
}

function alike(one: MarkPart, other: MarkPart): boolean {
  return one.mark === other.mark && one.byKubeProxy === other.byKubeProxy;
}
