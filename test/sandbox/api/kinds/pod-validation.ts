/** Validation of a PodSpec (pkg/apis/core/validation): the parts that Pods meet in practice. */
import { duplicate, forbiddenValue, invalidValue, required, unsupported } from '../causes.ts';
import type { Cause } from '../errors.ts';
import { at, type JsonObject, listOf, numberOf, objectOf, objectsOf, stringOf, stringsOf } from '../json.ts';
import { labelCauses, nameWhy, qualifiedNameWhy } from '../names.ts';
import { quantityNano } from '../quantity.ts';
import { selectorCauses } from './label-selector.ts';

function labelName(value: string, field: string): Cause[] {
  if (value === '') return [required(field)];
  return nameWhy(value, 'label').map((why) => invalidValue(field, value, why));
}

function portCauses(value: number | undefined, field: string): Cause[] {
  if (value !== undefined && value >= 1 && value <= 65_535) return [];
  return [invalidValue(field, value ?? 0, 'must be between 1 and 65535, inclusive')];
}

function envCauses(container: JsonObject, where: string): Cause[] {
  const causes: Cause[] = [];
  for (const [index, env] of objectsOf(container.env).entries()) {
    const field = `${where}.env[${index}]`;
    if (stringOf(env.name) === '') causes.push(required(`${field}.name`));
    const from = Object.keys(objectOf(env.valueFrom));
    if (from.length > 0 && stringOf(env.value) !== '') {
      causes.push(invalidValue(`${field}.valueFrom`, '', 'may not be specified when `value` is not empty'));
    }
    if (from.length > 1)
      causes.push(
        invalidValue(`${field}.valueFrom`, '', 'may not have more than one field specified at a time'),
      );
    const path = stringOf(at(env, 'valueFrom', 'fieldRef', 'fieldPath'));
    const subscript = /^metadata\.(labels|annotations)\['.+'\]$/.test(path);
    if (at(env, 'valueFrom', 'fieldRef') !== undefined && !subscript && !envFields.includes(path)) {
      causes.push(unsupported(`${field}.valueFrom.fieldRef.fieldPath`, path, envFields));
    }
  }
  return causes;
}

const envFields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

function probeCauses(container: JsonObject, where: string): Cause[] {
  const causes: Cause[] = [];
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = container[name];
    if (probe === undefined) continue;
    const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'].filter((kind) => at(probe, kind) !== undefined);
    if (handlers.length === 0) causes.push(required(`${where}.${name}`, 'must specify a handler type'));
    if (handlers.length > 1)
      causes.push(
        forbiddenValue(`${where}.${name}.${handlers[1]}`, 'may not specify more than 1 handler type'),
      );
    if (name !== 'readinessProbe' && (numberOf(at(probe, 'successThreshold')) ?? 1) !== 1) {
      causes.push(
        invalidValue(`${where}.${name}.successThreshold`, at(probe, 'successThreshold') ?? 0, 'must be 1'),
      );
    }
  }
  return causes;
}

function resourceCauses(container: JsonObject, where: string): Cause[] {
  const causes: Cause[] = [];
  const limits = objectOf(at(container, 'resources', 'limits'));
  const requests = objectOf(at(container, 'resources', 'requests'));
  for (const [name, value] of Object.entries(requests)) {
    const limit = limits[name];
    if (limit === undefined) continue;
    if ((quantityNano(stringOf(value)) ?? 0n) > (quantityNano(stringOf(limit)) ?? 0n)) {
      const why = `must be less than or equal to ${name} limit of ${stringOf(limit)}`;
      causes.push(invalidValue(`${where}.resources.requests`, value, why));
    }
  }
  return causes;
}

