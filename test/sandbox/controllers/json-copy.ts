import type { JsonValue } from '../client.ts';

/** jsonOf is a typed value as plain JSON, which patches are made of. */
export function jsonOf(value: object): JsonValue {
  const copy: JsonValue = JSON.parse(JSON.stringify(value));
  return copy;
}
