/**
 * Decoding the body of a built-in kind as Go's typed decoder does: unknown members are dropped and reported, null is
 * absence, members that Go always writes get their zero value, defaults of the OpenAPI document are filled in, and a
 * value of another type is 400.
 */
import { timestamp } from './clock.ts';
import { badRequest } from './errors.ts';
import { isObject, type JsonObject, type JsonValue } from './json.ts';
import { canonicalQuantity } from './quantity.ts';
import type { Schema } from './schema.ts';

/** Decoded is the typed object and what it had too much. */
export interface Decoded {
  object: JsonObject;
  /** paths of unknown members, as `spec.foo`. */
  unknown: string[];
}

interface Walk {
  kind: string;
  version: string;
  unknown: string[];
  /** false for a configuration that is applied: only what it says counts. */
  fill: boolean;
}

/** decodeBuiltIn reads an object by its kind's schema; it throws 400 where a value has the wrong type. */
export function decodeBuiltIn(
  body: JsonObject,
  schema: Schema,
  kind: string,
  version: string,
  fill = true,
): Decoded {
  const walk: Walk = { kind, version, unknown: [], fill };
  const object = struct(body, schema, '', walk);
  return { object, unknown: walk.unknown };
}

function path(parent: string, name: string): string {
  return parent ? `${parent}.${name}` : name;
}

function struct(value: JsonObject, schema: Schema, where: string, walk: Walk): JsonObject {
  const out: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    const child = schema.property(name);
    if (!child) walk.unknown.push(path(where, name));
    else if (member !== null) out[name] = decode(member, child, path(where, name), walk, schema.goName);
  }
  if (!walk.fill) return out;
  for (const name of zeroNames(schema)) {
    if (Object.hasOwn(out, name)) continue;
    const child = schema.property(name);
    if (child?.default === undefined) continue;
    out[name] = isObject(child.default)
      ? struct(child.default, child, path(where, name), walk)
      : child.default;
  }
  return out;
}

const zeros = new WeakMap<Schema, string[]>();

/** Members that have a default in the document: Go's zero values of members without omitempty, and real defaults. */
function zeroNames(schema: Schema): string[] {
  let names = zeros.get(schema);
  if (!names) {
    names = schema.propertyNames.filter((name) => {
      const child = schema.property(name);
      if (child?.default === undefined) return false;
      return !isObject(child.default) || child.isStruct;
    });
    zeros.set(schema, names);
  }
  return names;
}

function decode(value: JsonValue, schema: Schema, where: string, walk: Walk, owner: string): JsonValue {
  if (schema.quantity) return quantity(value, where, walk);
  if (schema.intOrString) {
    if (typeof value === 'string' || Number.isInteger(value)) return value;
    throw mismatch(value, 'intstr.IntOrString', where, walk, owner);
  }
  if (schema.isFree) return value;
  switch (schema.type) {
    case 'object':
      if (!isObject(value)) throw mismatch(value, `v1.${schema.goName || 'map'}`, where, walk, owner);
      return schema.isStruct ? struct(value, schema, where, walk) : map(value, schema, where, walk, owner);
    case 'array':
      if (!Array.isArray(value)) throw mismatch(value, '[]', where, walk, owner);
      return items(value, schema, where, walk, owner);
    default:
      return scalar(value, schema, where, walk, owner);
  }
}

function map(value: JsonObject, schema: Schema, where: string, walk: Walk, owner: string): JsonObject {
  const child = schema.additional;
  if (!child) return value;
  const out: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    if (member !== null) out[name] = decode(member, child, path(where, name), walk, owner);
    else if (child.type === 'string') out[name] = '';
  }
  return out;
}

function items(value: JsonValue[], schema: Schema, where: string, walk: Walk, owner: string): JsonValue[] {
  const child = schema.items;
  if (!child) return value;
  return value.map((item, index) =>
    item === null && child.isStruct ? {} : decode(item, child, `${where}[${index}]`, walk, owner),
  );
}

const dateForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function scalar(value: JsonValue, schema: Schema, where: string, walk: Walk, owner: string): JsonValue {
  const format = String(schema.json.format ?? '');
  if (schema.type === 'string') {
    if (typeof value !== 'string') throw mismatch(value, 'string', where, walk, owner);
    if (format === 'date-time' && value !== '' && !dateForm.test(value)) {
      throw unhandled(
        walk,
        `parsing time ${JSON.stringify(JSON.stringify(value))} as "2006-01-02T15:04:05Z07:00": cannot parse`,
      );
    }
    if (format === 'date-time' && value !== '') return normalTime(value, schema.goName);
    if (format === 'byte' && !/^[A-Za-z0-9+/\s]*={0,2}$/.test(value)) {
      throw unhandled(walk, 'illegal base64 data at input byte 0');
    }
    return value;
  }
  if (schema.type === 'integer' && !Number.isInteger(value))
    throw mismatch(value, format || 'int64', where, walk, owner);
  if (schema.type === 'number' && typeof value !== 'number')
    throw mismatch(value, 'float64', where, walk, owner);
  if (schema.type === 'boolean' && typeof value !== 'boolean')
    throw mismatch(value, 'bool', where, walk, owner);
  return value;
}

function quantity(value: JsonValue, where: string, walk: Walk): string {
  const text =
    typeof value === 'string' || typeof value === 'number' ? canonicalQuantity(String(value)) : undefined;
  if (text === undefined) {
    const form =
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    throw unhandled(walk, `unmarshalerDecoder: ${form}, error found in ${where}`);
  }
  return text;
}

/** Go keeps a Time to the second and a MicroTime to the microsecond, both in UTC. */
function normalTime(value: string, goName: string): string {
  const date = new Date(value);
  if (goName === 'Time') return timestamp(date);
  if (goName !== 'MicroTime') return value;
  const [, digits = ''] = /\.(\d+)/.exec(value) ?? [];
  return timestamp(date).replace('Z', `.${digits.padEnd(6, '0').slice(0, 6)}Z`);
}

function typeName(value: JsonValue): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'number' && !Number.isInteger(value) ? `number ${value}` : typeof value;
}

function mismatch(value: JsonValue, goType: string, where: string, walk: Walk, owner: string) {
  const field = `${owner || walk.kind}.${where}`.replace(/\[\d+\]/g, '');
  return unhandled(
    walk,
    `json: cannot unmarshal ${typeName(value)} into Go struct field ${field} of type ${goType}`,
  );
}

function unhandled(walk: Walk, why: string) {
  return badRequest(`${walk.kind} in version "${walk.version}" cannot be handled as a ${walk.kind}: ${why}`);
}
