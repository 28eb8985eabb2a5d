/** Binding a Pod to a node: what the scheduler does. */
import type { Call } from './call.ts';
import { timestamp } from './clock.ts';
import { badRequest, conflict, invalid } from './errors.ts';
import { at, isObject, type JsonObject, objectOf, objectsOf, stringOf } from './json.ts';
import type { ServerState } from './state.ts';
import { collectionOf } from './store.ts';
import { currentObject } from './update.ts';

/** bindPod answers POST pods/NAME/binding: it sets spec.nodeName once and the PodScheduled condition. */
export function bindPod(state: ServerState, call: Call): JsonObject {
  const body = objectOf(call.body);
  const name = call.name || stringOf(at(body, 'metadata', 'name'));
  const pods = state.resources.find({ group: '', version: 'v1', plural: 'pods' });
  const node = stringOf(at(body, 'target', 'name'));
  if (!pods || !isObject(call.body)) throw badRequest('the object provided is no Binding');
  if (node === '') {
    const cause = { reason: 'FieldValueRequired', message: 'Required value', field: 'target.name' };
    throw invalid({ group: '', plural: 'bindings', kind: 'Binding' }, name, [cause]);
  }
  const pod = currentObject(state, { ...call, resource: pods, name });
  if (at(pod, 'metadata', 'deletionTimestamp') !== undefined) {
    throw conflict(
      { group: '', plural: 'pods/binding' },
      name,
      `pod ${name} is being deleted, cannot be assigned to a host`,
    );
  }
  const present = stringOf(at(pod, 'spec', 'nodeName'));
  if (present !== '') {
    throw conflict(
      { group: '', plural: 'pods/binding' },
      name,
      `pod ${name} is already assigned to node "${present}"`,
    );
  }
  if (objectsOf(at(pod, 'spec', 'schedulingGates')).length > 0) {
    throw conflict(
      { group: '', plural: 'pods/binding' },
      name,
      `pod ${name} has non-empty .spec.schedulingGates`,
    );
  }
  const conditions = objectsOf(at(pod, 'status', 'conditions')).filter(
    (condition) => condition.type !== 'PodScheduled',
  );
  conditions.push({
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timestamp(),
  });
  state.store.put(collectionOf(pods), {
    ...pod,
    spec: { ...objectOf(pod.spec), nodeName: node },
    status: { ...objectOf(pod.status), conditions },
  });
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
}
