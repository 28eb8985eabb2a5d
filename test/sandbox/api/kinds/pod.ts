/** Pods. */
import { forbiddenValue, invalidValue } from '../causes.ts';
import type { Cause } from '../errors.ts';
import { at, equal, isObject, type JsonObject, objectOf, objectsOf, stringOf } from '../json.ts';
import type { Strategy } from '../strategy.ts';
import { defaultPodSpec, mapMember, qosClass, withDefaults } from './pod-defaults.ts';
import { podSpecCauses } from './pod-validation.ts';

const frozen =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** mutable takes away what an update of a Pod may change. */
function mutable(spec: JsonObject): JsonObject {
  const { activeDeadlineSeconds: _a, tolerations: _t, ...rest } = spec;
  const images = (list: string) => objectsOf(rest[list]).map(({ image: _, ...container }) => container);
  return { ...rest, containers: images('containers'), initContainers: images('initContainers') };
}

function validateUpdate(next: JsonObject, old: JsonObject): Cause[] {
  const causes: Cause[] = [];
  const before = objectOf(old.spec);
  const after = objectOf(next.spec);
  if (!equal(mutable(before), mutable(after))) causes.push(forbiddenValue('spec', frozen));
  const kept = objectsOf(after.tolerations);
  if (objectsOf(before.tolerations).some((toleration) => !kept.some((item) => equal(item, toleration)))) {
    causes.push(
      forbiddenValue(
        'spec.tolerations',
        'existing toleration can not be modified except its tolerationSeconds',
      ),
    );
  }
  return causes;
}

function validate(object: JsonObject): Cause[] {
  const spec = objectOf(object.spec);
  const causes = podSpecCauses(spec, 'spec');
  const account = stringOf(at(object, 'metadata', 'generateName'));
  if (account.length > 253)
    causes.push(invalidValue('metadata.generateName', account, 'must be no more than 253 characters'));
  return causes;
}

/** podIP and podIPs say the same, whichever a kubelet writes; so do hostIP and hostIPs. */
function withBothAddresses(object: JsonObject): JsonObject {
  return mapMember(object, 'status', (status) => {
    const out = { ...status };
    for (const [one, all] of [
      ['podIP', 'podIPs'],
      ['hostIP', 'hostIPs'],
    ] as const) {
      const first = stringOf(at(status, all, 0, 'ip'));
      if (first && !stringOf(status[one])) out[one] = first;
      else if (stringOf(status[one]) && first !== status[one]) out[all] = [{ ip: stringOf(status[one]) }];
    }
    return out;
  });
}

/** podStrategy is the registry strategy of Pods. */
export const podStrategy: Strategy = {
  generation: true,
  default: (object) =>
    mapMember(withBothAddresses(object), 'spec', (spec) =>
      withDefaults(defaultPodSpec(spec), { enableServiceLinks: true }),
    ),
  prepareCreate: (object) => ({
    ...object,
    status: { phase: 'Pending', qosClass: qosClass(objectOf(object.spec)) },
  }),
  prepareUpdate: (next, old) => (isObject(old.status) ? { ...next, status: old.status } : next),
  validate,
  validateUpdate,
};
