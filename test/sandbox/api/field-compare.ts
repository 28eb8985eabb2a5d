/** Which fields an object has, and which differ between two (sigs.k8s.io/structured-merge-diff). */
import { childSet, emptySet, type FieldSet } from './field-set.ts';
import { equal, isObject, type JsonObject, type JsonValue } from './json.ts';
import { keyOfItem } from './list-types.ts';
import type { Schema } from './schema.ts';

/** Comparison is how one object became another. */
export interface Comparison {
  added: FieldSet;
  modified: FieldSet;
  removed: FieldSet;
}

/** elementOf is the path element of an item of a set or map list. */
export function elementOf(item: JsonValue, schema: Schema): string {
  if (schema.listType === 'set') return `v:${JSON.stringify(item)}`;
  const key = keyOfItem(item, schema);
  const sorted = Object.fromEntries(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `k:${JSON.stringify(sorted)}`;
}

/** isGranularList tells a list whose items have owners of their own from an atomic one. */
export function isGranularList(schema: Schema | undefined): schema is Schema {
  return schema !== undefined && (schema.listType === 'set' || schema.listType === 'map');
}

/** fieldsOf is the set of fields that a configuration speaks of. */
export function fieldsOf(value: JsonObject, schema: Schema): FieldSet {
  const set = emptySet();
  collect(value, schema, set);
  return set;
}

function collect(value: JsonValue, schema: Schema | undefined, set: FieldSet): void {
  if (Array.isArray(value)) {
    if (!isGranularList(schema)) set.member = true;
    else {
      for (const item of value) {
        const child = childSet(set, elementOf(item, schema));
        child.member = true;
        if (schema.listType === 'map') collect(item, schema.items, child);
      }
    }
    return;
  }
  if (!isObject(value) || schema?.atomicMap) {
    set.member = true;
    return;
  }
  for (const [name, member] of Object.entries(value)) {
    const child = childSet(set, `f:${name}`);
    const hollow = member === null || (isObject(member) && Object.keys(member).length === 0);
    if (hollow || !schema?.property(name)) child.member = true;
    collect(member, schema?.child(name), child);
  }
}

/** emptyLike is what an object has before anybody set anything: the structs that Go always has, and its nil lists. */
export function emptyLike(schema: Schema | undefined): JsonObject {
  const out: JsonObject = {};
  for (const name of schema?.propertyNames ?? []) {
    const child = schema?.property(name);
    if (child?.isStruct && isObject(child.default)) out[name] = emptyLike(child);
    else if (child?.type === 'array' && schema?.requiredFields.includes(name)) out[name] = null;
  }
  return out;
}

/** compare tells which fields were added, changed and removed. */
export function compare(old: JsonObject, next: JsonObject, schema: Schema): Comparison {
  const comparison = { added: emptySet(), modified: emptySet(), removed: emptySet() };
  walk(old, next, schema, comparison, []);
  return comparison;
}

function mark(set: FieldSet, path: string[]): void {
  path.reduce(childSet, set).member = true;
}

function leaf(
  old: JsonValue | undefined,
  next: JsonValue | undefined,
  result: Comparison,
  path: string[],
): void {
  if (old === undefined) mark(result.added, path);
  else if (next === undefined) mark(result.removed, path);
  else if (!equal(old, next)) mark(result.modified, path);
}

function isNil(value: JsonValue | undefined): boolean {
  return value === undefined || value === null;
}

function isHollow(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null) return true;
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

function walk(
  old: JsonValue | undefined,
  next: JsonValue | undefined,
  schema: Schema | undefined,
  result: Comparison,
  path: string[],
): void {
  if (old === next) return;
  const list = Array.isArray(next ?? old);
  const object = isObject(next ?? old);
  const sameKind =
    isNil(old) ||
    isNil(next) ||
    (Array.isArray(old) === Array.isArray(next) && isObject(old) === isObject(next));
  const granular = sameKind && ((list && isGranularList(schema)) || (object && !schema?.atomicMap));
  if (!granular || (isHollow(old) && isHollow(next))) {
    leaf(old, next, result, path);
    return;
  }
  if (list && schema) walkList(old, next, schema, result, path);
  else walkMap(old, next, schema, result, path);
  if (path.length === 0) return;
  if (old === undefined) mark(result.added, path);
  else if (next === undefined) mark(result.removed, path);
}

function walkMap(
  old: JsonValue | undefined,
  next: JsonValue | undefined,
  schema: Schema | undefined,
  result: Comparison,
  path: string[],
): void {
  const before = isObject(old) ? old : {};
  const after = isObject(next) ? next : {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    walk(before[name], after[name], schema?.child(name), result, [...path, `f:${name}`]);
  }
}

function indexed(list: JsonValue | undefined, schema: Schema): Map<string, JsonValue> {
  return new Map((Array.isArray(list) ? list : []).map((item) => [elementOf(item, schema), item]));
}

function walkList(
  old: JsonValue | undefined,
  next: JsonValue | undefined,
  schema: Schema,
  result: Comparison,
  path: string[],
): void {
  const before = indexed(old, schema);
  const after = indexed(next, schema);
  for (const element of new Set([...before.keys(), ...after.keys()])) {
    const inside = schema.listType === 'map' ? schema.items : undefined;
    walk(before.get(element), after.get(element), inside, result, [...path, element]);
  }
}
