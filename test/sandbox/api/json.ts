/** Reading JSON of unknown shape: every accessor answers undefined where the value is not of that type. */
import type { JsonValue } from '../client.ts';

export type { JsonValue };

/** JsonObject is a JSON object. Stored objects are never changed in place: a change makes a new one. */
export type JsonObject = { [key: string]: JsonValue };

/** parseJson parses text; it throws SyntaxError as JSON.parse does. */
export function parseJson(text: string): JsonValue {
  const value: JsonValue = JSON.parse(text);
  return value;
}

/** isObject tells a JSON object from null, arrays and scalars. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** objectOf is the value if it is an object, else an empty one. */
export function objectOf(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** listOf is the value if it is a list, else an empty one. */
export function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** objectsOf keeps the objects of a list. */
export function objectsOf(value: JsonValue | undefined): JsonObject[] {
  return listOf(value).filter(isObject);
}

/** stringsOf keeps the strings of a list. */
export function stringsOf(value: JsonValue | undefined): string[] {
  return listOf(value).filter((item) => typeof item === 'string');
}

/** stringOf is the value if it is a string, else ''. */
export function stringOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** numberOf is the value if it is a number, else undefined. */
export function numberOf(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** stringMapOf keeps the string members of an object: labels, annotations, data. */
export function stringMapOf(value: JsonValue | undefined): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [key, item] of Object.entries(objectOf(value))) if (typeof item === 'string') out[key] = item;
  return out;
}

/** at follows a path of keys and list indexes. */
export function at(value: JsonValue | undefined, ...path: (string | number)[]): JsonValue | undefined {
  let here: JsonValue | undefined = value;
  for (const step of path) {
    if (typeof step === 'number') here = Array.isArray(here) ? here[step] : undefined;
    else here = isObject(here) && Object.hasOwn(here, step) ? here[step] : undefined;
  }
  return here;
}

/** withAt returns a copy of `object` with the value at a path of keys set, or removed when it is undefined. */
export function withAt(object: JsonObject, path: string[], value: JsonValue | undefined): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) return isObject(value) ? value : object;
  const next = rest.length > 0 ? withAt(objectOf(object[key]), rest, value) : value;
  const { [key]: _, ...others } = object;
  return next === undefined ? others : { ...object, [key]: next };
}

/** clone copies a JSON value deeply. */
export function clone<T extends JsonValue>(value: T): T {
  return structuredClone(value);
}

/** equal compares two JSON values; the order of members does not count. */
export function equal(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => equal(item, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]))
  );
}
