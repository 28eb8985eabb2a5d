/** What becomes of packets behind the choice of an endpoint, where not every rule is understood. */
import {
  type AddressSet,
  difference,
  emptySet,
  holds,
  intersection,
  isEmpty,
  union,
} from '../address-set.ts';
import type { Rule } from '../model.ts';
import { type Fate, type Fates, joinedFates } from './fate.ts';
import type { State } from './state.ts';

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
 * Nor are they where kube-proxy sends a packet nowhere: whether other rules stop it then is no affair of Services.
 */
export function sidesOf(ends: readonly WayEnd[], state: State, pods: AddressSet | undefined): Fates {
  const { translated } = state;
  const certain = ends.every((end) => end.state.decisions === undefined && end.kind !== 'Unknown');
  if (certain) {
    const own = translated ? ends : ends.map((end) => (isOthers(end) ? passed(end) : end));
    return { fates: joinedFates(own.flatMap((end) => fatesOf(end, pods))), guards: [] };
  }
  const guards = new Set<Rule>();
  const fates = atomsOf(
    ends.map((end) => end.state.sources),
    pods === undefined ? [] : [pods],
  ).map((atom) => {
    const there = ends.filter((end) => meets(end.state.sources, atom));
    const settle = translated ? settledSent : settledUnsent;
    return { ...settle({ ends: there, atom, pods, guards }), sources: atom };
  });
  return { fates: joinedFates(fates), guards: [...guards] };
}

/** Open is everything that can become of packets of some sources. */
interface Open {
  readonly ends: readonly WayEnd[];
  readonly atom: AddressSet;
  readonly pods: AddressSet | undefined;
  readonly guards: Set<Rule>;
}

/** Packets on their way to an endpoint. */
function settledSent({ ends, atom, pods, guards }: Open): Omit<Fate, 'sources'> {
  const fates = ends.flatMap((end) => fatesOf(end, pods).filter(({ sources }) => meets(sources, atom)));
  const same = sameOf(fates);
  if (same !== undefined) return same;
  const through = fates.filter(({ kind }) => kind === 'Passed');
  const [first] = fates;
  if (first !== undefined && through.length === 0 && !fates.some(({ kind }) => kind === 'Unknown'))
    return first;
  const masqueraded = through.length > 0 && through.every((fate) => fate.masqueraded);
  for (const end of ends) {
    const differs = end.kind !== 'Passed' || (end.state.masqueraded !== 'no' && !masqueraded);
    if (differs) note(end, guards);
  }
  return { kind: 'Passed', masqueraded, rule: undefined, foreign: undefined };
}

/** Packets that kube-proxy sends nowhere, and may refuse. */
function settledUnsent({ ends, atom, pods, guards }: Open): Omit<Fate, 'sources'> {
  const [others, own] = [ends.filter(isOthers), ends.filter((end) => !isOthers(end))];
  const certain = others.find(({ kind, state }) => kind !== 'Unknown' && state.decisions === undefined);
  for (const end of others) if (end !== certain) note(end, guards);
  const left = own.length > 0 ? own : others.slice(0, 1).map(passed);
  const fates = left.flatMap((end) => fatesOf(end, pods).filter(({ sources }) => meets(sources, atom)));
  return sameOf(fates) ?? unknown(own);
}

/** What they all are, where that is certain. */
function sameOf(fates: readonly Fate[]): Omit<Fate, 'sources'> | undefined {
  const [first] = fates;
  if (first === undefined || first.kind === 'Unknown') return undefined;
  const same = fates.every(
    ({ kind, masqueraded }) => kind === first.kind && masqueraded === first.masqueraded,
  );
  return same ? first : undefined;
}

/** Stopped by another agent, or left to what is not understood of it. */
function isOthers({ kind, foreign }: WayEnd): boolean {
  return kind !== 'Passed' && foreign;
}

function passed({ state, rule }: WayEnd): WayEnd {
  return {
    kind: 'Passed',
    state: { ...state, foreign: state.foreign ?? rule },
    rule: undefined,
    foreign: false,
  };
}

function note({ state, rule }: WayEnd, guards: Set<Rule>): void {
  const guard = state.decisions?.value.rule ?? rule;
  if (guard !== undefined) guards.add(guard);
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
