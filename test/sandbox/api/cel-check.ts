/** What cel-go's type checker finds in a rule before it ever runs: unknown fields, unknown functions, syntax. */
import type { Expr } from '@bufbuild/cel-spec/cel/expr/syntax_pb.js';
import { escaped, evaluator } from './cel.ts';
import type { Schema } from './schema.ts';

/** Known is the type of an expression, as far as a schema tells it. */
type Known = Schema | undefined;
type Scope = Record<string, Known>;

const functions = new Set(
  (
    'size contains startsWith endsWith matches getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear ' +
    'getHours getMinutes getSeconds getMilliseconds int uint double string bool bytes type dyn timestamp duration ' +
    'charAt indexOf lastIndexOf lowerAscii upperAscii replace split substring trim join format reverse'
  ).split(' '),
);

function select(operand: Known, field: string, problems: string[]): Known {
  if (!operand || operand.preserveUnknown) return undefined;
  if (!operand.isStruct) return operand.additional;
  const name = operand.propertyNames.find((property) => escaped(property) === field);
  if (name === undefined) problems.push(`undefined field '${field}'`);
  return name === undefined ? undefined : operand.property(name);
}

function walk(expr: Expr | undefined, scope: Scope, problems: string[]): Known {
  const kind = expr?.exprKind;
  switch (kind?.case) {
    case 'identExpr': {
      const { name } = kind.value;
      if (!Object.hasOwn(scope, name) && !typeNames.has(name))
        problems.push(`undeclared reference to '${name}' (in container '')`);
      return scope[name];
    }
    case 'selectExpr':
      return select(walk(kind.value.operand, scope, problems), kind.value.field, problems);
    case 'callExpr': {
      const { function: called, target, args } = kind.value;
      const operator = /[_@!?-]/.test(called[0] ?? '');
      if (!operator && !functions.has(called))
        problems.push(`undeclared reference to '${called}' (in container '')`);
      const types = [target, ...args].map((part) => (part ? walk(part, scope, problems) : undefined));
      return called === '_[_]' ? (types[1]?.items ?? types[1]?.additional) : undefined;
    }
    case 'listExpr':
      for (const element of kind.value.elements) walk(element, scope, problems);
      return undefined;
    case 'structExpr':
      for (const entry of kind.value.entries) walk(entry.value, scope, problems);
      return undefined;
    case 'comprehensionExpr': {
      const { iterRange, iterVar, iterVar2, accuVar, accuInit, loopCondition, loopStep, result } = kind.value;
      const range = walk(iterRange, scope, problems);
      walk(accuInit, scope, problems);
      const item = range?.items;
      const inner: Scope = { ...scope, [iterVar]: item, [accuVar]: undefined };
      if (iterVar2) inner[iterVar2] = item ?? range?.additional;
      walk(loopCondition, inner, problems);
      walk(loopStep, inner, problems);
      walk(result, inner, problems);
      return undefined;
    }
    default:
      return undefined;
  }
}

const typeNames = new Set([
  'int',
  'uint',
  'double',
  'bool',
  'string',
  'bytes',
  'list',
  'map',
  'null_type',
  'type',
  'google.protobuf.Timestamp',
]);

/** expressionProblems lists what is wrong with an expression whose variables have these types. */
export function expressionProblems(expression: string, scope: Scope): string[] {
  const { cel } = evaluator();
  try {
    const parsed = cel.parse(expression);
    const problems: string[] = [];
    walk(parsed.expr, scope, problems);
    return problems;
  } catch (error) {
    return [`Syntax error: ${error instanceof Error ? error.message : 'unreadable'}`];
  }
}
