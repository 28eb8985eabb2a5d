/** Custom objects against their structural schema: pruning, defaulting, and all that validates them. */
import { invalidValue } from './causes.ts';
import { celCauses, hasCelRules } from './cel-rules.ts';
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

/** blocking are the reasons after which a real server runs no CEL rules. */
const blocking: ReadonlySet<string> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

const unchecked =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

/** customCauses is all that is wrong with a custom object; of a schema with CEL rules it says if they were not run. */
export function customCauses(object: JsonObject, schema: Schema, old?: JsonObject): Cause[] {
  const { metadata: _, ...rest } = object;
  const causes = [...structuralCauses(rest, schema, '', old), ...listCauses(rest, schema, '')];
  if (!hasCelRules(schema)) return causes;
  return causes.some(({ reason }) => blocking.has(reason))
    ? [...causes, invalidValue('<nil>', null, unchecked)]
    : [...causes, ...celCauses(object, schema, old)];
}
