/** Narrowing of what `nft -j` prints, of which no version promises another one's form. */
import { isObject, type JsonObject } from '../../shape.ts';

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
  const parts: string[] = [];
  write(value, most, parts);
  const whole = parts.join('');
  return whole.length > most ? `${whole.slice(0, most - 1)}…` : whole;
}

/** write adds the parts of a value, more than `left` characters where something was left out, and is what is left then. */
function write(value: unknown, left: number, parts: string[]): number {
  if (Array.isArray(value)) return writeItems(value, left, parts);
  if (isObject(value)) return writeFields(value, left, parts);
  return written(typeof value === 'string' ? quoted(value.slice(0, left + 1)) : String(value), left, parts);
}

function written(text: string, left: number, parts: string[]): number {
  parts.push(text);
  return left - text.length;
}

function writeItems(items: readonly unknown[], most: number, parts: string[]): number {
  let left = written('[', most, parts);
  for (let index = 0; index < items.length && left >= 0; index += 1) {
    if (index > 0) left = written(',', left, parts);
    left = write(items[index], left, parts);
  }
  return written(']', left, parts);
}

function writeFields(fields: JsonObject, most: number, parts: string[]): number {
  let left = most;
  let before = '{';
  for (const key in fields) {
    if (left < 0) break;
    left = written(before, left, parts);
    left = written(`${quoted(key)}:`, left, parts);
    left = write(fields[key], left, parts);
    before = ',';
  }
  return written(before === '{' ? '{}' : '}', left, parts);
}

/** Most words of nft need no escape, and asking costs less than escaping. */
function quoted(text: string): string {
  return /^[\w .:/@-]*$/.test(text) ? `"${text}"` : JSON.stringify(text);
}
