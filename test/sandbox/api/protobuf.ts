/**
 * Bodies that kubectl and helm send in protobuf (k8s.io/apimachinery's `k8s\0` envelope): the few kinds that they send,
 * field by field. Anything else is 415: guessing would store wrong objects.
 */
import { unsupportedMedia } from './errors.ts';
import { isObject, type JsonObject, type JsonValue } from './json.ts';
import { fieldsOfMessage } from './protobuf-messages.ts';

interface Wire {
  number: number;
  value: Buffer | bigint;
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
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined || shift > 63n) throw unreadable('the protobuf is cut short');
      at += 1;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = Math.floor(tag / 8);
    if (tag % 8 === 0) out.push({ number, value: varint() });
    else if (tag % 8 === 2) {
      const size = Number(varint());
      if (at + size > bytes.length) throw unreadable('the protobuf is cut short');
      out.push({ number, value: bytes.subarray(at, at + size) });
      at += size;
    } else throw unreadable(`wire type ${tag % 8}`);
  }
  return out;
}

function bytesOf(value: Buffer | bigint): Buffer {
  if (typeof value === 'bigint') throw unreadable('a number stands where bytes should');
  return value;
}

function part(list: Wire[], number: number): Buffer {
  return bytesOf(list.find((wire) => wire.number === number)?.value ?? Buffer.alloc(0));
}

function message(bytes: Buffer, name: string): JsonObject {
  const fields = fieldsOfMessage(name);
  if (!fields) throw unreadable(`protobuf of ${name}`);
  const out: JsonObject = {};
  for (const { number, value } of wires(bytes)) {
    const field = fields.get(number);
    if (!field) throw unreadable(`field ${number} of the protobuf of ${name}`);
    const before = out[field.name];
    if (field.type.startsWith('map:')) {
      const entry = wires(bytesOf(value));
      const item = single(part(entry, 2), field.type.slice(4));
      out[field.name] = { ...(isObject(before) ? before : {}), [part(entry, 1).toString()]: item };
    } else if (field.type.startsWith('[]')) {
      out[field.name] = [...(Array.isArray(before) ? before : []), single(value, field.type.slice(2))];
    } else {
      const item = single(value, field.type);
      if (item !== null) out[field.name] = item;
    }
  }
  return out;
}

function single(value: Buffer | bigint, type: string): JsonValue {
  if (type === 'int') return Number(BigInt.asIntN(64, BigInt(value.toString())));
  if (type === 'bool') return value === 1n;
  if (type === 'string') return bytesOf(value).toString();
  if (type === 'bytes') return bytesOf(value).toString('base64');
  const object = message(bytesOf(value), type);
  if (type === 'Quantity') return object.string ?? '0';
  return type === 'Time' ? timeText(object) : object;
}

function timeText(value: JsonObject): string | null {
  const seconds = Number(value.seconds ?? 0);
  return seconds > 0 ? new Date(seconds * 1000).toISOString().replace('.000Z', 'Z') : null;
}

/** Go writes members that are empty too: here they are absent. Values of maps are somebody's, and stay. */
function compact(object: JsonObject, name: string): JsonObject {
  const types = new Map(
    [...(fieldsOfMessage(name)?.values() ?? [])].map((field) => [field.name, field.type]),
  );
  const out: JsonObject = {};
  for (const [member, value] of Object.entries(object)) {
    const type = (types.get(member) ?? '').replace('[]', '');
    if (value === '' || value === 0 || value === false) continue;
    if (isObject(value) && fieldsOfMessage(type)) out[member] = compact(value, type);
    else if (Array.isArray(value))
      out[member] = value.map((item) => (isObject(item) ? compact(item, type) : item));
    else out[member] = value;
  }
  return out;
}

/** isProtobuf tells whether a body has the envelope. */
export function isProtobuf(body: Buffer): boolean {
  return body.length >= 4 && body.subarray(0, 4).toString('latin1') === 'k8s\0';
}

/** Members whose zero means something: a pointer in Go, which is written only when it is set. */
const meaningful = new Set([
  'gracePeriodSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'parallelism',
  'completions',
  'replicas',
]);

function kept(object: JsonObject, name: string): JsonObject {
  const out = compact(object, name);
  for (const member of meaningful) {
    const value = object[member];
    if (value !== undefined) out[member] = value;
  }
  const spec = isObject(object.spec) && isObject(out.spec) ? out.spec : undefined;
  for (const member of spec ? meaningful : []) {
    const value = isObject(object.spec) ? object.spec[member] : undefined;
    if (spec && value !== undefined) spec[member] = value;
  }
  return out;
}

/** decodeProtobuf reads an object; a kind or a field that is not known here is 415. */
export function decodeProtobuf(body: Buffer): JsonObject {
  const envelope = wires(body.subarray(4));
  const type = wires(part(envelope, 1));
  const apiVersion = part(type, 1).toString();
  const kind = part(type, 2).toString();
  const name = kind === 'DeleteOptions' ? kind : `${apiVersion}/${kind}`;
  const { status: _, ...object } = kept(message(part(envelope, 2), name), name);
  return { apiVersion, kind, ...object };
}
