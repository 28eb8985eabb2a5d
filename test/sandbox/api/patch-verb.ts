/** PATCH, by content type. */
import { applyObject } from './apply.ts';
import { decodeObject } from './body.ts';
import type { Call } from './call.ts';
import type { Answered } from './dispatch.ts';
import { badRequest, unsupportedMedia } from './errors.ts';
import { isObject, type JsonObject, type JsonValue } from './json.ts';
import { jsonPatch, mergePatch } from './json-patch.ts';
import type { ServerState } from './state.ts';
import { strategicMerge } from './strategic-patch.ts';
import { currentObject, replaceObject } from './update.ts';

const accepted =
  'application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml, application/apply-patch+cbor';

/** patchObject answers PATCH: 200, or 201 where an apply created the object. */
export function patchObject(state: ServerState, call: Call): Answered {
  if (call.contentType === 'application/apply-patch+yaml') return applyObject(state, call);
  const old = currentObject(state, call);
  const next = decodeObject(state, call, patched(state, call, old));
  return { code: 200, object: replaceObject(state, call, old, next) };
}

function patched(state: ServerState, call: Call, old: JsonObject): JsonValue {
  const { body } = call;
  if (body === undefined) throw badRequest('error decoding patch: the body is empty');
  switch (call.contentType) {
    case 'application/json-patch+json':
      return jsonPatch(old, body);
    case 'application/merge-patch+json':
      if (!isObject(body)) throw badRequest('error decoding patch: the body is no object');
      return mergePatch(old, body);
    case 'application/strategic-merge-patch+json':
      if (call.resource.crdVersion) break;
      if (!isObject(body)) throw badRequest('error decoding patch: the body is no object');
      return strategicMerge(old, body, state.schemas.of(call.resource));
  }
  const types = call.resource.crdVersion
    ? accepted.replace('application/strategic-merge-patch+json, ', '')
    : accepted;
  throw unsupportedMedia(
    `the body of the request was in an unknown format - accepted media types include: ${types}`,
  );
}
