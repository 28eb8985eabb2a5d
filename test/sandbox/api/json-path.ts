/** The JSONPath of printer columns: members, indexes, `[*]` and filters like `[?(@.type=="Ready")]`. */
import { isObject, type JsonValue } from './json.ts';

type Step =
  | { kind: 'member'; name: string }
  | { kind: 'index'; at: number }
  | { kind: 'all' }
  | { kind: 'filter'; path: string[]; equals: boolean; value: string };

const token =
  /\.((?:\\.|[^.[\]\\])+)|\[(-?\d+)\]|\[(\*)\]|\['((?:[^'\\]|\\.)*)'\]|\[\?\(@\.([\w.\-/]+)\s*(==|!=)\s*(?:"([^"]*)"|'([^']*)'|([\w.-]+))\)\]|(\.\*)/y;

function parse(path: string): Step[] | undefined {
  const steps: Step[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < path.length) {
    const found = token.exec(path);
    if (!found) return undefined;
    const [, member, index, all, quoted, filter, operator, a, b, c, star] = found;
    if (member === '*' || star !== undefined || all !== undefined) steps.push({ kind: 'all' });
    else if (member !== undefined) steps.push({ kind: 'member', name: member.replace(/\\(.)/g, '$1') });
    else if (index !== undefined) steps.push({ kind: 'index', at: Number(index) });
    else if (quoted !== undefined) steps.push({ kind: 'member', name: quoted.replace(/\\(.)/g, '$1') });
    else if (filter !== undefined) {
      steps.push({
        kind: 'filter',
        path: filter.split('.'),
        equals: operator === '==',
        value: a ?? b ?? c ?? '',
      });
    }
  }
  return steps;
}

const parsed = new Map<string, Step[] | undefined>();

function take(value: JsonValue, step: Step): JsonValue[] {
  if (step.kind === 'member') {
    if (!isObject(value)) return [];
    const member = value[step.name];
    return member === undefined ? [] : [member];
  }
  if (step.kind === 'index') {
    const item = Array.isArray(value) ? value.at(step.at) : undefined;
    return item === undefined ? [] : [item];
  }
  const items = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  if (step.kind === 'all') return items;
  return items.filter((item) => {
    let here: JsonValue | undefined = item;
    for (const name of step.path) here = isObject(here) ? here[name] : undefined;
    return (here !== undefined && here !== null && String(here) === step.value) === step.equals;
  });
}

/** isJsonPath tells whether a path can be read. */
export function isJsonPath(path: string): boolean {
  return parse(path) !== undefined;
}

/** jsonPath lists what a path finds; nothing where it leads nowhere or cannot be read. */
export function jsonPath(value: JsonValue, path: string): JsonValue[] {
  const bare = path.replace(/^\{(.*)\}$/, '$1').replace(/^\$/, '');
  if (!parsed.has(bare))
    parsed.set(bare, parse(bare.startsWith('.') || bare.startsWith('[') ? bare : `.${bare}`));
  const steps = parsed.get(bare);
  if (!steps) return [];
  return steps.reduce<JsonValue[]>((found, step) => found.flatMap((item) => take(item, step)), [value]);
}
