/**
 * Walking packets through chains, as the kernel does: rule by rule, all states of a packet side by side. Verdicts end a
 * packet or this base chain; what returns goes on behind the rule that jumped.
 */
import { type AddressSet, difference, type Family, intersection, isEmpty, isFull } from '../address-set.ts';
import type { Action, Chain, Rule, Ruleset, Verdict } from '../model.ts';
import { Indices } from './chain-index.ts';
import { acceptedBy, foreign } from './foreign.ts';
import { isKubeProxys } from './kube-proxy-chains.ts';
import { marked } from './marks.ts';
import { opened, parted } from './open.ts';
import { Paints, painted } from './paint.ts';
import type { Passage, Stop, Within } from './passage.ts';
import { Questions } from './questions.ts';
import { isPlain, Shared } from './shared.ts';
import { merged, type State, withSources } from './state.ts';
import { translated } from './translate.ts';

const deepest = 64;
/** A node without unknown rules has a few states at one place, and ten thousand Services take a few million steps. */
const mostStates = 64;
const most = { oneTrace: 200_000, all: 40_000_000 };

/** Walker walks packets through the chains of one ruleset, and gives up where that is too much. */
export class Walker {
  /** stops are where packets ended since `begin`. */
  stops: Stop[] = [];
  private readonly ruleset: Ruleset;
  private readonly indices = new Indices();
  private readonly questions: Questions;
  private readonly paints: Paints;
  private readonly shared = new Shared();
  private spent = 0;
  private limit = 0;

  constructor(ruleset: Ruleset) {
    this.ruleset = ruleset;
    this.questions = new Questions(ruleset);
    this.paints = new Paints(ruleset);
  }

  get family(): Family {
    return this.ruleset.family;
  }

  /** begin begins another trace. */
  begin(): void {
    this.stops = [];
    this.limit = Math.min(this.spent + most.oneTrace, most.all);
  }

  /** pass gives the states that are let through a base chain. */
  pass(states: readonly State[], passage: Passage): State[] {
    const { base } = passage;
    const chain = this.ruleset.chains.get(base.chain);
    if (chain === undefined || states.length === 0) return [...states];
    const accepted: State[] = [];
    const rest = this.walk(states, { chain, depth: 0, passage, accepted, path: undefined });
    if (base.policy === 'accept') accepted.push(...rest);
    else {
      const rule: Rule = { raw: `${chain.table}/${chain.name} policy drop`, steps: [] };
      for (const state of rest) {
        this.stop('Drop', state, rule, { chain, depth: 0, passage, accepted, path: undefined });
      }
    }
    // Packets that were sent to different endpoints have nothing in common.
    return passage.behind || base.type !== 'nat' ? merged(accepted) : accepted;
  }

  /** walk gives the states that return from a chain. */
  private walk(states: readonly State[], within: Within): State[] {
    const returned: State[] = [];
    const index = this.indices.of(within.chain);
    const [first] = states;
    let current: readonly State[] = states;
    if (index === undefined || first === undefined) {
      for (const rule of within.chain.rules) {
        if (current.length === 0) return returned;
        current = this.rule(rule, current, within, returned);
      }
    } else {
      // A chain is entered by states of one destination: it changes only with the verdict that ends the base chain.
      for (const position of index.candidates(first.destination, first.port)) {
        const rule = index.rule(position);
        if (current.length === 0) return returned;
        if (rule !== undefined) current = this.rule(rule, current, within, returned);
      }
    }
    return returned.length === 0 ? [...current] : merged([...returned, ...current]);
  }

  private rule(rule: Rule, states: readonly State[], within: Within, returned: State[]): State[] {
    const next: State[] = [];
    this.spent += states.length;
    for (const state of states) {
      if (this.spent > this.limit || states.length > mostStates) this.stop('Unknown', state, rule, within);
      else this.apply(rule, state, within, next, returned);
    }
    if (next.length <= states.length) return next;
    // To compare all with all is work too.
    this.spent += (next.length * next.length) >> 3;
    return merged(next);
  }

  private apply(rule: Rule, state: State, within: Within, next: State[], returned: State[]): void {
    const { steps } = rule;
    let current: State = state;
    let index = 0;
    while (index < steps.length) {
      const from = index;
      // Known answers come first: they tell most packets apart without following two ways.
      let { sources } = current;
      let open = false;
      for (let step = steps[index]; step !== undefined && 'match' in step; step = steps[index]) {
        index += 1;
        const asked = this.questions.asked(step, current, within.passage.around);
        if (asked === undefined) open = true;
        else if (!isFull(asked)) {
          sources = intersection(sources, asked);
          if (isEmpty(sources)) {
            next.push(current);
            return;
          }
        }
      }
      const paint = open || index < steps.length - 1 ? undefined : this.paints.of(steps[index], within.chain);
      if (paint !== undefined) {
        next.push(painted(current, sources, paint));
        return;
      }
      current = parted(current, sources, next);
      const matched = open ? this.openMatches(rule, from, index, current, within.passage, next) : current;
      if (matched === undefined) return;
      current = matched;
      for (let step = steps[index]; step !== undefined && 'action' in step; step = steps[index]) {
        const after = this.act(step, rule, current, within, next, returned);
        if (after === undefined) return;
        current = after;
        index += 1;
      }
    }
    next.push(current);
  }

