/** Merging a configuration into a live object, and taking fields out of one, by the schema's list types. */
import { elementOf, isGranularList } from './field-compare.ts';
import { type FieldSet, isEmpty } from './field-set.ts';
import { isObject, type JsonObject, type JsonValue } from './json.ts';
import type { Schema } from './schema.ts';

/** merged puts a configuration over a live value: maps and granular lists merge, all else is replaced. */
export function merged(
  live: JsonValue | undefined,
  configuration: JsonValue,
  schema: Schema | undefined,
): JsonValue {
  if (Array.isArray(configuration)) {
    if (!isGranularList(schema) || !Array.isArray(live)) return configuration;
    return mergedList(live, configuration, schema);
  }
  if (!isObject(configuration) || !isObject(live) || schema?.atomicMap) return configuration;
  const out: JsonObject = { ...live };
  for (const [name, value] of Object.entries(configuration)) {
    if (value === null) delete out[name];
    else out[name] = merged(live[name], value, schema?.child(name));
  }
  return out;
}

function mergedList(live: JsonValue[], configuration: JsonValue[], schema: Schema): JsonValue[] {
  const wanted = new Map(configuration.map((item) => [elementOf(item, schema), item]));
  const out = live.map((item) => {
    const element = elementOf(item, schema);
    const other = wanted.get(element);
    wanted.delete(element);
    if (other === undefined) return item;
    return schema.listType === 'map' ? merged(item, other, schema.items) : item;
  });
  return [...out, ...wanted.values()];
}

/**
 * withoutPaths takes the members of `dropped` out of an object, unless something below them is `owned`. Objects that
 * are left empty go too.
 */
export function withoutPaths(
  object: JsonObject,
  dropped: FieldSet,
  owned: FieldSet,
  schema: Schema,
): JsonObject {
  const left = strip(object, dropped, owned, schema);
  return isObject(left) ? left : {};
}

function strip(
  value: JsonValue,
  dropped: FieldSet,
  owned: FieldSet | undefined,
  schema: Schema | undefined,
): JsonValue | undefined {
  const keeps = owned !== undefined && !isEmpty(owned);
  if (dropped.member && !keeps) return undefined;
  if (dropped.children.size === 0) return value;
  if (Array.isArray(value) && isGranularList(schema)) {
    const out = value.flatMap((item): JsonValue[] => {
      const element = elementOf(item, schema);
      const gone = dropped.children.get(element);
      const left = gone ? strip(item, gone, owned?.children.get(element), schema.items) : item;
      return left === undefined ? [] : [left];
    });
    return out.length > 0 ? out : undefined;
  }
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    const gone = dropped.children.get(`f:${name}`);
    const left = gone ? strip(member, gone, owned?.children.get(`f:${name}`), schema?.child(name)) : member;
    if (left !== undefined) out[name] = left;
  }
  return Object.keys(out).length > 0 ? out : undefined;
}
