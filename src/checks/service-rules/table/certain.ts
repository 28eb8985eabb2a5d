/** Ends that hang on matches which are not understood: the same whatever they say, or Unknown. */
import { type AddressSet, intersection, isEmpty } from '../address-set.ts';
import { atomsOf } from '../trace/sides.ts';
import type { Decision, Link } from '../trace/state.ts';
import type { End } from '../trace/trace.ts';

/** Way is an end with the decisions that led to an end, the first first. */
interface Way {
  readonly end: End;
  readonly path: readonly Decision[];
}

/** certainEnds gives ends without decisions: a source of which anything is not certain ends as Unknown as a whole. */
export function certainEnds(ends: readonly End[]): readonly End[] {
  const main = ends.filter(({ on }) => on === undefined);
  if (main.every(({ decisions, kind }) => decisions === undefined && kind !== 'Unknown')) return ends;
  // To be put on a list is nothing where no list is asked.
  const asked = main.length < ends.length;
  const ways = main.map((end) => ({
    end: asked ? end : { ...end, put: undefined },
    path: pathOf(end.decisions),
  }));
  const atoms = atomsOf(main.map(({ sources }) => sources));
  const certain = atoms.flatMap((atom) => certainIn(atom, ways));
  return [...certain, ...ends.filter(({ on, decisions }) => on !== undefined && decisions === undefined)];
}

function certainIn(atom: AddressSet, ways: readonly Way[]): readonly End[] {
  const there = ways.filter(({ end }) => !isEmpty(intersection(end.sources, atom)));
  const settled = settle(there, 0);
  if (settled !== undefined) return settled.map((end) => ({ ...end, sources: atom }));
  const [open] = there.filter(({ end, path }) => path.length > 0 || end.kind === 'Unknown');
  if (open === undefined) return [];
  return [
    {
      ...open.end,
      kind: 'Unknown',
      address: '',
      port: 0,
      sources: atom,
      weight: 1,
      masqueraded: false,
      put: undefined,
      decisions: undefined,
    },
  ];
}

/** The ends below one place, undefined where the two ways of one decision differ. */
function settle(ways: readonly Way[], depth: number): readonly End[] | undefined {
  const settled: End[] = [];
  const open = new Map<object, { readonly yes: Way[]; readonly no: Way[] }>();
  for (const way of ways) {
    const decision = way.path[depth];
    if (way.end.kind === 'Unknown') return undefined;
    if (decision === undefined) settled.push({ ...way.end, decisions: undefined });
    else {
      const sides = open.get(decision.place) ?? { yes: [], no: [] };
      open.set(decision.place, sides);
      (decision.matched ? sides.yes : sides.no).push(way);
    }
  }
  for (const { yes, no } of open.values()) {
    const [one, other] = [settle(yes, depth + 1), settle(no, depth + 1)];
    if (one === undefined || other === undefined || !alike(one, other)) return undefined;
    settled.push(...one);
  }
  return settled;
}

function alike(one: readonly End[], other: readonly End[]): boolean {
  const [weights, others] = [weightsOf(one), weightsOf(other)];
  if (weights.size !== others.size) return false;
  for (const [key, weight] of weights) if (Math.abs((others.get(key) ?? 0) - weight) > 1e-9) return false;
  return true;
}

function weightsOf(ends: readonly End[]): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const { kind, address, port, masqueraded, put, weight } of ends) {
    const list = kind === 'Endpoint' ? put?.value : '';
    const key = `${kind} ${address} ${port} ${masqueraded} ${list}`;
    weights.set(key, (weights.get(key) ?? 0) + weight);
  }
  return weights;
}

function pathOf(decisions: Link<Decision> | undefined): readonly Decision[] {
  const path: Decision[] = [];
  for (let link = decisions; link !== undefined; link = link.before) path.push(link.value);
  return path.reverse();
}
