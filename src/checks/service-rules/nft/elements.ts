/** Elements of nftables' sets: addresses, ports, protocols, and the texts by which packets are looked up. */

import { isObject } from '../../shape.ts';
import { type AddressSet, boundOf, type Family, setOf } from '../address-set.ts';
import { addressText } from '../address-text.ts';
import type { ElementSet, PortRange, Verdict } from '../model.ts';
import { elementOf, insideOf, itemsOf, pairOf, rangeOf } from './json.ts';
import type { ListedSet } from './listing.ts';
import { type Scope, unionOf } from './scope.ts';
import { verdictOf } from './verdict.ts';

const exactIPv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/;

/** canonicalOf is an address in its canonical form; undefined for what is none. */
export function canonicalOf(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > 45) return undefined;
  if (exactIPv4.test(text)) return text;
  const bound = text.includes(':') ? boundOf('IPv6', text) : undefined;
  return bound === undefined ? undefined : addressText(bound);
}

/** protocolOf is a protocol by its name, in lower case, as nft knows it or by its number. */
export function protocolOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.toLowerCase();
  if (typeof value !== 'number') return undefined;
  return (
    new Map([
      [1, 'icmp'],
      [6, 'tcp'],
      [17, 'udp'],
      [58, 'ipv6-icmp'],
      [132, 'sctp'],
    ]).get(value) ?? `${value}`
  );
}

/** fieldText is one field of an element as it is looked up; undefined for ranges, prefixes and what is not understood. */
function fieldText(value: unknown): string | undefined {
  if (typeof value === 'number') return `${value}`;
  return canonicalOf(value) ?? (typeof value === 'string' ? value.toLowerCase() : undefined);
}

/** elementText is an element by which packets are looked up: its fields, joined by a space. */
export function elementText(element: unknown): string | undefined {
  const value = elementOf(element);
  const fields = isObject(value) ? value.concat : undefined;
  if (!Array.isArray(fields)) return fieldText(value);
  let text = '';
  for (const [index, field] of fields.entries()) {
    const part = fieldText(elementOf(field));
    if (part === undefined) return undefined;
    text += index === 0 ? part : ` ${part}`;
  }
  return text;
}

/** addressesOf is one address, prefix or range; undefined for anything else, and for another family. */
function addressesOf(family: Family, element: unknown): AddressSet | undefined {
  const value = elementOf(element);
  if (typeof value === 'string') return setOf(family, value);
  const prefix = insideOf(value, 'prefix');
  if (prefix !== undefined) return setOf(family, `${prefix.addr}/${prefix.len}`);
  const range = isObject(value) ? pairOf(value.range) : undefined;
  return range === undefined ? undefined : setOf(family, `${range[0]}-${range[1]}`);
}

/** addressSetOf is the union of elements; undefined as soon as one is not understood. */
export function addressSetOf(family: Family, elements: readonly unknown[]): AddressSet | undefined {
  const sets: AddressSet[] = [];
  for (const element of elements) {
    const set = addressesOf(family, element);
    if (set === undefined) return undefined;
    sets.push(set);
  }
  return unionOf(family, sets);
}

/** portsOf are ports and ranges of ports; undefined as soon as one is not understood. */
export function portsOf(elements: readonly unknown[]): readonly PortRange[] | undefined {
  const ranges = elements.flatMap((element) => {
    const range = rangeOf(elementOf(element));
    return range === undefined ? [] : [range];
  });
  return ranges.length === elements.length ? ranges : undefined;
}

/** protocolsOf are protocols by name; undefined as soon as one is not understood. */
export function protocolsOf(elements: readonly unknown[]): readonly string[] | undefined {
  const names = elements.flatMap((element) => {
    const value = elementOf(element);
    const range = rangeOf(value);
    if (range === undefined) return protocolOf(value) ?? [];
    return Array.from(
      { length: Math.min(256, range[1] - range[0] + 1) },
      (_, i) => protocolOf(range[0] + i) ?? [],
    ).flat();
  });
  return names.length >= elements.length ? names : undefined;
}

/** referredOf are the elements of the right side of a match: of a named set, or of one without a name. */
export function referredOf(scope: Scope, right: unknown): readonly unknown[] {
  return scope.setOf(right)?.elements ?? itemsOf(right);
}

/** namedSetOf reads a named set. Of one that rules put addresses into, what it holds at this moment is left out. */
export function namedSetOf(scope: Scope, set: ListedSet): ElementSet {
  const { name, isMap, timeoutSeconds } = set;
  const id = scope.idOf(name);
  const timeout = timeoutSeconds === undefined ? {} : { timeoutSeconds };
  if (scope.updated.has(name)) return { id, elements: new Map(), ...timeout };
  if (isMap) return { id, ...verdictsOf(scope, set.elements), ...timeout };
  return { id, ...membersOf(scope.family, set.elements), ...timeout };
}

/** membersOf are the elements of a set. */
export function membersOf(family: Family, listed: readonly unknown[]): Omit<ElementSet, 'id'> {
  const elements = new Map<string, undefined>();
  const addresses = addressSetOf(family, listed);
  let partial = false;
  for (const element of listed) {
    const text = elementText(element);
    if (text === undefined) partial = true;
    else elements.set(text, undefined);
  }
  if (addresses !== undefined && listed.length > 0) return { elements, addresses };
  return { elements, ...(partial ? { partial: true } : {}) };
}

/** verdictsOf are the elements of a map with verdicts. Those that let the packet go on are as good as none. */
export function verdictsOf(scope: Scope, listed: readonly unknown[]): Omit<ElementSet, 'id'> {
  const elements = new Map<string, Verdict>();
  let partial = false;
  for (const pair of listed) {
    const [key, value] = pairOf(pair) ?? [];
    const text = elementText(key);
    const verdict = verdictOf(scope, value);
    if (text !== undefined && verdict !== undefined && verdict !== 'continue') elements.set(text, verdict);
    else if (verdict !== 'continue') partial = true;
  }
  return { elements, ...(partial ? { partial: true } : {}) };
}
