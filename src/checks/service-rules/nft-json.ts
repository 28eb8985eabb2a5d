/** Narrowing of what `nft -j` prints, of which no version promises another one's form. */
import { isObject, type JsonObject } from '../shape.ts';

/** Broken is thrown where a listing contradicts itself, so that it cannot be trusted; it never leaves the reader. */
export class Broken extends Error {}

/** soleOf is the key and the value of an object that has one: nft's statements and expressions. */
export function soleOf(value: unknown): readonly [string, unknown] | undefined {
  if (!isObject(value)) return undefined;
  for (const key in value) return [key, value[key]];
  return undefined;
}

/** insideOf is the object under a key of an object: `payload` of `{"payload": {…}}`. */
export function insideOf(value: unknown, key: string): JsonObject | undefined {
  const inside = isObject(value) ? value[key] : undefined;
  return isObject(inside) ? inside : undefined;
}

/** listOf is an array as it is; anything else is a list of its own: newer versions print what is single as itself. */
export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** pairOf is an array of two, as a range and an element of a map are. */
export function pairOf(value: unknown): readonly [unknown, unknown] | undefined {
  return Array.isArray(value) && value.length === 2 ? [value[0], value[1]] : undefined;
}

/** elementOf takes an element out of what its comment, timeout and counter come with. */
export function elementOf(value: unknown): unknown {
  const wrapped = insideOf(value, 'elem');
  return wrapped !== undefined && 'val' in wrapped ? wrapped.val : value;
}

/** itemsOf is what the right side of a match holds: the elements of an anonymous set, the flags of a list, or itself. */
export function itemsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const sole = soleOf(value);
  return sole !== undefined && (sole[0] === 'set' || sole[0] === '|') ? listOf(sole[1]) : [value];
}

/** rangeOf is a whole number or a range of such, both ends included. */
export function rangeOf(value: unknown): readonly [number, number] | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? [value, value] : undefined;
  const [from, to] = (isObject(value) ? pairOf(value.range) : undefined) ?? [];
  const fits = typeof from === 'number' && typeof to === 'number' && from <= to;
  return fits && Number.isInteger(from) && Number.isInteger(to) ? [from, to] : undefined;
}

/** cutJson writes JSON down until it is as long as told; the rest is never looked at. */
export function cutJson(value: unknown, most: number): string {
  const whole = begun(value, most);
  return whole.length > most ? `${whole.slice(0, most - 1)}…` : whole;
}

/** What comes back is longer than `most` where something was left out. */
function begun(value: unknown, most: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, most + 1));
  if (typeof value !== 'object' || value === null) return String(value);
  const [open, close, parts] = Array.isArray(value)
    ? ['[', ']', value.values()]
    : ['{', '}', Object.entries(value)];
  let text = open;
  for (const part of parts) {
    if (text.length > most) return text;
    if (text !== open) text += ',';
    if (open === '{') text += `${JSON.stringify(part[0])}:`;
    text += begun(open === '{' ? part[1] : part, most - text.length);
  }
  return text + close;
}
