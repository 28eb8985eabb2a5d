/** Which schema a resource has: from the OpenAPI documents for built-in kinds, from its CRD for the others. */
import { isObject, type JsonObject, objectOf, objectsOf, parseJson } from './json.ts';
import { builtInDocument } from './openapi-documents.ts';
import { type ApiResource, apiVersionOf } from './resources.ts';
import { Schema } from './schema.ts';

/** Schemas makes each schema once, when it is first needed. */
export class Schemas {
  readonly #components = new Map<string, JsonObject>();
  readonly #builtIn = new Map<string, Schema>();
  readonly #custom = new WeakMap<JsonObject, Schema>();

  /** of is the schema of a resource's objects; undefined where no document describes it. */
  of(resource: ApiResource): Schema | undefined {
    if (resource.crdVersion) return this.#ofVersion(resource.crdVersion);
    return this.kind(apiVersionOf(resource), resource.kind);
  }

  /** kind is the schema of a built-in kind. */
  kind(apiVersion: string, kind: string): Schema | undefined {
    const key = `${apiVersion}/${kind}`;
    const known = this.#builtIn.get(key);
    if (known) return known;
    const components = this.#componentsOf(apiVersion);
    const found = Object.values(components).find(
      (schema) => isObject(schema) && hasKind(schema, apiVersion, kind) && isObject(schema.properties),
    );
    if (!isObject(found)) return undefined;
    const schema = new Schema(found, components);
    this.#builtIn.set(key, schema);
    return schema;
  }

  /** objectMeta is the schema of `metadata`. */
  get objectMeta(): Schema {
    const metadata = this.kind('coordination.k8s.io/v1', 'Lease')?.property('metadata');
    if (!metadata) throw new Error('The OpenAPI document of coordination.k8s.io/v1 has no Lease');
    return metadata;
  }

  #componentsOf(apiVersion: string): JsonObject {
    let components = this.#components.get(apiVersion);
    if (!components) {
      const text = builtInDocument(apiVersion);
      components = text === undefined ? {} : objectOf(objectOf(objectOf(parseJson(text)).components).schemas);
      this.#components.set(apiVersion, components);
    }
    return components;
  }

  #ofVersion(version: JsonObject): Schema {
    let schema = this.#custom.get(version);
    if (!schema) {
      const root = objectOf(objectOf(version.schema).openAPIV3Schema);
      const { json: metadata } = this.objectMeta;
      const properties = { ...objectOf(root.properties) };
      const leases = this.#componentsOf('coordination.k8s.io/v1');
      Object.assign(properties, { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata });
      schema = new Schema({ ...root, properties }, leases);
      this.#custom.set(version, schema);
    }
    return schema;
  }
}

function hasKind(schema: JsonObject, apiVersion: string, kind: string): boolean {
  return objectsOf(schema['x-kubernetes-group-version-kind']).some(
    (gvk) => gvk.kind === kind && (gvk.group ? `${gvk.group}/${gvk.version}` : gvk.version) === apiVersion,
  );
}
