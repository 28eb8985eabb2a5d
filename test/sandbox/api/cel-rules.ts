/** x-kubernetes-validations: CEL rules of CRDs (apiextensions-apiserver/pkg/apiserver/schema/cel). */
import { duplicate, forbiddenValue, invalidValue, required } from './causes.ts';
import { celValue, evaluate } from './cel.ts';
import { expressionProblems } from './cel-check.ts';
import type { Cause } from './errors.ts';
import { equal, isObject, type JsonObject, type JsonValue, objectOf, objectsOf, stringOf } from './json.ts';
import { Schema } from './schema.ts';

const usesOldSelf = /\boldSelf\b/;

interface Rule {
  rule: string;
  message: string;
  messageExpression: string;
  reason: string;
  fieldPath: string;
}

function rulesOf(schema: JsonObject): Rule[] {
  return objectsOf(schema['x-kubernetes-validations']).map((item) => ({
    rule: stringOf(item.rule),
    message: stringOf(item.message).trim(),
    messageExpression: stringOf(item.messageExpression),
    reason: stringOf(item.reason),
    fieldPath: stringOf(item.fieldPath),
  }));
}

/** At the root a rule sees apiVersion, kind, and of the metadata only the name. */
function rootSchema(json: JsonObject): Schema {
  const text = { type: 'string' };
  const metadata = { type: 'object', properties: { name: text, generateName: text } };
  return new Schema({
    ...json,
    properties: { ...objectOf(json.properties), apiVersion: text, kind: text, metadata },
  });
}

const roots = new WeakMap<Schema, Schema>();

function rootOf(schema: Schema): Schema {
  const known = roots.get(schema);
  if (known) return known;
  const made = rootSchema(schema.json);
  roots.set(schema, made);
  return made;
}

function rootValue(object: JsonObject): JsonObject {
  const { name, generateName } = objectOf(object.metadata);
  return {
    ...object,
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(generateName === undefined ? {} : { generateName }),
    },
  };
}

/** celCauses runs every rule of a schema over an object; `old` is what an update replaces. */
export function celCauses(object: JsonObject, schema: Schema, old?: JsonObject): Cause[] {
  const root = rootOf(schema);
  return check(rootValue(object), root, '', old && rootValue(old));
}

const hasRules = new WeakMap<JsonObject, boolean>();

/** Whether a schema has a rule anywhere: most parts have none, and are not looked at. */
function speaks(json: JsonObject): boolean {
  const known = hasRules.get(json);
  if (known !== undefined) return known;
  const found =
    rulesOf(json).length > 0 ||
    [json.items, json.additionalProperties, ...Object.values(objectOf(json.properties))].some(
      (child) => isObject(child) && speaks(child),
    );
  hasRules.set(json, found);
  return found;
}

/** hasCelRules tells whether a schema has a rule anywhere. */
export function hasCelRules(schema: Schema): boolean {
  return speaks(schema.json);
}

function check(value: JsonValue, schema: Schema, where: string, old: JsonValue | undefined): Cause[] {
  if (value === null || !speaks(schema.json)) return [];
  const rules = rulesOf(schema.json);
  const causes: Cause[] = [];
  if (rules.length > 0) {
    const self = celValue(value, schema);
    const oldSelf = old === undefined || old === null ? undefined : celValue(old, schema);
    for (const rule of rules) {
      const transition = usesOldSelf.test(rule.rule);
      if (transition && oldSelf === undefined) continue;
      if (!transition && old !== undefined && equal(value, old)) continue;
      const bindings = oldSelf === undefined ? { self } : { self, oldSelf };
      causes.push(...run(rule, bindings, value, schema, where));
    }
  }
  if (Array.isArray(value)) causes.push(...checkItems(value, schema, where, old));
  else if (isObject(value)) causes.push(...checkMembers(value, schema, where, old));
  return causes;
}

function checkMembers(value: JsonObject, schema: Schema, where: string, old: JsonValue | undefined): Cause[] {
  return Object.entries(value).flatMap(([name, member]) => {
    const child = schema.child(name);
    if (!child) return [];
    const inside = schema.property(name) ? (where ? `${where}.${name}` : name) : `${where}[${name}]`;
    return check(member, child, inside, isObject(old) ? old[name] : undefined);
  });
}

