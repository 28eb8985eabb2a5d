/** Metadata: names, what clients may not set, and the rules that all kinds share. */
import { randomInt, randomUUID } from 'node:crypto';
import type { Call } from './call.ts';
import { duplicate, forbiddenValue, invalidValue, required } from './causes.ts';
import { timestamp } from './clock.ts';
import { badRequest, type Cause } from './errors.ts';
import { equal, type JsonObject, listOf, objectOf, objectsOf, stringOf, stringsOf } from './json.ts';
import { labelCauses, nameWhy, qualifiedNameWhy } from './names.ts';
import type { Strategy } from './strategy.ts';

const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789';

/** generatedName makes a name from a `generateName` prefix as the server does: at most 58 characters and five more. */
export function generatedName(prefix: string): string {
  const suffix = Array.from({ length: 5 }, () => suffixLetters[randomInt(suffixLetters.length)]).join('');
  return prefix.slice(0, 58) + suffix;
}

/** createdMetadata is the metadata of a new object: what the client may say, and what the server adds. */
export function createdMetadata(call: Call, object: JsonObject, generation: boolean): JsonObject {
  const given = objectOf(object.metadata);
  if (stringOf(given.resourceVersion) !== '') {
    throw badRequest('resourceVersion should not be set on objects to be created');
  }
  const {
    creationTimestamp: _created,
    deletionTimestamp: _deleted,
    deletionGracePeriodSeconds: _grace,
    selfLink: _self,
    resourceVersion: _version,
    uid: _uid,
    generation: _generation,
    managedFields,
    namespace: _namespace,
    ...kept
  } = given;
  const name =
    stringOf(given.name) || (stringOf(given.generateName) && generatedName(stringOf(given.generateName)));
  return {
    ...kept,
    ...(managedFields === undefined ? {} : { managedFields }),
    ...(name ? { name } : {}),
    ...(call.resource.namespaced ? { namespace: namespaceOf(call, given) } : {}),
    uid: randomUUID(),
    creationTimestamp: timestamp(),
    ...(generation ? { generation: 1 } : {}),
  };
}

function namespaceOf(call: Call, metadata: JsonObject): string {
  const own = stringOf(metadata.namespace);
  if (own && own !== call.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  return call.namespace;
}

/** updatedMetadata keeps what the server owns and takes the rest from the request. */
export function updatedMetadata(next: JsonObject, old: JsonObject): JsonObject {
  const before = objectOf(old.metadata);
  const given = objectOf(next.metadata);
  const owned: JsonObject = {};
  for (const name of serverOwned) {
    const value = before[name];
    if (value !== undefined) owned[name] = value;
  }
  const rest = Object.fromEntries(Object.entries(given).filter(([name]) => !serverOwned.includes(name)));
  return { ...rest, ...owned };
}

const serverOwned = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'resourceVersion',
  'generateName',
  'selfLink',
];

/** metadataCauses checks metadata as ValidateObjectMeta does. */
export function metadataCauses(object: JsonObject, namespaced: boolean, strategy: Strategy): Cause[] {
  const metadata = objectOf(object.metadata);
  const name = stringOf(metadata.name);
  const causes: Cause[] = [];
  if (name === '') causes.push(required('metadata.name', 'name or generateName is required'));
  else
    causes.push(
      ...nameWhy(name, strategy.name ?? 'subdomain').map((why) => invalidValue('metadata.name', name, why)),
    );
  if (namespaced && stringOf(metadata.namespace) === '') causes.push(required('metadata.namespace'));
  causes.push(...labelCauses(objectOf(metadata.labels), 'metadata.labels'));
  causes.push(...annotationCauses(objectOf(metadata.annotations)));
  causes.push(...ownerCauses(objectsOf(metadata.ownerReferences)));
  for (const finalizer of stringsOf(metadata.finalizers)) {
    const whys = qualifiedNameWhy(finalizer);
    causes.push(...whys.map((why) => invalidValue('metadata.finalizers', finalizer, why)));
    if (strategy.freeFinalizers || whys.length > 0) continue;
    if (!finalizer.includes('/') && !standardFinalizers.includes(finalizer)) {
      const why = 'name is neither a standard finalizer name nor is it fully qualified';
      causes.push(invalidValue('metadata.finalizers', finalizer, why));
    }
  }
  return causes;
}

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion'];

function annotationCauses(annotations: JsonObject): Cause[] {
  const causes: Cause[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(annotations)) {
    size += Buffer.byteLength(key) + Buffer.byteLength(stringOf(value));
    causes.push(
      ...qualifiedNameWhy(key.toLowerCase()).map((why) => invalidValue('metadata.annotations', key, why)),
    );
  }
  if (size > 262_144) {
    causes.push({
      reason: 'FieldValueTooLong',
      message: 'Too long: may not be more than 262144 bytes',
      field: 'metadata.annotations',
    });
  }
  return causes;
}

function ownerCauses(owners: JsonObject[]): Cause[] {
  const causes: Cause[] = [];
  for (const owner of owners) {
    for (const member of ['apiVersion', 'kind', 'name', 'uid']) {
      const value = stringOf(owner[member]);
      const why = member === 'apiVersion' ? 'version must not be empty' : `${member} must not be empty`;
      if (value === '') causes.push(invalidValue(`metadata.ownerReferences.${member}`, value, why));
    }
  }
  const controllers = owners.filter((owner) => owner.controller === true);
  if (controllers.length > 1) {
    const names = controllers.slice(0, 2).map((owner) => `${owner.kind}/${owner.name}`);
    const why = `Only one reference can have Controller set to true. Found "true" in references for ${names.join(' and ')}`;
    causes.push(invalidValue('metadata.ownerReferences', owners, why));
  }
  const uids = owners.map((owner) => stringOf(owner.uid));
  const repeated = uids.find((uid, index) => uids.indexOf(uid) !== index);
  if (repeated) causes.push(duplicate('metadata.ownerReferences', repeated));
  return causes;
}

/** metadataUpdateCauses checks what an update may not do. */
export function metadataUpdateCauses(next: JsonObject, old: JsonObject): Cause[] {
  const before = objectOf(old.metadata);
  const after = objectOf(next.metadata);
  const causes: Cause[] = [];
  if (before.deletionTimestamp !== undefined) {
    const known = stringsOf(before.finalizers);
    const added = stringsOf(after.finalizers).filter((finalizer) => !known.includes(finalizer));
    if (added.length > 0) {
      const list = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(', ')}}`;
      const why = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
      causes.push(forbiddenValue('metadata.finalizers', why));
    }
  }
  return causes;
}

/** sameButVersions compares two states of an object without what every write changes. */
export function sameButVersions(a: JsonObject, b: JsonObject): boolean {
  const bare = (object: JsonObject): JsonObject => {
    const { resourceVersion: _, managedFields: fields, ...metadata } = objectOf(object.metadata);
    const entries = listOf(fields).map((entry) => ({ ...objectOf(entry), time: '' }));
    return { ...object, metadata: { ...metadata, managedFields: entries } };
  };
  return equal(bare(a), bare(b));
}
