/**
 * Walking packets through chains, as the kernel does: rule by rule, all states of a packet side by side. Verdicts end a
 * packet or this base chain; what returns goes on behind the rule that jumped.
 */
import {
  type AddressSet,
  type Bound,
  difference,
  emptySet,
  type Family,
  intersection,
  isEmpty,
  isFull,
  sameSet,
} from './address-set.ts';
import { isKubeProxys } from './kube-proxy-chains.ts';
import type { Action, BaseChain, Chain, Field, Match, Rule, Ruleset, Verdict } from './model.ts';
import { ChainIndex } from './trace-index.ts';
import { type Marks, marked, together, within } from './trace-marks.ts';
import { answer, type Surroundings } from './trace-match.ts';
import { SetIndex } from './trace-sets.ts';
import { isPlain, Shared } from './trace-shared.ts';
import { type Link, merged, type State, withSources } from './trace-state.ts';
import { translated } from './trace-translate.ts';

/** Stop is where a packet ended on its way. */
export interface Stop {
  readonly kind: 'Drop' | 'Reject' | 'Unknown';
  readonly state: State;
  readonly rule: Rule;
  /** foreign is true where the rule is none of kube-proxy. */
  readonly foreign: boolean;
}

/** Passage is one walk through one base chain. */
export interface Passage {
  readonly base: BaseChain;
  readonly around: Surroundings;
  /** behind is true once an endpoint is chosen, or none will be: chance and memory are then not followed. */
  readonly behind: boolean;
  /** redirectTo is the address that a redirection leads to. */
  readonly redirectTo: string | undefined;
  /** read reads an address, as a number. */
  readonly read: (address: string) => Bound | undefined;
}

/** Within is the chain that is walked through, and what leaves it. */
interface Within {
  readonly chain: Chain;
  readonly depth: number;
  readonly passage: Passage;
  /** accepted are states that are through with this base chain. */
  readonly accepted: State[];
  /** path are the rules that led into this chain, the last first. */
  readonly path: Link<Rule> | undefined;
}

/** Paint is what a rule does that only marks packets. */
interface Paint {
  readonly and: number;
  readonly xor: number;
  readonly byKubeProxy: boolean;
}

/** A chain is worth an index once it was walked through so often, and has so many rules. */
const worthAnIndex = { walks: 4, rules: 16 };

const deepest = 64;
/** A node without unknown rules has a few states at one place, and ten thousand Services take a few million steps. */
const mostStates = 64;
const most = { oneTrace: 200_000, all: 40_000_000 };

/** Walker walks packets through the chains of one ruleset, and gives up where that is too much. */
export class Walker {
  /** stops are where packets ended since `begin`. */
  stops: Stop[] = [];
  private readonly ruleset: Ruleset;
  /** indices are those of chains, or how often a chain was walked through without one. */
  private readonly indices = new Map<Chain, ChainIndex | number>();
  private readonly sets = new Map<string, SetIndex | undefined>();
  /** paints are those of chains that packets were sent to; undefined of chains that do more. */
  private readonly paints = new Map<string, Paint | undefined>();
  private readonly shared = new Shared();
  /** asksOrigin is set by rules that tell origins apart. */
  private asksOrigin = false;
  private spent = 0;
  private limit = 0;
  private decisions = 0;

  constructor(ruleset: Ruleset) {
    this.ruleset = ruleset;
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
    const index = this.indexOf(within.chain);
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
        const asked = this.asked(step, current, within.passage.around);
        if (asked === undefined) open = true;
        else if (!isFull(asked)) {
          sources = intersection(sources, asked);
          if (isEmpty(sources)) {
            next.push(current);
            return;
          }
        }
      }
      const painted = open || index < steps.length - 1 ? undefined : this.paintOf(steps[index], within.chain);
      if (painted !== undefined) {
        next.push({ ...current, marks: paintedMarks(current, sources, painted) });
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

  /** What a last step does to packets that does nothing but mark them: it needs no two ways, as marks know sources. */
  private paintOf(step: Match | Action | undefined, chain: Chain): Paint | undefined {
    if (step === undefined || !('action' in step)) return undefined;
    if (step.action === 'mark') return { and: step.and, xor: step.xor, byKubeProxy: isKubeProxys(chain) };
    if (step.action !== 'jump') return undefined;
    if (this.paints.has(step.chain)) return this.paints.get(step.chain);
    const paint = paintOfChain(this.ruleset.chains.get(step.chain));
    this.paints.set(step.chain, paint);
    return paint;
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
      if (this.asked(step, current, passage.around) !== undefined) continue;
      const matched = this.open(step, rule, current, passage, next);
      if (matched === undefined) return undefined;
      current = matched;
    }
    return current;
  }