function checkItems(value: JsonValue[], schema: Schema, where: string, old: JsonValue | undefined): Cause[] {
  const { items, listKeys, listType } = schema;
  if (!items) return [];
  const before = Array.isArray(old) && listType === 'map' ? old : [];
  return value.flatMap((item, index) => {
    const match = before.find(
      (other) => isObject(item) && isObject(other) && listKeys.every((key) => equal(item[key], other[key])),
    );
    return check(item, items, `${where}[${index}]`, match);
  });
}

type Bindings = Parameters<typeof evaluate>[1];

function run(rule: Rule, bindings: Bindings, value: JsonValue, schema: Schema, where: string): Cause[] {
  const result = evaluate(rule.rule, bindings);
  const named = where || '<nil>';
  if (!result.ok) {
    const why = result.error.startsWith('no such overload')
      ? `'${result.error}': call arguments did not match a supported operator, function or macro signature for rule: ${rule.message || rule.rule}`
      : `${result.error} evaluating rule: ${rule.message || rule.rule}`;
    return [invalidValue(named, schema.type, why)];
  }
  if (result.value === true) return [];
  const message = composed(rule, bindings) ?? (rule.message || `failed rule: ${rule.rule.trim()}`);
  const field = rule.fieldPath ? `${where}${rule.fieldPath}`.replace(/^\./, '') : named;
  const shown = Array.isArray(value) || isObject(value) ? undefined : value;
  return [failure(rule.reason, field, shown, message)];
}

function composed(rule: Rule, bindings: Bindings): string | undefined {
  if (!rule.messageExpression) return undefined;
  const result = evaluate(rule.messageExpression, bindings);
  const usable =
    result.ok &&
    typeof result.value === 'string' &&
    result.value.trim() !== '' &&
    !result.value.includes('\n');
  return usable ? String(result.value) : undefined;
}

function failure(reason: string, field: string, value: JsonValue | undefined, message: string): Cause {
  if (reason === 'FieldValueForbidden') return forbiddenValue(field, message);
  if (reason === 'FieldValueRequired') return required(field, message);
  if (reason === 'FieldValueDuplicate')
    return { ...duplicate(field, value ?? ''), message: `Duplicate value: ${message}` };
  return invalidValue(field, value, message);
}

/** compileCauses checks the rules of a CRD's schema as its creation does. */
export function compileCauses(json: JsonObject, where: string): Cause[] {
  return compiled(rootSchema(json), where);
}

function compiled(schema: Schema, where: string, correlatable = true): Cause[] {
  if (!speaks(schema.json)) return [];
  const causes: Cause[] = [];
  for (const [index, item] of objectsOf(schema.json['x-kubernetes-validations']).entries()) {
    const field = `${where}.x-kubernetes-validations[${index}]`;
    if (item.optionalOldSelf !== undefined)
      causes.push(forbiddenValue(`${field}.optionalOldSelf`, 'optional types are not served by the sandbox'));
    for (const member of ['rule', 'messageExpression']) {
      const expression = stringOf(item[member]);
      if (expression === '' && member === 'rule')
        causes.push(required(`${field}.rule`, 'rule is not specified'));
      if (expression === '') continue;
      const problems = expressionProblems(expression, { self: schema, oldSelf: schema });
      const why = `compilation failed: ${problems.map((problem) => `ERROR: <input>: ${problem}`).join('\n')}`;
      if (problems.length > 0) causes.push(invalidValue(`${field}.${member}`, item, why));
    }
    if (!correlatable && usesOldSelf.test(stringOf(item.rule))) {
      const why = 'oldSelf cannot be used on the uncorrelatable portion of the schema';
      causes.push(invalidValue(`${field}.rule`, item, why));
    }
  }
  for (const name of schema.propertyNames) {
    const child = schema.property(name);
    if (child) causes.push(...compiled(child, `${where}.properties[${name}]`, correlatable));
  }
  const { items, additional } = schema;
  if (items) causes.push(...compiled(items, `${where}.items`, correlatable && schema.listType === 'map'));
  if (additional) causes.push(...compiled(additional, `${where}.additionalProperties`, correlatable));
  return causes;
}
