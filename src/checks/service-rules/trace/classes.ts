/**
 * Which destinations the rules behind the choice of an endpoint tell apart. Thousands of endpoints meet the same rules
 * there, so that what one meets is what all of its class meet.
 */
import { type AddressSet, type Bound, setOf } from '../address-set.ts';
import type { Chain, ElementSet, Field, Rule, Ruleset, Step, Verdict } from '../model.ts';

/** Classes tells apart destinations and ports. */
export class Classes {
  /** asksOutInterface is true where a rule asks over which interface a packet leaves. */
  asksOutInterface = false;
  private addresses: readonly Bound[] = [];
  private ports: readonly number[] = [];
  private readonly ruleset: Ruleset;
  private readonly allAddresses = new Set<Bound>();
  private readonly allPorts = new Set<number>();
  private readonly seen = new Set<string>();

  /** more are sets that tell destinations apart beside the rules. */
  constructor(ruleset: Ruleset, chains: Iterable<string>, more: readonly AddressSet[]) {
    this.ruleset = ruleset;
    for (const { bounds } of more) this.addBounds(bounds);
    for (const id of chains) this.chain(id);
    this.addresses = [...this.allAddresses].sort((one, other) => (one < other ? -1 : one > other ? 1 : 0));
    this.ports = [...this.allPorts].sort((one, other) => one - other);
  }

  /** of numbers the class of a destination and port. */
  of(destination: Bound, port: number): number {
    return place(this.addresses, destination) * (this.ports.length + 1) + place(this.ports, port);
  }

  private chain(id: string): void {
    const open: string[] = [id];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const chain: Chain | undefined = this.ruleset.chains.get(next);
      if (chain === undefined || this.seen.has(next)) continue;
      this.seen.add(next);
      for (const rule of chain.rules) this.rule(rule, open);
    }
  }

  private rule({ steps }: Rule, open: string[]): void {
    for (const step of steps) this.step(step, open);
  }

  private step(step: Step, open: string[]): void {
    if ('match' in step) {
      if (step.match === 'destination') this.addBounds(step.set.bounds);
      else if (step.match === 'destinationPort') this.addPorts(step.ranges);
      else if (step.match === 'outInterface') this.asksOutInterface = true;
      else if (step.match === 'element') this.addSet(step.set, step.key, open);
      return;
    }
    if (step.action === 'jump' || step.action === 'goto') open.push(step.chain);
    else if (step.action === 'choose') for (const branch of step.branches) follow(branch, open);
    else if (step.action === 'lookup') this.addSet(step.map, step.key, open);
  }

  private addSet(id: string, key: readonly Field[], open: string[]): void {
    const set: ElementSet | undefined = this.ruleset.sets.get(id);
    if (set === undefined) return;
    if (key[0] === 'destination' && set.addresses !== undefined) this.addBounds(set.addresses.bounds);
    const [address, port] = [key.indexOf('destination'), key.indexOf('destinationPort')];
    for (const [text, verdict] of set.elements) {
      if (verdict !== undefined) follow(verdict, open);
      const parts = text.split(' ');
      if (address >= 0) {
        this.addBounds(setOf(this.ruleset.family, parts[address] ?? '')?.bounds ?? []);
      }
      if (port >= 0) {
        const [low = '', high = low] = (parts[port] ?? '').split('-');
        this.addPorts([[Number(low), Number(high)]]);
      }
    }
  }

  private addBounds(bounds: readonly Bound[]): void {
    for (const bound of bounds) this.allAddresses.add(bound);
  }

  private addPorts(ranges: readonly (readonly [number, number])[]): void {
    for (const [low, high] of ranges) {
      this.allPorts.add(low);
      this.allPorts.add(high + 1);
    }
  }
}

function follow(verdict: Verdict, open: string[]): void {
  if (verdict.action === 'jump' || verdict.action === 'goto') open.push(verdict.chain);
}

/** How many of the bounds are at or below a value. */
function place<Value extends number | bigint>(sorted: readonly Value[], value: Value): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const bound = sorted[middle];
    if (bound !== undefined && bound <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
