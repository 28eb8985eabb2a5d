/** Finding in a long chain the rules that can match one destination, without asking all of them. */
import type { Bound } from '../address-set.ts';
import type { Chain, Rule } from '../model.ts';

/** ChainIndex holds the positions of rules by the one address, or else the one port, that they ask for. */
export class ChainIndex {
  private readonly rules: readonly Rule[];
  private readonly byAddress = new Map<Bound, number[]>();
  private readonly byPort = new Map<number, number[]>();
  private readonly others: number[] = [];

  constructor(rules: readonly Rule[]) {
    this.rules = rules;
    rules.forEach((rule, position) => {
      this.add(rule, position);
    });
  }

  /** candidates are the positions of rules that may match, in order. */
  candidates(destination: Bound, port: number): readonly number[] {
    const byAddress = this.byAddress.get(destination);
    const byPort = this.byPort.get(port);
    if (byAddress === undefined && byPort === undefined) return this.others;
    return [...(byAddress ?? []), ...(byPort ?? []), ...this.others].sort((one, other) => one - other);
  }

  /** rule is the rule at a position. */
  rule(position: number): Rule | undefined {
    return this.rules[position];
  }

  private add(rule: Rule, position: number): void {
    const { address, port } = asked(rule);
    if (address !== undefined) push(this.byAddress, address, position);
    else if (port !== undefined) push(this.byPort, port, position);
    else this.others.push(position);
  }
}

/** A chain is worth an index once it was walked through so often, and has so many rules. */
const worthAnIndex = { walks: 4, rules: 16 };

/** Indices are those of the chains that are worth one. */
export class Indices {
  /** indices are those of chains, or how often a chain was walked through without one. */
  private readonly indices = new Map<Chain, ChainIndex | number>();

  /** of is the index of a chain that is walked through; undefined for one that is asked rule by rule. */
  of(chain: Chain): ChainIndex | undefined {
    if (chain.rules.length < worthAnIndex.rules) return undefined;
    const known = this.indices.get(chain) ?? 0;
    if (typeof known === 'object') return known;
    const index = known < worthAnIndex.walks ? undefined : new ChainIndex(chain.rules);
    this.indices.set(chain, index ?? known + 1);
    return index;
  }
}

function push<Key>(map: Map<Key, number[]>, key: Key, position: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [position]);
  else list.push(position);
}

/** Only matches before the first action count: a rule that does something first does it to every packet. */
function asked(rule: Rule): { readonly address?: Bound; readonly port?: number } {
  let port: number | undefined;
  for (const step of rule.steps) {
    if (!('match' in step)) break;
    if (step.match === 'destination') {
      const [start, end, more] = step.set.bounds;
      if (start !== undefined && end !== undefined && more === undefined && isNext(start, end)) {
        return { address: start };
      }
    }
    if (step.match === 'destinationPort' && !step.negated && step.ranges.length === 1) {
      const [low, high] = step.ranges[0] ?? [0, 1];
      if (low === high) port = low;
    }
  }
  return port === undefined ? {} : { port };
}

function isNext(start: Bound, end: Bound): boolean {
  return typeof start === 'number' ? end === start + 1 : end === start + 1n;
}
