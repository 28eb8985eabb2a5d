/**
 * Reads the rows that a probe printed beside its answer. A log is no safer than an answer: what is believed of it is what
 * the digests, which came with the answer, say that it must be.
 */
import { gunzipSync } from 'node:zlib';
import { isList, isObject, isText, parseJson } from '../../shape.ts';
import { bucketOf, Digests, hashOf } from '../digest.ts';
import { destinationText, type Entry, entryOf } from '../entry.ts';
import { detailPrefix } from '../evidence.ts';

/** ActualRow is a row as the node has it, with few of the rules behind it. */
export interface ActualRow {
  readonly entry: Entry;
  /** text is the row as the node wrote it down, which the digest is of. */
  readonly text: string;
  readonly rules: readonly string[];
}

/** Bucket are the rows of one bucket by `destinationText`, or a sentence that says why they are not known. */
export type Bucket =
  | { readonly ok: true; readonly rows: ReadonlyMap<string, ActualRow> }
  | { readonly ok: false; readonly problem: string };

/** bounds are those of one bucket, and of all that are unpacked of one node. */
const bounds = { packed: 4 << 20, unpacked: 16 << 20, rows: 20_000, all: 256 << 20 } as const;

/** linePrefix begins the line of one bucket. */
export function linePrefix(check: string, bucket: number): string {
  return `${detailPrefix} ${check} ${bucket} `;
}

/** Details are the rows that one probe printed, each bucket unpacked when it is asked for. */
export class Details {
  readonly #packed = new Map<number, string[]>();
  readonly #digests: Digests;
  readonly #filled: ReadonlySet<number>;
  #left: number = bounds.all;

  constructor(lines: readonly string[], check: string, digests: Digests) {
    this.#digests = digests;
    this.#filled = new Set(digests.differing(new Digests()));
    const before = `${detailPrefix} ${check} `;
    for (const line of lines) {
      if (!line.startsWith(before)) continue;
      const [number = '', packed = ''] = line.slice(before.length).trimEnd().split(' ', 2);
      if (!/^\d{1,3}$/.test(number)) continue;
      const known = this.#packed.get(Number(number));
      if (known === undefined) this.#packed.set(Number(number), [packed]);
      else known.push(packed);
    }
  }

  /**
   * bucket are the rows of a bucket, undefined where the log does not have them. Of several lines for it the one that fits
   * the digest counts; of a bucket without rows there need be no line.
   */
  bucket(bucket: number): Bucket | undefined {
    if (!this.#filled.has(bucket)) return { ok: true, rows: new Map() };
    let read: Bucket | undefined;
    for (const packed of this.#packed.get(bucket) ?? []) {
      const text = this.#left > 0 ? unpack(packed) : undefined;
      this.#left -= text?.length ?? 0;
      read = text === undefined ? broken('cannot be unpacked') : bucketIn(text, bucket, this.#digests);
      if (read.ok) return read;
    }
    return read;
  }
}

function unpack(packed: string): string | undefined {
  if (packed.length > bounds.packed || !/^[A-Za-z0-9+/]+={0,2}$/.test(packed)) return undefined;
  try {
    return gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: bounds.unpacked }).toString('utf8');
  } catch {
    return undefined;
  }
}

function bucketIn(text: string, bucket: number, digests: Digests): Bucket {
  const rows = parseJson(text)?.value;
  if (!isList(rows, bounds.rows, isDetail)) return broken('have another form than rows have');
  const read = new Map<string, ActualRow>();
  const sum = new Digests();
  for (const { entry: written, rules } of rows) {
    const entry = entryOf(written);
    if (entry === undefined || bucketOf(entry.destination) !== bucket)
      return broken('have another form than rows have');
    read.set(destinationText(entry.destination), { entry, text: written, rules });
    sum.addHash(bucket, hashOf(written));
  }
  const same = read.size === rows.length && !sum.differing(digests).includes(bucket);
  return same ? { ok: true, rows: read } : broken('are not those that the probe reported the digest of');
}

function isDetail(value: unknown): value is { readonly entry: string; readonly rules: readonly string[] } {
  return isObject(value) && isText(value.entry, 1 << 20) && isList(value.rules, 16, isRule);
}

function isRule(value: unknown): value is string {
  return isText(value, 4000);
}

function broken(what: string): Bucket {
  return { ok: false, problem: `the rows that the probe printed ${what}` };
}
