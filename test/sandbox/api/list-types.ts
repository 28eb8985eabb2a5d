/** `x-kubernetes-list-type`: sets and maps have no item twice. */
import { duplicate } from './causes.ts';
import type { Cause } from './errors.ts';
import { equal, isObject, type JsonObject, type JsonValue } from './json.ts';
import type { Schema } from './schema.ts';

/** keyOfItem is the part of a list-map item that identifies it; keys that are missing take their default. */
export function keyOfItem(item: JsonValue, schema: Schema): JsonObject {
  const out: JsonObject = {};
  if (!isObject(item)) return out;
  for (const key of schema.listKeys) {
    const value = item[key] ?? schema.items?.property(key)?.default;
    if (value !== undefined) out[key] = value;
  }
  return out;
}

/** listCauses looks for items that are there twice. */
export function listCauses(value: JsonValue, schema: Schema, where: string): Cause[] {
  const causes: Cause[] = [];
  if (Array.isArray(value)) {
    const { items } = schema;
    if (schema.listType !== 'atomic') causes.push(...repeated(value, schema, where));
    for (const [index, item] of value.entries()) {
      if (items) causes.push(...listCauses(item, items, `${where}[${index}]`));
    }
  } else if (isObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      const child = schema.child(name);
      const inside = schema.property(name) ? (where ? `${where}.${name}` : name) : `${where}[${name}]`;
      if (child) causes.push(...listCauses(member, child, inside));
    }
  }
  return causes;
}

function repeated(list: JsonValue[], schema: Schema, where: string): Cause[] {
  const identity = (item: JsonValue) => (schema.listType === 'map' ? keyOfItem(item, schema) : item);
  const keys = list.map(identity);
  return keys.flatMap((key, index) =>
    keys.findIndex((other) => equal(other, key)) < index ? [duplicate(`${where}[${index}]`, key)] : [],
  );
}
