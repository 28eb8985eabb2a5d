/** The scale subresource of Deployments, ReplicaSets and StatefulSets. */
import type { Call } from './call.ts';
import type { Manage } from './create.ts';
import { at, type JsonObject, numberOf, objectOf, stringMapOf, stringOf } from './json.ts';
import { trackUpdate } from './managed-fields.ts';
import type { ServerState } from './state.ts';
import { currentObject, replaceObject } from './update.ts';

/** getScale shows an object as autoscaling/v1 Scale. */
export function getScale(state: ServerState, call: Call): JsonObject {
  return asScale(currentObject(state, call));
}

function asScale(object: JsonObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = objectOf(object.metadata);
  const labels = Object.entries(stringMapOf(at(object, 'spec', 'selector', 'matchLabels')));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name: stringOf(name),
      namespace: stringOf(namespace),
      uid: stringOf(uid),
      resourceVersion: stringOf(resourceVersion),
      creationTimestamp: stringOf(creationTimestamp),
    },
    spec: { replicas: numberOf(at(object, 'spec', 'replicas')) ?? 0 },
    status: {
      replicas: numberOf(at(object, 'status', 'replicas')) ?? 0,
      selector: labels.map(([key, value]) => `${key}=${value}`).join(','),
    },
  };
}

/** putScale sets spec.replicas, by PUT of a Scale or a merge patch of one. */
export function putScale(state: ServerState, call: Call): JsonObject {
  const old = currentObject(state, call);
  const replicas = numberOf(at(call.body, 'spec', 'replicas')) ?? 0;
  const version = stringOf(at(call.body, 'metadata', 'resourceVersion'));
  const metadata = version ? { ...objectOf(old.metadata), resourceVersion: version } : objectOf(old.metadata);
  const next = { ...old, metadata, spec: { ...objectOf(old.spec), replicas } };
  const whole: Call = { ...call, subresource: '' };
  const manage: Manage = (_state, _call, object, before) => trackUpdate(state, call, object, before);
  return asScale(replaceObject(state, whole, old, next, manage));
}
