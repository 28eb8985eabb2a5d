/** Content types: how a body is read, and in which form an answer is wanted. */
import { load } from 'js-yaml';
import { ApiError, badRequest, unsupportedMedia } from './errors.ts';
import { isObject, type JsonValue, parseJson } from './json.ts';
import { decodeProtobuf, isProtobuf } from './protobuf.ts';

/** Form is how objects are shown. */
export type Form = 'json' | 'yaml' | 'table' | 'partial';

/** negotiate picks the first form of an Accept header that this server has; 406 where there is none. */
export function negotiate(accept: string | undefined): Form {
  if (!accept) return 'json';
  for (const part of accept.split(',')) {
    const [type = '', ...parameters] = part.split(';').map((item) => item.trim());
    const as = parameters.find((item) => item.startsWith('as='))?.slice(3);
    const json = type === 'application/json' || type === '*/*' || type === 'application/*';
    if (!as && type === 'application/yaml') return 'yaml';
    if (!json) continue;
    const old = parameters.includes('v=v1beta1');
    if (as === 'Table' && !old) return 'table';
    if ((as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') && !old) return 'partial';
    if (!as) return 'json';
  }
  const known = 'application/json, application/yaml';
  throw new ApiError(406, 'NotAcceptable', `only the following media types are accepted: ${known}`);
}

const patches = new Set([
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
]);

/** parseBody reads a request's body by its content type; undefined where there is none. */
export function parseBody(body: Buffer, contentType: string): JsonValue | undefined {
  if (body.length === 0) return undefined;
  if (contentType === 'application/vnd.kubernetes.protobuf' || isProtobuf(body)) return decodeProtobuf(body);
  if (contentType === '' || contentType === 'application/json' || patches.has(contentType)) return json(body);
  if (contentType === 'application/yaml' || contentType === 'application/apply-patch+yaml') return yaml(body);
  const known = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';
  throw unsupportedMedia(
    `the body of the request was in an unknown format - accepted media types include: ${known}`,
  );
}

function json(body: Buffer): JsonValue {
  try {
    return parseJson(body.toString());
  } catch (error) {
    const why = error instanceof Error ? error.message : 'no JSON';
    throw badRequest(`couldn't get version/kind; json parse error: ${why}`);
  }
}

/** A plain YAML value as JSON: dates are strings, as Kubernetes' own YAML has them. */
function plain(value: unknown): JsonValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object') throw badRequest('error decoding YAML: a value that JSON does not have');
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function yaml(body: Buffer): JsonValue {
  const text = body.toString();
  if (/^\s*\{/.test(text)) return json(body);
  try {
    const value = plain(load(text));
    if (isObject(value)) return value;
  } catch (error) {
    throw badRequest(`error decoding YAML: ${error instanceof Error ? error.message : 'no YAML'}`);
  }
  throw badRequest('error decoding YAML: no object');
}
