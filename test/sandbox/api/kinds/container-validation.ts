/** Validation of containers (pkg/apis/core/validation): names, images, environment, ports, mounts, probes, resources. */
import { forbiddenValue, invalidValue, required, unsupported } from '../causes.ts';
import type { Cause } from '../errors.ts';
import { at, type JsonObject, numberOf, objectOf, objectsOf, stringOf } from '../json.ts';
import { nameWhy } from '../names.ts';
import { quantityNano } from '../quantity.ts';

/** labelName checks a name that is a DNS label. */
export function labelName(value: string, field: string): Cause[] {
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

/** containerCauses checks one container; `volumes` are the names that its mounts may use. */
export function containerCauses(container: JsonObject, where: string, volumes: string[]): Cause[] {
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
