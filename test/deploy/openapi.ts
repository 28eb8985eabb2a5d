/** Validation against the OpenAPI that a real API server published, as strict as `fieldValidation=Strict`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { at, type Manifest } from './rendered.ts';

const fixtures = join(import.meta.dirname, '../fixtures/api/openapi-v3');

/** faultsOf returns what a real API server has against an object, or undefined for a kind that was not captured. */
export function faultsOf(object: Manifest): readonly string[] | undefined {
  const document = documentOf(object.apiVersion);
  const name = document && schemaName(document, object);
  if (document === undefined || name === undefined) return undefined;
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  const valid = ajv.validate({ ...document, $ref: `#/components/schemas/${name}` }, object);
  return valid ? [] : (ajv.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`);
}

interface Document {
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

const documents = new Map<string, Document | undefined>();

function documentOf(apiVersion: string): Document | undefined {
  if (!documents.has(apiVersion)) documents.set(apiVersion, load(apiVersion));
  return documents.get(apiVersion);
}

function load(apiVersion: string): Document | undefined {
  const name = apiVersion === 'v1' ? 'api_v1' : `apis_${apiVersion.replace('/', '_')}`;
  const path = join(fixtures, `${name}.json`);
  if (!existsSync(path)) return undefined;
  const schemas = at(JSON.parse(readFileSync(path, 'utf8')), 'components', 'schemas');
  if (typeof schemas !== 'object' || schemas === null) throw new Error(`${path} has no schemas`);
  return { components: { schemas: Object.fromEntries(Object.entries(schemas).map(closed)) } };
}

/** A field that the schema does not know is refused, as the API server does on strict validation. */
function closed([name, schema]: [string, unknown]): [string, unknown] {
  const hasFields = typeof at(schema, 'properties') === 'object' && typeof schema === 'object';
  return [name, hasFields ? { ...schema, additionalProperties: false } : schema];
}

function schemaName(document: Document, { apiVersion, kind }: Manifest): string | undefined {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const wanted = JSON.stringify([{ group, kind, version }]);
  const found = Object.entries(document.components.schemas).find(
    ([, schema]) => JSON.stringify(at(schema, 'x-kubernetes-group-version-kind')) === wanted,
  );
  return found?.[0];
}