  /** What a match answers; undefined where chance, memory or something unknown does. */
  private asked(match: Match, state: State, around: Surroundings): AddressSet | undefined {
    switch (match.match) {
      case 'random':
      case 'remembered':
      case 'unknown':
        return undefined;
      case 'element':
        return this.element(match, state, around);
      case 'sourceLocal':
      case 'inInterface':
      case 'outInterface':
        this.asksOrigin = true;
        return answer(match, state, around);
      default:
        return answer(match, state, around);
    }
  }

  private element(
    match: Match & { match: 'element' },
    state: State,
    { protocol }: Surroundings,
  ): AddressSet | undefined {
    return this.setOf(match.set, match.key)?.answer(state, protocol, match.negated);
  }

  /** The part that goes on where a match is open; the other part goes on with the next rule. */
  private open(
    match: Match,
    rule: Rule,
    state: State,
    { behind }: Passage,
    next: State[],
  ): State | undefined {
    if (match.match === 'random' && !behind) {
      const { probability } = match;
      if (probability < 1) next.push({ ...state, weight: state.weight * (1 - probability) });
      return probability > 0 ? { ...state, weight: state.weight * probability } : undefined;
    }
    const list = this.listOf(match);
    if (list !== undefined && !behind) return remembered(list.list, list.seconds, state, next);
    this.decisions += 1;
    const side = (matched: boolean): State => ({
      ...state,
      decisions: { value: { number: this.decisions, matched, rule }, before: state.decisions },
    });
    next.push(side(false));
    return side(true);
  }

  private listOf(match: Match): { readonly list: string; readonly seconds: number } | undefined {
    if (match.match === 'remembered') return match;
    if (match.match !== 'element' || match.negated || match.key.join() !== 'source') return undefined;
    const seconds = this.ruleset.sets.get(match.set)?.timeoutSeconds;
    return seconds === undefined ? undefined : { list: match.set, seconds };
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
        this.asksOrigin = true;
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
    return { ...state, untracked: true, foreign: state.foreign ?? this.foreign(rule, chain) };
  }

  private translate(action: Action, rule: Rule, state: State, within: Within): void {
    const { passage, chain, accepted, path } = within;
    const trail = passage.behind ? state.trail : { value: rule, before: path };
    const states = translated(action, state, trail, passage, isKubeProxys(chain));
    if (states === undefined) {
      this.stop('Unknown', state, rule, within);
      return;
    }
    const foreign = passage.behind ? state.foreign : (state.foreign ?? this.foreign(rule, chain));
    for (const each of states) accepted.push(each.foreign === foreign ? each : { ...each, foreign });
  }

  private lookup(
    { key, map }: Action & { action: 'lookup' },
    rule: Rule,
    state: State,
    within: Within,
    next: State[],
    returned: State[],
  ): void {
    const set = this.setOf(map, key);
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
        within.accepted.push(this.accepted(rule, state, within));
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
    let met = this.shared.of(chain, state);
    if (met === undefined) {
      const before = this.stops;
      this.stops = [];
      this.asksOrigin = false;
      const accepted: State[] = [];
      met = { accepted, returned: walk(accepted), stops: this.stops };
      if (!this.asksOrigin) this.shared.keep(chain, state, met);
      this.stops = before;
    }
    within.accepted.push(...met.accepted);
    this.stops.push(...met.stops);
    return met.returned;
  }

  /** To accept a packet is to decide over it only where kube-proxy's rules would still have come. */
  private accepted(rule: Rule, state: State, { chain, passage, path }: Within): State {
    if (state.translated || state.foreign !== undefined || isKubeProxys(chain)) return state;
    const base = this.ruleset.chains.get(passage.base.chain);
    const still = base !== undefined && this.dispatchesBehind(base, topOf(path) ?? rule);
    return still ? { ...state, foreign: rule } : state;
  }

