/** RFC 6902 JSON Patch and RFC 7386 JSON Merge Patch. */
import { ApiError, badRequest } from './errors.ts';
import { equal, isObject, type JsonObject, type JsonValue, stringOf } from './json.ts';

/** mergePatch applies a merge patch: null removes, objects merge, everything else replaces. */
export function mergePatch(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isObject(patch)) return patch;
  const out: JsonObject = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete out[name];
    else out[name] = mergePatch(out[name], value);
  }
  return out;
}

function steps(pointer: string): string[] {
  if (pointer === '') return [];
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function missing(operation: JsonObject, why = 'Unable to find path'): ApiError {
  const pointer = stringOf(operation.path);
  return new ApiError(
    422,
    'Invalid',
    `the server rejected our request due to an error in our request: ${stringOf(operation.op)} operation does not apply: doc is missing path: ${pointer}: ${why}`,
  );
}

function read(document: JsonValue, path: string[], operation: JsonObject): JsonValue {
  let here = document;
  for (const step of path) {
    const next = Array.isArray(here) ? here[Number(step)] : isObject(here) ? here[step] : undefined;
    if (next === undefined) throw missing(operation);
    here = next;
  }
  return here;
}

/** change returns a copy of a document in which the container at the end of a path went through `edit`. */
function change(
  document: JsonValue,
  path: string[],
  operation: JsonObject,
  edit: (container: JsonValue[] | JsonObject, key: string) => void,
): JsonValue {
  const [key, ...rest] = path;
  if (key === undefined) throw missing(operation);
  const copy = Array.isArray(document) ? [...document] : isObject(document) ? { ...document } : undefined;
  if (!copy) throw missing(operation);
  if (rest.length === 0) {
    edit(copy, key);
    return copy;
  }
  const child = Array.isArray(copy) ? copy[Number(key)] : copy[key];
  if (child === undefined) throw missing(operation);
  const next = change(child, rest, operation, edit);
  if (Array.isArray(copy)) copy[Number(key)] = next;
  else copy[key] = next;
  return copy;
}

function index(list: JsonValue[], key: string, operation: JsonObject, most: number): number {
  const position = key === '-' ? list.length : Number(key);
  if (!Number.isInteger(position) || position < 0 || position > most)
    throw missing(operation, 'index out of bounds');
  return position;
}

function add(document: JsonValue, path: string[], value: JsonValue, operation: JsonObject): JsonValue {
  if (path.length === 0) return value;
  return change(document, path, operation, (container, key) => {
    if (Array.isArray(container))
      container.splice(index(container, key, operation, container.length), 0, value);
    else container[key] = value;
  });
}

function remove(document: JsonValue, path: string[], operation: JsonObject): JsonValue {
  return change(document, path, operation, (container, key) => {
    if (Array.isArray(container)) container.splice(index(container, key, operation, container.length - 1), 1);
    else if (Object.hasOwn(container, key)) delete container[key];
    else throw missing(operation);
  });
}

function replace(document: JsonValue, path: string[], value: JsonValue, operation: JsonObject): JsonValue {
  if (path.length === 0) return value;
  return change(document, path, operation, (container, key) => {
    if (Array.isArray(container)) container[index(container, key, operation, container.length - 1)] = value;
    else if (Object.hasOwn(container, key)) container[key] = value;
    else throw missing(operation);
  });
}

function apply(document: JsonValue, operation: JsonObject): JsonValue {
  const path = steps(stringOf(operation.path));
  const value = operation.value ?? null;
  switch (operation.op) {
    case 'add':
      return add(document, path, value, operation);
    case 'remove':
      return remove(document, path, operation);
    case 'replace':
      return replace(document, path, value, operation);
    case 'test':
      if (equal(read(document, path, operation), value)) return document;
      throw new ApiError(
        422,
        'Invalid',
        `the server rejected our request due to an error in our request: testing value ${stringOf(operation.path)} failed`,
      );
    case 'copy':
      return add(document, path, read(document, steps(stringOf(operation.from)), operation), operation);
    case 'move': {
      const from = steps(stringOf(operation.from));
      return add(remove(document, from, operation), path, read(document, from, operation), operation);
    }
    default:
      throw badRequest(`Unexpected kind: ${stringOf(operation.op)}`);
  }
}

/** jsonPatch applies a list of operations; one that does not apply is 422. */
export function jsonPatch(document: JsonValue, patch: JsonValue): JsonValue {
  if (!Array.isArray(patch))
    throw badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch',
    );
  return patch.reduce((here, operation) => {
    if (!isObject(operation)) throw badRequest('error decoding patch: an operation is no object');
    return apply(here, operation);
  }, document);
}
