/**
 * Bodies that kubectl and helm send in protobuf (k8s.io/apimachinery's `k8s\0` envelope): the few kinds that they send,
 * field by field. Anything else is 415: guessing would store wrong objects.
 */
import { unsupportedMedia } from './errors.ts';
import { isObject, type JsonObject, type JsonValue } from './json.ts';

type Scalar = 'string' | 'bytes' | 'int' | 'bool' | 'strings' | 'bytesMap';
type Field = [name: string, as: Scalar | 'list' | Message];
interface Message {
  [number: number]: Field;
}

const time: Message = { 1: ['seconds', 'int'], 2: ['nanos', 'int'] };
const owner: Message = {
  1: ['kind', 'string'],
  3: ['name', 'string'],
  4: ['uid', 'string'],
  5: ['apiVersion', 'string'],
  6: ['controller', 'bool'],
  7: ['blockOwnerDeletion', 'bool'],
};
const meta: Message = {
  1: ['name', 'string'],
  2: ['generateName', 'string'],
  3: ['namespace', 'string'],
  4: ['selfLink', 'string'],
  5: ['uid', 'string'],
  6: ['resourceVersion', 'string'],
  7: ['generation', 'int'],
  8: ['creationTimestamp', time],
  9: ['deletionTimestamp', time],
  10: ['deletionGracePeriodSeconds', 'int'],
  11: ['labels', 'strings'],
  12: ['annotations', 'strings'],
  13: ['ownerReferences', owner],
  14: ['finalizers', 'list'],
};
const attributes: Message = {
  1: ['namespace', 'string'],
  2: ['verb', 'string'],
  3: ['group', 'string'],
  4: ['version', 'string'],
  5: ['resource', 'string'],
  6: ['subresource', 'string'],
  7: ['name', 'string'],
};
const accessSpec: Message = {
  1: ['resourceAttributes', attributes],
  2: ['nonResourceAttributes', { 1: ['path', 'string'], 2: ['verb', 'string'] }],
};
const accessStatus: Message = {
  1: ['allowed', 'bool'],
  2: ['reason', 'string'],
  3: ['evaluationError', 'string'],
  4: ['denied', 'bool'],
};

const kinds: Record<string, Message> = {
  'v1/Secret': {
    1: ['metadata', meta],
    2: ['data', 'bytesMap'],
    3: ['type', 'string'],
    4: ['stringData', 'strings'],
    5: ['immutable', 'bool'],
  },
  'v1/ConfigMap': {
    1: ['metadata', meta],
    2: ['data', 'strings'],
    3: ['binaryData', 'bytesMap'],
    4: ['immutable', 'bool'],
  },
  'v1/Namespace': {
    1: ['metadata', meta],
    2: ['spec', { 1: ['finalizers', 'list'] }],
    3: ['status', { 1: ['phase', 'string'] }],
  },
  'v1/ServiceAccount': {
    1: ['metadata', meta],
    2: ['secrets', { 3: ['name', 'string'] }],
    3: ['imagePullSecrets', { 1: ['name', 'string'] }],
    4: ['automountServiceAccountToken', 'bool'],
  },
  'v1/DeleteOptions': {
    1: ['gracePeriodSeconds', 'int'],
    2: ['preconditions', { 1: ['uid', 'string'], 2: ['resourceVersion', 'string'] }],
    3: ['orphanDependents', 'bool'],
    4: ['propagationPolicy', 'string'],
    5: ['dryRun', 'list'],
  },
  'authorization.k8s.io/v1/SelfSubjectAccessReview': {
    1: ['metadata', meta],
    2: ['spec', accessSpec],
    3: ['status', accessStatus],
  },
  'authorization.k8s.io/v1/SelfSubjectRulesReview': {
    1: ['metadata', meta],
    2: ['spec', { 1: ['namespace', 'string'] }],
    3: ['status', { 3: ['incomplete', 'bool'], 4: ['evaluationError', 'string'] }],
  },
  'authentication.k8s.io/v1/SelfSubjectReview': {
    1: ['metadata', meta],
    2: ['status', { 1: ['userInfo', {}] }],
  },
};
/** Lists of messages: protobuf says nothing about them on the wire. */
const repeated = new Set(['ownerReferences', 'secrets', 'imagePullSecrets']);

