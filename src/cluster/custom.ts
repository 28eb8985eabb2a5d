/** Our own kinds as they are read: the API server validated them by our schema; what it cannot promise is checked. */
import type { NetworkAudit, NetworkAuditRun } from '../api/v1alpha1/index.ts';
import { isObject, type JsonObject, objectAt } from './json.ts';

/** auditView is the audit without what only the API server needs; undefined if it is none. */
export function auditView(object: JsonObject): NetworkAudit | undefined {
  const slim = withoutBookkeeping(object, 'NetworkAudit');
  return isAudit(slim) ? slim : undefined;
}

/** runView is the run without what only the API server needs; undefined if it is none. */
export function runView(object: JsonObject): NetworkAuditRun | undefined {
  const slim = withoutBookkeeping(object, 'NetworkAuditRun');
  return isRun(slim) ? slim : undefined;
}

/** Items of a list carry neither apiVersion nor kind, and a kind's uniform shape is worth having everywhere. */
function withoutBookkeeping(object: JsonObject, kind: string): JsonObject {
  const { managedFields, ...metadata } = objectAt(object, 'metadata');
  return { ...object, apiVersion: 'netaudit.dev/v1alpha1', kind, metadata };
}

function isAudit(object: JsonObject | NetworkAudit): object is NetworkAudit {
  return hasIdentity(object) && Array.isArray(objectAt(object, 'spec').checks);
}

function isRun(object: JsonObject | NetworkAuditRun): object is NetworkAuditRun {
  return hasIdentity(object) && typeof objectAt(object, 'spec').auditName === 'string';
}

function hasIdentity(object: unknown): boolean {
  const { name, uid, resourceVersion } = objectAt(object, 'metadata');
  if (typeof name !== 'string' || typeof uid !== 'string' || typeof resourceVersion !== 'string')
    return false;
  return isObject(object) && (object.status === undefined || isObject(object.status));
}
