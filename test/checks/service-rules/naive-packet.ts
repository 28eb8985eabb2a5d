/**
 * One concrete packet through a ruleset, rule by rule: slow, and simple enough to be seen right. Chance is played out in full;
 * what is not understood is decided by the caller. The tracer must say the same of every source.
 */
import { type Bound, boundOf, holds, setOf } from '../../../src/checks/service-rules/address-set.ts';
import { addressText } from '../../../src/checks/service-rules/address-text.ts';
import type {
  Action,
  BaseChain,
  Field,
  Hook,
  Match,
  Rule,
  Ruleset,
  Verdict,
} from '../../../src/checks/service-rules/model.ts';

/** Sent is a packet as it is sent. */
export interface Sent {
  readonly source: string;
  readonly destination: string;
  readonly protocol: string;
  readonly port: number;
  readonly fromNode: boolean;
}

/** Surrounding is the node. */
export interface NaiveNode {
  readonly own: ReadonlySet<string>;
  readonly uplink: string;
  readonly outInterface: (address: string) => string;
  /** understood decides matches of which the text is not understood. */
  readonly understood: (text: string) => boolean;
  /** on are the lists that the source is on, with for how many seconds. */
  readonly on: ReadonlyMap<string, number>;
}

/** Fates are texts of ends with how likely each is. */
export type Fates = ReadonlyMap<string, number>;

interface Packet {
  source: Bound;
  destination: Bound;
  port: number;
  mark: number;
  translated: boolean;
  masqueraded: boolean;
  untracked: boolean;
  weight: number;
  put: readonly string[];
}

type Left = 'accept' | 'drop' | 'reject' | 'unknown' | 'end' | 'return';

interface Place {
  readonly hook: Hook;
  readonly base: BaseChain;
  readonly tracked: boolean;
  readonly inInterface: string;
  readonly outInterface: string;
}

const natPlace = { prerouting: -100, output: -100, input: 100, postrouting: 100, forward: 0 };

/** fatesOf plays a packet. */
export function fatesOf(ruleset: Ruleset, sent: Sent, node: NaiveNode): Fates {
  return new Naive(ruleset, sent, node).play();
}

class Naive {
  private readonly ruleset: Ruleset;
  private readonly sent: Sent;
  private readonly node: NaiveNode;
  private readonly fates = new Map<string, number>();

  constructor(ruleset: Ruleset, sent: Sent, node: NaiveNode) {
    this.ruleset = ruleset;
    this.sent = sent;
    this.node = node;
  }

  play(): Fates {
    const { family } = this.ruleset;
    const packet: Packet = {
      source: boundOf(family, this.sent.source) ?? 0,
      destination: boundOf(family, this.sent.destination) ?? 0,
      port: this.sent.port,
      mark: 0,
      translated: false,
      masqueraded: false,
      untracked: false,
      weight: 1,
      put: [],
    };
    if (this.sent.fromNode) {
      const out = this.outOf(packet);
      for (const each of this.hook('output', [packet], '', () => out, true)) this.leave(each);
    } else {
      const passed = this.hook('prerouting', [packet], this.node.uplink, () => '', true);
      for (const each of passed) {
        if (this.isOwn(each)) this.end(this.hook('input', [each], this.node.uplink, () => '', true));
        else {
          const out = this.outOf(each);
          const forwarded = this.hook('forward', [each], this.node.uplink, () => out, true);
          this.end(this.hook('postrouting', forwarded, this.node.uplink, () => out, true));
        }
      }
    }
    return this.fates;
  }

  private leave(packet: Packet): void {
    const out = this.outOf(packet);
    const posted = this.hook('postrouting', [packet], '', () => out, true);
    if (!this.isOwn(packet)) this.end(posted);
    else
      this.end(
        this.hook(
          'input',
          this.hook('prerouting', posted, 'lo', () => '', false),
          'lo',
          () => '',
          false,
        ),
      );
  }

