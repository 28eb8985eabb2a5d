/** Jobs and CronJobs (pkg/apis/batch, pkg/registry/batch). */
import { invalidValue, required, unsupported } from '../causes.ts';
import type { Cause } from '../errors.ts';
import { at, equal, type JsonObject, numberOf, objectOf, stringMapOf, stringOf } from '../json.ts';
import { labelCauses } from '../names.ts';
import type { Strategy } from '../strategy.ts';
import { defaultTemplate, mapMember, withDefaults } from './pod-defaults.ts';
import { podSpecCauses } from './pod-validation.ts';

function defaultSpec(spec: JsonObject): JsonObject {
  const filled = withDefaults(defaultTemplate(spec), {
    backoffLimit: spec.backoffLimitPerIndex === undefined ? 6 : 2_147_483_647,
    completionMode: 'NonIndexed',
    suspend: false,
    manualSelector: false,
    podReplacementPolicy: spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed',
  });
  if (spec.completions === undefined && spec.parallelism === undefined) {
    return { ...filled, completions: 1, parallelism: 1 };
  }
  return withDefaults(filled, { parallelism: 1 });
}

/** withSelector generates the selector and the labels that tie Pods to their Job, new names and legacy ones. */
function withSelector(object: JsonObject): JsonObject {
  const spec = objectOf(object.spec);
  if (spec.manualSelector === true) return object;
  const uid = stringOf(at(object, 'metadata', 'uid'));
  const name = stringOf(at(object, 'metadata', 'name'));
  const own = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  const template = objectOf(spec.template);
  const metadata = objectOf(template.metadata);
  const labels = { ...objectOf(metadata.labels), ...own };
  return {
    ...object,
    spec: {
      ...spec,
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
      template: { ...template, metadata: { ...metadata, labels } },
    },
  };
}

function nonNegative(spec: JsonObject, where: string, names: string[]): Cause[] {
  return names.flatMap((name) => {
    const value = numberOf(spec[name]);
    return value !== undefined && value < 0
      ? [invalidValue(`${where}.${name}`, value, 'must be greater than or equal to 0')]
      : [];
  });
}

function jobSpecCauses(spec: JsonObject, where: string): Cause[] {
  const causes = nonNegative(spec, where, [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
  ]);
  const pod = objectOf(at(spec, 'template', 'spec'));
  causes.push(
    ...labelCauses(objectOf(at(spec, 'template', 'metadata', 'labels')), `${where}.template.labels`),
  );
  causes.push(...podSpecCauses(pod, `${where}.template.spec`));
  const policy = stringOf(pod.restartPolicy);
  if (policy === 'Always' || policy === '') {
    causes.push(required(`${where}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"'));
  } else if (policy !== 'OnFailure' && policy !== 'Never') {
    causes.push(unsupported(`${where}.template.spec.restartPolicy`, policy, ['OnFailure', 'Never']));
  }
  if (spec.completionMode === 'Indexed' && spec.completions === undefined) {
    causes.push(required(`${where}.completions`, 'when completion mode is Indexed'));
  }
  return causes;
}

function validate(object: JsonObject): Cause[] {
  const spec = objectOf(object.spec);
  const causes = jobSpecCauses(spec, 'spec');
  const name = stringOf(at(object, 'metadata', 'name'));
  if (name.length > 63)
    causes.push(invalidValue('metadata.name', name, 'must be no more than 63 characters'));
  const wanted = stringMapOf(at(spec, 'selector', 'matchLabels'));
  const labels = stringMapOf(at(spec, 'template', 'metadata', 'labels'));
  if (Object.entries(wanted).some(([key, value]) => labels[key] !== value)) {
    causes.push(
      invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'),
    );
  }
  return causes;
}

/** validateUpdate: the template of a Job that is not suspended, its selector and its mode never change. */
function validateUpdate(next: JsonObject, old: JsonObject): Cause[] {
  const before = objectOf(old.spec);
  const after = objectOf(next.spec);
  const suspended = before.suspend === true && at(old, 'status', 'startTime') === undefined;
  const frozen = [
    'selector',
    'completionMode',
    'podFailurePolicy',
    'backoffLimitPerIndex',
    'managedBy',
    'successPolicy',
  ];
  if (!suspended) frozen.push('template');
  if (before.completionMode !== 'Indexed') frozen.push('completions');
  return frozen
    .filter((name) => !equal(before[name], after[name]))
    .map((name) => invalidValue(`spec.${name}`, after[name] ?? null, 'field is immutable'));
}

/** jobStrategy is the registry strategy of Jobs. */
export const jobStrategy: Strategy = {
  generation: true,
  default: (object) => withTemplateLabels(mapMember(object, 'spec', defaultSpec)),
  prepareCreate: (object) => withTemplateLabels(withSelector({ ...object, status: {} })),
  validate,
  validateUpdate,
};

/** A Job without labels of its own takes those of its template. */
function withTemplateLabels(object: JsonObject): JsonObject {
  const labels = objectOf(at(object, 'spec', 'template', 'metadata', 'labels'));
  const metadata = objectOf(object.metadata);
  if (Object.keys(objectOf(metadata.labels)).length > 0 || Object.keys(labels).length === 0) return object;
  return { ...object, metadata: { ...metadata, labels } };
}

/** cronJobStrategy is the registry strategy of CronJobs. */
export const cronJobStrategy: Strategy = {
  generation: true,
  default: (object) =>
    mapMember(object, 'spec', (spec) =>
      withDefaults(
        mapMember(spec, 'jobTemplate', (template) => mapMember(template, 'spec', defaultSpec)),
        {
          concurrencyPolicy: 'Allow',
          suspend: false,
          successfulJobsHistoryLimit: 3,
          failedJobsHistoryLimit: 1,
        },
      ),
    ),
  validate: (object) => {
    const spec = objectOf(object.spec);
    const causes = jobSpecCauses(objectOf(at(spec, 'jobTemplate', 'spec')), 'spec.jobTemplate.spec');
    if (stringOf(spec.schedule) === '') causes.unshift(required('spec.schedule'));
    return causes;
  },
};
