/**
 * Custom objects against the value rules of their schema, in the words of k8s.io/kube-openapi's validator. As on a
 * real server (ratcheting), what an update leaves as it was is not held against it.
 */
import { invalidValue, required, tooLong, tooMany, unsupported, wrongType } from './causes.ts';
import type { Cause } from './errors.ts';
import { formatFits } from './formats.ts';
import {
  equal,
  isObject,
  type JsonObject,
  type JsonValue,
  listOf,
  numberOf,
  objectsOf,
  stringOf,
} from './json.ts';
import { Schema } from './schema.ts';

/** structuralCauses checks a value; `old` is what was at the same place before, for updates. */
export function structuralCauses(value: JsonValue, schema: Schema, where: string, old?: JsonValue): Cause[] {
  if (old !== undefined && equal(value, old)) return [];
  if (value === null) return schema.nullable ? [] : typeCauses(value, schema, where);
  const wrong = typeCauses(value, schema, where);
  if (wrong.length > 0) {
    const alsoRange = typeof value === 'number' && schema.type === 'integer';
    return alsoRange ? [...wrong, ...numberCauses(value, schema, where)] : wrong;
  }
  const causes = [...enumCauses(value, schema, where), ...junctorCauses(value, schema, where)];
  if (typeof value === 'string') causes.push(...stringCauses(value, schema, where));
  else if (typeof value === 'number') causes.push(...numberCauses(value, schema, where));
  else if (Array.isArray(value)) causes.push(...listCauses(value, schema, where, old));
  else if (isObject(value)) causes.push(...objectCauses(value, schema, where, old));
  return causes;
}

function typeOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function typeCauses(value: JsonValue, schema: Schema, where: string): Cause[] {
  const is = typeOf(value);
  if (schema.intOrString) {
    if (is === 'integer' || is === 'string') return [];
    return [wrongType(where, is, `${where} in body must be of type integer,string: ${JSON.stringify(is)}`)];
  }
  if (schema.type === '' || is === schema.type || (schema.type === 'number' && is === 'integer')) return [];
  const { format } = schema.json;
  if (is === 'number' && schema.type === 'integer' && typeof format === 'string') {
    return [wrongType(where, 'float64', `${where} in body must be of type ${format}: "float64"`)];
  }
  return [wrongType(where, is, `${where} in body must be of type ${schema.type}: ${JSON.stringify(is)}`)];
}

function enumCauses(value: JsonValue, schema: Schema, where: string): Cause[] {
  const known = schema.json.enum;
  if (!Array.isArray(known) || known.some((item) => equal(item, value))) return [];
  return [unsupported(where, value, known)];
}

const patterns = new Map<string, RegExp>();

function pattern(text: string): RegExp {
  const known = patterns.get(text);
  if (known) return known;
  const compiled = new RegExp(text, 'u');
  patterns.set(text, compiled);
  return compiled;
}

function stringCauses(value: string, schema: Schema, where: string): Cause[] {
  const { maxLength, minLength, pattern: form, format } = schema.json;
  const causes: Cause[] = [];
  const length = [...value].length;
  const most = numberOf(maxLength);
  const least = numberOf(minLength);
  if (most !== undefined && length > most) causes.push(tooLong(where, most));
  if (least !== undefined && length < least) {
    causes.push(invalidValue(where, value, `${where} in body should be at least ${least} chars long`));
  }
  if (typeof form === 'string' && !pattern(form).test(value)) {
    causes.push(invalidValue(where, value, `${where} in body should match '${form}'`));
  }
  if (typeof format === 'string' && !formatFits(format, value)) {
    causes.push(
      wrongType(where, value, `${where} in body must be of type ${format}: ${JSON.stringify(value)}`),
    );
  }
  return causes;
}

function numberCauses(value: number, schema: Schema, where: string): Cause[] {
  const { maximum, minimum, exclusiveMaximum, exclusiveMinimum, multipleOf } = schema.json;
  const causes: Cause[] = rangeCauses(value, schema, where);
  const say = (why: string) => causes.push(invalidValue(where, value, `${where} in body should be ${why}`));
  const most = numberOf(maximum);
  const least = numberOf(minimum);
  const step = numberOf(multipleOf);
  if (most !== undefined && exclusiveMaximum === true && value >= most) say(`less than ${most}`);
  else if (most !== undefined && value > most) say(`less than or equal to ${most}`);
  if (least !== undefined && exclusiveMinimum === true && value <= least) say(`greater than ${least}`);
  else if (least !== undefined && value < least) say(`greater than or equal to ${least}`);
  if (step !== undefined && value % step !== 0) say(`a multiple of ${step}`);
  return causes;
}