function containerCauses(container: JsonObject, where: string, volumes: string[]): Cause[] {
  const causes = labelName(stringOf(container.name), `${where}.name`);
  const image = stringOf(container.image);
  if (image === '') causes.push(required(`${where}.image`));
  else if (image.trim() !== image)
    causes.push(invalidValue(`${where}.image`, image, 'must not have leading or trailing whitespace'));
  for (const [index, port] of objectsOf(container.ports).entries()) {
    causes.push(...portCauses(numberOf(port.containerPort), `${where}.ports[${index}].containerPort`));
  }
  const paths: string[] = [];
  for (const [index, mount] of objectsOf(container.volumeMounts).entries()) {
    const field = `${where}.volumeMounts[${index}]`;
    const name = stringOf(mount.name);
    if (name === '') causes.push(required(`${field}.name`));
    else if (!volumes.includes(name))
      causes.push({
        reason: 'FieldValueNotFound',
        message: `Not found: ${JSON.stringify(name)}`,
        field: `${field}.name`,
      });
    const path = stringOf(mount.mountPath);
    if (path === '') causes.push(required(`${field}.mountPath`));
    if (paths.includes(path)) causes.push(invalidValue(`${field}.mountPath`, path, 'must be unique'));
    paths.push(path);
  }
  return [
    ...causes,
    ...envCauses(container, where),
    ...probeCauses(container, where),
    ...resourceCauses(container, where),
  ];
}

function volumeCauses(spec: JsonObject, where: string): Cause[] {
  const causes: Cause[] = [];
  const names: string[] = [];
  for (const [index, volume] of objectsOf(spec.volumes).entries()) {
    const field = `${where}.volumes[${index}]`;
    const name = stringOf(volume.name);
    causes.push(...labelName(name, `${field}.name`));
    if (names.includes(name)) causes.push(duplicate(`${field}.name`, name));
    names.push(name);
    const sources = Object.keys(volume).filter((key) => key !== 'name');
    if (sources.length > 1)
      causes.push(forbiddenValue(`${field}.${sources[1]}`, 'may not specify more than 1 volume type'));
    const path = at(volume, 'hostPath', 'path');
    if (at(volume, 'hostPath') !== undefined && stringOf(path) === '')
      causes.push(required(`${field}.hostPath.path`));
    if (stringOf(path).split('/').includes('..'))
      causes.push(invalidValue(`${field}.hostPath.path`, stringOf(path), "must not contain '..'"));
  }
  return causes;
}

