/**
 * Run-time validation of data that we did not make, against the same schemas that the API server holds it to.
 *
 * It does what the API server does with a structural schema (unknown fields are pruned, defaults filled in), except
 * that it evaluates no CEL rules. Work and memory are bounded by the schema: nothing longer than its bound is walked.
 */
import type {
  Field,
  Infer,
  ListSchema,
  MapSchema,
  ObjectSchema,
  StringSchema,
  Structural,
} from './structural.ts';

/** Validated is a value of the schema's type, or what is wrong with it: one `path: sentence` for each fault. */
export type Validated<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: readonly string[] };

/** maxErrors is how many faults are told; one is enough to refuse, and a hostile value could have millions. */
export const maxErrors = 16;

/** validate returns a copy of the value that holds what the schema knows and nothing else, with defaults filled in. */
export function validate<const S extends Structural>(schema: S, value: unknown): Validated<Infer<S>> {
  const errors: string[] = [];
  const copy = walk(schema, value, '', errors);
  return errors.length > 0 ? { ok: false, errors } : { ok: true, value: copy as Infer<S> };
}

function walk(schema: Structural, value: unknown, path: string, errors: string[]): unknown {
  if (errors.length >= maxErrors) return undefined;
  switch (schema.type) {
    case 'string':
      return report(errors, path, textFault(schema, value)) ?? value;
    case 'integer':
      return report(errors, path, integerFault(schema.minimum, schema.maximum, value)) ?? value;
    case 'boolean':
      return report(errors, path, typeof value === 'boolean' ? undefined : 'must be true or false') ?? value;
    case 'array':
      return walkList(schema, value, path, errors);
    case 'object':
      return 'properties' in schema
        ? walkObject(schema, value, path, errors)
        : walkMap(schema, value, path, errors);
  }
}

/** report notes a fault under its path; it answers nothing, so that a caller goes on with the value. */
function report(errors: string[], path: string, fault: string | undefined): undefined {
  if (fault !== undefined && errors.length < maxErrors)
    errors.push(`${path === '' ? 'value' : path}: ${fault}`);
  return undefined;
}

function textFault(schema: StringSchema, value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be text';
  if ('enum' in schema)
    return schema.enum.includes(value) ? undefined : `must be one of ${schema.enum.join(', ')}`;
  if ('format' in schema) return isTime(value) ? undefined : 'must be a time as 2026-01-31T12:00:00Z';
  if (longerThan(value, schema.maxLength)) return `must be no longer than ${schema.maxLength} characters`;
  if (value.length < (schema.minLength ?? 0)) return 'must not be empty';
  if (schema.pattern !== undefined && !compiled(schema.pattern).test(value)) {
    return `must match ${schema.pattern}`;
  }
  return undefined;
}

/** longerThan counts code points, as the API server does, and no more of them than it must. */
function longerThan(text: string, most: number): boolean {
  if (text.length <= most) return false;
  return text.length > 2 * most || [...text].length > most;
}

const longestTime = 40;
const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

function isTime(text: string): boolean {
  return text.length <= longestTime && timePattern.test(text) && !Number.isNaN(Date.parse(text));
}

const patterns = new Map<string, RegExp>();

/** compiled keeps each pattern: there are only those of our own schemas. */
function compiled(pattern: string): RegExp {
  const known = patterns.get(pattern) ?? new RegExp(pattern, 'u');
  patterns.set(pattern, known);
  return known;
}

function integerFault(least: number, most: number, value: unknown): string | undefined {
  if (typeof value !== 'number' || !Number.isInteger(value)) return 'must be a whole number';
  return value >= least && value <= most ? undefined : `must be from ${least} to ${most}`;
}

function walkList(schema: ListSchema, value: unknown, path: string, errors: string[]): unknown {
  if (!Array.isArray(value)) return report(errors, path, 'must be a list');
  if (value.length > schema.maxItems)
    return report(errors, path, `must have at most ${schema.maxItems} items`);
  if (value.length < (schema.minItems ?? 0)) {
    return report(errors, path, `must have at least ${schema.minItems} items`);
  }
  const copy = value.map((item, index) => walk(schema.items, item, `${path}[${index}]`, errors));
  report(errors, path, errors.length === 0 ? duplicateFault(schema, copy) : undefined);
  return copy;
}

function duplicateFault(schema: ListSchema, items: readonly unknown[]): string | undefined {
  if (schema['x-kubernetes-list-type'] === 'atomic') return undefined;
  const keys = 'x-kubernetes-list-map-keys' in schema ? schema['x-kubernetes-list-map-keys'] : [];
  const identities = items.map((item) =>
    JSON.stringify(keys.length === 0 ? item : keys.map((key) => fieldOf(item, key))),
  );
  if (new Set(identities).size === items.length) return undefined;
  return `must not hold the same ${keys.length === 0 ? 'item' : keys.join(' and ')} twice`;
}

function walkObject(schema: ObjectSchema, value: unknown, path: string, errors: string[]): unknown {
  if (!isObject(value)) return report(errors, path, 'must be an object');
  const entries: [string, unknown][] = [];
  for (const [name, field] of Object.entries(schema.properties)) {
    const own = fieldOf(value, name);
    const given = own === undefined ? defaultOf(field) : own;
    const at = path === '' ? name : `${path}.${name}`;
    if (given !== undefined) entries.push([name, walk(field, given, at, errors)]);
    else if (schema.required?.includes(name)) report(errors, at, 'is required');
  }
  return Object.fromEntries(entries);
}

function defaultOf(field: Field): unknown {
  return 'default' in field ? field.default : undefined;
}

function walkMap(schema: MapSchema, value: unknown, path: string, errors: string[]): unknown {
  if (!isObject(value)) return report(errors, path, 'must be an object');
  const names = Object.keys(value);
  if (names.length > schema.maxProperties) {
    return report(errors, path, `must have at most ${schema.maxProperties} entries`);
  }
  return Object.fromEntries(
    names.map((name) => [
      name,
      walk(schema.additionalProperties, value[name], `${path}[${JSON.stringify(name.slice(0, 64))}]`, errors),
    ]),
  );
}

function isObject(value: unknown): value is { readonly [field: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** fieldOf reads an own field, so that nothing is found on a prototype. */
function fieldOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
