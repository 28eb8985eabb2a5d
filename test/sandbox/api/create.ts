/** Creating an object, in the order of the real server: decode, default, admit, prepare, validate, admit, store. */
import { admitCreate, validateCreate } from './admission.ts';
import { decodeObject } from './body.ts';
import { type Call, isDryRun } from './call.ts';
import { customCauses, defaulted } from './custom.ts';
import { alreadyExists, badRequest, type Cause, invalid } from './errors.ts';
import { convert, storageVersion } from './event-versions.ts';
import { at, type JsonObject, objectOf, stringOf } from './json.ts';
import { strategyOf } from './kinds.ts';
import { trackUpdate } from './managed-fields.ts';
import { createdMetadata, metadataCauses } from './metadata.ts';
import { checkSize } from './object-size.ts';
import { enumCauses } from './required.ts';
import type { ApiResource } from './resources.ts';
import { inVersion, present, type ServerState } from './state.ts';
import { collectionOf } from './store.ts';

/** hasStatus tells whether a resource's status is a subresource. */
export function hasStatus(resource: ApiResource): boolean {
  return resource.subresources.some((sub) => sub.name === 'status');
}

/** storageVersionOf is the version of a CRD in which its objects are kept. */
export function crdStorage(resource: ApiResource): string | undefined {
  const versions = at(resource.crd, 'spec', 'versions');
  if (!Array.isArray(versions)) return undefined;
  const stored = versions.map(objectOf).find((version) => version.storage === true);
  return stored && `${resource.group}/${stringOf(stored.name)}`;
}

/** toStorage rewrites an object for the version in which it is kept. */
export function toStorage(resource: ApiResource, object: JsonObject): JsonObject {
  const version = storageVersion(object, crdStorage(resource));
  return version === object.apiVersion ? object : convert(object, version);
}

/** validationCauses is all that validation says about a whole object. */
export function validationCauses(
  state: ServerState,
  call: Call,
  object: JsonObject,
  old?: JsonObject,
): Cause[] {
  const { resource } = call;
  const strategy = strategyOf(resource);
  const causes = metadataCauses(object, resource.namespaced, strategy);
  const schema = state.schemas.of(resource);
  if (resource.crdVersion && schema) return [...causes, ...customCauses(object, schema, old)];
  if (schema) causes.push(...enumCauses(object, schema));
  return [...causes, ...(strategy.validate?.(object) ?? [])];
}

/** createObject answers POST of a collection, and apply of what is not there; it returns what was (or would be) stored. */
export function createObject(
  state: ServerState,
  call: Call,
  decoded?: JsonObject,
  fields?: Manage,
): JsonObject {
  const { resource } = call;
  const strategy = strategyOf(resource);
  const body = decoded ?? decodeObject(state, call, call.body);
  const generation = Boolean(resource.crdVersion) || strategy.generation === true;
  const metadata = createdMetadata(call, body, generation);
  const named = stringOf(metadata.name);
  if (call.name && named !== call.name) {
    throw badRequest(`the name of the object (${named}) does not match the name on the URL (${call.name})`);
  }
  const managed = (fields ?? trackUpdate)(state, call, { ...body, metadata }, undefined);
  let object: JsonObject = admitCreate(state, call, managed);
  if (hasStatus(resource) && (resource.crdVersion || !keepsStatusOnCreate.has(resource.plural))) {
    object = withoutStatus(object, Boolean(resource.crdVersion));
  }
  object = strategy.prepareCreate?.(object, state) ?? object;
  const schema = resource.crdVersion && state.schemas.of(resource);
  if (schema) object = objectOf(defaulted(object, schema));
  const causes = validationCauses(state, call, object);
  if (causes.length > 0) throw invalid(resource, named, causes);
  validateCreate(state, call, object);
  if (present(state, resource, call.namespace, named)) throw alreadyExists(resource, named);
  checkSize(object);
  if (isDryRun(call)) return object;
  const kept = state.store.put(collectionOf(resource), toStorage(resource, object));
  return inVersion(resource, kept, convert);
}

/** Manage sets managedFields of an object that is about to be stored. */
export type Manage = (
  state: ServerState,
  call: Call,
  object: JsonObject,
  old: JsonObject | undefined,
) => JsonObject;

/** Kinds whose strategy does not reset a status that comes with a create. */
const keepsStatusOnCreate = new Set(['nodes', 'persistentvolumes', 'services']);

function withoutStatus(object: JsonObject, custom: boolean): JsonObject {
  const { status: _, ...rest } = object;
  return custom ? rest : { ...rest, status: {} };
}
