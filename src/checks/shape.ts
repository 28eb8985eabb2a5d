/** Narrowing of unknown JSON: what everything that comes from outside goes through before it is believed. */

/** JsonObject is a JSON object of which nothing is known yet. */
export type JsonObject = { readonly [field: string]: unknown };

/** isObject tells a JSON object from an array, null and the rest. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** isText tells a string of at most `longest` UTF-16 units. */
export function isText(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value.length <= longest;
}

/** isWhole tells an integer within bounds, both included. */
export function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

/** isList tells an array of at most `longest` items that all pass `item`. */
export function isList<T>(
  value: unknown,
  longest: number,
  item: (value: unknown) => value is T,
): value is readonly T[] {
  return Array.isArray(value) && value.length <= longest && value.every((each) => item(each));
}

/** deepest is how deep the JSON of a question or an answer may be nested. */
const deepest = 24;

/**
 * parseJson reads JSON text that may be hostile: undefined for what is not JSON, or is nested deeper than anything
 * of ours. The depth is counted before anything is built, so that nobody downstream walks a tower of brackets.
 */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  if (depthOf(text) > deepest) return undefined;
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function depthOf(text: string): number {
  let depth = 0;
  let most = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text[i];
    if (unit === '"') quoted = !quoted;
    else if (quoted) i += unit === '\\' ? 1 : 0;
    else if (unit === '[' || unit === '{') depth += 1;
    else if (unit === ']' || unit === '}') depth -= 1;
    most = Math.max(most, depth);
  }
  return most;
}
