/**
 * OpenAPI documents of groups that were not captured, written down from the API reference: names and types only.
 * Shared components (ObjectMeta and its like) come from the captured document of coordination.k8s.io.
 */
import { type JsonObject, objectOf, parseJson } from './json.ts';
import { groups, type Members } from './openapi-groups.ts';
import { pathsOf } from './openapi-paths.ts';
import { fixture } from './resources.ts';

/** describes tells whether a group and version is written down here. */
export function describes(apiVersion: string): boolean {
  return Object.hasOwn(groups, apiVersion);
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const shared = new Set(['LabelSelector', 'Condition', 'ObjectMeta', 'ListMeta']);

function typeSchema(type: string, prefix: string): JsonObject {
  if (type.startsWith('[]')) {
    return { type: 'array', items: typeSchema(type.slice(2), prefix), 'x-kubernetes-list-type': 'atomic' };
  }
  if (type.startsWith('map:'))
    return { type: 'object', additionalProperties: typeSchema(type.slice(4), prefix) };
  if (type === 'free') return {};
  if (type === 'time') return { type: 'string', format: 'date-time' };
  if (type === 'string' || type === 'boolean') return { type };
  if (type === 'int32' || type === 'int64') return { type: 'integer', format: type };
  const component = shared.has(type) ? `${meta}.${type}` : `${prefix}.${type}`;
  return { allOf: [{ $ref: `#/components/schemas/${component}` }] };
}

function component(name: string, members: Members, prefix: string, keys: Record<string, string>): JsonObject {
  const properties: JsonObject = {};
  for (const [marked, type] of Object.entries(members)) {
    const member = marked.replace('!', '');
    const key = keys[`${name}.${member}`];
    const asMap = {
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': [key ?? ''],
      'x-kubernetes-patch-merge-key': key ?? '',
      'x-kubernetes-patch-strategy': 'merge',
    };
    properties[member] = { ...typeSchema(type, prefix), ...(key ? asMap : {}) };
    if (marked.endsWith('!') && type === 'string') Object.assign(properties[member], { default: '' });
  }
  const needed = Object.keys(members).filter((member) => member.endsWith('!'));
  return {
    type: 'object',
    properties,
    ...(needed.length ? { required: needed.map((n) => n.slice(0, -1)) } : {}),
  };
}

function asKind(schema: JsonObject, group: string, version: string, kind: string): JsonObject {
  const properties = objectOf(schema.properties);
  const metadata = { allOf: [{ $ref: `#/components/schemas/${meta}.ObjectMeta` }], default: {} };
  const head = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata };
  return {
    ...schema,
    properties: { ...head, ...properties },
    'x-kubernetes-group-version-kind': [{ group, version, kind }],
  };
}

/** sharedComponents are the apimachinery schemas that every document has; Condition and LabelSelector among them. */
export function sharedComponents(): JsonObject {
  const out: JsonObject = {};
  for (const file of ['coordination.k8s.io_v1', 'policy_v1']) {
    const document = objectOf(parseJson(fixture(`openapi-v3/apis_${file}.json`)));
    for (const [name, schema] of Object.entries(objectOf(objectOf(document.components).schemas))) {
      if (name.startsWith('io.k8s.apimachinery.')) out[name] = schema;
    }
  }
  return out;
}

/** composedDocument is the text of the document of a group that was not captured, or undefined. */
export function composedDocument(apiVersion: string): string | undefined {
  const described = groups[apiVersion];
  if (!described) return undefined;
  const [group = '', version = ''] = apiVersion.split('/');
  const prefix = `io.k8s.api.${group.split('.')[0]}.${version}`;
  const schemas = sharedComponents();
  const paths: JsonObject = {};
  for (const [name, members] of Object.entries(described.types)) {
    const schema = component(name, members, prefix, described.keys ?? {});
    schemas[`${prefix}.${name}`] = Object.hasOwn(described.kinds, name)
      ? asKind(schema, group, version, name)
      : schema;
  }
  for (const [kind, served] of Object.entries(described.kinds)) {
    if (served.plural === '') continue;
    Object.assign(paths, pathsOf({ ...served, group, version, kind, component: `${prefix}.${kind}` }));
  }
  return JSON.stringify({
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'unversioned' },
    paths,
    components: { schemas },
  });
}
