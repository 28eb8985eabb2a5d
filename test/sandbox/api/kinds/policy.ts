/** Priorities, network policies, Ingresses, disruption budgets, admission policies. */
import { forbiddenValue, invalidValue, required, unsupported } from '../causes.ts';
import type { Cause } from '../errors.ts';
import { at, type JsonObject, listOf, numberOf, objectOf, objectsOf, stringOf } from '../json.ts';
import type { Strategy } from '../strategy.ts';
import { selectorCauses } from './label-selector.ts';
import { mapList, mapMember, withDefaults } from './pod-defaults.ts';

/** priorityClassStrategy: a value never changes; only the system's may lie above a thousand million. */
export const priorityClassStrategy: Strategy = {
  generation: true,
  default: (object) => withDefaults(object, { preemptionPolicy: 'PreemptLowerPriority' }),
  validate: (object) => {
    const name = stringOf(at(object, 'metadata', 'name'));
    const value = numberOf(object.value);
    const causes: Cause[] = value === undefined ? [required('value')] : [];
    const system = name === 'system-node-critical' || name === 'system-cluster-critical';
    if (name.startsWith('system-') && !system) {
      causes.push(
        forbiddenValue(
          'metadata.name',
          "priority class names with 'system-' prefix are reserved for system use only",
        ),
      );
    }
    if (!system && (value ?? 0) > 1_000_000_000) {
      causes.push(forbiddenValue('value', 'maximum allowed value of a user defined priority is 1000000000'));
    }
    const policy = stringOf(object.preemptionPolicy);
    const known = ['Never', 'PreemptLowerPriority'];
    return known.includes(policy) ? causes : [...causes, unsupported('preemptionPolicy', policy, known)];
  },
  validateUpdate: (next, old) => [
    ...(next.value === old.value ? [] : [invalidValue('value', next.value ?? 0, 'field is immutable')]),
    ...(next.preemptionPolicy === old.preemptionPolicy
      ? []
      : [invalidValue('preemptionPolicy', next.preemptionPolicy ?? '', 'field is immutable')]),
  ],
};

/** networkPolicyStrategy is the registry strategy of NetworkPolicies. */
export const networkPolicyStrategy: Strategy = {
  generation: true,
  default: (object) =>
    mapMember(object, 'spec', (spec) => {
      const ports = (rule: JsonObject) =>
        mapList(rule, 'ports', (port) => withDefaults(port, { protocol: 'TCP' }));
      const out = mapList(mapList(spec, 'ingress', ports), 'egress', ports);
      const types = listOf(spec.egress).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
      return listOf(spec.policyTypes).length > 0 ? out : { ...out, policyTypes: types };
    }),
  validate: (object) => {
    const causes = selectorCauses(objectOf(at(object, 'spec', 'podSelector')), 'spec.podSelector');
    for (const direction of ['ingress', 'egress']) {
      for (const [index, rule] of objectsOf(at(object, 'spec', direction)).entries()) {
        const peers = objectsOf(rule[direction === 'ingress' ? 'from' : 'to']);
        for (const [peer, item] of peers.entries()) {
          const field = `spec.${direction}[${index}].${direction === 'ingress' ? 'from' : 'to'}[${peer}]`;
          if (Object.keys(item).length === 0) causes.push(required(field, 'must specify a peer'));
          if (item.ipBlock !== undefined && Object.keys(item).length > 1) {
            causes.push(forbiddenValue(field, 'may not specify both ipBlock and another peer'));
          }
        }
      }
    }
    return causes;
  },
};

/** ingressStrategy is the registry strategy of Ingresses. */
export const ingressStrategy: Strategy = { generation: true };

/** disruptionBudgetStrategy is the registry strategy of PodDisruptionBudgets. */
export const disruptionBudgetStrategy: Strategy = {
  generation: true,
  validate: (object) => {
    const { minAvailable, maxUnavailable, selector } = objectOf(object.spec);
    const both = minAvailable !== undefined && maxUnavailable !== undefined;
    const causes = both
      ? [invalidValue('spec', objectOf(object.spec), 'minAvailable and maxUnavailable cannot be both set')]
      : [];
    return [...causes, ...selectorCauses(objectOf(selector), 'spec.selector')];
  },
};

function matchDefaults(resources: JsonObject): JsonObject {
  const filled = withDefaults(resources, {
    namespaceSelector: {},
    objectSelector: {},
    matchPolicy: 'Equivalent',
  });
  return mapList(filled, 'resourceRules', (rule) => withDefaults(rule, { scope: '*' }));
}

/** admissionPolicyStrategy is the registry strategy of ValidatingAdmissionPolicies. */
export const admissionPolicyStrategy: Strategy = {
  generation: true,
  default: (object) =>
    mapMember(object, 'spec', (spec) =>
      withDefaults(mapMember(spec, 'matchConstraints', matchDefaults), { failurePolicy: 'Fail' }),
    ),
  validate: (object) => {
    const spec = objectOf(object.spec);
    const causes: Cause[] = [];
    if (objectsOf(spec.validations).length === 0 && objectsOf(spec.auditAnnotations).length === 0) {
      causes.push(
        required('spec.validations', 'validations or auditAnnotations must contain at least one item'),
      );
    }
    if (spec.matchConstraints === undefined) causes.push(required('spec.matchConstraints'));
    else if (objectsOf(at(spec, 'matchConstraints', 'resourceRules')).length === 0) {
      causes.push(required('spec.matchConstraints.resourceRules'));
    }
    return causes;
  },
};

/** admissionBindingStrategy is the registry strategy of ValidatingAdmissionPolicyBindings. */
export const admissionBindingStrategy: Strategy = {
  generation: true,
  default: (object) => mapMember(object, 'spec', (spec) => mapMember(spec, 'matchResources', matchDefaults)),
  validate: (object) => {
    const causes: Cause[] = [];
    if (stringOf(at(object, 'spec', 'policyName')) === '') causes.push(required('spec.policyName'));
    if (listOf(at(object, 'spec', 'validationActions')).length === 0)
      causes.push(required('spec.validationActions'));
    return causes;
  },
};
