/** What can be changed within one rule of nftables: each place in its JSON in turn. */
import { type Change, type Kind, otherProtocol } from './mutation.ts';
import { borders, nextAddress, resized, shifted } from './ranges.ts';

export type Json = { readonly [key: string]: unknown };

/** Names are what targets and sets can be changed to. */
export interface Names {
  chains(name: string): readonly string[];
  sets(name: string): string | undefined;
}

/** objectOf takes a value as an object. */
export function objectOf(value: unknown): Json {
  if (typeof value !== 'object' || value === null) throw new Error(`Not an object: ${JSON.stringify(value)}`);
  return { ...value };
}

/** listOf takes a value as a list; anything else is empty. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** changesOfItem are all changes of one rule. */
export function changesOfItem(rule: Json, names: Names): readonly Change<Json>[] {
  const { expr } = rule;
  const statements = listOf(expr);
  const without = statements.map((_, index): Change<Json> => {
    return { kind: 'part', part: { ...rule, expr: statements.toSpliced(index, 1) } };
  });
  const parts = statements.length > 1 ? without : [];
  const inner = changes(expr, names).map((change) => ({ ...change, part: { ...rule, expr: change.part } }));
  return [...parts, ...inner];
}

type Part = Change<unknown>;

/** changes are those of a value: of it as a whole, and of each of its parts. */
export function changes(value: unknown, names: Names): readonly Part[] {
  if (Array.isArray(value)) return listChanges(value, names);
  if (typeof value !== 'object' || value === null) return [];
  const object = objectOf(value);
  const inside = Object.entries(object).flatMap(([key, part]) =>
    changes(part, names).map((change) => ({ ...change, part: { ...object, [key]: change.part } })),
  );
  return [...wholeChanges(object, names), ...inside];
}

function listChanges(list: readonly unknown[], names: Names): readonly Part[] {
  return list.flatMap((each, index) =>
    changes(each, names).map((change) => ({ ...change, part: list.with(index, change.part) })),
  );
}

function wholeChanges(object: Json, names: Names): readonly Part[] {
  const [key = ''] = Object.keys(object);
  const inner = object[key];
  switch (key) {
    case 'prefix':
      return prefixChanges(objectOf(inner));
    case 'op':
      return matchChanges(object, names);
    case '|':
    case '^':
    case '&':
      return [of('mark', { [key]: listOf(inner).with(1, 32768) })];
    case 'map':
    case 'vmap':
      return mapChanges(key, objectOf(inner), names);
    case 'dnat':
      return typeof objectOf(inner).addr === 'string' ? dnatChanges(objectOf(inner)) : [];
    case 'jump':
    case 'goto':
      return targetChanges(key, String(objectOf(inner).target), names);
    case 'drop':
      return [of('target', { accept: null })];
    case 'reject':
      return [of('target', { drop: null }), of('target', { accept: null })];
    case 'masquerade':
      return [of('target', { accept: null })];
    case 'set':
      return updateChanges(objectOf(inner), names);
    default:
      return [];
  }
}

function of(kind: Kind, part: unknown, sources: readonly string[] = []): Part {
  return { kind, part, sources };
}

function targetChanges(key: string, target: string, names: Names): readonly Part[] {
  const others = names.chains(target).map((other) => of('target', { [key]: { target: other } }));
  return [...others, of('target', { accept: null })];
}

function prefixChanges({ addr, len }: Json): readonly Part[] {
  const range = `${String(addr)}/${Number(len)}`;
  const to = (kind: Kind, other: string) => {
    const [address, length] = other.split('/');
    return of(kind, { prefix: { addr: address, len: Number(length) } }, [
      ...borders(range),
      ...borders(other),
    ]);
  };
  return [to('address', shifted(range)), ...resized(range).map((other) => to('prefix', other))];
}

function matchChanges(match: Json, names: Names): readonly Part[] {
  const { op, right } = match;
  const negated = of('negation', { ...match, op: op === '!=' ? '==' : '!=' });
  if (typeof right !== 'string') return [negated];
  const to = (kind: Kind, other: unknown) => of(kind, { ...match, right: other });
  if (right.startsWith('@')) {
    const other = names.sets(right.slice(1));
    return other === undefined ? [negated] : [negated, to('target', `@${other}`)];
  }
  if (right === 'new') return [negated, to('state', 'established')];
  if (right === 'dnat') return [negated, to('state', 'snat')];
  if (/^(tcp|udp|sctp)$/.test(right)) return [negated, to('protocol', otherProtocol(right))];
  if (/[.:]/.test(right)) return [negated, to('address', nextAddress(right))];
  return [negated];
}

/** A map by random numbers: one number more or less, one left out, two swapped; each branch's own address and port. */
function mapChanges(key: string, map: Json, names: Names): readonly Part[] {
  const { data } = map;
  if (typeof data === 'string') {
    const other = names.sets(data.slice(1));
    return other === undefined ? [] : [of('target', { [key]: { ...map, data: `@${other}` } })];
  }
  const numgen = objectOf(objectOf(map.key).numgen);
  const mod = Number(numgen.mod);
  const elements = listOf(objectOf(data).set);
  const resized = [mod - 1, mod + 1].filter((number) => number > 0);
  const withElements = (kind: Kind, set: readonly unknown[]) =>
    of(kind, { [key]: { ...map, data: { set } } });
  return [
    ...resized.map((number) =>
      of('probability', { [key]: { ...map, key: { numgen: { ...numgen, mod: number } } } }),
    ),
    ...(elements.length > 1
      ? elements.map((_, index) => withElements('delete', elements.toSpliced(index, 1)))
      : []),
    ...elements.slice(1).map((_, index) => withElements('swap', swapped(elements, index))),
    ...elements.slice(1).map((_, index) => withElements('double', copied(elements, index))),
    ...elements.flatMap((element, index) =>
      concatChanges(element).map(({ kind, part }) => withElements(kind, elements.with(index, part))),
    ),
  ];
}

function swapped(elements: readonly unknown[], index: number): readonly unknown[] {
  const [one, two] = [listOf(elements[index]), listOf(elements[index + 1])];
  return elements.with(index, [one[0], two[1]]).with(index + 1, [two[0], one[1]]);
}

function copied(elements: readonly unknown[], index: number): readonly unknown[] {
  const [one, two] = [listOf(elements[index]), listOf(elements[index + 1])];
  return elements.with(index + 1, [two[0], one[1]]);
}

function concatChanges(element: unknown): readonly Part[] {
  const [number, value] = listOf(element);
  const { concat } = objectOf(value);
  if (concat === undefined) return [];
  const [address, port] = listOf(concat);
  return [
    of('address', [number, { concat: [nextAddress(String(address)), port] }]),
    of('port', [number, { concat: [address, Number(port) + 1] }]),
  ];
}

function dnatChanges(dnat: Json): readonly Part[] {
  const address = nextAddress(String(dnat.addr));
  return [
    of('address', { dnat: { ...dnat, addr: address } }),
    of('port', { dnat: { ...dnat, port: Number(dnat.port) + 1 } }),
  ];
}

function updateChanges(set: Json, names: Names): readonly Part[] {
  const other = names.sets(String(set.set).slice(1));
  return other === undefined ? [] : [of('affinity', { set: { ...set, set: `@${other}` } })];
}