  /** All base chains of a hook in order; nat only for packets that can still be translated there. */
  private hook(
    hook: Hook,
    packets: readonly Packet[],
    inInterface: string,
    out: () => string,
    first: boolean,
  ): Packet[] {
    const bases = this.ruleset.bases
      .filter((base) => base.hook === hook)
      .sort(
        (one, other) =>
          effective(one) - effective(other) || natLast(one) - natLast(other) || one.priority - other.priority,
      );
    let current = [...packets];
    for (const base of bases) {
      const next: Packet[] = [];
      for (const packet of current) {
        const done = hook === 'prerouting' || hook === 'output' ? packet.translated : packet.masqueraded;
        if (base.type === 'nat' && (!first || packet.untracked || done)) {
          next.push(packet);
          continue;
        }
        const place: Place = {
          hook,
          base,
          tracked: !first || effective(base) >= -200,
          inInterface,
          outInterface: out(),
        };
        this.chain(base.chain, packet, place, 0, (left, each) => {
          const verdict = left === 'end' || left === 'return' ? base.policy : left;
          if (verdict === 'accept') next.push(each);
          else this.stop(verdict, each);
        });
      }
      current = next;
    }
    return current;
  }

  private chain(
    id: string,
    packet: Packet,
    place: Place,
    position: number,
    leave: (left: Left, packet: Packet) => void,
  ): void {
    const rule = this.ruleset.chains.get(id)?.rules[position];
    if (rule === undefined) {
      leave('end', packet);
      return;
    }
    this.step(rule, 0, packet, place, (left, each) => {
      if (left === 'next') this.chain(id, each, place, position + 1, leave);
      else leave(left, each);
    });
  }

  private step(
    rule: Rule,
    index: number,
    packet: Packet,
    place: Place,
    leave: (left: Left | 'next', packet: Packet) => void,
  ): void {
    const step = rule.steps[index];
    if (step === undefined) {
      leave('next', packet);
      return;
    }
    const on = (each: Packet): void => this.step(rule, index + 1, each, place, leave);
    if (!('match' in step)) {
      this.act(step, packet, place, on, leave);
      return;
    }
    if (step.match === 'random') {
      const { probability } = step;
      if (probability > 0) on({ ...packet, weight: packet.weight * probability });
      if (probability < 1) leave('next', { ...packet, weight: packet.weight * (1 - probability) });
    } else if (this.matches(step, packet, place)) on(packet);
    else leave('next', packet);
  }

  private matches(match: Match, packet: Packet, place: Place): boolean {
    switch (match.match) {
      case 'source':
        return holds(match.set, packet.source);
      case 'destination':
        return holds(match.set, packet.destination);
      case 'protocol':
        return match.protocols.includes(this.sent.protocol) !== match.negated;
      case 'destinationPort':
        return (
          match.ranges.some(([low, high]) => packet.port >= low && packet.port <= high) !== match.negated
        );
      case 'inInterface':
        return glob(match.name, place.inInterface) !== match.negated;
      case 'outInterface':
        return glob(match.name, place.outInterface) !== match.negated;
      case 'state': {
        const state = packet.untracked ? 'UNTRACKED' : place.tracked ? 'NEW' : 'INVALID';
        const all = [state, ...(packet.translated ? ['DNAT'] : []), ...(packet.masqueraded ? ['SNAT'] : [])];
        return match.states.some((each) => all.includes(each)) !== match.negated;
      }
      case 'mark':
        return ((packet.mark & match.mask) >>> 0 === match.value) !== match.negated;
      case 'sourceLocal':
        return this.sent.fromNode !== match.negated;
      case 'destinationLocal':
        return this.isOwn(packet) !== match.negated;
      case 'remembered':
        return (this.node.on.get(match.list) ?? Number.POSITIVE_INFINITY) <= match.seconds;
      case 'element': {
        const set = this.ruleset.sets.get(match.set);
        const key = this.keyOf(match.key, packet);
        const inRange =
          match.key.length === 1 &&
          set?.addresses !== undefined &&
          holds(set.addresses, match.key[0] === 'source' ? packet.source : packet.destination);
        return (set?.elements.has(key) === true || inRange) !== match.negated;
      }
      case 'unknown':
        return this.node.understood(match.text);
      case 'random':
      case 'sourcePort':
        throw new Error(`no ${match.match} here`);
    }
  }

