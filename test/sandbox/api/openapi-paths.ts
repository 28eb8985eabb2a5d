/** The `paths` of an OpenAPI v3 document: as much of them as clients read (PATCH with fieldValidation above all). */
import type { JsonObject, JsonValue } from './json.ts';

/** Served is one kind for which paths are written. */
export interface Served {
  group: string;
  version: string;
  kind: string;
  plural: string;
  namespaced: boolean;
  /** the component's name. */
  component: string;
  subresources: string[];
}

const metaPrefix = 'io.k8s.apimachinery.pkg.apis.meta.v1';

function parameter(name: string, type: string, description: string): JsonObject {
  return { name, in: 'query', description, schema: { type, uniqueItems: true } };
}

const writes = [
  parameter('dryRun', 'string', 'All: every stage of the request runs, nothing is stored.'),
  parameter('fieldManager', 'string', 'The name of the actor that makes these changes.'),
  parameter(
    'fieldValidation',
    'string',
    'Ignore, Warn or Strict: what happens to unknown and repeated fields.',
  ),
];
const lists = [
  'allowWatchBookmarks',
  'continue',
  'fieldSelector',
  'labelSelector',
  'limit',
  'resourceVersion',
].map((name) =>
  parameter(
    name,
    name === 'limit' ? 'integer' : name.startsWith('allow') ? 'boolean' : 'string',
    `List option ${name}.`,
  ),
);

function content(component: string, types = ['application/json', 'application/yaml']): JsonObject {
  const schema = { $ref: `#/components/schemas/${component}` };
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

function operation(served: Served, action: string, more: JsonObject): JsonObject {
  const { group, version, kind, component } = served;
  return {
    tags: [`${group.replaceAll('.', '_')}_${version}`],
    operationId: `${action}${kind}${version}`,
    responses: { 200: { description: 'OK', content: content(component) } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, version, kind },
    ...more,
  };
}

function itemPath(served: Served): JsonObject {
  const body = { required: true, content: content(served.component) };
  const patch = content(`${metaPrefix}.Patch`, [
    'application/apply-patch+yaml',
    'application/json-patch+json',
    'application/merge-patch+json',
  ]);
  const force = parameter(
    'force',
    'boolean',
    'Take fields from other managers instead of answering a conflict.',
  );
  return {
    get: operation(served, 'get', {}),
    put: operation(served, 'put', { parameters: writes, requestBody: body }),
    patch: operation(served, 'patch', {
      parameters: [...writes, force],
      requestBody: { required: true, content: patch },
    }),
    delete: operation(served, 'delete', { requestBody: { content: content(`${metaPrefix}.DeleteOptions`) } }),
  };
}

/** pathsOf are the paths of one kind. */
export function pathsOf(served: Served): JsonObject {
  const root = `/apis/${served.group}/${served.version}`;
  const collection = served.namespaced
    ? `${root}/namespaces/{namespace}/${served.plural}`
    : `${root}/${served.plural}`;
  const named = (name: string): JsonValue => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  });
  const scope = served.namespaced ? [named('namespace')] : [];
  const body = { required: true, content: content(served.component) };
  const paths: JsonObject = {
    [collection]: {
      get: operation(served, 'list', { parameters: lists }),
      post: operation(served, 'post', { parameters: writes, requestBody: body }),
      delete: operation(served, 'deletecollection', { parameters: lists }),
      parameters: scope,
    },
    [`${collection}/{name}`]: { ...itemPath(served), parameters: [...scope, named('name')] },
  };
  for (const sub of served.subresources) {
    const { delete: _, ...rest } = itemPath(served);
    paths[`${collection}/{name}/${sub}`] = { ...rest, parameters: [...scope, named('name')] };
  }
  return paths;
}