/** rangeCauses are kube-openapi's own IsValueValidAgainstRange, which loses the field on its way out. */
function rangeCauses(value: number, schema: Schema, where: string): Cause[] {
  if (schema.type !== 'integer') return [];
  const format = stringOf(schema.json.format);
  const most = format === 'int32' ? 2 ** 31 : 2 ** 63;
  if (Number.isInteger(value) && value < most && value >= -most) return [];
  const type = format === '' ? 'integer (default format)' : `integer with format ${format}`;
  return [invalidValue('<nil>', '', `Checked value must be of type ${type} in ${where}`)];
}

function listCauses(value: JsonValue[], schema: Schema, where: string, old?: JsonValue): Cause[] {
  const most = numberOf(schema.json.maxItems);
  const least = numberOf(schema.json.minItems);
  const causes: Cause[] = [];
  if (most !== undefined && value.length > most) causes.push(tooMany(where, value.length, most));
  if (least !== undefined && value.length < least) {
    causes.push(invalidValue(where, value.length, `${where} in body should have at least ${least} items`));
  }
  const { items } = schema;
  if (!items || causes.length > 0) return causes;
  const before = listOf(old);
  value.forEach((item, index) => {
    const match =
      schema.listType === 'map' ? before.find((other) => sameKey(item, other, schema)) : undefined;
    causes.push(...structuralCauses(item, items, `${where}[${index}]`, match));
  });
  return causes;
}

function sameKey(item: JsonValue, other: JsonValue, schema: Schema): boolean {
  return isObject(item) && isObject(other) && schema.listKeys.every((key) => equal(item[key], other[key]));
}

function objectCauses(value: JsonObject, schema: Schema, where: string, old?: JsonValue): Cause[] {
  const causes: Cause[] = [];
  const count = Object.keys(value).length;
  const most = numberOf(schema.json.maxProperties);
  const least = numberOf(schema.json.minProperties);
  if (most !== undefined && count > most) causes.push(tooMany(where, count, most));
  if (least !== undefined && count < least) {
    causes.push(invalidValue(where, count, `${where} in body should have at least ${least} properties`));
  }
  for (const name of schema.requiredFields) {
    if (!Object.hasOwn(value, name)) causes.push(required(where ? `${where}.${name}` : name));
  }
  for (const [name, member] of Object.entries(value)) {
    const child = schema.child(name);
    if (!child) continue;
    causes.push(
      ...structuralCauses(
        member,
        child,
        where ? `${where}.${name}` : name,
        isObject(old) ? old[name] : undefined,
      ),
    );
  }
  return causes;
}

/** Value validation inside allOf, anyOf, oneOf and not. */
function junctorCauses(value: JsonValue, schema: Schema, where: string): Cause[] {
  const causes: Cause[] = [];
  const fits = (raw: JsonObject) => structuralCauses(value, new Schema(raw), where).length === 0;
  for (const raw of objectsOf(schema.json.allOf))
    causes.push(...structuralCauses(value, new Schema(raw), where));
  const any = objectsOf(schema.json.anyOf);
  const say = (why: string) =>
    causes.push(invalidValue(where, isObject(value) ? '' : value, `${shownPath(where)} in body ${why}`));
  if (any.length > 0 && !any.some(fits)) say('must validate at least one schema (anyOf)');
  const one = objectsOf(schema.json.oneOf);
  const fitting = one.filter(fits).length;
  if (one.length > 0 && fitting !== 1) {
    say(
      `must validate one and only one schema (oneOf). Found ${fitting === 0 ? 'none' : String(fitting)} valid`,
    );
  }
  if (isObject(schema.json.not) && fits(schema.json.not)) say('must not validate the schema (not)');
  return causes;
}

function shownPath(where: string): string {
  return where === '' ? '<nil>' : where;
}
