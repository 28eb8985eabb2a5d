/** From a call to its answer, for everything but watches and streams: one place that knows every verb. */
import { authorize } from './authorization.ts';
import { bindPod } from './binding.ts';
import type { Call } from './call.ts';
import { createObject } from './create.ts';
import { deleteObject, evictPod } from './delete.ts';
import { ApiError, methodNotAllowed, noSuchPath } from './errors.ts';
import type { JsonObject } from './json.ts';
import { everything, listObjects, type Page, type Snapshots } from './list.ts';
import { finalizeNamespace } from './namespaces.ts';
import { patchObject } from './patch-verb.ts';
import { review } from './reviews.ts';
import { getScale, putScale } from './scale.ts';
import type { ServerState } from './state.ts';
import { tokenRequest } from './tokens.ts';
import { currentObject, updateObject } from './update.ts';

/** Answered is an object or a list, with its HTTP code. */
export interface Answered {
  code: number;
  object?: JsonObject;
  page?: Page;
}

/** checkServed throws 404 or 405 where a resource or subresource does not take a verb. */
export function checkServed(call: Call): void {
  const { resource, subresource, verb } = call;
  const verbs = subresource
    ? resource.subresources.find((sub) => sub.name === subresource)?.verbs
    : resource.verbs;
  if (!verbs) throw noSuchPath();
  if (!verbs.includes(verb)) throw methodNotAllowed();
}

/** dispatch answers a call. The caller has checked that the resource is served; authorization is checked here. */
export function dispatch(state: ServerState, call: Call, snapshots: Snapshots): Answered {
  authorize(state, call);
  const { verb } = call;
  if (call.subresource !== '' && call.subresource !== 'status') return subresource(state, call);
  if (verb === 'get') return { code: 200, object: currentObject(state, call) };
  if (verb === 'list') return { code: 200, page: listObjects(state, call, snapshots) };
  if (verb === 'create') return create(state, call);
  if (verb === 'update') return { code: 200, object: updateObject(state, call) };
  if (verb === 'patch') return patchObject(state, call);
  if (verb === 'delete') return { code: 200, object: deleteObject(state, call) };
  if (verb === 'deletecollection') return { code: 200, page: deleteCollection(state, call) };
  throw methodNotAllowed();
}

function create(state: ServerState, call: Call): Answered {
  const { group, plural } = call.resource;
  if (group === 'authorization.k8s.io' || group === 'authentication.k8s.io') {
    return { code: 201, object: review(state, call) };
  }
  if (group === '' && plural === 'bindings') return { code: 201, object: bindPod(state, call) };
  return { code: 201, object: createObject(state, call) };
}

function deleteCollection(state: ServerState, call: Call): Page {
  const items = everything(state, call).map(([, object]) => object);
  for (const object of items) {
    const { name, namespace } = Object(object.metadata);
    const one: Call = {
      ...call,
      verb: 'delete',
      name: String(name),
      namespace: String(namespace ?? ''),
      query: new URLSearchParams(),
    };
    for (const option of ['dryRun', 'propagationPolicy', 'gracePeriodSeconds']) {
      const value = call.query.get(option);
      if (value !== null) one.query.set(option, value);
    }
    deleteObject(state, one);
  }
  const { kind, group, version } = call.resource;
  return {
    kind: `${kind}List`,
    apiVersion: group ? `${group}/${version}` : version,
    metadata: { resourceVersion: String(state.store.version) },
    items,
  };
}

function subresource(state: ServerState, call: Call): Answered {
  const { resource, subresource: name, verb } = call;
  if (name === 'binding') return { code: 201, object: bindPod(state, call) };
  if (name === 'eviction') return { code: 201, object: evictPod(state, call) };
  if (name === 'token') return { code: 201, object: tokenRequest(state, call) };
  if (name === 'finalize') return { code: 200, object: finalizeNamespace(state, call) };
  if (name === 'scale')
    return { code: 200, object: verb === 'get' ? getScale(state, call) : putScale(state, call) };
  throw new ApiError(501, 'NotImplemented', `${resource.plural}/${name} is not served by the sandbox`);
}
