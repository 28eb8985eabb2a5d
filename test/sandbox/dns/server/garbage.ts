import type { Garbage } from './fault.ts';

/** garbageFor is what a question gets that shall get no DNS. Pure. */
export function garbageFor(question: Buffer, kind: Garbage): Buffer {
  const noise = (length: number) => Buffer.alloc(length, 'no such thing as DNS ');
  if (kind === 'noise') return noise(64);
  // The right id, "response, one question, nine answers", and then nothing.
  if (kind === 'cut') return Buffer.concat([question.subarray(0, 2), Buffer.from('8180000100090000', 'hex')]);
  return Buffer.concat([question.subarray(0, 2), noise(60_000)]);
}
