/** placeholder */
import type { Call } from './call.ts';
import type { JsonObject } from './json.ts';
import type { ServerState } from './state.ts';

/** trackUpdate */
export function trackUpdate(
  _state: ServerState,
  _call: Call,
  object: JsonObject,
  _old: JsonObject | undefined,
): JsonObject {
  return object;
}
