/** A plain reader of iptables-save: one option after the other, whatever is not known is an error. */
import { addressOf, rangeOf, within } from './addresses.ts';
import { type Act, type Base, isLocal, type Kernel, type Packet, type Step, type Turn } from './packet.ts';

const priorities: Readonly<Record<string, number>> = {
  raw: -300,
  mangle: -150,
  nat: -100,
  filter: 0,
  security: 50,
};

/** Lines are read once: mutated texts share most of them. */
const known = new Map<string, readonly Step[]>();

/** kernelOfIptables reads what iptables-save or ip6tables-save wrote. */
export function kernelOfIptables(text: string, addresses: readonly string[]): Kernel {
  const bases: Base[] = [];
  const chains = new Map<string, (readonly Step[])[]>();
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    else if (line.startsWith(':')) {
      const [name = '', policy = '-'] = line.slice(1).split(' ');
      chains.set(`${table}/${name}`, []);
      if (policy !== '-') bases.push(baseOf(table, name, policy));
    } else if (line.startsWith('-A ')) {
      const [, name = ''] = line.split(' ', 2);
      chains.get(`${table}/${name}`)?.push(rule(table, line));
    }
  }
  return { bases, chains, sets: new Map(), addresses: new Set(addresses.map(addressOf)), seen: () => {} };
}

function baseOf(table: string, name: string, policy: string): Base {
  const late = table === 'nat' && (name === 'POSTROUTING' || name === 'INPUT');
  return {
    chain: `${table}/${name}`,
    hook: name.toLowerCase(),
    nat: table === 'nat',
    priority: late ? 100 : (priorities[table] ?? 0),
    policy: policy === 'DROP' ? 'drop' : 'accept',
  };
}

function rule(table: string, line: string): readonly Step[] {
  const key = `${table} ${line}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const steps = stepsOf(table, wordsOf(line).slice(2));
  known.set(key, steps);
  return steps;
}

function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '');
}

function act(acts: Act): Step {
  return { act: acts };
}

/** when is a question: a packet that it does not hold for goes to the next rule. */
function when(holds: (packet: Packet, kernel: Kernel) => boolean, not: boolean): Step {
  return { holds: not ? (packet, kernel) => !holds(packet, kernel) : holds };
}

function stepsOf(table: string, words: readonly string[]): readonly Step[] {
  const steps: Step[] = [];
  let [index, not] = [0, false];
  const next = (): string => words[++index] ?? '';
  let recent: { readonly set: boolean; seconds: number; name: string } | undefined;
  for (; index < words.length; index += 1) {
    const word = words[index];
    if (word === '!') {
      not = true;
      continue;
    }
    if (word === '-m') {
      if (recent !== undefined) steps.push(recentStep(recent));
      recent = undefined;
      next();
    } else if (word === '--comment' || word === '--nfacct-name' || word === '--mask') next();
    else if (word === '--rsource' || word === '--reap') continue;
    else if (word === '--set' || word === '--rcheck')
      recent = { set: word === '--set', seconds: Infinity, name: '' };
    else if (word === '--seconds' && recent !== undefined) recent.seconds = Number(next());
    else if (word === '--name' && recent !== undefined) recent.name = next();
    else if (word === '-j' || word === '-g') {
      if (recent !== undefined) steps.push(recentStep(recent));
      recent = undefined;
      steps.push(targetOf(table, words.slice(index + 1), word === '-g'));
      break;
    } else steps.push(questionOf(word ?? '', next(), not));
    not = false;
  }
  if (recent !== undefined) steps.push(recentStep(recent));
  return steps;
}

function questionOf(word: string, value: string, not: boolean): Step {
  const range = word === '-s' || word === '-d' ? rangeOf(value) : undefined;
  switch (word) {
    case '-s':
      return when(({ source }) => range !== undefined && within(source, range), not);
    case '-d':
      return when(({ destination }) => range !== undefined && within(destination, range), not);
    case '-i':
      return when(({ inInterface }) => named(inInterface, value), not);
    case '-p':
      return when(({ protocol }) => protocol === value, not);
    case '--dport':
      return when(({ port }) => port === Number(value), not);
    case '--dst-type':
      return when((packet, kernel) => isLocal(kernel, packet.destination, packet.family), not);
    case '--src-type':
      return when((packet, kernel) => isLocal(kernel, packet.source, packet.family), not);
    case '--ctstate':
      return when((packet) => value.split(',').some((state) => statesOf(packet).includes(state)), not);
    case '--mark':
      return when(({ mark }) => masked(mark, value), not);
    case '--mode':
      return { holds: () => true };
    case '--probability':
      return act((packet) => [
        { packet: { ...packet, weight: packet.weight * Number(value) }, go: 'on' },
        { packet: { ...packet, weight: packet.weight * (1 - Number(value)) }, go: 'next' },
      ]);
    default:
      throw new Error(`The simulator does not know ${word} ${value}`);
  }
}

function named(name: string, pattern: string): boolean {
  return pattern.endsWith('+') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function statesOf({ untracked, translated }: Packet): readonly string[] {
  if (untracked) return ['UNTRACKED'];
  return translated ? ['NEW', 'DNAT'] : ['NEW'];
}

function masked(mark: number, text: string): boolean {
  const [value, mask = 0xffffffff] = text.split('/').map(Number);
  return (mark & mask) >>> 0 === value;
}

function recentStep({ set, seconds, name }: { set: boolean; seconds: number; name: string }): Step {
  if (set) return act((packet) => [{ packet: { ...packet, listed: [...packet.listed, name] }, go: 'on' }]);
  return when(({ remembered }) => (remembered.get(name) ?? Infinity) <= seconds, false);
}

function targetOf(table: string, [target = '', ...options]: readonly string[], goes: boolean): Step {
  switch (target) {
    case 'ACCEPT':
    case 'DROP':
    case 'REJECT':
    case 'RETURN':
      return act((packet) => [{ packet, go: verdicts[target] }]);
    case 'MARK':
      return markStep(options);
    case 'MASQUERADE':
      return act((packet) => [{ packet: { ...packet, masqueraded: true }, go: 'accept' }]);
    case 'NOTRACK':
      return act((packet) => [{ packet: { ...packet, untracked: true }, go: 'on' }]);
    case 'DNAT':
      return dnatStep(options[1] ?? '');
    default:
      return act((packet) => [{ packet, go: goes ? 'goto' : 'jump', chain: `${table}/${target}` }]);
  }
}

const verdicts = {
  ACCEPT: 'accept',
  DROP: 'drop',
  REJECT: 'reject',
  RETURN: 'return',
} as const satisfies Record<string, Turn['go']>;

/** `--set-xmark value/mask`: the bits of the mask are cleared, then value is xored in. */
function markStep([option = '', text = '']: readonly string[]): Step {
  if (option !== '--set-xmark') throw new Error(`The simulator does not know MARK ${option}`);
  const [value = 0, mask = 0xffffffff] = text.split('/').map(Number);
  return act((packet) => [{ packet: { ...packet, mark: ((packet.mark & ~mask) ^ value) >>> 0 }, go: 'on' }]);
}

function dnatStep(text: string): Step {
  const match = /^\[?([0-9a-f.:]+?)\]?:(\d+)$/.exec(text);
  if (match === null) throw new Error(`The simulator does not know DNAT to ${text}`);
  const [destination, port] = [addressOf(match[1] ?? ''), Number(match[2])];
  return act((packet) => [{ packet: { ...packet, destination, port, translated: true }, go: 'accept' }]);
}
