import { run } from '@bufbuild/cel';
import type { Definition } from '../../src/api/crd.ts';
import type { Rule, Structural } from '../../src/api/structural.ts';
import { validate } from '../../src/api/validate.ts';

/** Manifest is an object as somebody writes it. */
export interface Manifest {
  readonly metadata: { readonly name: string };
  readonly spec?: unknown;
  readonly status?: unknown;
}

/**
 * admit answers as an API server does: pruned and defaulted, held to the schema and then to every CEL rule. It returns
 * what it would refuse the object for; a transition rule is asked only where there is an old value.
 */
export function admit(definition: Definition, manifest: Manifest, old?: Manifest): readonly string[] {
  const now = filled(definition, manifest);
  if (!now.ok) return now.errors;
  const before = old === undefined ? undefined : filled(definition, old);
  const then = before?.ok ? before.value : undefined;
  return [
    ...held(definition.rules, '', now.value, then),
    ...walk(definition.spec, 'spec', now.value.spec, then?.spec),
    ...walk(definition.status, 'status', now.value.status, then?.status),
  ];
}

/** unfilled holds a schema's own default to its rules before what is below is filled in, as for a CRD's defaults. */
export function unfilled(schema: Structural & { readonly default?: unknown }): readonly string[] {
  return walk(schema, 'default', schema.default, schema.default);
}

type Filled =
  | {
      readonly ok: true;
      readonly value: { readonly metadata: object; readonly spec: unknown; readonly status: unknown };
    }
  | { readonly ok: false; readonly errors: readonly string[] };

function filled({ spec, status }: Definition, manifest: Manifest): Filled {
  const specs = validate(spec, 'spec' in manifest ? manifest.spec : spec.default);
  const statuses = validate(status, 'status' in manifest ? manifest.status : status.default);
  if (!specs.ok) return { ok: false, errors: specs.errors.map((error) => `spec.${error}`) };
  if (!statuses.ok) return { ok: false, errors: statuses.errors.map((error) => `status.${error}`) };
  return { ok: true, value: { metadata: manifest.metadata, spec: specs.value, status: statuses.value } };
}

function walk(schema: Structural, path: string, value: unknown, old: unknown): readonly string[] {
  if (value === undefined) return [];
  const here = held(schema['x-kubernetes-validations'] ?? [], path, value, old);
  if (Array.isArray(value)) {
    return schema.type === 'array'
      ? [...here, ...value.flatMap((item, index) => walk(schema.items, `${path}[${index}]`, item, undefined))]
      : here;
  }
  if (schema.type !== 'object' || !('properties' in schema)) return here;
  return [
    ...here,
    ...Object.entries(schema.properties).flatMap(([name, field]) =>
      walk(field, `${path}.${name}`, fieldOf(value, name), fieldOf(old, name)),
    ),
  ];
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(name) : undefined;
}

function held(rules: readonly Rule[], path: string, self: unknown, oldSelf: unknown): readonly string[] {
  return rules.flatMap(({ rule, message, fieldPath }) => {
    if (rule.includes('oldSelf') && oldSelf === undefined) return [];
    return evaluate(rule, self, oldSelf) ? [] : [`${path}${fieldPath ?? ''}: ${message}`];
  });
}

/** evaluate answers false for an error, as the API server refuses an object whose rule cannot be evaluated. */
function evaluate(rule: string, self: unknown, oldSelf: unknown): boolean {
  return run(rule, { self: celOf(self), ...(oldSelf !== undefined && { oldSelf: celOf(oldSelf) }) }) === true;
}

type Cel = string | bigint | boolean | Cel[] | Map<string, Cel>;

/** celOf gives whole numbers CEL's own type, and objects that of a map. */
function celOf(value: unknown): Cel {
  if (typeof value === 'number') return BigInt(value);
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(celOf);
  return new Map(Object.entries(Object(value)).map(([name, field]) => [name, celOf(field)]));
}
