/** From a request's body to a typed object: the right kind, known fields, defaults. */
import type { Call } from './call.ts';
import { defaulted, pruned } from './custom.ts';
import { decodeBuiltIn } from './decode.ts';
import { badRequest } from './errors.ts';
import { isObject, type JsonObject, type JsonValue, objectOf, stringOf } from './json.ts';
import { strategyOf } from './kinds.ts';
import { apiVersionOf } from './resources.ts';
import type { Schema } from './schema.ts';
import type { ServerState } from './state.ts';

/** decodeObject reads the object of a create, an update or a patch; it throws 400 as the real decoder does. */
export function decodeObject(state: ServerState, call: Call, body: JsonValue | undefined): JsonObject {
  if (!isObject(body)) throw badRequest('the object provided is unrecognized: the body is no object');
  const { resource } = call;
  const schema = state.schemas.of(resource);
  if (!schema)
    throw badRequest(`no kind "${resource.kind}" is registered for version "${apiVersionOf(resource)}"`);
  const named = withKind(call, body);
  const { object, unknown } = resource.crdVersion
    ? decodeCustom(state, named, schema, call)
    : decodeBuiltIn(named, schema, resource.kind, resource.version);
  reportUnknown(call, unknown);
  return resource.crdVersion ? object : (strategyOf(resource).default?.(object) ?? object);
}

/** decodeConfiguration reads the body of an apply: known fields only, and nothing that it does not say. */
export function decodeConfiguration(state: ServerState, call: Call, body: JsonObject): JsonObject {
  const { resource } = call;
  const schema = state.schemas.of(resource);
  if (!schema)
    throw badRequest(`no kind "${resource.kind}" is registered for version "${apiVersionOf(resource)}"`);
  const named = withKind(call, body);
  const { object, unknown } = resource.crdVersion
    ? pruned(named, schema)
    : decodeBuiltIn(named, schema, resource.kind, resource.version, false);
  reportUnknown(call, unknown);
  return object;
}

function withKind(call: Call, body: JsonObject): JsonObject {
  const expected = apiVersionOf(call.resource);
  const { kind } = call.resource;
  const apiVersion = stringOf(body.apiVersion) || expected;
  const given = stringOf(body.kind) || kind;
  if (call.resource.crdVersion && (!stringOf(body.apiVersion) || !stringOf(body.kind))) {
    const missing = stringOf(body.kind) ? 'apiVersion' : 'kind';
    throw badRequest(`Object '${missing}' is missing in '${JSON.stringify(body)}'`);
  }
  if (given !== kind) {
    throw badRequest(
      `${given} in version "${apiVersion.split('/').at(-1)}" cannot be handled as a ${kind}: converting (${apiVersion}.${given}) to (${expected}.${kind}): unknown conversion`,
    );
  }
  if (apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  }
  return { ...body, apiVersion, kind };
}

function decodeCustom(state: ServerState, body: JsonObject, schema: Schema, call: Call) {
  const { kind, version } = call.resource;
  const { metadata, ...rest } = body;
  const meta = decodeBuiltIn(objectOf(metadata), state.schemas.objectMeta, kind, version);
  const { object, unknown } = pruned(rest, schema);
  const filled = objectOf(defaulted(object, schema));
  return {
    object: { ...filled, metadata: meta.object },
    unknown: [...meta.unknown.map((field) => `metadata.${field}`), ...unknown],
  };
}

/** reportUnknown treats unknown fields as `fieldValidation` asks: refuse, warn (the default) or ignore. */
function reportUnknown(call: Call, unknown: string[]): void {
  const mode = call.query.get('fieldValidation') || 'Warn';
  if (!['Strict', 'Warn', 'Ignore'].includes(mode)) {
    throw badRequest(
      `fieldValidation: Unsupported value: "${mode}": supported values: "Ignore", "Strict", "Warn"`,
    );
  }
  if (unknown.length === 0 || mode === 'Ignore') return;
  const texts = unknown.map((field) => `unknown field "${field}"`);
  if (mode === 'Strict') throw badRequest(strictMessage(call, texts));
  call.warnings.push(...texts);
}

function strictMessage(call: Call, texts: string[]): string {
  const why = `strict decoding error: ${texts.join(', ')}`;
  const { kind, version } = call.resource;
  return call.verb === 'patch'
    ? why
    : `${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`;
}
