/** What a create, an update or a patch does to the ownership of fields. */
import type { Call } from './call.ts';
import { type Comparison, compare, emptyLike } from './field-compare.ts';
import { difference, isEmpty, union } from './field-set.ts';
import { isObject, type JsonObject, objectOf } from './json.ts';
import { type Manager, managersOf, newManager, ownable, sameManager, withManagers } from './managers.ts';
import type { Schema } from './schema.ts';
import type { ServerState } from './state.ts';

/** comparison tells what a request changes, in fields that can be owned. */
export function comparison(
  call: Call,
  old: JsonObject | undefined,
  next: JsonObject,
  schema: Schema,
): Comparison {
  const { apiVersion, kind } = next;
  const nothing = call.resource.crdVersion ? { metadata: {} } : emptyLike(schema);
  const before = old ?? { ...nothing, apiVersion: apiVersion ?? '', kind: kind ?? '' };
  const { added, modified, removed } = compare(withoutManaged(before), withoutManaged(next), schema);
  return { added: ownable(call, added), modified: ownable(call, modified), removed: ownable(call, removed) };
}

function withoutManaged(object: JsonObject): JsonObject {
  const { managedFields: _, ...metadata } = objectOf(object.metadata);
  return { ...object, metadata };
}

/** A client may edit managedFields itself (kubectl does, to migrate); an empty list stops the tracking. */
function given(object: JsonObject, old: JsonObject | undefined): Manager[] {
  const fields = objectOf(object.metadata).managedFields;
  return Array.isArray(fields) && old ? managersOf(object) : managersOf(old);
}

/** trackUpdate gives changed fields to the caller and takes them from everybody else. */
export function trackUpdate(
  state: ServerState,
  call: Call,
  object: JsonObject,
  old: JsonObject | undefined,
): JsonObject {
  const schema = state.schemas.of(call.resource);
  if (!schema) return object;
  const managers = given(object, old);
  const reset = old && isReset(object);
  if (reset) return withManagers(object, []);
  const change = comparison(call, old, object, schema);
  const taken = union(change.added, change.modified);
  const mine = newManager(call, 'Update', taken);
  const lost = union(taken, change.removed);
  const others = managers
    .filter((manager) => !sameManager(manager, mine))
    .map((manager) => ({ ...manager, fields: difference(manager.fields, lost) }));
  const before = managers.find((manager) => sameManager(manager, mine));
  if (!before) return withManagers(object, [...others, mine]);
  const fields = union(difference(before.fields, change.removed), taken);
  const time = isEmpty(taken) ? before.time : mine.time;
  return withManagers(object, [...others, { ...before, fields, time }]);
}

/** `managedFields: [{}]` means: forget who owns what. */
function isReset(object: JsonObject): boolean {
  const fields = objectOf(object.metadata).managedFields;
  if (!Array.isArray(fields)) return false;
  const [only] = fields;
  return fields.length === 1 && isObject(only) && Object.keys(only).length === 0;
}
