/** Admission: what changes a request before validation, and what may refuse it after. */
import { admitPod } from './admission-pods.ts';
import { checkPolicies } from './admission-policies.ts';
import type { Call } from './call.ts';
import { ApiError, forbidden, notFound } from './errors.ts';
import { at, type JsonObject, stringOf } from './json.ts';
import { checkPodSecurity } from './pod-security.ts';
import { checkQuota } from './quota.ts';
import { type ServerState, stored } from './state.ts';

function isPod(call: Call): boolean {
  return call.resource.group === '' && call.resource.plural === 'pods';
}

/** A namespace must be there, and nothing new comes into one that is being terminated. */
function checkNamespace(state: ServerState, call: Call, object: JsonObject): void {
  if (!call.resource.namespaced) return;
  const namespace = stored(state, '/namespaces', '', call.namespace);
  if (!namespace) throw notFound({ group: '', plural: 'namespaces' }, call.namespace);
  if (at(namespace, 'metadata', 'deletionTimestamp') === undefined) return;
  const name = stringOf(at(object, 'metadata', 'name'));
  const why = `unable to create new content in namespace ${call.namespace} because it is being terminated`;
  const error = forbidden(call.resource, name, why);
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${call.namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  throw new ApiError(error.code, error.reason, error.message, { ...error.details, causes: [cause] });
}

/** admitCreate runs the mutating part of admission on a new object. */
export function admitCreate(state: ServerState, call: Call, object: JsonObject): JsonObject {
  checkNamespace(state, call, object);
  return isPod(call) ? admitPod(state, call, object) : object;
}

/** admitUpdate runs the mutating part of admission on an update. */
export function admitUpdate(
  _state: ServerState,
  _call: Call,
  object: JsonObject,
  _old: JsonObject,
): JsonObject {
  return object;
}

/** validateCreate runs the validating part of admission on a new object; it throws what refuses it. */
export function validateCreate(state: ServerState, call: Call, object: JsonObject): void {
  checkPodSecurity(state, call, object);
  checkPolicies(state, call, 'CREATE', object, undefined);
  checkQuota(state, call, object);
}

/** validateUpdate runs the validating part of admission on an update. */
export function validateUpdate(state: ServerState, call: Call, object: JsonObject, old: JsonObject): void {
  if (call.subresource === '') checkPodSecurity(state, call, object);
  checkPolicies(state, call, 'UPDATE', object, old);
}

/** validateDelete runs the validating part of admission on a deletion. */
export function validateDelete(state: ServerState, call: Call, old: JsonObject): void {
  checkPolicies(state, call, 'DELETE', undefined, old);
}
