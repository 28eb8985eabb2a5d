/** Deployments, ReplicaSets, DaemonSets and StatefulSets (pkg/apis/apps). */
import { invalidValue, required, unsupported } from '../causes.ts';
import type { Cause } from '../errors.ts';
import { at, equal, isObject, type JsonObject, objectOf, stringMapOf, stringOf } from '../json.ts';
import { labelCauses } from '../names.ts';
import { matchesLabelSelector } from '../selectors.ts';
import type { Strategy } from '../strategy.ts';
import { selectorCauses } from './label-selector.ts';
import { defaultTemplate, mapMember, withDefaults } from './pod-defaults.ts';
import { podSpecCauses } from './pod-validation.ts';

function validate(object: JsonObject): Cause[] {
  const spec = objectOf(object.spec);
  const selector = objectOf(spec.selector);
  const labels = stringMapOf(at(spec, 'template', 'metadata', 'labels'));
  const empty = Object.keys(objectOf(selector.matchLabels)).length === 0 && !selector.matchExpressions;
  const causes: Cause[] = [];
  if (spec.selector === undefined) causes.push(required('spec.selector'));
  else if (empty)
    causes.push(invalidValue('spec.selector', selector, 'empty selector is invalid for this kind of object'));
  causes.push(...selectorCauses(selector, 'spec.selector'));
  causes.push(...labelCauses(labels, 'spec.template.labels'));
  if (!empty && !matchesLabelSelector(selector, labels)) {
    causes.push(
      invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'),
    );
  }
  causes.push(...podSpecCauses(objectOf(at(spec, 'template', 'spec')), 'spec.template.spec'));
  const policy = stringOf(at(spec, 'template', 'spec', 'restartPolicy'));
  if (policy !== 'Always') causes.push(unsupported('spec.template.spec.restartPolicy', policy, ['Always']));
  return causes;
}

function validateUpdate(next: JsonObject, old: JsonObject): Cause[] {
  const before = at(old, 'spec', 'selector');
  const after = at(next, 'spec', 'selector');
  return equal(before, after) ? [] : [invalidValue('spec.selector', after ?? null, 'field is immutable')];
}

function rolling(strategy: JsonObject, defaults: JsonObject): JsonObject {
  const typed = withDefaults(strategy, { type: 'RollingUpdate' });
  if (typed.type !== 'RollingUpdate') return typed;
  const own = isObject(typed.rollingUpdate) ? typed.rollingUpdate : {};
  return { ...typed, rollingUpdate: withDefaults(own, defaults) };
}

function defaults(change: (spec: JsonObject) => JsonObject): (object: JsonObject) => JsonObject {
  return (object) => mapMember(object, 'spec', (spec) => change(defaultTemplate(spec)));
}

function workload(change: (spec: JsonObject) => JsonObject): Strategy {
  return { generation: true, default: defaults(change), validate, validateUpdate };
}

/** deploymentStrategy is the registry strategy of Deployments. */
export const deploymentStrategy = workload((spec) => ({
  ...withDefaults(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 }),
  strategy: rolling(objectOf(spec.strategy), { maxUnavailable: '25%', maxSurge: '25%' }),
}));

/** replicaSetStrategy is the registry strategy of ReplicaSets. */
export const replicaSetStrategy: Strategy = {
  ...workload((spec) => withDefaults(spec, { replicas: 1 })),
  prepareCreate: (object) => ({ ...object, status: { replicas: 0 } }),
};

/** daemonSetStrategy is the registry strategy of DaemonSets. */
export const daemonSetStrategy: Strategy = {
  ...workload((spec) => ({
    ...withDefaults(spec, { revisionHistoryLimit: 10 }),
    updateStrategy: rolling(objectOf(spec.updateStrategy), { maxUnavailable: 1, maxSurge: 0 }),
  })),
  prepareCreate: (object) => ({
    ...object,
    status: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
  }),
};

/** statefulSetStrategy is the registry strategy of StatefulSets. */
export const statefulSetStrategy: Strategy = {
  ...workload((spec) => ({
    ...withDefaults(spec, {
      replicas: 1,
      revisionHistoryLimit: 10,
      podManagementPolicy: 'OrderedReady',
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    }),
    updateStrategy: rolling(objectOf(spec.updateStrategy), { partition: 0 }),
  })),
  prepareCreate: (object) => ({ ...object, status: { replicas: 0, availableReplicas: 0 } }),
};
