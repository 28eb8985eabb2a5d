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

const bare = new WeakMap<JsonObject, string>();

function bareText(object: JsonObject): string {
  const known = bare.get(object);
  if (known !== undefined) return known;
  const { apiVersion: _a, kind: _k, ...rest } = object;
  const text = JSON.stringify(rest);
  bare.set(object, text);
  return text;
}
