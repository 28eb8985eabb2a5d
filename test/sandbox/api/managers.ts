/** managedFields: who owns which fields of an object, and since when. */
import type { Call } from './call.ts';
import { timestamp } from './clock.ts';
import { difference, type FieldSet, fromFieldsV1, isEmpty, subset, toFieldsV1 } from './field-set.ts';
import { type JsonObject, objectOf, objectsOf, stringOf } from './json.ts';
import { apiVersionOf } from './resources.ts';

/** Manager is one entry of managedFields. */
export interface Manager {
  name: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  subresource: string;
  time: string;
  fields: FieldSet;
}

/** sameManager tells whether two entries are of the same manager: an Apply is one, whatever its version. */
export function sameManager(a: Manager, b: Manager): boolean {
  const version = a.operation === 'Apply' || a.apiVersion === b.apiVersion;
  return a.name === b.name && a.operation === b.operation && a.subresource === b.subresource && version;
}

/** managersOf reads an object's managedFields. */
export function managersOf(object: JsonObject | undefined): Manager[] {
  return objectsOf(objectOf(object?.metadata).managedFields)
    .filter((entry) => stringOf(entry.operation) !== '')
    .map((entry) => ({
      name: stringOf(entry.manager),
      operation: entry.operation === 'Apply' ? 'Apply' : 'Update',
      apiVersion: stringOf(entry.apiVersion),
      subresource: stringOf(entry.subresource),
      time: stringOf(entry.time),
      fields: fromFieldsV1(objectOf(entry.fieldsV1)),
    }));
}

function entryOf(manager: Manager): JsonObject {
  return {
    manager: manager.name,
    operation: manager.operation,
    apiVersion: manager.apiVersion,
    time: manager.time,
    fieldsType: 'FieldsV1',
    fieldsV1: toFieldsV1(manager.fields),
    ...(manager.subresource ? { subresource: manager.subresource } : {}),
  };
}

/** withManagers writes managedFields: applies first, then by time, as the real server orders them. */
export function withManagers(object: JsonObject, managers: Manager[]): JsonObject {
  const kept = managers.filter((manager) => !isEmpty(manager.fields));
  const rank = (manager: Manager) => (manager.operation === 'Apply' ? 0 : 1);
  kept.sort(
    (a, b) => rank(a) - rank(b) || (a.time < b.time ? -1 : a.time > b.time ? 1 : a.name < b.name ? -1 : 1),
  );
  const { managedFields: _, ...metadata } = objectOf(object.metadata);
  if (kept.length === 0) return { ...object, metadata };
  return { ...object, metadata: { ...metadata, managedFields: kept.map(entryOf) } };
}

/** newManager is an entry for who makes a call: its fieldManager, or the first part of its user agent. */
export function newManager(call: Call, operation: 'Apply' | 'Update', fields: FieldSet): Manager {
  const agent = call.userAgent.split('/')[0] || 'unknown';
  return {
    name: call.query.get('fieldManager') || agent.slice(0, 128),
    operation,
    apiVersion: apiVersionOf(call.resource),
    subresource: call.subresource,
    time: timestamp(),
    fields,
  };
}

const systemFields = fromFieldsV1({
  'f:apiVersion': {},
  'f:kind': {},
  'f:metadata': {
    '.': {},
    'f:name': {},
    'f:namespace': {},
    'f:creationTimestamp': {},
    'f:selfLink': {},
    'f:uid': {},
    'f:generation': {},
    'f:managedFields': {},
    'f:resourceVersion': {},
  },
});

/** ownable takes away what nobody owns: what the server sets, and what this request may not change. */
export function ownable(call: Call, fields: FieldSet): FieldSet {
  const own = difference(fields, systemFields);
  const status = call.resource.subresources.some((sub) => sub.name === 'status');
  if (call.subresource === 'status')
    return subset(
      own,
      (element) => element === 'f:status' || (!call.resource.crdVersion && element === 'f:metadata'),
    );
  return status ? subset(own, (element) => element !== 'f:status') : own;
}
