/** From the ends of traced packets to the outcomes of a row: one form, whatever rules the packets met. */
import { type AddressSet, emptySet, fullSet, intersection, isEmpty, sameSet, union } from '../address-set.ts';
import type { Outcome } from '../entry.ts';
import { atomsOf } from '../trace/sides.ts';
import type { End } from '../trace/trace.ts';
import { certainEnds } from './certain.ts';
import { type StickyEnd, stickyEnds } from './sticky.ts';

/** Reading says how far outcomes can be told. */
export interface Telling {
  /** whole: one source stands for all, so that sets are full or empty. */
  readonly whole: boolean;
  /** masquerading is false where it is not told. */
  readonly masquerading: boolean;
}

/** Gathered is everything that one outcome is made of. */
interface Gathered {
  readonly kind: End['kind'];
  readonly address: string;
  readonly port: number;
  readonly stickySeconds: number | undefined;
  readonly pieces: { readonly sources: AddressSet; readonly weight: number }[];
  masqueraded: AddressSet | undefined;
}

/** Part is a share for some sources. */
interface Part {
  readonly of: Gathered;
  readonly sources: AddressSet;
  readonly share: number | undefined;
}

/** outcomesOf gives what becomes of packets, without those that pass untouched. */
export function outcomesOf(ends: readonly End[], telling: Telling): readonly Outcome[] {
  const gathered = gather(stickyEnds(certainEnds(ends)));
  if (gathered.every(({ kind }) => kind === 'Passed')) return [];
  const parts = partsAlike(gathered) ?? partsByAtom(gathered);
  return parts.flatMap((part) => outcomeOf(part, telling) ?? []);
}

function gather(ends: readonly StickyEnd[]): readonly Gathered[] {
  const gathered: Gathered[] = [];
  const byKey = new Map<string, Gathered>();
  for (const { end, sources, stickySeconds } of ends) {
    const one = found(gathered, byKey, end, stickySeconds);
    one.pieces.push({ sources, weight: end.weight });
    if (end.masqueraded) {
      one.masqueraded = one.masqueraded === undefined ? sources : union(one.masqueraded, sources);
    }
  }
  return gathered;
}

/** Ends of one endpoint mostly come one after the other. */
function found(
  gathered: Gathered[],
  byKey: Map<string, Gathered>,
  { kind, address, port }: End,
  stickySeconds: number | undefined,
): Gathered {
  const last = gathered.at(-1);
  const same =
    last?.address === address &&
    last.port === port &&
    last.kind === kind &&
    last.stickySeconds === stickySeconds;
  if (same) return last;
  const key = `${kind} ${address} ${port} ${stickySeconds}`;
  const known = byKey.get(key);
  if (known !== undefined) return known;
  const one = { kind, address, port, stickySeconds, pieces: [], masqueraded: undefined };
  byKey.set(key, one);
  gathered.push(one);
  return one;
}

/** The common case: every outcome has the same sources, each with one weight. Undefined in any other. */
function partsAlike(gathered: readonly Gathered[]): readonly Part[] | undefined {
  let sources: AddressSet | undefined;
  const weights: number[] = [];
  for (const { pieces } of gathered) {
    const [first] = pieces;
    if (first === undefined) return undefined;
    let all = first.sources;
    for (const piece of pieces) {
      if (piece === first) continue;
      if (piece.weight !== first.weight || !isEmpty(intersection(all, piece.sources))) return undefined;
      all = union(all, piece.sources);
    }
    if (sources !== undefined && !sameSet(sources, all)) return undefined;
    sources ??= all;
    weights.push(first.weight);
  }
  if (sources === undefined) return [];
  const even = isEven(gathered, weights);
  const common = sources;
  return gathered.map((of, index) => ({ of, sources: common, share: even ? undefined : weights[index] }));
}

/** The general case, source by source as far as the outcomes tell sources apart. */
function partsByAtom(gathered: readonly Gathered[]): readonly Part[] {
  const parts = new Map<string, { of: Gathered; sources: AddressSet; share: number | undefined }>();
  for (const atom of atomsOf(gathered.flatMap(({ pieces }) => pieces.map(({ sources }) => sources)))) {
    const there = gathered.flatMap((of) => {
      const weight = weightIn(of, atom);
      return weight > 0 ? [{ of, weight }] : [];
    });
    const even = isEven(
      there.map(({ of }) => of),
      there.map(({ weight }) => weight),
    );
    for (const { of, weight } of there) {
      const share = even ? undefined : weight;
      const key = `${gathered.indexOf(of)} ${share === undefined ? '' : Math.round(share * 1e6)}`;
      const part = parts.get(key);
      if (part === undefined) parts.set(key, { of, sources: atom, share });
      else part.sources = union(part.sources, atom);
    }
  }
  return [...parts.values()];
}

function weightIn({ pieces }: Gathered, atom: AddressSet): number {
  let weight = 0;
  for (const piece of pieces) if (!isEmpty(intersection(piece.sources, atom))) weight += piece.weight;
  return weight;
}

/** All to one end, or to each of some endpoints alike. */
function isEven(gathered: readonly Gathered[], weights: readonly number[]): boolean {
  if (gathered.length === 1) return true;
  const count = gathered.length;
  return (
    gathered.every(({ kind }) => kind === 'Endpoint') &&
    weights.every((weight) => Math.abs(weight * count - 1) <= 1e-4)
  );
}

function outcomeOf({ of, sources, share }: Part, telling: Telling): Outcome | undefined {
  const { kind, stickySeconds } = of;
  if (kind === 'Passed') return undefined;
  const { family } = sources;
  const told = telling.masquerading && of.masqueraded !== undefined && kind === 'Endpoint';
  const masqueraded =
    told && of.masqueraded !== undefined ? intersection(of.masqueraded, sources) : emptySet(family);
  const whole = (set: AddressSet): AddressSet => (telling.whole && !isEmpty(set) ? fullSet(family) : set);
  return {
    kind,
    endpoint: endpointText(of),
    sources: whole(sources),
    masqueraded: whole(masqueraded),
    ...(share === undefined ? {} : { shareMillionths: Math.round(share * 1e6) }),
    ...(stickySeconds === undefined ? {} : { stickySeconds }),
  };
}

function endpointText({ address, port }: Gathered): string {
  if (address === '') return '';
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
