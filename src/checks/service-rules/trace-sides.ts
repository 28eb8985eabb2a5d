/** What becomes of packets behind the choice of an endpoint, where not every rule is understood. */
import { type AddressSet, difference, emptySet, holds, intersection, isEmpty, union } from './address-set.ts';
import type { Rule } from './model.ts';
import { type Fate, type Fates, joinedFates } from './trace-fate.ts';
import type { State } from './trace-state.ts';

/** WayEnd is one way's end. */
export interface WayEnd {
  readonly kind: Fate['kind'];
  readonly state: State;
  readonly rule: Rule | undefined;
  /** foreign is true where the rule is none of kube-proxy. */
  readonly foreign: boolean;
}

const mostAtoms = 5000;

/**
 * sidesOf gives the fates of all sources of a packet. Where the ways of a rule that is not understood end differently, a
 * packet on its way to an endpoint counts as let through, with its own source: another agent's policies are not judged here.
 * One that goes nowhere counts so only where nothing but another agent's rules would stop it.
 */
export function sidesOf(ends: readonly WayEnd[], state: State, pods: AddressSet | undefined): Fates {
  const certain = ends.every((end) => end.state.decisions === undefined && end.kind !== 'Unknown');
  if (certain) {
    return { fates: joinedFates(ends.flatMap((end) => fatesOf(end, pods))), guards: [] };
  }
  const guards = new Set<Rule>();
  const fates = atomsOf(
    ends.map((end) => end.state.sources),
    pods === undefined ? [] : [pods],
  ).flatMap((atom) => {
    const there = ends.filter((end) => !isEmpty(intersection(end.state.sources, atom)));
    const each = there.flatMap((end) => fatesOf(end, pods).filter(({ sources }) => meets(sources, atom)));
    return [{ ...settled(there, each, state.translated, guards), sources: atom }];
  });
  return { fates: joinedFates(fates), guards: [...guards] };
}

function settled(
  ends: readonly WayEnd[],
  fates: readonly Fate[],
  translated: boolean,
  guards: Set<Rule>,
): Omit<Fate, 'sources'> {
  const [first] = fates;
  const same = fates.every(
    ({ kind, masqueraded }) => kind === first?.kind && masqueraded === first.masqueraded,
  );
  if (first !== undefined && same && first.kind !== 'Unknown') return first;
  const passed = fates.filter(({ kind }) => kind === 'Passed');
  const stopped = ends.filter(({ kind }) => kind !== 'Passed');
  if (!translated && (stopped.some(({ foreign }) => !foreign) || passed.length === 0))
    return unknown(stopped);
  if (translated && passed.length === 0 && !fates.some(({ kind }) => kind === 'Unknown')) {
    return first ?? unknown(stopped);
  }
  const masqueraded = passed.length > 0 && passed.every((fate) => fate.masqueraded);
  for (const end of ends) {
    const differs = end.kind !== 'Passed' || (end.state.masqueraded !== 'no' && !masqueraded);
    const rule = end.state.decisions?.value.rule ?? end.rule;
    if (differs && rule !== undefined) guards.add(rule);
  }
  return { kind: 'Passed', masqueraded, rule: undefined, foreign: undefined };
}

function unknown(stopped: readonly WayEnd[]): Omit<Fate, 'sources'> {
  const [end] = stopped;
  const rule = end?.state.decisions?.value.rule ?? end?.rule;
  return { kind: 'Unknown', masqueraded: false, rule, foreign: undefined };
}

/**
 * fatesOf parts those whose new source counts. What another agent's rule does with a packet that kube-proxy did not mark is
 * its own affair unless both ends are in the Pods' range.
 */
function fatesOf({ kind, state, rule }: WayEnd, pods: AddressSet | undefined): readonly Fate[] {
  const fate = { kind, rule, foreign: state.foreign };
  const { sources, masqueraded, marks } = state;
  if (kind !== 'Passed' || masqueraded === 'no') return [{ ...fate, sources, masqueraded: false }];
  if (masqueraded === 'by kube-proxy') return [{ ...fate, sources, masqueraded: true }];
  const inside = pods !== undefined && holds(pods, state.destination) ? pods : emptySet(sources.family);
  const counted = marks.reduce((all, part) => (part.byKubeProxy ? union(all, part.sources) : all), inside);
  const [yes, no] = [intersection(sources, counted), difference(sources, counted)];
  return [
    ...(isEmpty(yes) ? [] : [{ ...fate, sources: yes, masqueraded: true }]),
    ...(isEmpty(no) ? [] : [{ ...fate, sources: no, masqueraded: false }]),
  ];
}

/** atomsOf are sources that none of some sets tells apart, as far as any of them holds them. */
export function atomsOf(
  sets: readonly AddressSet[],
  more: readonly AddressSet[] = [],
): readonly AddressSet[] {
  const [first] = sets;
  if (first === undefined) return [];
  const bounds = [...new Set([...sets, ...more].flatMap((set) => set.bounds))].sort((one, other) =>
    one < other ? -1 : 1,
  );
  const atoms: AddressSet[] = [];
  for (let index = 1; index < bounds.length; index += 1) {
    const low = bounds[index - 1];
    // Where there are far too many, the last one stands for all the rest.
    const high = index === mostAtoms ? bounds.at(-1) : bounds[index];
    if (low === undefined || high === undefined) continue;
    const atom = { family: first.family, bounds: [low, high] };
    if (sets.some((set) => meets(set, atom))) atoms.push(atom);
    if (index === mostAtoms) break;
  }
  return atoms;
}

function meets(one: AddressSet, other: AddressSet): boolean {
  return !isEmpty(intersection(one, other));
}
