/** Validation of a PodSpec (pkg/apis/core/validation): the parts that Pods meet in practice. */
import { duplicate, forbiddenValue, invalidValue, required } from '../causes.ts';
import type { Cause } from '../errors.ts';
import { at, type JsonObject, numberOf, objectOf, objectsOf, stringOf } from '../json.ts';
import { labelCauses, nameWhy } from '../names.ts';
import { containerCauses, labelName } from './container-validation.ts';
import { selectorCauses } from './label-selector.ts';
import { affinityCauses, tolerationCauses } from './scheduling-validation.ts';

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
