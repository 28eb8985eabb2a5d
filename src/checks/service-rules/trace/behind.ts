/**
 * What packets meet once their destination is settled: the filters, and whether their source is replaced. Remembered for
 * each class of destinations.
 */
import { type AddressSet, type Bound, fullSet, holds } from '../address-set.ts';
import type { Ruleset } from '../model.ts';
import { Classes } from './classes.ts';
import type { Fates } from './fate.ts';
import { conntrackPriority, type HookChains, hookChains } from './hooks.ts';
import type { MarkPart } from './marks.ts';
import type { Surroundings } from './match.ts';
import type { Passage } from './passage.ts';
import { sidesOf } from './sides.ts';
import type { State } from './state.ts';
import type { Walker } from './walk.ts';

/** Origin is where packets come from. */
export interface Origin {
  readonly name: string;
  readonly sources: AddressSet;
  readonly fromNode: boolean;
  /** inInterface is undefined where it is not known. Packets of the node have none. */
  readonly inInterface: string | undefined;
}

/** Node is what of the node packets' ways hang on. */
export interface Node {
  /** own are its own addresses, loopback among them. */
  readonly own: AddressSet;
  readonly primary: string | undefined;
  /** pods is the Pods' range, undefined where it is not known. */
  readonly pods: AddressSet | undefined;
  readonly outInterface: (address: string) => string | undefined;
  readonly read: (address: string) => Bound | undefined;
}

/** Memory are the fates of packets that have this in common, by class and flags. */
interface Memory {
  readonly origin: Origin;
  readonly mark: number;
  readonly protocol: string;
  readonly out: string;
  readonly fates: Map<number, Fates>;
}

/** Behind traces packets from the place where their destination is settled. */
export class Behind {
  private readonly walker: Walker;
  private readonly node: Node;
  private readonly classes: Classes;
  private readonly hooks: Readonly<
    Record<'prerouting' | 'input' | 'forward' | 'output' | 'postrouting', HookChains>
  >;
  private readonly memories: Memory[] = [];

  constructor(ruleset: Ruleset, walker: Walker, node: Node) {
    this.walker = walker;
    this.node = node;
    this.hooks = {
      prerouting: hookChains(ruleset, 'prerouting'),
      input: hookChains(ruleset, 'input'),
      forward: hookChains(ruleset, 'forward'),
      output: hookChains(ruleset, 'output'),
      postrouting: hookChains(ruleset, 'postrouting'),
    };
    const met = ruleset.bases.filter(
      ({ type, hook }) => type !== 'nat' || hook === 'input' || hook === 'postrouting',
    );
    this.classes = new Classes(
      ruleset,
      met.map(({ chain }) => chain),
      [node.own, ...(node.pods === undefined ? [] : [node.pods])],
    );
  }

  /**
   * fates are those of a packet with one of its marks, for all sources of its origin. sentOver is the interface that it was
   * to leave over before its destination was replaced, which the rest of output still sees.
   */
  fates(origin: Origin, state: State, part: MarkPart, protocol: string, sentOver: string | undefined): Fates {
    const { translated, untracked, destination, port } = state;
    const flags = (translated ? 1 : 0) + (untracked ? 2 : 0) + (part.byKubeProxy ? 4 : 0);
    const key = this.classes.of(destination, port) * 8 + flags;
    const memory = this.memoryOf(origin, part.mark, protocol, state, sentOver);
    let fates = memory.get(key);
    if (fates === undefined) {
      fates = this.trace(origin, start(state, part, origin), protocol, sentOver);
      memory.set(key, fates);
    }
    return fates;
  }

  /** Most packets have what the one before had, so that the key is seldom made. */
  private memoryOf(
    origin: Origin,
    mark: number,
    protocol: string,
    state: State,
    sentOver: string | undefined,
  ): Map<number, Fates> {
    const out = this.classes.asksOutInterface ? `${this.outInterface(state)} ${sentOver}` : '';
    for (const each of this.memories) {
      const same =
        each.origin === origin && each.mark === mark && each.protocol === protocol && each.out === out;
      if (same) return each.fates;
    }
    const fates = new Map<number, Fates>();
    this.memories.push({ origin, mark, protocol, out, fates });
    return fates;
  }

  private trace(origin: Origin, state: State, protocol: string, sentOver: string | undefined): Fates {
    this.walker.begin();
    const passed = this.way(origin, state, protocol, sentOver);
    const { stops } = this.walker;
    const ends = [
      ...passed.map((each) => ({ kind: 'Passed' as const, state: each, rule: undefined, foreign: false })),
      ...stops,
    ];
    return sidesOf(ends, state, this.node.pods);
  }

  private way(origin: Origin, state: State, protocol: string, sentOver: string | undefined): State[] {
    const { hooks } = this;
    const local = holds(this.node.own, state.destination);
    const out = local ? 'lo' : this.outInterface(state);
    const around = { protocol, tracked: true, fromNode: origin.fromNode, own: this.node.own };
    const first = {
      ...around,
      inInterface: origin.fromNode ? '' : origin.inInterface,
      outInterface: '',
    };
    if (!origin.fromNode) {
      const routed = this.through(hooks.prerouting.after, [state], first);
      if (local) return this.hook(hooks.input, routed, first);
      const leaving = { ...first, outInterface: out };
      const forwarded = this.hook(hooks.forward, routed, leaving);
      return this.hook(hooks.postrouting, forwarded, leaving);
    }
    const leaving = { ...first, outInterface: out };
    const sent = this.through(hooks.output.after, [state], { ...first, outInterface: sentOver });
    const posted = this.hook(hooks.postrouting, sent, leaving);
    if (!local) return posted;
    // Over loopback: the destination was settled on the way out, so nothing is translated on the way in.
    const back = { ...around, inInterface: 'lo', outInterface: '' };
    const { before, after } = hooks.prerouting;
    const returned = this.through(after, this.through(before, posted, back), back);
    const { input } = hooks;
    return this.through([...input.before, ...input.after], returned, back);
  }

  private hook(chains: HookChains, states: State[], around: Surroundings): State[] {
    const before = this.through(chains.before, states, around);
    const done: State[] = before.filter(({ untracked }) => untracked);
    let open = before.filter(({ untracked }) => !untracked);
    for (const base of chains.nat) {
      const passed = this.walker.pass(open, this.passage(base, around));
      done.push(...passed.filter(({ masqueraded }) => masqueraded !== 'no'));
      open = passed.filter(({ masqueraded }) => masqueraded === 'no');
    }
    return this.through(chains.after, [...done, ...open], around);
  }

  private through(bases: HookChains['before'], states: State[], around: Surroundings): State[] {
    let current = states;
    for (const base of bases) current = this.walker.pass(current, this.passage(base, around));
    return current;
  }

  private passage(base: Passage['base'], around: Surroundings): Passage {
    const tracked = around.tracked || base.priority >= conntrackPriority;
    const { primary, read } = this.node;
    return { base, around: { ...around, tracked }, behind: true, redirectTo: primary, read };
  }

  private outInterface({ destination, address }: State): string | undefined {
    return holds(this.node.own, destination) ? 'lo' : this.node.outInterface(address);
  }
}

/** What is remembered must not hang on how the packet came here. */
function start(state: State, part: MarkPart, { sources }: Origin): State {
  return {
    ...state,
    sources,
    marks: [{ ...part, sources: fullSet(sources.family) }],
    weight: 1,
    on: undefined,
    notOn: undefined,
    put: undefined,
    decisions: undefined,
    trail: undefined,
    foreign: undefined,
  };
}
