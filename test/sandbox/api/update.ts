/** Replacing an object, whole or one subresource of it: optimistic locking, generation, finalizers. */
import { admitUpdate, validateUpdate } from './admission.ts';
import { decodeObject } from './body.ts';
import { type Call, isDryRun } from './call.ts';
import { hasStatus, type Manage, toStorage, validationCauses } from './create.ts';
import { badRequest, conflict, invalid, notFound } from './errors.ts';
import { convert } from './event-versions.ts';
import { equal, type JsonObject, listOf, objectOf, stringOf } from './json.ts';
import { strategyOf } from './kinds.ts';
import { trackUpdate } from './managed-fields.ts';
import { metadataUpdateCauses, sameButVersions, updatedMetadata } from './metadata.ts';
import { checkSize } from './object-size.ts';
import { inVersion, present, type ServerState } from './state.ts';
import { collectionOf } from './store.ts';

/** currentObject is the object that a request names; it throws 404. */
export function currentObject(state: ServerState, call: Call): JsonObject {
  const found = present(state, call.resource, call.namespace, call.name);
  if (!found) throw notFound(call.resource, call.name);
  return inVersion(call.resource, found, convert);
}

/** updateObject answers PUT. */
export function updateObject(state: ServerState, call: Call): JsonObject {
  const next = decodeObject(state, call, call.body);
  const name = stringOf(objectOf(next.metadata).name);
  if (name !== call.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${call.name})`);
  }
  const namespace = stringOf(objectOf(next.metadata).namespace);
  if (namespace && namespace !== call.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  return replaceObject(state, call, currentObject(state, call), next);
}

/** replaceObject stores `next` in place of `old`, as far as the request's subresource lets it. */
export function replaceObject(
  state: ServerState,
  call: Call,
  old: JsonObject,
  next: JsonObject,
  manage: Manage = trackUpdate,
): JsonObject {
  const { resource } = call;
  checkVersion(call, old, next);
  let object = scoped(call, old, { ...next, metadata: updatedMetadata(next, old) });
  object = manage(state, call, object, old);
  object = admitUpdate(state, call, object, old);
  if (call.subresource === '') object = strategyOf(resource).prepareUpdate?.(object, old, state) ?? object;
  object = withGeneration(call, object, old);
  const causes = [
    ...metadataUpdateCauses(object, old),
    ...validationCauses(state, call, object, old),
    ...(strategyOf(resource).validateUpdate?.(object, old) ?? []),
  ];
  if (causes.length > 0) throw invalid(resource, call.name, causes);
  validateUpdate(state, call, object, old);
  checkSize(object);
  if (isDryRun(call) || sameButVersions(object, old)) return isDryRun(call) ? object : old;
  return inVersion(resource, write(state, call, object, old), convert);
}

function write(state: ServerState, call: Call, object: JsonObject, old: JsonObject): JsonObject {
  const collection = collectionOf(call.resource);
  const kept = toStorage(call.resource, object);
  const metadata = objectOf(object.metadata);
  const waits = listOf(metadata.finalizers).length > 0 || listOf(objectOf(object.spec).finalizers).length > 0;
  const graceful = Number(metadata.deletionGracePeriodSeconds ?? 0) > 0;
  if (objectOf(old.metadata).deletionTimestamp !== undefined && !waits && !graceful) {
    return state.store.remove(collection, kept);
  }
  return state.store.put(collection, kept);
}

function checkVersion(call: Call, old: JsonObject, next: JsonObject): void {
  const given = objectOf(next.metadata);
  const before = objectOf(old.metadata);
  const uid = stringOf(given.uid);
  if (uid && uid !== before.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${stringOf(before.uid)}`;
    throw conflict(call.resource, call.name, why);
  }
  const version = stringOf(given.resourceVersion);
  if (version === '0' || version === '') {
    if (call.verb === 'update' && mustNameVersion(call)) {
      throw invalid(call.resource, call.name, [
        {
          reason: 'FieldValueInvalid',
          message: 'Invalid value: 0: must be specified for an update',
          field: 'metadata.resourceVersion',
        },
      ]);
    }
    return;
  }
  if (version !== before.resourceVersion) throw conflict(call.resource, call.name);
}

/** Kinds that refuse an unconditional update (AllowUnconditionalUpdate is false): custom ones and leases among them. */
function mustNameVersion(call: Call): boolean {
  const { group, plural, crdVersion } = call.resource;
  return crdVersion !== undefined || unconditionalRefused.has(`${group}/${plural}`);
}

const unconditionalRefused = new Set([
  'apiextensions.k8s.io/customresourcedefinitions',
  'coordination.k8s.io/leases',
  'admissionregistration.k8s.io/validatingadmissionpolicies',
  'admissionregistration.k8s.io/validatingadmissionpolicybindings',
  'policy/poddisruptionbudgets',
]);

/** scoped keeps of the new object only what this request may change. */
function scoped(call: Call, old: JsonObject, next: JsonObject): JsonObject {
  const { resource } = call;
  if (call.subresource === 'status') {
    const metadata = resource.crdVersion ? metadataOfStatusWrite(next, old) : next.metadata;
    return replaceMember({ ...old, metadata: objectOf(metadata) }, 'status', next.status);
  }
  return hasStatus(resource) ? replaceMember(next, 'status', old.status) : next;
}

function metadataOfStatusWrite(next: JsonObject, old: JsonObject): JsonObject {
  const fields = objectOf(next.metadata).managedFields;
  return replaceMember(objectOf(old.metadata), 'managedFields', fields);
}

function replaceMember(object: JsonObject, name: string, value: JsonObject[string] | undefined): JsonObject {
  const { [name]: _, ...rest } = object;
  return value === undefined ? rest : { ...rest, [name]: value };
}

/** withGeneration counts a change of anything but metadata and status. */
function withGeneration(call: Call, next: JsonObject, old: JsonObject): JsonObject {
  const generation = objectOf(old.metadata).generation;
  if (typeof generation !== 'number' || call.subresource === 'status') return next;
  const { resource } = call;
  if (!resource.crdVersion && strategyOf(resource).generation !== true) return next;
  const bare = ({ metadata: _m, status, ...rest }: JsonObject): JsonObject =>
    resource.crdVersion && !hasStatus(resource) && status !== undefined ? { ...rest, status } : rest;
  if (equal(bare(next), bare(old))) return next;
  return { ...next, metadata: { ...objectOf(next.metadata), generation: generation + 1 } };
}
