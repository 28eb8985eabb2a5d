/** Deleting: preconditions, grace for Pods, finalizers, and who deletes the dependents. */
import { validateDelete } from './admission.ts';
import { type Call, isDryRun } from './call.ts';
import { timestamp } from './clock.ts';
import { toStorage } from './create.ts';
import { badRequest, conflict, forbidden, invalid } from './errors.ts';
import { convert } from './event-versions.ts';
import { checkDisruption } from './eviction.ts';
import { at, type JsonObject, listOf, numberOf, objectOf, stringOf, stringsOf } from './json.ts';
import { inVersion, type ServerState } from './state.ts';
import { collectionOf, objectKey } from './store.ts';
import { currentObject } from './update.ts';

/** Deletion is metav1.DeleteOptions after the query and the body are put together. */
interface Deletion {
  grace: number | undefined;
  policy: string;
  uid: string;
  resourceVersion: string;
}

function options(call: Call): Deletion {
  const body = objectOf(call.body);
  const policy = call.query.get('propagationPolicy') ?? stringOf(body.propagationPolicy);
  if (!['', 'Background', 'Foreground', 'Orphan'].includes(policy)) {
    const known = '"Foreground", "Background", "Orphan", "nil"';
    const message = `Unsupported value: "${policy}": supported values: ${known}`;
    throw invalid({ group: 'meta.k8s.io', plural: 'deleteoptions', kind: 'DeleteOptions' }, '', [
      { reason: 'FieldValueNotSupported', message, field: 'propagationPolicy' },
    ]);
  }
  const orphan = body.orphanDependents;
  const query = call.query.get('gracePeriodSeconds');
  const grace = query === null ? numberOf(body.gracePeriodSeconds) : Number(query);
  if (grace !== undefined && !(grace >= 0))
    throw badRequest('gracePeriodSeconds: Invalid value: must be non-negative');
  return {
    grace,
    policy: policy || (orphan === true ? 'Orphan' : orphan === false ? 'Background' : ''),
    uid: stringOf(at(body, 'preconditions', 'uid')),
    resourceVersion: stringOf(at(body, 'preconditions', 'resourceVersion')),
  };
}

/** deleteObject answers DELETE of one object: a Status, or the object while it is still there. */
export function deleteObject(state: ServerState, call: Call): JsonObject {
  const old = currentObject(state, call);
  const wanted = options(call);
  checkPreconditions(call, old, wanted);
  checkProtected(call);
  validateDelete(state, call, old);
  const { object, gone } = markDeleted(state, call, old, wanted);
  return gone && !returnsObject.has(`${call.resource.group}/${call.resource.plural}`)
    ? success(call, old)
    : object;
}

/** Resources whose DELETE answers with the object (ReturnDeletedObject). */
const returnsObject = new Set([
  '/pods',
  '/services',
  '/serviceaccounts',
  '/persistentvolumes',
  '/podtemplates',
]);

function success(call: Call, old: JsonObject): JsonObject {
  const { group, plural } = call.resource;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: call.name,
      ...(group ? { group } : {}),
      kind: plural,
      uid: stringOf(objectOf(old.metadata).uid),
    },
  };
}

function checkPreconditions(call: Call, old: JsonObject, wanted: Deletion): void {
  const { uid, resourceVersion } = objectOf(old.metadata);
  if (wanted.uid && wanted.uid !== uid) {
    const why = `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${stringOf(uid)}`;
    throw conflict(call.resource, call.name, why);
  }
  if (wanted.resourceVersion && wanted.resourceVersion !== resourceVersion) {
    const why = `Precondition failed: ResourceVersion in precondition: ${wanted.resourceVersion}, ResourceVersion in object meta: ${stringOf(resourceVersion)}`;
    throw conflict(call.resource, call.name, why);
  }
}

function checkProtected(call: Call): void {
  const kept = ['default', 'kube-system', 'kube-public'];
  if (call.resource.plural === 'namespaces' && call.resource.group === '' && kept.includes(call.name)) {
    throw forbidden(call.resource, call.name, 'this namespace may not be deleted');
  }
}

interface Marked {
  object: JsonObject;
  gone: boolean;
}

