import type { Call } from './call.ts';
import type { JsonObject } from './json.ts';
import type { ServerState } from './state.ts';
export function admitCreate(_state: ServerState, _call: Call, object: JsonObject): JsonObject {
  return object;
}
export function admitUpdate(
  _state: ServerState,
  _call: Call,
  object: JsonObject,
  _old: JsonObject,
): JsonObject {
  return object;
}
export function validateCreate(_state: ServerState, _call: Call, _object: JsonObject): void {}
export function validateUpdate(
  _state: ServerState,
  _call: Call,
  _object: JsonObject,
  _old: JsonObject,
): void {}
