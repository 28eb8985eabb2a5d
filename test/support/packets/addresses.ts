/** Addresses as numbers, read and written the plain way. */
import type { Address } from './packet.ts';

/** addressOf reads an IPv4 or IPv6 address. */
export function addressOf(text: string): Address {
  if (!text.includes(':')) return digits(text.split('.').map(Number), 8n);
  const [left = '', right] = text.split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  if (right === undefined) return digits(groups(left), 16n);
  const [head, tail] = [groups(left), groups(right)];
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => 0);
  return digits([...head, ...zeros, ...tail], 16n);
}

function digits(numbers: readonly number[], width: bigint): Address {
  return numbers.reduce((sum, number) => (sum << width) | BigInt(number), 0n);
}

/** addressText writes an address; of IPv6 all eight groups. */
export function addressText(address: Address, family: 4 | 6): string {
  const [count, width] = family === 4 ? [4, 8n] : [8, 16n];
  const parts = Array.from({ length: count }, (_, index) => {
    const shift = width * BigInt(count - 1 - index);
    return Number((address >> shift) & ((1n << width) - 1n));
  });
  return family === 4 ? parts.join('.') : parts.map((part) => part.toString(16)).join(':');
}

/** Range is from its first address to its last. */
export type Range = readonly [Address, Address];

/** rangeOf reads an address or a prefix. */
export function rangeOf(text: string): Range {
  const [base = '', length] = text.split('/');
  const bits = base.includes(':') ? 128 : 32;
  const free = BigInt(bits - Number(length ?? bits));
  const first = (addressOf(base) >> free) << free;
  return [first, first + (1n << free) - 1n];
}

/** within tells whether an address is in a range. */
export function within(address: Address, [first, last]: Range): boolean {
  return first <= address && address <= last;
}