interface Wire {
  number: number;
  value: Buffer | number;
}

function unreadable(why: string) {
  return unsupportedMedia(
    `the body of the request was in an unknown format: ${why} - accepted media types include: application/json, application/yaml`,
  );
}

function wires(bytes: Buffer): Wire[] {
  const out: Wire[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = bytes[at];
      if (byte === undefined) throw unreadable('the protobuf is cut short');
      at += 1;
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (tag % 8 === 0) out.push({ number, value: varint() });
    else if (tag % 8 === 2) {
      const size = varint();
      if (at + size > bytes.length) throw unreadable('the protobuf is cut short');
      out.push({ number, value: bytes.subarray(at, at + size) });
      at += size;
    } else throw unreadable(`wire type ${tag % 8}`);
  }
  return out;
}

function bytesOf(value: Buffer | number): Buffer {
  if (typeof value === 'number') throw unreadable('a number stands where bytes should');
  return value;
}

function entry(value: Buffer | number, asBytes: boolean): [string, string] {
  const pair = wires(bytesOf(value));
  const part = (number: number) =>
    bytesOf(pair.find((wire) => wire.number === number)?.value ?? Buffer.alloc(0));
  return [part(1).toString(), asBytes ? part(2).toString('base64') : part(2).toString()];
}

function message(bytes: Buffer, fields: Message): JsonObject {
  const out: JsonObject = {};
  for (const { number, value } of wires(bytes)) {
    const field = fields[number];
    if (!field) throw unreadable(`protobuf field ${number}`);
    const [name, as] = field;
    const before = out[name];
    if (as === 'strings' || as === 'bytesMap') {
      const [key, item] = entry(value, as === 'bytesMap');
      out[name] = { ...(isObject(before) ? before : {}), [key]: item };
    } else if (as === 'list')
      out[name] = [...(Array.isArray(before) ? before : []), bytesOf(value).toString()];
    else if (typeof as === 'object' && repeated.has(name)) {
      out[name] = [...(Array.isArray(before) ? before : []), message(bytesOf(value), as)];
    } else out[name] = single(value, as);
  }
  return out;
}

function single(value: Buffer | number, as: Field[1]): JsonValue {
  if (as === 'int') return Number(value);
  if (as === 'bool') return value === 1;
  if (as === 'string') return bytesOf(value).toString();
  if (as === 'bytes') return bytesOf(value).toString('base64');
  if (typeof as === 'object')
    return as === time ? timeText(message(bytesOf(value), time)) : message(bytesOf(value), as);
  throw unreadable('a list inside a list');
}

function timeText(value: JsonObject): string | null {
  const seconds = Number(value.seconds ?? 0);
  return seconds > 0 ? new Date(seconds * 1000).toISOString().replace('.000Z', 'Z') : null;
}

/** Go writes empty members too: they are absence. */
function compact(object: JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const [name, value] of Object.entries(object)) {
    if (value === '' || value === null) continue;
    out[name] =
      isObject(value) &&
      name !== 'data' &&
      name !== 'stringData' &&
      name !== 'labels' &&
      name !== 'annotations'
        ? compact(value)
        : value;
  }
  return out;
}

/** isProtobuf tells whether a body has the envelope. */
export function isProtobuf(body: Buffer): boolean {
  return body.length >= 4 && body.subarray(0, 4).toString('latin1') === 'k8s\0';
}

/** decodeProtobuf reads an object; a kind or a field that is not known here is 415. */
export function decodeProtobuf(body: Buffer): JsonObject {
  const envelope = wires(body.subarray(4));
  const part = (number: number) =>
    bytesOf(envelope.find((wire) => wire.number === number)?.value ?? Buffer.alloc(0));
  const type = message(part(1), { 1: ['apiVersion', 'string'], 2: ['kind', 'string'] });
  const apiVersion = String(type.apiVersion ?? '');
  const kind = String(type.kind ?? '');
  const fields = kinds[kind === 'DeleteOptions' ? 'v1/DeleteOptions' : `${apiVersion}/${kind}`];
  if (!fields) throw unreadable(`protobuf of ${apiVersion} ${kind}`);
  const object = compact(message(part(2), fields));
  if (kind.endsWith('Review')) delete object.status;
  return { apiVersion, kind, ...object };
}
