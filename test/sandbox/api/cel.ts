/** CEL: values of a schema's types, and programs that are compiled once. The evaluator is loaded when it is first needed. */
import { createRequire } from 'node:module';
import type { CelInput } from '@bufbuild/cel';
import { isObject, type JsonValue } from './json.ts';
import type { Schema } from './schema.ts';

const require = createRequire(import.meta.url);

interface Evaluator {
  cel: typeof import('@bufbuild/cel');
  env: import('@bufbuild/cel').CelEnv;
}

let loaded: Evaluator | undefined;

/** evaluator is @bufbuild/cel with the functions that Kubernetes has beside the standard ones. */
export function evaluator(): Evaluator {
  if (!loaded) {
    const cel: typeof import('@bufbuild/cel') = require('@bufbuild/cel');
    const ext: typeof import('@bufbuild/cel/ext') = require('@bufbuild/cel/ext');
    loaded = { cel, env: cel.celEnv({ funcs: ext.strings }) };
  }
  return loaded;
}

const keywords = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** escaped is a member's name as a rule writes it (Kubernetes' escaping of what is no CEL identifier). */
export function escaped(name: string): string {
  if (keywords.has(name)) return `__${name}__`;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}

/** celValue is a JSON value under its schema's type: integers are int, date-times are timestamps, structs have escaped names. */
export function celValue(value: JsonValue, schema: Schema | undefined): CelInput {
  if (Array.isArray(value)) return value.map((item) => celValue(item, schema?.items));
  if (isObject(value)) {
    const struct = schema?.isStruct ?? false;
    const entries = Object.entries(value).map(([name, member]): [string, CelInput] => [
      struct ? escaped(name) : name,
      celValue(member, schema?.child(name)),
    ]);
    return new Map(entries);
  }
  if (typeof value === 'number') {
    return schema?.type !== 'number' && Number.isInteger(value) ? BigInt(value) : value;
  }
  if (
    typeof value === 'string' &&
    (schema?.json.format === 'date-time' || schema?.json.format === 'duration')
  ) {
    return converted(schema.json.format === 'duration' ? 'duration' : 'timestamp', value);
  }
  return value;
}

function converted(as: 'duration' | 'timestamp', value: string): CelInput {
  const result = evaluate(`${as}(value)`, { value });
  return result.ok ? result.value : value;
}

/** Evaluated is what a program gave: a value, or the sentence of its error. */
export type Evaluated = { ok: true; value: CelInput } | { ok: false; error: string };

type Program = (bindings: Record<string, CelInput>) => Evaluated;
const programs = new Map<string, Program>();

function compile(expression: string): Program {
  const { cel, env } = evaluator();
  const run = cel.plan(env, cel.parse(expression));
  return (bindings) => {
    const value = run(bindings);
    return cel.isCelError(value) ? { ok: false, error: inGoWords(value.message) } : { ok: true, value };
  };
}

/** The errors of cel-go for what people meet. */
function inGoWords(message: string): string {
  return message
    .replace(/^field not found: /, 'no such key: ')
    .replace(/^Invalid time zone specified: /, 'unknown time zone ')
    .replace(/^unbound function: /, 'no such overload: ');
}

/** evaluate runs an expression; one that cannot be parsed throws. */
export function evaluate(expression: string, bindings: Record<string, CelInput>): Evaluated {
  let program = programs.get(expression);
  if (!program) {
    program = compile(expression);
    programs.set(expression, program);
  }
  return program(bindings);
}