  /** The matches of a run that packets' own fields do not answer. */
  private openMatches(
    rule: Rule,
    from: number,
    to: number,
    state: State,
    passage: Passage,
    next: State[],
  ): State | undefined {
    let current = state;
    for (let index = from; index < to; index += 1) {
      const step = rule.steps[index];
      if (step === undefined || !('match' in step)) break;
      if (this.questions.asked(step, current, passage.around) !== undefined) continue;
      const matched = opened(
        { match: step, list: passage.behind ? undefined : this.questions.listOf(step), rule },
        current,
        passage.behind,
        next,
      );
      if (matched === undefined) return undefined;
      current = matched;
    }
    return current;
  }

  private act(
    action: Action,
    rule: Rule,
    state: State,
    within: Within,
    next: State[],
    returned: State[],
  ): State | undefined {
    switch (action.action) {
      case 'nothing':
        return state;
      case 'mark': {
        const marks = marked(state.marks, action.and, action.xor, isKubeProxys(within.chain));
        return { ...state, marks };
      }
      case 'remember':
        return { ...state, put: { value: action.list, before: state.put } };
      case 'notrack':
        return this.untrack(rule, state, within);
      case 'choose': {
        const weight = state.weight / action.branches.length;
        for (const branch of action.branches) {
          this.decide(branch, rule, { ...state, weight }, within, next, returned);
        }
        return undefined;
      }
      case 'lookup':
        this.lookup(action, rule, state, within, next, returned);
        return undefined;
      case 'unknown':
        this.stop('Unknown', state, rule, within);
        return undefined;
      case 'redirect':
        this.questions.askOrigin = true;
        this.translate(action, rule, state, within);
        return undefined;
      case 'masquerade':
      case 'snat':
      case 'dnat':
        this.translate(action, rule, state, within);
        return undefined;
      default:
        this.decide(action, rule, state, within, next, returned);
        return undefined;
    }
  }

  private untrack(rule: Rule, state: State, { passage, chain }: Within): State {
    if (passage.around.tracked) return state;
    return { ...state, untracked: true, foreign: state.foreign ?? foreign(rule, chain) };
  }

  private translate(action: Action, rule: Rule, state: State, within: Within): void {
    const { passage, chain, accepted, path } = within;
    const trail = passage.behind ? state.trail : { value: rule, before: path };
    const states = translated(action, state, trail, passage, isKubeProxys(chain));
    if (states === undefined) {
      this.stop('Unknown', state, rule, within);
      return;
    }
    const by = passage.behind ? state.foreign : (state.foreign ?? foreign(rule, chain));
    for (const each of states) accepted.push(each.foreign === by ? each : { ...each, foreign: by });
  }

  private lookup(
    { key, map }: Action & { action: 'lookup' },
    rule: Rule,
    state: State,
    within: Within,
    next: State[],
    returned: State[],
  ): void {
    const set = this.questions.setOf(map, key);
    if (set === undefined) {
      this.stop('Unknown', state, rule, within);
      return;
    }
    let rest: AddressSet = state.sources;
    for (const { sources, verdict } of set.find(state, within.passage.around.protocol)) {
      const found = sources === 'all' ? rest : intersection(rest, sources);
      if (isEmpty(found) || verdict === undefined) continue;
      rest = sources === 'all' ? difference(rest, rest) : difference(rest, sources);
      this.decide(verdict, rule, withSources(state, found), within, next, returned);
    }
    if (isEmpty(rest)) return;
    if (set.partial) this.stop('Unknown', withSources(state, rest), rule, within);
    else next.push(withSources(state, rest));
  }

  private decide(
    verdict: Verdict,
    rule: Rule,
    state: State,
    within: Within,
    next: State[],
    returned: State[],
  ): void {
    switch (verdict.action) {
      case 'accept':
        within.accepted.push(acceptedBy(rule, state, within, this.ruleset));
        return;
      case 'return':
        returned.push(state);
        return;
      case 'drop':
        this.stop('Drop', state, rule, within);
        return;
      case 'reject':
        this.stop('Reject', state, rule, within);
        return;
      default: {
        const chain = this.ruleset.chains.get(verdict.chain);
        if (chain === undefined || within.depth >= deepest) {
          this.stop('Unknown', state, rule, within);
          return;
        }
        const out = this.enter(chain, rule, state, within);
        if (verdict.action === 'jump') next.push(...out);
        else returned.push(...out);
      }
    }
  }

  /** The states that return from a chain. Those of Services are entered from the one that the base chain jumps to. */
  private enter(chain: Chain, rule: Rule, state: State, within: Within): readonly State[] {
    const { depth, passage } = within;
    const path = { value: rule, before: within.path };
    const walk = (accepted: State[]): State[] =>
      this.walk([state], { chain, depth: depth + 1, passage, accepted, path });
    if (depth !== 1 || passage.behind || passage.base.type !== 'nat' || !isPlain(state)) {
      return walk(within.accepted);
    }
    const { protocol } = passage.around;
    let met = this.shared.of(chain, protocol, state);
    if (met === undefined) {
      const before = this.stops;
      this.stops = [];
      this.questions.askOrigin = false;
      const accepted: State[] = [];
      met = { accepted, returned: walk(accepted), stops: this.stops };
      if (!this.questions.askOrigin) this.shared.keep(chain, protocol, state, met);
      this.stops = before;
    }
    within.accepted.push(...met.accepted);
    this.stops.push(...met.stops);
    return met.returned;
  }

  private stop(kind: Stop['kind'], state: State, rule: Rule, { chain, path, passage }: Within): void {
    const by = foreign(rule, chain);
    this.stops.push({
      kind,
      state: {
        ...state,
        trail: passage.behind ? state.trail : path,
        foreign: state.foreign ?? (kind === 'Unknown' ? undefined : by),
      },
      rule,
      foreign: by !== undefined,
    });
  }
}