function tolerationCauses(spec: JsonObject, where: string): Cause[] {
  const causes: Cause[] = [];
  for (const [index, toleration] of objectsOf(spec.tolerations).entries()) {
    const field = `${where}.tolerations[${index}]`;
    const key = stringOf(toleration.key);
    const operator = stringOf(toleration.operator);
    if (key) causes.push(...qualifiedNameWhy(key).map((why) => invalidValue(`${field}.key`, key, why)));
    else if (operator !== 'Exists') {
      causes.push(
        invalidValue(
          `${field}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    }
    if (operator === 'Exists' && stringOf(toleration.value) !== '') {
      causes.push(
        invalidValue(
          `${field}.operator`,
          stringOf(toleration.value),
          "value must be empty when `operator` is 'Exists'",
        ),
      );
    }
    if (toleration.tolerationSeconds !== undefined && toleration.effect !== 'NoExecute') {
      causes.push(
        invalidValue(
          `${field}.effect`,
          stringOf(toleration.effect),
          "effect must be 'NoExecute' when `tolerationSeconds` is set",
        ),
      );
    }
  }
  return causes;
}

function affinityCauses(spec: JsonObject, where: string): Cause[] {
  const causes: Cause[] = [];
  const node = at(spec, 'affinity', 'nodeAffinity');
  const base = `${where}.affinity.nodeAffinity`;
  const hard = at(node, 'requiredDuringSchedulingIgnoredDuringExecution');
  const terms = objectsOf(at(hard, 'nodeSelectorTerms'));
  const hardField = `${base}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
  if (hard !== undefined && terms.length === 0)
    causes.push(required(hardField, 'must have at least one node selector term'));
  for (const [index, term] of terms.entries()) causes.push(...termCauses(term, `${hardField}[${index}]`));
  const soft = objectsOf(at(node, 'preferredDuringSchedulingIgnoredDuringExecution'));
  for (const [index, item] of soft.entries()) {
    const field = `${base}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
    causes.push(...termCauses(objectOf(item.preference), `${field}.preference`));
    const weight = numberOf(item.weight) ?? 0;
    if (weight < 1 || weight > 100)
      causes.push(invalidValue(`${field}.weight`, weight, 'must be in the range 1-100'));
  }
  return causes;
}

function termCauses(term: JsonObject, where: string): Cause[] {
  const causes: Cause[] = [];
  for (const [index, item] of objectsOf(term.matchExpressions).entries()) {
    const field = `${where}.matchExpressions[${index}]`;
    const values = listOf(item.values);
    const operator = stringOf(item.operator);
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0)
        causes.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0)
        causes.push(
          forbiddenValue(
            `${field}.values`,
            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
          ),
        );
    } else if (operator === 'Gt' || operator === 'Lt') {
      if (values.length !== 1)
        causes.push(
          required(`${field}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"),
        );
    } else causes.push(invalidValue(`${field}.operator`, operator, 'not a valid selector operator'));
    const key = stringOf(item.key);
    causes.push(...qualifiedNameWhy(key).map((why) => invalidValue(`${field}.key`, key, why)));
  }
  for (const [index, item] of objectsOf(term.matchFields).entries()) {
    const field = `${where}.matchFields[${index}]`;
    const values = stringsOf(item.values);
    const operator = stringOf(item.operator);
    if (operator !== 'In' && operator !== 'NotIn')
      causes.push(invalidValue(`${field}.operator`, operator, 'not a valid selector operator'));
    else if (values.length !== 1)
      causes.push(
        required(
          `${field}.values`,
          "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
        ),
      );
    if (item.key !== 'metadata.name')
      causes.push(invalidValue(`${field}.key`, stringOf(item.key), 'not a valid field selector key'));
    for (const [at_, value] of values.entries()) {
      causes.push(
        ...nameWhy(value, 'subdomain').map((why) => invalidValue(`${field}.values[${at_}]`, value, why)),
      );
    }
  }
  return causes;
}

/** podSpecCauses checks a PodSpec at `where`: `spec`, or `spec.template.spec`. */
export function podSpecCauses(spec: JsonObject, where: string): Cause[] {
  const causes = volumeCauses(spec, where);
  const volumes = objectsOf(spec.volumes).map((volume) => stringOf(volume.name));
  const names: string[] = [];
  if (objectsOf(spec.containers).length === 0) causes.push(required(`${where}.containers`));
  for (const list of ['containers', 'initContainers']) {
    for (const [index, container] of objectsOf(spec[list]).entries()) {
      const field = `${where}.${list}[${index}]`;
      causes.push(...containerCauses(container, field, volumes));
      const name = stringOf(container.name);
      if (name && names.includes(name)) causes.push(duplicate(`${field}.name`, name));
      names.push(name);
    }
  }
  for (const [name, least] of Object.entries({
    activeDeadlineSeconds: 1,
    terminationGracePeriodSeconds: 0,
  })) {
    const value = spec[name];
    if (value === undefined) continue;
    const number = numberOf(value) ?? 0;
    const why =
      least === 1 ? 'must be between 1 and 2147483647, inclusive' : 'must be greater than or equal to 0';
    if (number < least || number > 2_147_483_647) causes.push(invalidValue(`${where}.${name}`, value, why));
  }
  causes.push(...labelCauses(objectOf(spec.nodeSelector), `${where}.nodeSelector`));
  causes.push(...tolerationCauses(spec, where), ...affinityCauses(spec, where));
  if (spec.hostUsers === false && spec.hostNetwork === true)
    causes.push(forbiddenValue(`${where}.hostNetwork`, 'when `hostUsers` is false'));
  for (const [index, item] of objectsOf(spec.topologySpreadConstraints).entries()) {
    causes.push(
      ...selectorCauses(
        objectOf(item.labelSelector),
        `${where}.topologySpreadConstraints[${index}].labelSelector`,
      ),
    );
  }
  for (const member of ['nodeName', 'serviceAccountName', 'priorityClassName']) {
    const value = stringOf(spec[member]);
    if (value)
      causes.push(
        ...nameWhy(value, 'subdomain').map((why) => invalidValue(`${where}.${member}`, value, why)),
      );
  }
  return causes;
}
