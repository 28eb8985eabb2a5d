/** The namespace controller: what every namespace holds from its first moment, and how one is emptied. */
import type { Call, User } from './call.ts';
import { createObject } from './create.ts';
import { deleteObject } from './delete.ts';
import { ApiError } from './errors.ts';
import { at, type JsonObject, listOf, objectOf, stringOf } from './json.ts';
import { apiVersionOf } from './resources.ts';
import type { ServerState } from './state.ts';
import { collectionOf } from './store.ts';
import { currentObject } from './update.ts';

/** controllerUser is whom the server's own controllers act as. */
export const controllerUser: User = { name: 'system:kube-controller-manager', groups: ['system:masters'] };

/** controllerCall is a call of the server's own controllers. */
export function controllerCall(
  state: ServerState,
  apiVersion: string,
  kind: string,
  parts: Partial<Call>,
): Call {
  const resource = state.resources.ofKind(apiVersion, kind);
  if (!resource) throw new Error(`There is no ${kind} in ${apiVersion}`);
  return {
    user: controllerUser,
    verb: 'create',
    resource,
    subresource: '',
    rest: '',
    namespace: '',
    name: '',
    query: new URLSearchParams(),
    body: undefined,
    contentType: 'application/json',
    userAgent: 'kube-controller-manager',
    warnings: [],
    ...parts,
  };
}

function ensure(state: ServerState, namespace: string, body: JsonObject): void {
  const call = controllerCall(state, 'v1', stringOf(body.kind), { namespace, body });
  try {
    createObject(state, call);
  } catch (error) {
    if (!(error instanceof ApiError) || ![403, 404, 409].includes(error.code)) throw error;
  }
}

/** furnish gives a namespace its default ServiceAccount and the CA's certificate. */
export function furnish(state: ServerState, namespace: string): void {
  ensure(state, namespace, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } });
  ensure(state, namespace, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'kube-root-ca.crt',
      annotations: {
        'kubernetes.io/description':
          'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
      },
    },
    data: { 'ca.crt': state.caPem },
  });
}

/** empty deletes what a terminating namespace holds; true when nothing is left. */
function empty(state: ServerState, namespace: string): boolean {
  let left = 0;
  const done = new Set<string>();
  for (const resource of state.resources.all()) {
    const collection = collectionOf(resource);
    if (!resource.namespaced || done.has(collection) || !resource.verbs.includes('delete')) continue;
    done.add(collection);
    for (const object of state.store.values(collection, namespace)) {
      left += 1;
      if (at(object, 'metadata', 'deletionTimestamp') !== undefined) continue;
      const body = { propagationPolicy: 'Background' };
      const name = stringOf(at(object, 'metadata', 'name'));
      const { kind } = resource;
      const apiVersion = apiVersionOf(resource);
      remove(state, controllerCall(state, apiVersion, kind, { verb: 'delete', namespace, name, body }));
      const kept = state.store.get(collection, `${namespace}/${name}`);
      if (!kept) left -= 1;
    }
  }
  return left === 0;
}

/** What admission will not let go keeps its namespace from going. */
function remove(state: ServerState, call: Call): void {
  try {
    deleteObject(state, call);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}

function finish(state: ServerState, object: JsonObject): void {
  const spec = objectOf(object.spec);
  const next = { ...object, spec: { ...spec, finalizers: [] } };
  if (listOf(at(object, 'metadata', 'finalizers')).length > 0) state.store.put('/namespaces', next);
  else state.store.remove('/namespaces', next);
}

/** runNamespaces starts the controller: it acts after each change, never inside one. */
export function runNamespaces(state: ServerState): () => void {
  const pending = new Set<string>();
  let scheduled = false;
  const work = () => {
    scheduled = false;
    const names = [...pending];
    pending.clear();
    for (const name of names) {
      const object = state.store.get('/namespaces', `/${name}`);
      if (!object) continue;
      if (at(object, 'metadata', 'deletionTimestamp') === undefined) furnish(state, name);
      else if (empty(state, name) && listOf(at(object, 'spec', 'finalizers')).length > 0)
        finish(state, object);
    }
  };
  const add = (name: string) => {
    pending.add(name);
    if (!scheduled) queueMicrotask(work);
    scheduled = true;
  };
  return state.store.listenAll((change) => {
    if (change.collection === '/namespaces') return add(stringOf(at(change.object, 'metadata', 'name')));
    const namespace = stringOf(at(change.object, 'metadata', 'namespace'));
    if (!namespace || change.type !== 'DELETED') return;
    const owner = state.store.get('/namespaces', `/${namespace}`);
    const furniture = change.collection === '/serviceaccounts' || change.collection === '/configmaps';
    if (furniture || at(owner, 'metadata', 'deletionTimestamp') !== undefined) add(namespace);
  });
}

/** finalizeNamespace answers PUT namespaces/NAME/finalize. */
export function finalizeNamespace(state: ServerState, call: Call): JsonObject {
  const old = currentObject(state, call);
  const finalizers = listOf(at(call.body, 'spec', 'finalizers'));
  const next = { ...old, spec: { ...objectOf(old.spec), finalizers } };
  const over = finalizers.length === 0 && at(old, 'metadata', 'deletionTimestamp') !== undefined;
  return over ? state.store.remove('/namespaces', next) : state.store.put('/namespaces', next);
}
