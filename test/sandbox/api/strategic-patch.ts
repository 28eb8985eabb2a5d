/** Strategic merge patches: merge patches that know which lists merge, and by which key, from the OpenAPI documents. */
import { badRequest } from './errors.ts';
import { equal, isObject, type JsonObject, type JsonValue, listOf } from './json.ts';
import type { Schema } from './schema.ts';

/** strategicMerge applies a strategic merge patch. */
export function strategicMerge(
  target: JsonValue | undefined,
  patch: JsonObject,
  schema: Schema | undefined,
): JsonObject {
  if (patch.$patch === 'replace') return without(patch);
  if (patch.$patch === 'delete') return {};
  const base: JsonObject = isObject(target) ? { ...target } : {};
  const retain = patch.$retainKeys;
  if (Array.isArray(retain))
    for (const name of Object.keys(base)) if (!retain.includes(name)) delete base[name];
  for (const [name, value] of Object.entries(patch)) {
    if (name === '$retainKeys' || name === '$patch') continue;
    if (name.startsWith('$deleteFromPrimitiveList/')) {
      const list = name.slice('$deleteFromPrimitiveList/'.length);
      base[list] = listOf(base[list]).filter((item) => !listOf(value).some((gone) => equal(gone, item)));
    } else if (name.startsWith('$setElementOrder/')) {
    } else if (value === null) {
      delete base[name];
    } else {
      base[name] = member(base[name], value, schema?.child(name));
    }
  }
  return ordered(base, patch, schema);
}

function without(patch: JsonObject): JsonObject {
  const { $patch: _, ...rest } = patch;
  return rest;
}

function member(before: JsonValue | undefined, value: JsonValue, schema: Schema | undefined): JsonValue {
  if (isObject(value)) {
    return schema?.patchStrategies.includes('replace')
      ? without(value)
      : strategicMerge(before, value, schema);
  }
  if (!Array.isArray(value)) return value;
  if (!schema?.patchStrategies.includes('merge'))
    return value.filter((item) => !(isObject(item) && item.$patch));
  return schema.mergeKey ? mergeByKey(listOf(before), value, schema) : mergeScalars(listOf(before), value);
}

function mergeScalars(before: JsonValue[], added: JsonValue[]): JsonValue[] {
  return [...before, ...added.filter((item) => !before.some((known) => equal(known, item)))];
}

function mergeByKey(before: JsonValue[], patch: JsonValue[], schema: Schema): JsonValue[] {
  const key = schema.mergeKey;
  const directive = patch.find((item) => isObject(item) && item.$patch === 'replace');
  if (directive) return patch.filter((item) => item !== directive);
  const out = [...before];
  for (const item of patch) {
    if (!isObject(item)) throw badRequest(`expected an object with the merge key ${key}`);
    if (item[key] === undefined)
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    const at = out.findIndex((other) => isObject(other) && equal(other[key], item[key]));
    if (item.$patch === 'delete') {
      if (at >= 0) out.splice(at, 1);
    } else if (at >= 0) out[at] = strategicMerge(out[at], item, schema.items);
    else out.push(strategicMerge({}, item, schema.items));
  }
  return out;
}

/** ordered puts lists into the order that `$setElementOrder` asks for; items that it does not name keep their place. */
function ordered(object: JsonObject, patch: JsonObject, schema: Schema | undefined): JsonObject {
  const out = { ...object };
  for (const [name, order] of Object.entries(patch)) {
    if (!name.startsWith('$setElementOrder/')) continue;
    const list = name.slice('$setElementOrder/'.length);
    const key = schema?.child(list)?.mergeKey ?? '';
    const wanted = listOf(order).map((item) => (isObject(item) ? item[key] : item));
    const position = (item: JsonValue) =>
      wanted.findIndex((other) => equal(other, isObject(item) ? item[key] : item));
    const items = listOf(out[list]);
    const named = items.filter((item) => position(item) >= 0).sort((a, b) => position(a) - position(b));
    const others = items.filter((item) => position(item) < 0);
    if (Array.isArray(out[list])) out[list] = [...named, ...others];
  }
  return out;
}
