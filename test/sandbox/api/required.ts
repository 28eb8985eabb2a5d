/** What OpenAPI documents say about values of built-in kinds beyond their types: closed lists. */
import { unsupported } from './causes.ts';
import type { Cause } from './errors.ts';
import { isObject, type JsonObject, type JsonValue, listOf } from './json.ts';
import type { Schema } from './schema.ts';

/** enumCauses checks every string that has a closed list of values. Status is left to who writes it. */
export function enumCauses(object: JsonObject, schema: Schema): Cause[] {
  const causes: Cause[] = [];
  for (const [name, value] of Object.entries(object)) {
    const child = schema.property(name);
    if (child && name !== 'status' && name !== 'metadata') walk(value, child, name, causes);
  }
  return causes;
}

function walk(value: JsonValue, schema: Schema, where: string, causes: Cause[]): void {
  if (typeof value === 'string') {
    const known = schema.json.enum;
    if (Array.isArray(known) && value !== '' && !known.includes(value))
      causes.push(unsupported(where, value, listOf(known)));
    return;
  }
  if (Array.isArray(value)) {
    const { items } = schema;
    for (const [index, item] of value.entries()) if (items) walk(item, items, `${where}[${index}]`, causes);
    return;
  }
  if (!isObject(value)) return;
  for (const [name, member] of Object.entries(value)) {
    const child = schema.child(name);
    if (child) walk(member, child, schema.property(name) ? `${where}.${name}` : `${where}[${name}]`, causes);
  }
}