  /** Whether kube-proxy's chains come behind a rule of a base chain. */
  private dispatchesBehind(base: Chain, rule: Rule): boolean {
    const left = base.rules.indexOf(rule);
    return base.rules.slice(left + 1).some((each) => each.steps.some((step) => this.leadsToKubeProxy(step)));
  }

  private leadsToKubeProxy(step: Match | Action): boolean {
    if (!('action' in step) || (step.action !== 'jump' && step.action !== 'goto')) return false;
    const chain = this.ruleset.chains.get(step.chain);
    return chain !== undefined && isKubeProxys(chain);
  }

  private stop(kind: Stop['kind'], state: State, rule: Rule, { chain, path, passage }: Within): void {
    const foreign = !isKubeProxys(chain);
    this.stops.push({
      kind,
      state: {
        ...state,
        trail: passage.behind ? state.trail : path,
        foreign: state.foreign ?? (foreign && kind !== 'Unknown' ? rule : undefined),
      },
      rule,
      foreign,
    });
  }

  private foreign(rule: Rule, chain: Chain): Rule | undefined {
    return isKubeProxys(chain) ? undefined : rule;
  }

  private indexOf(chain: Chain): ChainIndex | undefined {
    if (chain.rules.length < worthAnIndex.rules) return undefined;
    const known = this.indices.get(chain) ?? 0;
    if (typeof known === 'object') return known;
    const index = known < worthAnIndex.walks ? undefined : new ChainIndex(chain.rules);
    this.indices.set(chain, index ?? known + 1);
    return index;
  }

  private setOf(id: string, key: readonly Field[]): SetIndex | undefined {
    const name = `${id} ${key.join()}`;
    if (!this.sets.has(name)) {
      const set = this.ruleset.sets.get(id);
      const known = set !== undefined && !key.includes('unknown') && set.timeoutSeconds === undefined;
      this.sets.set(name, known ? new SetIndex(this.family, set, key) : undefined);
    }
    return this.sets.get(name);
  }
}

/** Sources that do not match go on with the next rule. */
function parted(state: State, sources: AddressSet, next: State[]): State {
  if (sources === state.sources || sameSet(sources, state.sources)) return state;
  next.push({ ...state, sources: difference(state.sources, sources) });
  return { ...state, sources };
}

/** A chain paints where its one rule marks every packet. */
function paintOfChain(chain: Chain | undefined): Paint | undefined {
  const [rule, ...more] = chain?.rules ?? [];
  const [step, ...others] = rule?.steps ?? [];
  if (chain === undefined || more.length > 0 || others.length > 0) return undefined;
  if (step === undefined || !('action' in step) || step.action !== 'mark') return undefined;
  return { and: step.and, xor: step.xor, byKubeProxy: isKubeProxys(chain) };
}

/** The marks of a packet of which some sources are marked. */
function paintedMarks({ marks, sources }: State, some: AddressSet, paint: Paint): Marks {
  const rest = some === sources ? emptySet(sources.family) : difference(sources, some);
  const painted = marked(within(marks, some), paint.and, paint.xor, paint.byKubeProxy);
  return isEmpty(rest) ? painted : together(within(marks, rest), painted);
}

/** Sources on the list go on; those that are not on it do not match, and are known not to be. */
function remembered(list: string, seconds: number, state: State, next: State[]): State | undefined {
  const { on } = state;
  if (on !== undefined) {
    if (on.list === list && on.seconds <= seconds) return state;
    next.push(state);
    return undefined;
  }
  for (let link = state.notOn; link !== undefined; link = link.before) {
    if (link.value.list === list && link.value.seconds >= seconds) {
      next.push(state);
      return undefined;
    }
  }
  const asked = { list, seconds };
  next.push({ ...state, notOn: { value: asked, before: state.notOn } });
  return { ...state, on: asked };
}

/** The rule of the base chain. */
function topOf(path: Link<Rule> | undefined): Rule | undefined {
  let top = path;
  while (top?.before !== undefined) top = top.before;
  return top?.value;
}
