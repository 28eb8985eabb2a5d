/** Custom objects against their structural schema: pruning, defaulting, and all that validates them. */
import { celCauses } from './cel-rules.ts';
import type { Cause } from './errors.ts';
import { clone, isObject, type JsonObject, type JsonValue } from './json.ts';
import { listCauses } from './list-types.ts';
import type { Schema } from './schema.ts';
import { structuralCauses } from './structural.ts';

/** pruned drops what a schema does not know, and names it. */
export function pruned(object: JsonObject, schema: Schema): { object: JsonObject; unknown: string[] } {
  const unknown: string[] = [];
  const kept = prune(object, schema, '', unknown, schema.preserveUnknown);
  return { object: isObject(kept) ? kept : {}, unknown };
}

function prune(
  value: JsonValue,
  schema: Schema | undefined,
  where: string,
  unknown: string[],
  keep: boolean,
): JsonValue {
  if (Array.isArray(value)) {
    const items = schema?.items;
    return value.map((item, index) => prune(item, items, `${where}[${index}]`, unknown, keep));
  }
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    const child = schema?.child(name);
    const field = where ? `${where}.${name}` : name;
    const known = child || keep || (schema?.embedded && embeddedMembers.includes(name));
    if (!known) unknown.push(field);
    else out[name] = prune(member, child, field, unknown, child ? child.preserveUnknown : keep);
  }
  return out;
}

const embeddedMembers = ['apiVersion', 'kind', 'metadata'];

/** defaulted fills in defaults; a null where null is not allowed counts as absent when there is a default. */
export function defaulted(value: JsonValue, schema: Schema): JsonValue {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.map((item) => defaulted(item, items)) : value;
  }
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    const child = schema.child(name);
    if (member === null && child && !child.nullable && schema.property(name)) continue;
    out[name] = child ? defaulted(member, child) : member;
  }
  for (const name of schema.propertyNames) {
    const child = schema.property(name);
    if (!Object.hasOwn(out, name) && child?.default !== undefined) {
      out[name] = defaulted(clone(child.default), child);
    }
  }
  return out;
}

/** customCauses is all that is wrong with a custom object. CEL rules run only where the schema itself is satisfied. */
export function customCauses(object: JsonObject, schema: Schema, old?: JsonObject): Cause[] {
  const { metadata: _, ...rest } = object;
  const causes = [...structuralCauses(rest, schema, '', old), ...listCauses(rest, schema, '')];
  return causes.length > 0 ? causes : celCauses(object, schema, old);
}