  private act(
    action: Action,
    packet: Packet,
    place: Place,
    on: (packet: Packet) => void,
    leave: (left: Left | 'next', packet: Packet) => void,
  ): void {
    switch (action.action) {
      case 'nothing':
        on(packet);
        return;
      case 'mark':
        on({ ...packet, mark: ((packet.mark & action.and) ^ action.xor) >>> 0 });
        return;
      case 'remember':
        on({ ...packet, put: [...packet.put, action.list] });
        return;
      case 'notrack':
        on(place.tracked ? packet : { ...packet, untracked: true });
        return;
      case 'unknown':
        leave('unknown', packet);
        return;
      case 'masquerade':
      case 'snat':
        if (place.base.type === 'nat' && (place.hook === 'postrouting' || place.hook === 'input'))
          leave('accept', { ...packet, masqueraded: true });
        else leave('unknown', packet);
        return;
      case 'redirect':
        throw new Error('no redirect here');
      case 'dnat':
        if (place.base.type !== 'nat' || (place.hook !== 'prerouting' && place.hook !== 'output')) {
          leave('unknown', packet);
          return;
        }
        for (const { address, port } of action.targets) {
          leave('accept', {
            ...packet,
            destination:
              address === undefined ? packet.destination : (boundOf(this.ruleset.family, address) ?? 0),
            port: port ?? packet.port,
            translated: true,
            weight: packet.weight / action.targets.length,
          });
        }
        return;
      case 'choose':
        for (const branch of action.branches) {
          this.decide(branch, { ...packet, weight: packet.weight / action.branches.length }, place, leave);
        }
        return;
      case 'lookup': {
        const verdict = this.ruleset.sets.get(action.map)?.elements.get(this.keyOf(action.key, packet));
        if (verdict === undefined) leave('next', packet);
        else this.decide(verdict, packet, place, leave);
        return;
      }
      default:
        this.decide(action, packet, place, leave);
    }
  }

  private decide(
    verdict: Verdict,
    packet: Packet,
    place: Place,
    leave: (left: Left | 'next', packet: Packet) => void,
  ): void {
    if (!('chain' in verdict)) {
      leave(verdict.action, packet);
      return;
    }
    this.chain(verdict.chain, packet, place, 0, (left, each) => {
      if (left !== 'end' && left !== 'return') leave(left, each);
      // What was gone to gives back to the caller of this chain, what was jumped to to this chain.
      else leave(verdict.action === 'jump' ? 'next' : 'return', each);
    });
  }

  private keyOf(key: readonly Field[], packet: Packet): string {
    return key
      .map((field) => {
        if (field === 'source') return addressText(packet.source);
        if (field === 'destination') return addressText(packet.destination);
        return field === 'protocol' ? this.sent.protocol : `${packet.port}`;
      })
      .join(' ');
  }

  private stop(left: Left, { weight }: Packet): void {
    this.add(left === 'drop' ? 'Drop' : left === 'reject' ? 'Reject' : 'Unknown', weight);
  }

  private end(packets: readonly Packet[]): void {
    for (const { translated, masqueraded, untracked, destination, port, weight } of packets) {
      if (translated)
        this.add(`Endpoint ${addressText(destination)}:${port}${masqueraded ? ' masqueraded' : ''}`, weight);
      else this.add(untracked ? 'Untracked' : 'Passed', weight);
    }
  }

  private add(text: string, weight: number): void {
    this.fates.set(text, (this.fates.get(text) ?? 0) + weight);
  }

  private isOwn({ destination }: Packet): boolean {
    const loopback = setOf('IPv4', '127.0.0.0/8');
    return (
      this.node.own.has(addressText(destination)) || (loopback !== undefined && holds(loopback, destination))
    );
  }

  private outOf(packet: Packet): string {
    return this.isOwn(packet) ? 'lo' : this.node.outInterface(addressText(packet.destination));
  }
}

function effective({ type, hook, priority }: BaseChain): number {
  return type === 'nat' ? natPlace[hook] : priority;
}

/** The translation itself stands before others of its priority. */
function natLast({ type }: BaseChain): number {
  return type === 'nat' ? 0 : 1;
}

function glob(pattern: string, name: string): boolean {
  return pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
