/** Sets of fields as managedFields has them (FieldsV1): a tree of path elements, some of which are members. */
import { isObject, type JsonObject } from './json.ts';

/** FieldSet is a node; its children are named `f:member`, `k:{"key":…}` or `v:value`. */
export interface FieldSet {
  member: boolean;
  children: Map<string, FieldSet>;
}

/** emptySet is a set without members. */
export function emptySet(): FieldSet {
  return { member: false, children: new Map() };
}

/** childSet is the child of that name, made where it is missing. */
export function childSet(set: FieldSet, element: string): FieldSet {
  let child = set.children.get(element);
  if (!child) {
    child = emptySet();
    set.children.set(element, child);
  }
  return child;
}

/** isEmpty tells whether a set has no member. */
export function isEmpty(set: FieldSet): boolean {
  return !set.member && [...set.children.values()].every(isEmpty);
}

/** fromFieldsV1 reads a `fieldsV1`. */
export function fromFieldsV1(value: JsonObject): FieldSet {
  const set = emptySet();
  const names = Object.keys(value);
  set.member = names.length === 0 || names.includes('.');
  for (const [name, child] of Object.entries(value)) {
    if (name !== '.' && isObject(child)) set.children.set(name, fromFieldsV1(child));
  }
  return set;
}

/** toFieldsV1 writes a `fieldsV1`; its names are in order, as the real server's are. */
export function toFieldsV1(set: FieldSet): JsonObject {
  const out: JsonObject = {};
  const children = [...set.children]
    .filter(([, child]) => !isEmpty(child))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (set.member && children.length > 0) out['.'] = {};
  for (const [name, child] of children) out[name] = toFieldsV1(child);
  return out;
}

function combine(
  a: FieldSet | undefined,
  b: FieldSet | undefined,
  member: (a: boolean, b: boolean) => boolean,
): FieldSet {
  const out = emptySet();
  out.member = member(a?.member ?? false, b?.member ?? false);
  for (const name of new Set([...(a?.children.keys() ?? []), ...(b?.children.keys() ?? [])])) {
    const child = combine(a?.children.get(name), b?.children.get(name), member);
    if (!isEmpty(child)) out.children.set(name, child);
  }
  return out;
}

/** union has the members of both. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (x, y) => x || y);
}

/** difference has the members of the first that are not in the second. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (x, y) => x && !y);
}

/** intersection has the members that are in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (x, y) => x && y);
}

/** sameSet compares two sets. */
export function sameSet(a: FieldSet, b: FieldSet): boolean {
  return isEmpty(difference(a, b)) && isEmpty(difference(b, a));
}

/** members lists the paths of all members, parents before children. */
export function members(set: FieldSet, path: string[] = []): string[][] {
  const own = set.member && path.length > 0 ? [path] : [];
  return [...own, ...[...set.children].flatMap(([name, child]) => members(child, [...path, name]))];
}

/** subset keeps the part of a set below a first element, or everything but that part. */
export function subset(set: FieldSet, keep: (element: string) => boolean): FieldSet {
  const out = emptySet();
  for (const [name, child] of set.children) if (keep(name)) out.children.set(name, child);
  return out;
}

/** pathText writes a path as conflicts show it: `.spec.containers[name="x"].image`. */
export function pathText(path: string[]): string {
  return path
    .map((element) => {
      const rest = element.slice(2);
      if (element.startsWith('f:')) return `.${rest}`;
      if (element.startsWith('v:')) return `[=${rest}]`;
      const keys: unknown = JSON.parse(rest);
      const parts = Object.entries(Object(keys)).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
      return `[${parts.join(',')}]`;
    })
    .join('');
}
