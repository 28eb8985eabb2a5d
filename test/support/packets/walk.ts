/** Where one packet ends: through the hooks of the kernel, one rule after the other. */
import { endpointText } from './nft.ts';
import { type Base, isLocal, type Kernel, type Packet, type Step, type Turn } from './packet.ts';

/** Ending is one way for a packet to end. */
export interface Ending {
  /** text is `10.244.1.5:8080`, with ` masqueraded` or not, `rejected`, `dropped` or `nowhere`. */
  readonly text: string;
  readonly weight: number;
  /** listed are the lists of sources that it was put on. */
  readonly listed: readonly string[];
}

/** Outcome of a chain: the packet goes on, or it does not. */
interface Passed {
  readonly packet: Packet;
  readonly how: 'accept' | 'drop' | 'reject' | 'return';
}

/** endingsOf are all the ways for a packet to end. */
export function endingsOf(kernel: Kernel, packet: Packet): readonly Ending[] {
  const endings: Ending[] = [];
  const end = (text: string, { weight, listed }: Packet) => endings.push({ text, weight, listed });
  let alive: readonly Packet[] = [packet];
  const pass = (hook: string, nat = true, only: (packet: Packet) => boolean = () => true) => {
    const aside = alive.filter((each) => !only(each));
    const passed = alive.filter(only).flatMap((each) => hookOf(kernel, hook, each, nat));
    for (const { packet, how } of passed)
      if (how !== 'accept') end(how === 'drop' ? 'dropped' : 'rejected', packet);
    alive = [...aside, ...passed.filter(({ how }) => how === 'accept').map((each) => each.packet)];
  };
  const local = ({ destination, family }: Packet) => isLocal(kernel, destination, family);
  if (packet.own) {
    pass('output');
    pass('postrouting');
    // What the node sends to itself comes in again over lo, with its connection known already.
    pass('prerouting', false, local);
    pass('input', false, local);
  } else {
    pass('prerouting');
    pass('input', true, local);
    pass('forward', true, (each) => !local(each));
    pass('postrouting', true, (each) => !local(each));
  }
  for (const each of alive) {
    if (each.untracked) end('untracked', each);
    else if (!each.translated) end('nowhere', each);
    else end(`${endpointText(each)}${each.masqueraded ? ' masqueraded' : ''}`, each);
  }
  return endings;
}

function hookOf(kernel: Kernel, hook: string, packet: Packet, nat: boolean): readonly Passed[] {
  const bases = kernel.bases.filter((base) => base.hook === hook && (nat || !base.nat));
  const ordered = bases.sort((one, other) => one.priority - other.priority);
  return ordered.reduce<readonly Passed[]>(
    (passed, base) =>
      passed.flatMap((each) => (each.how === 'accept' ? baseOf(kernel, base, each.packet, packet) : [each])),
    [{ packet, how: 'accept' }],
  );
}

/** A chain of nat is asked once for each connection and hook: not when one before it has answered. */
function baseOf(kernel: Kernel, base: Base, packet: Packet, before: Packet): readonly Passed[] {
  const answered = packet.translated !== before.translated || packet.masqueraded !== before.masqueraded;
  if (base.nat && (packet.untracked || answered)) return [{ packet, how: 'accept' }];
  return chainOf(kernel, base.chain, packet).map(({ packet, how }) => {
    if (how === 'return') kernel.seen(base.chain);
    return { packet, how: how === 'return' ? base.policy : how };
  });
}

/** chainOf leads a packet through a chain; `return` is also what falls off its end. */
function chainOf(kernel: Kernel, chain: string, packet: Packet): readonly Passed[] {
  let live: Packet[] = [packet];
  const passed: Passed[] = [];
  const rules = kernel.chains.get(chain) ?? [];
  for (let index = 0; index < rules.length && live.length > 0; index += 1) {
    kernel.seen(`${chain}#${index}`);
    const after: Packet[] = [];
    for (const each of live) ruleOf(kernel, rules[index] ?? [], 0, each, after, passed);
    live = after;
  }
  for (const each of live) passed.push({ packet: each, how: 'return' });
  return passed;
}

/** ruleOf leads a packet through a rule from a step on: after are those that go on behind it, passed the others. */
function ruleOf(
  kernel: Kernel,
  steps: readonly Step[],
  from: number,
  packet: Packet,
  after: Packet[],
  passed: Passed[],
): void {
  for (let index = from; index < steps.length; index += 1) {
    const step = steps[index];
    if (step === undefined) break;
    if ('act' in step) {
      for (const turn of step.act(packet, kernel)) {
        if (turn.go === 'on') ruleOf(kernel, steps, index + 1, turn.packet, after, passed);
        else turnOf(kernel, turn, after, passed);
      }
      return;
    }
    if (!step.holds(packet, kernel)) break;
  }
  after.push(packet);
}

function turnOf(kernel: Kernel, { packet, go, chain = '' }: Turn, after: Packet[], passed: Passed[]): void {
  if (go === 'next' || go === 'on') after.push(packet);
  else if (go === 'jump' || go === 'goto') {
    for (const each of chainOf(kernel, chain, packet)) {
      if (each.how === 'return' && go === 'jump') after.push(each.packet);
      else passed.push(each);
    }
  } else passed.push({ packet, how: go });
}
