/** Digests of the table: 128 buckets, so that a node tells in a thousand bytes whether its rules are right, and if not, where. */
import { hash as digest } from 'node:crypto';
import { type Destination, destinationText, type Entry, entryText } from './entry.ts';

/** bucketCount is how many buckets a table is divided into. */
export const bucketCount = 128;

/** digestBytes is how long one bucket's digest is. */
export const digestBytes = 6;

/** bucketOf is the bucket of a destination, 0 to 127: the same on every node, in either mode. */
export function bucketOf(destination: Destination): number {
  // FNV-1a: quick, and nobody gains from a bucket of his choice.
  let hash = 0x811c9dc5;
  for (const character of destinationText(destination)) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193) >>> 0;
  }
  return ((hash ^ (hash >>> 16)) >>> 0) % bucketCount;
}

/**
 * Digests are those of all buckets: the exclusive or of the hashes of the rows, so that the order does not count and rows
 * that are alike on many nodes need to be hashed only once.
 */
export class Digests {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array = new Uint8Array(bucketCount * digestBytes)) {
    this.bytes = bytes;
  }

  /** add takes a row in, or, the second time, out again. */
  add(entry: Entry): void {
    this.addHash(bucketOf(entry.destination), hashOf(entryText(entry)));
  }

  /** addHash takes in a row of which the bucket and hash are known. */
  addHash(bucket: number, hash: Uint8Array): void {
    const start = bucket * digestBytes;
    for (let index = 0; index < digestBytes; index += 1) {
      this.bytes[start + index] = (this.bytes[start + index] ?? 0) ^ (hash[index] ?? 0);
    }
  }

  /** copy is another one with the same content. */
  copy(): Digests {
    return new Digests(this.bytes.slice());
  }

  /** text is base64. */
  text(): string {
    return Buffer.from(this.bytes).toString('base64');
  }

  /** differing are the buckets of which two tables differ. */
  differing(other: Digests): readonly number[] {
    const buckets: number[] = [];
    for (let bucket = 0; bucket < bucketCount; bucket += 1) {
      const start = bucket * digestBytes;
      const same = this.bytes
        .subarray(start, start + digestBytes)
        .every((byte, index) => byte === other.bytes[start + index]);
      if (!same) buckets.push(bucket);
    }
    return buckets;
  }
}

/** hashOf is the hash of a row's text. */
export function hashOf(text: string): Uint8Array {
  return digest('sha256', text, 'buffer').subarray(0, digestBytes);
}

/** digestsOf reads what `text` wrote; undefined for anything else. */
export function digestsOf(text: string): Digests | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== bucketCount * digestBytes || bytes.toString('base64') !== text) return undefined;
  return new Digests(new Uint8Array(bytes));
}
