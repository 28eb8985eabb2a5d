/** OpenAPI v3: the index, and the document of each group and version, those of CRDs included. */
import { createHash } from 'node:crypto';
import { type JsonObject, objectOf } from './json.ts';
import { sharedComponents } from './openapi-composed.ts';
import { builtInDocument, documentPath, hasDocument } from './openapi-documents.ts';
import { pathsOf } from './openapi-paths.ts';
import { type ApiResource, apiVersionOf } from './resources.ts';

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

function customComponent(resource: ApiResource): string {
  const reversed = resource.group.split('.').reverse().join('.');
  return `${reversed}.${resource.version}.${resource.kind}`;
}

function kindSchema(resource: ApiResource): JsonObject {
  const { group, version, kind } = resource;
  const root = objectOf(objectOf(objectOf(resource.crdVersion).schema).openAPIV3Schema);
  const properties: JsonObject = {
    ...objectOf(root.properties),
    apiVersion: {
      type: 'string',
      description: 'APIVersion defines the versioned schema of this representation of an object.',
    },
    kind: {
      type: 'string',
      description: 'Kind is a string value representing the REST resource this object represents.',
    },
    metadata: {
      allOf: [{ $ref: `#/components/schemas/${meta}.ObjectMeta` }],
      description: 'Standard object metadata.',
    },
  };
  return { ...root, properties, 'x-kubernetes-group-version-kind': [{ group, version, kind }] };
}

function listSchema(resource: ApiResource): JsonObject {
  const { group, version, kind } = resource;
  return {
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { allOf: [{ $ref: `#/components/schemas/${meta}.ListMeta` }] },
      items: { type: 'array', items: { $ref: `#/components/schemas/${customComponent(resource)}` } },
    },
    'x-kubernetes-group-version-kind': [{ group, version, kind: `${kind}List` }],
  };
}

function customDocument(resources: ApiResource[]): string {
  const schemas = sharedComponents();
  const paths: JsonObject = {};
  for (const resource of resources) {
    const component = customComponent(resource);
    schemas[component] = kindSchema(resource);
    schemas[`${component}List`] = listSchema(resource);
    Object.assign(
      paths,
      pathsOf({ ...resource, component, subresources: resource.subresources.map((sub) => sub.name) }),
    );
  }
  const info = { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' };
  return JSON.stringify({ openapi: '3.0.0', info, paths, components: { schemas } });
}

/** OpenApi writes documents when they are asked for. */
export class OpenApi {
  readonly #custom = new Map<string, string>();
  readonly #resources: () => ApiResource[];

  constructor(resources: () => ApiResource[]) {
    this.#resources = resources;
  }

  /** changed forgets the documents of CRDs. */
  changed(): void {
    this.#custom.clear();
  }

  #customText(apiVersion: string): string | undefined {
    const known = this.#custom.get(apiVersion);
    if (known !== undefined) return known;
    const mine = this.#resources().filter(
      (resource) => resource.crdVersion && apiVersionOf(resource) === apiVersion,
    );
    if (mine.length === 0) return undefined;
    const text = customDocument(mine);
    this.#custom.set(apiVersion, text);
    return text;
  }

  /** document is the text of the document at a path below /openapi/v3, or undefined. */
  document(path: string): string | undefined {
    const apiVersion = path.replace(/^apis?\//, '');
    return (
      this.#customText(apiVersion) ??
      (documentPath(apiVersion) === path ? builtInDocument(apiVersion) : undefined)
    );
  }

  /** index answers /openapi/v3. The hash changes with the document: clients cache by it for ever. */
  index(): JsonObject {
    const paths: JsonObject = {};
    for (const apiVersion of new Set(this.#resources().map(apiVersionOf))) {
      const text = this.#customText(apiVersion);
      if (text === undefined && !hasDocument(apiVersion)) continue;
      const hash = createHash('sha256')
        .update(text ?? `captured ${apiVersion}`)
        .digest('hex')
        .toUpperCase();
      const path = documentPath(apiVersion);
      paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
    }
    return { paths };
  }
}
