/** A plain reader of `nft -j list ruleset`: only the forms that kube-proxy's table has, all else is an error. */
import { addressOf, addressText, type Range, rangeOf, within } from './addresses.ts';
import {
  type Act,
  type Base,
  isLocal,
  type Kernel,
  type NamedSet,
  type Packet,
  type Step,
  type Turn,
} from './packet.ts';

type Json = { readonly [key: string]: unknown };

/** kernelOfNft reads the table kube-proxy of one family. */
export function kernelOfNft(text: string, family: 4 | 6, addresses: readonly string[]): Kernel {
  const ruleset: unknown = JSON.parse(text);
  const own = family === 4 ? 'ip' : 'ip6';
  const bases: Base[] = [];
  const chains = new Map<string, (readonly Step[])[]>();
  const sets = new Map<string, NamedSet>();
  for (const item of listOf(objectOf(ruleset).nftables)) {
    const [kind = '', content] = Object.entries(objectOf(item))[0] ?? [];
    const object = objectOf(content);
    if (object.family !== own || object.table !== 'kube-proxy') continue;
    if (kind === 'chain') {
      chains.set(textOf(object.name), []);
      if (object.hook !== undefined) bases.push(baseOf(object));
    } else if (kind === 'rule') {
      chains.get(textOf(object.chain))?.push(listOf(object.expr).map((each) => statement(objectOf(each))));
    } else if (kind === 'set' || kind === 'map') sets.set(textOf(object.name), setOf(object));
  }
  return { bases, chains, sets, addresses: new Set(addresses.map(addressOf)), seen: () => {} };
}

function baseOf({ name, hook, type, prio, policy }: Json): Base {
  return {
    chain: textOf(name),
    hook: textOf(hook),
    nat: type === 'nat',
    priority: Number(prio),
    policy: policy === 'drop' ? 'drop' : 'accept',
  };
}

function objectOf(value: unknown): Json {
  if (typeof value !== 'object' || value === null) throw new Error(`Not an object: ${JSON.stringify(value)}`);
  return { ...value };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`Not a text: ${JSON.stringify(value)}`);
  return value;
}

function setOf(object: Json): NamedSet {
  const elements = new Map<string, Act | undefined>();
  for (const element of listOf(object.elem)) {
    if (object.map === undefined) elements.set(keyText(element), undefined);
    else {
      const [key, value] = listOf(element);
      elements.set(keyText(key), verdict(objectOf(value)));
    }
  }
  return typeof object.timeout === 'number' ? { elements, timeout: object.timeout } : { elements };
}

/** keyText is one text for one element: addresses as numbers, parts joined. */
function keyText(element: unknown): string {
  if (typeof element !== 'object' || element === null) return partText(element);
  const { concat, elem } = objectOf(element);
  if (elem !== undefined) return keyText(objectOf(elem).val);
  return listOf(concat).map(partText).join(' ');
}

function partText(part: unknown): string {
  const text = String(part);
  return /^[0-9.]+\.[0-9]+$|:/.test(text) ? `@${addressOf(text)}` : text;
}

function verdict(object: Json): Act {
  const [go = '', content] = Object.entries(object)[0] ?? [];
  if (go === 'accept' || go === 'drop' || go === 'return') return (packet) => [{ packet, go }];
  if (go === 'jump' || go === 'goto') {
    const chain = textOf(objectOf(content).target);
    return (packet) => [{ packet, go, chain }];
  }
  throw new Error(`The simulator does not know the verdict ${JSON.stringify(object)}`);
}

function statement(object: Json): Step {
  const [kind = '', content] = Object.entries(object)[0] ?? [];
  return kind === 'match' ? matchStep(objectOf(content)) : { act: actOf(kind, content, object) };
}

function actOf(kind: string, content: unknown, object: Json): Act {
  switch (kind) {
    case 'counter':
      return (packet) => [{ packet, go: 'on' }];
    case 'mangle':
      return mangleAct(objectOf(objectOf(content).value));
    case 'vmap':
      return vmapAct(objectOf(content));
    case 'dnat':
      return dnatAct(objectOf(content));
    case 'set':
      return updateAct(textOf(objectOf(content).set).slice(1));
    case 'masquerade':
      return (packet) => [{ packet: { ...packet, masqueraded: true }, go: 'accept' }];
    case 'reject':
      return (packet) => [{ packet, go: 'reject' }];
    default:
      return verdict(object);
  }
}

/** fieldText is the text of a packet's field as keyText writes it. */
function fieldText(field: Json, packet: Packet, kernel: Kernel): string {
  if (field.concat !== undefined)
    return listOf(field.concat)
      .map((each) => fieldText(objectOf(each), packet, kernel))
      .join(' ');
  if (field['&'] !== undefined) {
    const [inner, mask] = listOf(field['&']);
    return String((Number(fieldText(objectOf(inner), packet, kernel)) & Number(mask)) >>> 0);
  }
  if (field.fib !== undefined) {
    const side = listOf(objectOf(field.fib).flags)[0] === 'daddr' ? packet.destination : packet.source;
    return isLocal(kernel, side, packet.family) ? 'local' : 'unicast';
  }
  const { protocol = '', field: name, key } = objectOf(field.payload ?? field.meta ?? field.ct);
  switch (String(name ?? key)) {
    case 'saddr':
      return `@${packet.source}`;
    case 'daddr':
      return `@${packet.destination}`;
    case 'dport':
      return String(packet.port);
    case 'l4proto':
      return packet.protocol;
    case 'mark':
      return String(packet.mark);
    case 'iifname':
      return packet.inInterface;
    default:
      throw new Error(`The simulator does not know the field ${String(protocol)} ${JSON.stringify(field)}`);
  }
}

