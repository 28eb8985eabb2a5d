/** Matches of nftables → questions of the model. */

import { isObject } from '../../shape.ts';
import { complement } from '../address-set.ts';
import type { Match } from '../model.ts';
import { addressSetOf, membersOf, portsOf, protocolsOf, referredOf } from './elements.ts';
import { cutJson, elementOf } from './json.ts';
import { likelihoodOf } from './random.ts';
import type { Scope, Way } from './scope.ts';
import { keyOf, namesOf, type Selector, selectorOf } from './selector.ts';

/** forever is the time, in seconds, that stands for a list that forgets nobody. */
export const forever = 999_999;

/** matchWays are the ways on which a packet passes a match; undefined where it is not understood. */
export function matchWays(
  scope: Scope,
  op: unknown,
  left: unknown,
  right: unknown,
): readonly Way[] | undefined {
  if (isObject(left) && 'concat' in left) return elementWays(scope, op, left, right);
  const selector = selectorOf(scope, left);
  if (selector.needs.includes(scope.never)) return [[scope.never]];
  const ways = askedWays(scope, selector, op, right);
  if (selector.needs.length === 0) return ways;
  const unknown: Way = [{ match: 'unknown', text: cutJson({ op, left, right }, 120) }];
  return (ways ?? [unknown]).map((way) => [...selector.needs, ...way]);
}

/** negation tells whether a comparison is for equality or against; undefined for others. */
function negation(op: unknown): boolean | undefined {
  if (op === '==' || op === 'in' || op === undefined) return false;
  return op === '!=' || op === '!' ? true : undefined;
}

function askedWays(
  scope: Scope,
  selector: Selector,
  op: unknown,
  right: unknown,
): readonly Way[] | undefined {
  if (selector.part === 'random') {
    const probability = likelihoodOf(selector.uniform, op, right);
    return probability === undefined ? undefined : [[{ match: 'random', probability }]];
  }
  if (selector.part === 'mark') return markWays(selector.mask, op, referredOf(scope, right));
  const negated = negation(op);
  if (selector.part === 'field') return fieldWays(scope, selector.field, op, negated, right);
  if (negated === undefined) return undefined;
  const items = referredOf(scope, right);
  switch (selector.part) {
    case 'inInterface':
    case 'outInterface':
      return interfaceWays(selector.part, items, negated);
    case 'state':
      return stateWays(items, negated);
    case 'status':
      return op === 'in' || op === '!' ? statusWays(items, negated) : undefined;
    case 'family':
      return familyWays(scope, items, negated);
    case 'sourceLocal':
    case 'destinationLocal':
      return localWays(selector.part, items, negated);
    default:
      return undefined;
  }
}

type FieldName = Extract<Selector, { part: 'field' }>['field'];

function fieldWays(
  scope: Scope,
  field: FieldName,
  op: unknown,
  negated: boolean | undefined,
  right: unknown,
): readonly Way[] | undefined {
  if (field === 'destinationPort' || field === 'sourcePort') {
    const ranges = comparedPorts(op, referredOf(scope, right));
    return ranges === undefined ? undefined : [[{ match: field, ranges, negated: negated === true }]];
  }
  if (negated === undefined) return undefined;
  if (field === 'protocol') {
    const protocols = protocolsOf(referredOf(scope, right));
    return protocols === undefined ? undefined : [[{ match: 'protocol', protocols, negated }]];
  }
  const named = scope.setOf(right);
  if (named !== undefined && scope.updated.has(named.name)) {
    if (field !== 'source' || negated) return undefined;
    const seconds = Math.min(named.timeoutSeconds ?? forever, forever);
    return [[{ match: 'remembered', list: scope.idOf(named.name), seconds }]];
  }
  const set = addressSetOf(scope.family, referredOf(scope, right));
  if (set !== undefined) return [[{ match: field, set: negated ? complement(set) : set }]];
  if (named === undefined) return undefined;
  return [[{ match: 'element', key: [field], set: scope.idOf(named.name), negated }]];
}

