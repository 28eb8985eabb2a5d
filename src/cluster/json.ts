/** Narrowing of JSON that came from outside: every function answers for any input, none throws. */

/** JsonObject is a JSON object of which nothing is known. */
export type JsonObject = { readonly [field: string]: unknown };

/** isObject tells a JSON object from lists, null and scalars. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** objectAt follows a path of fields; where it ends early the answer is an empty object. */
export function objectAt(value: unknown, ...path: readonly string[]): JsonObject {
  let at: unknown = value;
  for (const field of path) at = isObject(at) ? at[field] : undefined;
  return isObject(at) ? at : {};
}

/** textOf is the value if it is a string, else empty. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** optionalText is the value if it is a string that is not empty. */
export function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** numberOf is the value if it is a finite number. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** objectsOf is the list's objects; anything else in it, or no list, is left out. */
export function objectsOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** textsOf is the list's strings. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** textMapOf is the object's fields that hold strings: labels, annotations, selectors. */
export function textMapOf(value: unknown): Readonly<Record<string, string>> {
  const pairs = Object.entries(objectAt(value)).filter((pair): pair is [string, string] => {
    return typeof pair[1] === 'string';
  });
  return Object.fromEntries(pairs);
}
