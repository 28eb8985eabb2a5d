/** CustomResourceDefinitions: names, versions and what makes a schema structural (pkg/apis/apiextensions/validation). */
import { forbiddenValue, invalidValue, required } from '../causes.ts';
import { compileCauses } from '../cel-rules.ts';
import type { Cause } from '../errors.ts';
import { at, equal, isObject, type JsonObject, listOf, objectOf, objectsOf, stringOf } from '../json.ts';
import { nameWhy } from '../names.ts';
import type { Strategy } from '../strategy.ts';
import { mapList, mapMember, withDefaults } from './pod-defaults.ts';

function validate(object: JsonObject): Cause[] {
  const spec = objectOf(object.spec);
  const plural = stringOf(at(spec, 'names', 'plural'));
  const name = stringOf(at(object, 'metadata', 'name'));
  const causes: Cause[] = [];
  if (name !== `${plural}.${stringOf(spec.group)}`) {
    causes.push(invalidValue('metadata.name', name, 'must be spec.names.plural+"."+spec.group'));
  }
  for (const member of ['plural', 'kind']) {
    const value = stringOf(at(spec, 'names', member));
    const why = member === 'kind' ? nameWhy(value.toLowerCase(), 'label-1035') : nameWhy(value, 'label-1035');
    if (value === '') causes.push(required(`spec.names.${member}`));
    else causes.push(...why.map((text) => invalidValue(`spec.names.${member}`, value, text)));
  }
  if (!['Cluster', 'Namespaced'].includes(stringOf(spec.scope))) causes.push(required('spec.scope'));
  return [...causes, ...versionCauses(spec)];
}

function versionCauses(spec: JsonObject): Cause[] {
  const causes: Cause[] = [];
  const versions = objectsOf(spec.versions);
  if (versions.filter((version) => version.storage === true).length !== 1) {
    causes.push(
      invalidValue('spec.versions', versions, 'must have exactly one version marked as storage version'),
    );
  }
  for (const [index, version] of versions.entries()) {
    const field = `spec.versions[${index}]`;
    const schema = at(version, 'schema', 'openAPIV3Schema');
    if (!isObject(schema)) {
      causes.push(required(`${field}.schema.openAPIV3Schema`, 'schemas are required'));
      continue;
    }
    const where = `${field}.schema.openAPIV3Schema`;
    if (schema.type !== 'object')
      causes.push(invalidValue(`${where}.type`, stringOf(schema.type), 'must be object at the root'));
    causes.push(...structuralCauses(schema, where, false), ...compileCauses(schema, where));
  }
  return causes;
}

/** structuralCauses holds a schema to the rules of structural schemas. */
function structuralCauses(schema: JsonObject, where: string, logical: boolean): Cause[] {
  const causes: Cause[] = [];
  const free =
    schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (!logical && stringOf(schema.type) === '' && !free) {
    causes.push(required(`${where}.type`, 'must not be empty for specified object fields'));
  }
  if (logical && schema.type !== undefined)
    causes.push(forbiddenValue(`${where}.type`, 'must be empty to be structural'));
  if (schema.additionalProperties !== undefined && isObject(schema.properties)) {
    causes.push(
      forbiddenValue(
        `${where}.additionalProperties`,
        'additionalProperties and properties are mutual exclusive',
      ),
    );
  }
  if (schema.uniqueItems === true) {
    causes.push(
      forbiddenValue(
        `${where}.uniqueItems`,
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  }
  if (schema.$ref !== undefined) causes.push(forbiddenValue(`${where}.$ref`, '$ref is not supported'));
  causes.push(...listCauses(schema, where));
  for (const [name, child] of Object.entries(objectOf(schema.properties))) {
    if (isObject(child)) causes.push(...structuralCauses(child, `${where}.properties[${name}]`, logical));
  }
  for (const member of ['items', 'additionalProperties']) {
    const child = schema[member];
    if (isObject(child)) causes.push(...structuralCauses(child, `${where}.${member}`, logical));
  }
  for (const junctor of ['allOf', 'anyOf', 'oneOf']) {
    for (const [index, child] of objectsOf(schema[junctor]).entries()) {
      if (!free) causes.push(...structuralCauses(child, `${where}.${junctor}[${index}]`, true));
    }
  }
  return causes;
}

function listCauses(schema: JsonObject, where: string): Cause[] {
  if (schema['x-kubernetes-list-type'] !== 'map') return [];
  const causes: Cause[] = [];
  const keys = listOf(schema['x-kubernetes-list-map-keys']).map(stringOf);
  if (keys.length === 0)
    causes.push(
      required(`${where}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'),
    );
  const items = objectOf(schema.items);
  for (const key of keys) {
    const property = at(items, 'properties', key);
    if (!isObject(property)) {
      causes.push(
        invalidValue(
          `${where}.x-kubernetes-list-map-keys`,
          keys,
          'entries must all be names of item properties',
        ),
      );
      continue;
    }
    const needed = listOf(items.required).includes(key) || property.default !== undefined;
    if (!needed)
      causes.push(
        required(
          `${where}.items.properties[${key}].default`,
          'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
        ),
      );
  }
  return causes;
}

function validateUpdate(next: JsonObject, old: JsonObject): Cause[] {
  const frozen: string[][] = [['group'], ['scope'], ['names', 'kind'], ['names', 'plural']];
  return frozen
    .filter((path) => !equal(at(next, 'spec', ...path), at(old, 'spec', ...path)))
    .map((path) =>
      invalidValue(`spec.${path.join('.')}`, at(next, 'spec', ...path) ?? '', 'field is immutable'),
    );
}

/** crdStrategy is the registry strategy of CustomResourceDefinitions. */
export const crdStrategy: Strategy = {
  generation: true,
  freeFinalizers: true,
  default: (object) =>
    mapMember(object, 'spec', (spec) => {
      const names = objectOf(spec.names);
      const kind = stringOf(names.kind);
      const filled = withDefaults(names, { singular: kind.toLowerCase(), listKind: `${kind}List` });
      return mapList(
        withDefaults({ ...spec, names: filled }, { conversion: { strategy: 'None' } }),
        'versions',
        (version) => mapList(version, 'additionalPrinterColumns', (column) => column),
      );
    }),
  prepareCreate: (object) => ({
    ...object,
    status: {
      conditions: [],
      acceptedNames: { plural: '', kind: '' },
      storedVersions: objectsOf(at(object, 'spec', 'versions'))
        .filter((version) => version.storage === true)
        .map((version) => stringOf(version.name)),
    },
  }),
  validate,
  validateUpdate,
};