function comparedPorts(op: unknown, items: readonly unknown[]) {
  const [bound] = items;
  if (negation(op) !== undefined) return portsOf(items);
  if (typeof bound !== 'number' || items.length > 1) return undefined;
  const below = op === '<' || op === '<=' ? ([[0, op === '<' ? bound - 1 : bound]] as const) : undefined;
  const above = op === '>' || op === '>=' ? ([[op === '>' ? bound + 1 : bound, 65_535]] as const) : undefined;
  const [range] = below ?? above ?? [];
  return range === undefined || range[0] > range[1] ? undefined : [range];
}

/** A mark can be changed by what follows, so that only one value can be asked for; against several is one after another. */
function markWays(mask: number, op: unknown, items: readonly unknown[]): readonly Way[] | undefined {
  const values = items.flatMap((item) => {
    const value = elementOf(item);
    return typeof value === 'number' && Number.isInteger(value) ? [value >>> 0] : [];
  });
  const [value, ...more] = values;
  if (value === undefined || values.length !== items.length) return undefined;
  if (op === 'in' || op === '!') {
    if (more.length > 0) return undefined;
    return [[{ match: 'mark', mask: (mask & value) >>> 0, value: 0, negated: op === 'in' }]];
  }
  const negated = negation(op);
  if (negated === undefined || (more.length > 0 && !negated)) return undefined;
  return [values.map((each): Match => ({ match: 'mark', mask, value: each, negated }))];
}

function interfaceWays(match: 'inInterface' | 'outInterface', items: readonly unknown[], negated: boolean) {
  const asked = items.flatMap((item): readonly Match[] => {
    const name = elementOf(item);
    return typeof name === 'string' ? [{ match, name, negated }] : [];
  });
  if (asked.length !== items.length) return undefined;
  return negated ? [asked] : asked.map((each) => [each]);
}

function stateWays(items: readonly unknown[], negated: boolean): readonly Way[] | undefined {
  const states = namesOf(items.map(elementOf))?.map((state) => state.toUpperCase());
  return states === undefined ? undefined : [[{ match: 'state', states, negated }]];
}

/** Of the bits of a connection's status, the model knows two; any of the others is not understood. */
function statusWays(items: readonly unknown[], negated: boolean): readonly Way[] | undefined {
  const states = namesOf(items)?.map((state) => state.toUpperCase());
  const known = states?.every((state) => state === 'DNAT' || state === 'SNAT');
  return states === undefined || !known ? undefined : [[{ match: 'state', states, negated }]];
}

function familyWays(scope: Scope, items: readonly unknown[], negated: boolean): readonly Way[] | undefined {
  const names = namesOf(items);
  if (names === undefined) return undefined;
  return names.some((name) => scope.isFamily(name)) === negated ? [[scope.never]] : [[]];
}

const remote = new Set([
  'unicast',
  'unreachable',
  'blackhole',
  'prohibit',
  'throw',
  'nat',
  'xresolve',
  'unspec',
]);

/** No Service and no endpoint has an address for many, so that `local` beside `multicast` asks for local alone. */
function localWays(
  match: 'sourceLocal' | 'destinationLocal',
  items: readonly unknown[],
  negated: boolean,
): readonly Way[] | undefined {
  const names = namesOf(items.map(elementOf));
  if (names === undefined || !names.includes('local')) return undefined;
  return names.some((name) => remote.has(name)) ? undefined : [[{ match, negated }]];
}

function elementWays(scope: Scope, op: unknown, left: unknown, right: unknown): readonly Way[] | undefined {
  const negated = negation(op);
  const named = scope.setOf(right);
  if (negated === undefined || (named !== undefined && scope.updated.has(named.name))) return undefined;
  const { fields, needs } = keyOf(scope, left);
  const set =
    named === undefined
      ? scope.keep(membersOf(scope.family, referredOf(scope, right)))
      : scope.idOf(named.name);
  return [[...needs, { match: 'element', key: fields, set, negated }]];
}
