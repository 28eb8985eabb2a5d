/** The CRD controllers: names are accepted, versions are served, and objects go when their CRD goes. */
import { timestamp } from './clock.ts';
import { deleteObject } from './delete.ts';
import { at, equal, type JsonObject, objectOf, objectsOf, stringOf, stringsOf } from './json.ts';
import { controllerUser } from './namespaces.ts';
import type { ApiResource } from './resources.ts';
import type { ServerState } from './state.ts';
import { collectionOf } from './store.ts';

const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

/** resourcesOf are the resources that a CRD serves. */
export function resourcesOf(crd: JsonObject): ApiResource[] {
  const spec = objectOf(crd.spec);
  const names = objectOf(spec.names);
  const kind = stringOf(names.kind);
  return objectsOf(spec.versions)
    .filter((version) => version.served === true)
    .map((version) => ({
      group: stringOf(spec.group),
      version: stringOf(version.name),
      plural: stringOf(names.plural),
      kind,
      singular: stringOf(names.singular) || kind.toLowerCase(),
      namespaced: spec.scope === 'Namespaced',
      verbs,
      shortNames: stringsOf(names.shortNames),
      categories: stringsOf(names.categories),
      subresources: Object.keys(objectOf(version.subresources))
        .filter((name) => name === 'status')
        .map((name) => ({ name, kind, verbs: ['get', 'patch', 'update'] })),
      crd,
      crdVersion: version,
    }));
}

/** The names of a CRD that another kind of its group has already. */
function nameConflicts(state: ServerState, crd: JsonObject): string | undefined {
  const spec = objectOf(crd.spec);
  const names = objectOf(spec.names);
  const plural = stringOf(names.plural);
  const mine = [plural, stringOf(names.singular), ...stringsOf(names.shortNames)];
  for (const other of state.resources.all()) {
    if (other.group !== spec.group || other.plural === plural) continue;
    const taken = [other.plural, other.singular, ...other.shortNames];
    const clash = mine.find((name) => name && taken.includes(name));
    if (clash) return `"${clash}" is already in use`;
    if (other.kind === names.kind) return `"${other.kind}" is already in use`;
  }
  return undefined;
}

function withStatus(state: ServerState, crd: JsonObject): JsonObject {
  const clash = nameConflicts(state, crd);
  const status = objectOf(crd.status);
  const old = objectsOf(status.conditions);
  const condition = (type: string, good: boolean, reason: string, message: string): JsonObject => {
    const before = old.find((item) => item.type === type);
    const value = good ? 'True' : 'False';
    const since = before?.status === value ? stringOf(before.lastTransitionTime) : timestamp();
    return { lastTransitionTime: since, message, reason, status: value, type };
  };
  const conditions = clash
    ? [
        condition('NamesAccepted', false, 'Conflict', clash),
        condition('Established', false, 'NotAccepted', 'not all names are accepted'),
      ]
    : [
        condition('NamesAccepted', true, 'NoConflicts', 'no conflicts found'),
        condition('Established', true, 'InitialNamesAccepted', 'the initial names have been accepted'),
      ];
  const extra = old.filter((item) => item.type !== 'NamesAccepted' && item.type !== 'Established');
  const acceptedNames = clash ? objectOf(status.acceptedNames) : objectOf(at(crd, 'spec', 'names'));
  return { ...crd, status: { ...status, acceptedNames, conditions: [...conditions, ...extra] } };
}

const finalizer = 'customresourcecleanup.apiextensions.k8s.io';

function register(state: ServerState, crd: JsonObject, previous: JsonObject | undefined): void {
  const deleting = at(crd, 'metadata', 'deletionTimestamp') !== undefined;
  const filled = withStatus(state, crd);
  const finalizers = stringsOf(at(crd, 'metadata', 'finalizers'));
  const next =
    finalizers.includes(finalizer) || deleting
      ? filled
      : { ...filled, metadata: { ...objectOf(filled.metadata), finalizers: [...finalizers, finalizer] } };
  if (!equal(next, crd)) {
    state.store.put('apiextensions.k8s.io/customresourcedefinitions', next);
    return;
  }
  const established = objectsOf(at(crd, 'status', 'conditions')).some(
    (c) => c.type === 'Established' && c.status === 'True',
  );
  for (const old of previous ? resourcesOf(previous) : []) state.resources.remove(old);
  if (established) for (const resource of resourcesOf(crd)) state.resources.add(resource);
}

/** cleanUp deletes the objects of a CRD that is being deleted, and lets it go when there are none left. */
function cleanUp(state: ServerState, crd: JsonObject): void {
  const [resource] = resourcesOf(crd);
  if (!resource) return;
  const collection = collectionOf(resource);
  for (const object of state.store.values(collection)) {
    if (at(object, 'metadata', 'deletionTimestamp') !== undefined) continue;
    const namespace = stringOf(at(object, 'metadata', 'namespace'));
    const name = stringOf(at(object, 'metadata', 'name'));
    deleteObject(state, {
      user: controllerUser,
      verb: 'delete',
      resource,
      subresource: '',
      rest: '',
      namespace,
      name,
      query: new URLSearchParams(),
      body: undefined,
      contentType: 'application/json',
      userAgent: 'kube-apiserver',
      warnings: [],
    });
  }
  if (state.store.values(collection).length > 0) return;
  const metadata = objectOf(crd.metadata);
  const left = stringsOf(metadata.finalizers).filter((name) => name !== finalizer);
  const { finalizers: _, ...rest } = metadata;
  const next = { ...crd, metadata: left.length > 0 ? { ...rest, finalizers: left } : rest };
  if (left.length > 0) state.store.put('apiextensions.k8s.io/customresourcedefinitions', next);
  else state.store.remove('apiextensions.k8s.io/customresourcedefinitions', next);
}

/** runCrds starts the controllers. `changed` is called when what is served changes. */
export function runCrds(state: ServerState, changed: () => void): () => void {
  const known = new Map<string, JsonObject>();
  const work = (name: string) => {
    const crd = state.store.get('apiextensions.k8s.io/customresourcedefinitions', `/${name}`);
    const previous = known.get(name);
    if (!crd) {
      for (const resource of previous ? resourcesOf(previous) : []) state.resources.remove(resource);
      known.delete(name);
    } else {
      register(state, crd, previous);
      known.set(name, crd);
      if (at(crd, 'metadata', 'deletionTimestamp') !== undefined) cleanUp(state, crd);
    }
    changed();
  };
  return state.store.listenAll((change) => {
    if (change.collection === 'apiextensions.k8s.io/customresourcedefinitions') {
      const name = stringOf(at(change.object, 'metadata', 'name'));
      queueMicrotask(() => work(name));
      return;
    }
    if (change.type !== 'DELETED') return;
    for (const [name, crd] of known) {
      const mine = `${stringOf(at(crd, 'spec', 'group'))}/${stringOf(at(crd, 'spec', 'names', 'plural'))}`;
      const leaving = at(crd, 'metadata', 'deletionTimestamp') !== undefined;
      if (mine === change.collection && leaving) queueMicrotask(() => work(name));
    }
  });
}