function matchStep({ op, left, right }: Json): Step {
  const holds = matcher(objectOf(left), right);
  return { holds: op === '!=' ? (packet, kernel) => !holds(packet, kernel) : holds };
}

function matcher(left: Json, right: unknown): (packet: Packet, kernel: Kernel) => boolean {
  if (left.ct !== undefined) {
    const { key } = objectOf(left.ct);
    if (key === 'state') return ({ untracked }) => right === (untracked ? 'untracked' : 'new');
    return ({ translated }) => right === 'dnat' && translated;
  }
  if (typeof right === 'string' && right.startsWith('@')) {
    const name = right.slice(1);
    return (packet, kernel) => isIn(name, fieldText(left, packet, kernel), packet, kernel);
  }
  if (typeof right === 'object' && right !== null) {
    const { set } = objectOf(right);
    const ranges = (set === undefined ? [right] : listOf(set)).map(rangeIn);
    const source = objectOf(left.payload).field === 'saddr';
    return (packet) => ranges.some((range) => within(source ? packet.source : packet.destination, range));
  }
  const wanted = partText(right);
  return (packet, kernel) => fieldText(left, packet, kernel) === wanted;
}

/** rangeIn reads a prefix, or an address alone. */
function rangeIn(value: unknown): Range {
  if (typeof value === 'string') return rangeOf(value);
  const { addr, len } = objectOf(objectOf(value).prefix);
  return rangeOf(`${textOf(addr)}/${Number(len)}`);
}

function isIn(name: string, key: string, { remembered }: Packet, kernel: Kernel): boolean {
  kernel.seen(`set ${name}`);
  const set = kernel.sets.get(name);
  if (set?.timeout !== undefined) return (remembered.get(name) ?? Number.POSITIVE_INFINITY) <= set.timeout;
  return set?.elements.has(key) === true;
}

function mangleAct(value: Json): Act {
  const [operator = '', content] = Object.entries(value)[0] ?? [];
  const bits = Number(listOf(content)[1]);
  return (packet) => {
    const mark =
      operator === '|' ? packet.mark | bits : operator === '^' ? packet.mark ^ bits : packet.mark & bits;
    return [{ packet: { ...packet, mark: mark >>> 0 }, go: 'on' }];
  };
}

function vmapAct({ key, data }: Json): Act {
  const field = objectOf(key);
  if (field.numgen !== undefined) {
    const branches = branchesOf(field.numgen, data, (value) => verdict(objectOf(value)));
    return (packet, kernel) => taken(packet, kernel, branches);
  }
  const name = textOf(data).slice(1);
  return (packet, kernel) => {
    kernel.seen(`set ${name}`);
    const found = kernel.sets.get(name)?.elements.get(fieldText(field, packet, kernel));
    return found?.(packet, kernel) ?? [{ packet, go: 'on' }];
  };
}

/** branchesOf are what each number of numgen leads to; a number that is in no element leaves the rule. */
function branchesOf(numgen: unknown, data: unknown, read: (value: unknown) => Act): readonly Act[] {
  const { mod, offset } = objectOf(numgen);
  const elements = new Map(
    listOf(objectOf(data).set).map((element) => {
      const [number, value] = listOf(element);
      return [Number(number), read(value)] as const;
    }),
  );
  const leaves: Act = (packet) => [{ packet, go: 'next' }];
  return Array.from(
    { length: Number(mod) },
    (_, index) => elements.get(index + Number(offset ?? 0)) ?? leaves,
  );
}

function taken(packet: Packet, kernel: Kernel, branches: readonly Act[]): readonly Turn[] {
  return branches.flatMap((branch) => branch({ ...packet, weight: packet.weight / branches.length }, kernel));
}

function dnatAct({ addr, port }: Json): Act {
  if (typeof addr === 'string') return dnatTo(addr, Number(port));
  const { key, data } = objectOf(objectOf(addr).map);
  const branches = branchesOf(objectOf(key).numgen, data, (value) => {
    const [address, number] = listOf(objectOf(value).concat);
    return dnatTo(textOf(address), Number(number));
  });
  return (packet, kernel) => taken(packet, kernel, branches);
}

function dnatTo(address: string, port: number): Act {
  const destination = addressOf(address);
  return (packet) => [{ packet: { ...packet, destination, port, translated: true }, go: 'accept' }];
}

function updateAct(name: string): Act {
  return (packet) => [{ packet: { ...packet, listed: [...packet.listed, name] }, go: 'on' }];
}

/** endpointText writes `ip:port`. */
export function endpointText(packet: Packet): string {
  const address = addressText(packet.destination, packet.family);
  return packet.family === 4 ? `${address}:${packet.port}` : `[${address}]:${packet.port}`;
}
