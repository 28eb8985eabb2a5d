/**
 * Tracing new packets from their origin to their end through all rules of a node, for every source address at once. The
 * way to an endpoint is followed step by step; what comes behind it is shared by all that meet the same rules there.
 */
import { type AddressSet, type Bound, boundOf, holds } from '../address-set.ts';
import type { Rule, Ruleset } from '../model.ts';
import { Behind, type Node, type Origin } from './behind.ts';
import { type Fate, narrowed } from './fate.ts';
import { conntrackPriority, type HookChains, hookChains } from './hooks.ts';
import { unmarked, within } from './marks.ts';
import type { Decision, Link, Remembrance, State } from './state.ts';
import { Walker } from './walk.ts';

export type { Origin } from './behind.ts';

/** End is where packets of some sources end. */
export interface End {
  readonly kind: 'Passed' | 'Endpoint' | 'Drop' | 'Reject' | 'Untracked' | 'Unknown';
  /** address and port are an endpoint's, else empty and 0. */
  readonly address: string;
  readonly port: number;
  readonly sources: AddressSet;
  /** weight is how many of all packets of each of these sources end here, 0 to 1. */
  readonly weight: number;
  readonly masqueraded: boolean;
  readonly on: Remembrance | undefined;
  readonly put: Link<string> | undefined;
  readonly decisions: Link<Decision> | undefined;
  readonly trail: Link<Rule> | undefined;
  /** foreign is a rule of another agent that decided. */
  readonly foreign: Rule | undefined;
}

/** Flow is what packets are sent to. */
export interface Flow {
  readonly address: string;
  readonly protocol: string;
  readonly port: number;
}

/** Tracer traces packets through one ruleset. */
export class Tracer {
  /** guards are rules behind the choice of endpoints that are not understood, with the endpoints that they concern. */
  readonly guards = new Map<string, Set<string>>();
  private readonly walker: Walker;
  private readonly behind: Behind;
  private readonly node: Node;
  private readonly hooks: { readonly prerouting: HookChains; readonly output: HookChains };
  private readonly bounds = new Map<string, Bound | undefined>();

  constructor(ruleset: Ruleset, node: Omit<Node, 'read'>) {
    this.walker = new Walker(ruleset);
    this.node = { ...node, read: (address) => this.read(address) };
    this.behind = new Behind(ruleset, this.walker, this.node);
    this.hooks = { prerouting: hookChains(ruleset, 'prerouting'), output: hookChains(ruleset, 'output') };
  }

  /** trace gives all ends of packets of an origin; of one source they weigh 1 in all for each way of what is unknown. */
  trace(origin: Origin, flow: Flow): readonly End[] {
    const destination = this.read(flow.address);
    if (destination === undefined) return [];
    this.walker.begin();
    const first = initial(origin, flow, destination);
    const settled = this.settle(origin, flow.protocol, first);
    const ends: End[] = this.walker.stops.map(({ kind, state, rule }) =>
      endOf(state, kind, state.sources, false, rule, undefined),
    );
    const sentOver = this.sentOver(origin, first);
    for (const state of settled) this.finish(origin, state, flow.protocol, sentOver, ends);
    return ends;
  }

  /** settle follows packets to where their destination is settled. */
  private settle(origin: Origin, protocol: string, state: State): readonly State[] {
    const { own, primary, read } = this.node;
    const hook = this.hooks[origin.fromNode ? 'output' : 'prerouting'];
    const around = {
      protocol,
      fromNode: origin.fromNode,
      own,
      inInterface: origin.fromNode ? '' : origin.inInterface,
      outInterface: this.sentOver(origin, state),
    };
    const through = (base: HookChains['before'][number], states: readonly State[]): State[] =>
      this.walker.pass(states, {
        base,
        around: { ...around, tracked: base.type === 'nat' || base.priority >= conntrackPriority },
        behind: false,
        redirectTo: primary,
        read,
      });
    let states: State[] = [state];
    for (const base of hook.before) states = through(base, states);
    const done = states.filter(({ untracked }) => untracked);
    let open = states.filter(({ untracked }) => !untracked);
    for (const base of hook.nat) {
      const passed = through(base, open);
      for (const each of passed) if (each.translated) done.push(each);
      open = passed.filter(({ translated }) => !translated);
    }
    done.push(...open);
    return done;
  }

  /** The interface that a packet of the node was to leave over when it was sent. */
  private sentOver({ fromNode }: Origin, { destination, address }: State): string | undefined {
    if (!fromNode) return '';
    return holds(this.node.own, destination) ? 'lo' : this.node.outInterface(address);
  }

  private finish(
    origin: Origin,
    state: State,
    protocol: string,
    sentOver: string | undefined,
    ends: End[],
  ): void {
    for (const part of within(state.marks, state.sources)) {
      const { fates, guards } = this.behind.fates(origin, state, part, protocol, sentOver);
      for (const { raw } of guards) this.guard(raw, state);
      for (const { kind, sources, masqueraded, rule, foreign } of narrowed(fates, part.sources)) {
        ends.push(endOf(state, kind, sources, masqueraded, rule, foreign));
      }
    }
  }

  private guard(rule: string, { address, port }: State): void {
    const endpoint = `${address} ${port}`;
    const endpoints = this.guards.get(rule);
    if (endpoints === undefined) this.guards.set(rule, new Set([endpoint]));
    else endpoints.add(endpoint);
  }

  /** Reading an IPv6 address takes longer than remembering it. */
  private read(address: string): Bound | undefined {
    const { family } = this.walker;
    if (family === 'IPv4') return boundOf(family, address);
    let bound = this.bounds.get(address);
    if (bound === undefined) {
      bound = boundOf(family, address);
      this.bounds.set(address, bound);
    }
    return bound;
  }
}

function initial({ sources }: Origin, { address, port }: Flow, destination: Bound): State {
  return {
    sources,
    weight: 1,
    marks: unmarked(sources.family),
    destination,
    address,
    port,
    translated: false,
    untracked: false,
    masqueraded: 'no',
    on: undefined,
    notOn: undefined,
    put: undefined,
    decisions: undefined,
    trail: undefined,
    foreign: undefined,
  };
}

function endOf(
  state: State,
  kind: Fate['kind'],
  sources: AddressSet,
  masqueraded: boolean,
  rule: Rule | undefined,
  foreign: Rule | undefined,
): End {
  const passed = kind === 'Passed';
  const sent = passed && state.translated;
  return {
    kind: sent ? 'Endpoint' : passed && state.untracked ? 'Untracked' : kind,
    address: sent ? state.address : '',
    port: sent ? state.port : 0,
    sources,
    weight: state.weight,
    masqueraded,
    on: state.on,
    put: state.put,
    decisions: state.decisions,
    trail: rule === undefined ? state.trail : { value: rule, before: state.trail },
    foreign: state.foreign ?? foreign,
  };
}
