/** JSON text of stored objects, kept: an object is never changed, and many clients ask for the same one. */
import type { JsonObject } from './json.ts';
import type { Page } from './list.ts';

const texts = new WeakMap<JsonObject, string>();

/** textOf is an object as JSON. */
export function textOf(object: JsonObject): string {
  const known = texts.get(object);
  if (known !== undefined) return known;
  const text = JSON.stringify(object);
  texts.set(object, text);
  return text;
}

/** pageText is a list as JSON. Items of built-in kinds have no apiVersion and kind there, as on a real server. */
export function pageText(page: Page, custom: boolean): string {
  const { items, ...head } = page;
  const texts = items.map((item) => (custom ? textOf(item) : bareText(item)));
  return `${JSON.stringify(head).slice(0, -1)},"items":[${texts.join(',')}]}`;
}

/** Stored objects begin with apiVersion and kind, so that both can be cut off their text. */
function bareText(object: JsonObject): string {
  const { apiVersion, kind } = object;
  const head = JSON.stringify({ apiVersion, kind }).slice(0, -1);
  const text = textOf(object);
  if (text.startsWith(`${head},`)) return `{${text.slice(head.length + 1)}`;
  const { apiVersion: _a, kind: _k, ...rest } = object;
  return JSON.stringify(rest);
}
