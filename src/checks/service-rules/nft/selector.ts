/** The left side of nftables' matches and the keys of its maps: which part of a packet is asked about. */
import { isObject, type JsonObject } from '../../shape.ts';
import type { Field, Step } from '../model.ts';
import { protocolOf } from './elements.ts';
import { insideOf, listOf, soleOf } from './json.ts';
import { chanceOf, type Uniform } from './random.ts';
import type { Scope } from './scope.ts';

/** Selector is a part of a packet. needs are what must hold of a packet that has this part at all. */
export type Selector = { readonly needs: readonly Step[] } & (
  | { readonly part: 'field'; readonly field: Exclude<Field, 'unknown'> | 'sourcePort' }
  | { readonly part: 'inInterface' | 'outInterface' | 'state' | 'status' | 'family' | 'unknown' }
  | { readonly part: 'sourceLocal' | 'destinationLocal' }
  | { readonly part: 'mark'; readonly mask: number }
  | { readonly part: 'random'; readonly uniform: Uniform }
);

const nothing: readonly Step[] = [];
const unknown: Selector = { part: 'unknown', needs: nothing };
const ports = ['tcp', 'udp', 'sctp', 'udplite', 'dccp'];
const icmps = new Map([
  ['icmp', 'icmp'],
  ['icmpv6', 'ipv6-icmp'],
  ['igmp', 'igmp'],
  ['esp', 'esp'],
  ['ah', 'ah'],
]);

/** selectorOf tells which part of a packet an expression is. */
export function selectorOf(scope: Scope, expression: unknown): Selector {
  const [kind, body] = soleOf(expression) ?? [];
  switch (kind) {
    case 'payload':
      return isObject(body) ? payload(scope, body) : unknown;
    case 'meta':
      return isObject(body) ? meta(body.key) : unknown;
    case 'ct':
      return isObject(body) ? conntrack(body) : unknown;
    case 'fib':
      return isObject(body) ? fib(body) : unknown;
    case '&':
      return masked(body);
    case 'numgen': {
      const uniform = chanceOf(expression);
      return uniform === undefined ? unknown : { part: 'random', uniform, needs: nothing };
    }
    default:
      return unknown;
  }
}

function payload(scope: Scope, { protocol, field }: JsonObject): Selector {
  if (protocol === 'ip' || protocol === 'ip6') {
    const needs = scope.isFamily(protocol) ? nothing : [scope.never];
    if (field === 'saddr') return { part: 'field', field: 'source', needs };
    if (field === 'daddr') return { part: 'field', field: 'destination', needs };
    if (field === 'protocol' || field === 'nexthdr') return { part: 'field', field: 'protocol', needs };
    return { part: 'unknown', needs };
  }
  const needs = transport(protocol);
  if (needs === undefined) return unknown;
  if (protocol !== 'th' && !ports.some((each) => each === protocol)) return { part: 'unknown', needs };
  if (field === 'dport') return { part: 'field', field: 'destinationPort', needs };
  if (field === 'sport') return { part: 'field', field: 'sourcePort', needs };
  return { part: 'unknown', needs };
}

/** What must hold of a packet that has a header of such a protocol; `th` is that of any. */
function transport(protocol: unknown): readonly Step[] | undefined {
  if (protocol === 'th') return nothing;
  if (typeof protocol !== 'string') return undefined;
  const name = ports.includes(protocol) ? protocol : icmps.get(protocol);
  return name === undefined ? undefined : [{ match: 'protocol', protocols: [name], negated: false }];
}

function meta(key: unknown): Selector {
  switch (key) {
    case 'l4proto':
      return { part: 'field', field: 'protocol', needs: nothing };
    case 'iifname':
    case 'iif':
      return { part: 'inInterface', needs: nothing };
    case 'oifname':
    case 'oif':
      return { part: 'outInterface', needs: nothing };
    case 'mark':
      return { part: 'mark', mask: 0xffffffff, needs: nothing };
    case 'nfproto':
    case 'protocol':
      return { part: 'family', needs: nothing };
    case 'random':
      return { part: 'random', uniform: { first: 0, count: 2 ** 32 }, needs: nothing };
    default:
      return unknown;
  }
}

function conntrack({ key, dir }: JsonObject): Selector {
  if (dir !== undefined || (key !== 'state' && key !== 'status')) return unknown;
  return { part: key, needs: nothing };
}

/** With an interface beside the address, the kernel asks whether it is an address of that interface: another question. */
function fib({ result, flags }: JsonObject): Selector {
  const [flag, ...more] = listOf(flags);
  if (result !== 'type' || more.length > 0) return unknown;
  if (flag === 'saddr') return { part: 'sourceLocal', needs: nothing };
  return flag === 'daddr' ? { part: 'destinationLocal', needs: nothing } : unknown;
}

function masked(operands: unknown): Selector {
  const [left, right, ...more] = listOf(operands);
  const [number, other] = typeof left === 'number' ? [left, right] : [right, left];
  const key = insideOf(other, 'meta')?.key;
  if (typeof number !== 'number' || more.length > 0 || !Number.isInteger(number)) return unknown;
  if (key === 'mark') return { part: 'mark', mask: number >>> 0, needs: nothing };
  const whole = Math.log2(number + 1);
  if (key !== 'random' || !Number.isInteger(whole) || whole > 32) return unknown;
  return { part: 'random', uniform: { first: 0, count: number + 1 }, needs: nothing };
}

/** Key is what a set with several fields is asked about. */
export interface Key {
  readonly fields: readonly Field[];
  readonly needs: readonly Step[];
}

/** keyOf reads a concatenation, or a single field. Fields that are not understood are `unknown`. */
export function keyOf(scope: Scope, expression: unknown): Key {
  const parts = isObject(expression) && Array.isArray(expression.concat) ? expression.concat : [expression];
  const selectors = parts.map((part: unknown) => selectorOf(scope, part));
  return {
    fields: selectors.map((selector) =>
      selector.part === 'field' && selector.field !== 'sourcePort' ? selector.field : 'unknown',
    ),
    needs: selectors.flatMap(({ needs }) => needs),
  };
}

/** namesOf are names in lower case, of states or protocols; undefined where something else is among them. */
export function namesOf(items: readonly unknown[]): readonly string[] | undefined {
  const names = items.flatMap((item) => (typeof item === 'string' ? (protocolOf(item) ?? []) : []));
  return names.length === items.length ? names : undefined;
}
