/** Sets of addresses as texts: one exact form between node and judge, and one for people. */
import ipaddr from 'ipaddr.js';
import {
  type AddressSet,
  type Bound,
  emptySet,
  type Family,
  fullSet,
  isEmpty,
  isFull,
  lastBound,
} from './address-set.ts';

/** setText writes a set down, one text for one set: `*` for all, `-` for none, else ranges in hexadecimal. */
export function setText(set: AddressSet): string {
  if (isEmpty(set)) return '-';
  if (isFull(set)) return '*';
  let text = '';
  for (const bound of set.bounds) text += text === '' ? bound.toString(16) : `,${bound.toString(16)}`;
  return text;
}

/** setOfText reads what setText wrote; undefined for anything else. */
export function setOfText(family: Family, text: string): AddressSet | undefined {
  if (text === '-') return emptySet(family);
  if (text === '*') return fullSet(family);
  if (text.length > 4096 || !/^[0-9a-f]{1,33}(,[0-9a-f]{1,33})*$/.test(text)) return undefined;
  const bounds = text
    .split(',')
    .map((part) => (family === 'IPv4' ? Number.parseInt(part, 16) : BigInt(`0x${part}`)));
  const ascending = bounds.every((bound, index) => index === 0 || bound > (bounds[index - 1] ?? bound));
  const inRange = (bounds.at(-1) ?? 0) <= lastBound[family];
  return ascending && inRange && bounds.length % 2 === 0 ? { family, bounds } : undefined;
}

/** addressText writes an address in its canonical form. */
export function addressText(bound: Bound): string {
  if (typeof bound === 'number') {
    return [24, 16, 8, 0].map((shift) => Math.floor(bound / 2 ** shift) % 256).join('.');
  }
  const bytes = Array.from({ length: 16 }, (_, index) => Number((bound >> BigInt(120 - 8 * index)) & 255n));
  return new ipaddr.IPv6(bytes).toRFC5952String();
}

/** peopleText writes a set for people: at most three ranges. */
export function peopleText(set: AddressSet): string {
  if (isEmpty(set)) return 'none';
  if (isFull(set)) return 'all';
  const ranges: string[] = [];
  for (let index = 0; index < Math.min(set.bounds.length, 6); index += 2) {
    const [start, end] = [set.bounds[index], set.bounds[index + 1]];
    if (start === undefined || end === undefined) continue;
    const final = typeof end === 'number' ? end - 1 : end - 1n;
    ranges.push(start === final ? addressText(start) : `${addressText(start)}-${addressText(final)}`);
  }
  return `${ranges.join(', ')}${set.bounds.length > 6 ? ', …' : ''}`;
}