function markDeleted(state: ServerState, call: Call, old: JsonObject, wanted: Deletion): Marked {
  const grace = graceFor(call, old, wanted);
  const finalizers = finalizersFor(call, old, wanted);
  const metadata = objectOf(old.metadata);
  const namespace = call.resource.plural === 'namespaces' && call.resource.group === '';
  const waits =
    finalizers.length > 0 || grace > 0 || (namespace && listOf(at(old, 'spec', 'finalizers')).length > 0);
  if (!waits) return { object: isDryRun(call) ? old : remove(state, call, old), gone: true };
  const { finalizers: _f, ...rest } = metadata;
  const again = metadata.deletionTimestamp !== undefined;
  const period = again ? Math.min(grace, numberOf(metadata.deletionGracePeriodSeconds) ?? 0) : grace;
  const next: JsonObject = {
    ...old,
    metadata: {
      ...rest,
      ...(finalizers.length > 0 ? { finalizers } : {}),
      ...(again ? {} : { deletionTimestamp: timestamp(new Date(Date.now() + grace * 1000)) }),
      ...(namespace ? {} : { deletionGracePeriodSeconds: period }),
      ...(again || typeof metadata.generation !== 'number' ? {} : { generation: metadata.generation + 1 }),
    },
    ...(namespace ? { status: { ...objectOf(old.status), phase: 'Terminating' } } : {}),
  };
  if (isDryRun(call) || (again && same(next, old))) return { object: next, gone: false };
  return { object: stored(state, call, next), gone: false };
}

function same(next: JsonObject, old: JsonObject): boolean {
  return JSON.stringify(next.metadata) === JSON.stringify(old.metadata);
}

function stored(state: ServerState, call: Call, next: JsonObject): JsonObject {
  const kept = state.store.put(collectionOf(call.resource), toStorage(call.resource, next));
  return inVersion(call.resource, kept, convert);
}

function remove(state: ServerState, call: Call, old: JsonObject): JsonObject {
  const kept = state.store.get(collectionOf(call.resource), objectKey(old)) ?? old;
  return inVersion(call.resource, state.store.remove(collectionOf(call.resource), kept), convert);
}

/** Pods that run get their grace; those that are on no node, or are over, go at once (podStrategy.CheckGracefulDelete). */
function graceFor(call: Call, old: JsonObject, wanted: Deletion): number {
  if (call.resource.group !== '' || call.resource.plural !== 'pods') return 0;
  const phase = at(old, 'status', 'phase');
  if (stringOf(at(old, 'spec', 'nodeName')) === '' || phase === 'Succeeded' || phase === 'Failed') return 0;
  return wanted.grace ?? numberOf(at(old, 'spec', 'terminationGracePeriodSeconds')) ?? 30;
}

/** finalizersFor adds or takes away the garbage collector's own finalizers, as the propagation policy says. */
function finalizersFor(call: Call, old: JsonObject, wanted: Deletion): string[] {
  const before = stringsOf(objectOf(old.metadata).finalizers);
  const others = before.filter((name) => name !== 'orphan' && name !== 'foregroundDeletion');
  const policy = wanted.policy || standing(before) || (orphansByDefault(call) ? 'Orphan' : 'Background');
  if (policy === 'Orphan') return [...others, 'orphan'];
  return policy === 'Foreground' ? [...others, 'foregroundDeletion'] : others;
}

function standing(finalizers: string[]): string {
  if (finalizers.includes('orphan')) return 'Orphan';
  return finalizers.includes('foregroundDeletion') ? 'Foreground' : '';
}

/** A plain DELETE of a batch/v1 Job or a ReplicationController leaves its Pods, for compatibility. */
function orphansByDefault(call: Call): boolean {
  const { group, plural } = call.resource;
  return (group === 'batch' && plural === 'jobs') || (group === '' && plural === 'replicationcontrollers');
}

/** evictPod answers POST pods/NAME/eviction: a deletion that PodDisruptionBudgets may refuse with 429. */
export function evictPod(state: ServerState, call: Call): JsonObject {
  const body = objectOf(call.body);
  const pod = currentObject(state, call);
  checkDisruption(state, call, pod);
  const deletion: Call = { ...call, verb: 'delete', subresource: '', body: objectOf(body.deleteOptions) };
  const wanted = options(deletion);
  checkPreconditions(deletion, pod, wanted);
  markDeleted(state, deletion, pod, wanted);
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
}
