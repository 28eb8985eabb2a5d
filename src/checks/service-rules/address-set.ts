/**
 * Sets of addresses of one family, as sorted ranges: what a rule asks of a packet's source or destination, and for which
 * sources a packet meets what. Exact, so that a prefix that is off by one bit is seen.
 */
import ipaddr from 'ipaddr.js';

/** Family is an address family as the Kubernetes API spells it. */
export type Family = 'IPv4' | 'IPv6';

/** Bound is an address as a number: IPv4 as `number`, IPv6 as `bigint`. */
export type Bound = number | bigint;

/**
 * AddressSet is a set of addresses: bounds in ascending order, the first of each range and the first behind it in turn.
 * `[]` is empty; `full` is everything.
 */
export interface AddressSet {
  readonly family: Family;
  readonly bounds: readonly Bound[];
}

/** lastBound is the first bound behind all addresses. */
export const lastBound = { IPv4: 2 ** 32, IPv6: 1n << 128n } as const;
const first = { IPv4: 0, IPv6: 0n } as const;

const everything: Readonly<Record<Family, AddressSet>> = {
  IPv4: { family: 'IPv4', bounds: [first.IPv4, lastBound.IPv4] },
  IPv6: { family: 'IPv6', bounds: [first.IPv6, lastBound.IPv6] },
};
const nothing: Readonly<Record<Family, AddressSet>> = {
  IPv4: { family: 'IPv4', bounds: [] },
  IPv6: { family: 'IPv6', bounds: [] },
};

/** fullSet holds every address of a family. */
export function fullSet(family: Family): AddressSet {
  return everything[family];
}

/** emptySet holds none. */
export function emptySet(family: Family): AddressSet {
  return nothing[family];
}

/** isFull tells whether a set holds every address. */
export function isFull({ family, bounds }: AddressSet): boolean {
  return bounds.length === 2 && bounds[0] === first[family] && bounds[1] === lastBound[family];
}

/** isEmpty tells whether a set holds none. */
export function isEmpty({ bounds }: AddressSet): boolean {
  return bounds.length === 0;
}

/** boundOf reads an address; undefined for what is none, or of another family. */
export function boundOf(family: Family, text: string): Bound | undefined {
  if (family === 'IPv4') return boundOfIPv4(text);
  if (!text.includes(':') || !ipaddr.IPv6.isValid(text)) return undefined;
  return ipaddr.IPv6.parse(text)
    .toByteArray()
    .reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** Written out, as tens of thousands of endpoints are read from the rules of a node. */
function boundOfIPv4(text: string): number | undefined {
  let [sum, byte, digits, dots] = [0, 0, 0, 0];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 46) {
      if (digits === 0 || byte > 255) return undefined;
      sum = sum * 256 + byte;
      byte = 0;
      digits = 0;
      dots += 1;
    } else {
      digits += 1;
      if (code < 48 || code > 57 || digits > 3) return undefined;
      byte = byte * 10 + code - 48;
    }
  }
  return dots === 3 && digits > 0 && byte <= 255 ? sum * 256 + byte : undefined;
}

/** setOf reads an address, a prefix (`10.0.0.0/8`; host bits are ignored) or a range (`10.0.0.1-10.0.0.9`). */
export function setOf(family: Family, text: string): AddressSet | undefined {
  const dash = text.indexOf('-');
  if (dash > 0) return rangeOf(family, text.slice(0, dash), text.slice(dash + 1));
  const slash = text.indexOf('/');
  const base = boundOf(family, slash < 0 ? text : text.slice(0, slash));
  if (base === undefined) return undefined;
  const width = family === 'IPv4' ? 32 : 128;
  const length = slash < 0 ? width : prefixLength(text.slice(slash + 1), width);
  if (length === undefined) return undefined;
  return typeof base === 'number' ? block4(base, length) : block6(base, length);
}

/** A mask of another form than a length (`255.255.0.0`) is read where it is one of a prefix. */
function prefixLength(text: string, width: number): number | undefined {
  if (/^\d{1,3}$/.test(text)) {
    const length = Number(text);
    return length <= width ? length : undefined;
  }
  const mask = width === 32 ? boundOfIPv4(text) : undefined;
  if (mask === undefined) return undefined;
  const length = 32 - Math.log2(2 ** 32 - mask);
  return Number.isInteger(length) ? length : undefined;
}

function block4(base: number, length: number): AddressSet {
  const size = 2 ** (32 - length);
  const start = Math.floor(base / size) * size;
  return { family: 'IPv4', bounds: [start, start + size] };
}

function block6(base: bigint, length: number): AddressSet {
  const size = 1n << BigInt(128 - length);
  const start = (base / size) * size;
  return { family: 'IPv6', bounds: [start, start + size] };
}

function rangeOf(family: Family, from: string, to: string): AddressSet | undefined {
  const [start, end] = [boundOf(family, from), boundOf(family, to)];
  if (start === undefined || end === undefined || end < start) return undefined;
  return { family, bounds: [start, after(end)] };
}

function after(bound: Bound): Bound {
  return typeof bound === 'number' ? bound + 1 : bound + 1n;
}

/** complement holds what a set does not. */
export function complement({ family, bounds }: AddressSet): AddressSet {
  const inner = bounds[0] === first[family] ? bounds.slice(1) : [first[family], ...bounds];
  return {
    family,
    bounds: inner.at(-1) === lastBound[family] ? inner.slice(0, -1) : [...inner, lastBound[family]],
  };
}

/** intersection holds what both do. */
export function intersection(one: AddressSet, other: AddressSet): AddressSet {
  if (isFull(one) || isEmpty(other)) return other;
  if (isFull(other) || isEmpty(one)) return one;
  return swept(one, other, inBoth);
}

/** union holds what either does. */
export function union(one: AddressSet, other: AddressSet): AddressSet {
  if (isFull(one) || isEmpty(other)) return one;
  if (isFull(other) || isEmpty(one)) return other;
  return swept(one, other, inEither);
}

/** difference holds what the first does and the second does not. */
export function difference(one: AddressSet, other: AddressSet): AddressSet {
  if (isEmpty(other) || isEmpty(one)) return one;
  if (isFull(one)) return complement(other);
  return swept(one, other, inFirst);
}

/** sameSet tells whether two sets hold the same. */
export function sameSet(one: AddressSet, other: AddressSet): boolean {
  return (
    one === other ||
    (one.bounds.length === other.bounds.length &&
      one.bounds.every((bound, index) => bound === other.bounds[index]))
  );
}

/** holds tells whether an address is in a set. */
export function holds({ bounds }: AddressSet, address: Bound): boolean {
  let [low, high] = [0, bounds.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bounds[middle] ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  return low % 2 === 1;
}

/** Which sides of a bound count, by whether they are in the first set (1) and in the second (2). */
const inBoth = [false, false, false, true] as const;
const inEither = [false, true, true, true] as const;
const inFirst = [false, true, false, false] as const;

/** A sweep over the bounds of both. */
function swept(one: AddressSet, other: AddressSet, counts: readonly boolean[]): AddressSet {
  const bounds: Bound[] = [];
  const [firsts, seconds] = [one.bounds, other.bounds];
  let i = 0;
  let j = 0;
  let inside = false;
  for (;;) {
    const a = firsts[i];
    const b = seconds[j];
    const next = b === undefined || (a !== undefined && a <= b) ? a : b;
    if (next === undefined) break;
    if (a === next) i += 1;
    if (b === next) j += 1;
    const now = counts[(i & 1) + 2 * (j & 1)] === true;
    if (now !== inside) bounds.push(next);
    inside = now;
  }
  return { family: one.family, bounds };
}
