import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { keptLines, type LineBounds } from '../../src/cluster/log-lines.ts';

const wide: LineBounds = { logBytes: 1e6, lineBytes: 1e6, keptBytes: 1e6, spareBytes: 1e6 };
const marks = { beginnings: ['mark rules '] };

/** chunked is a log as it arrives, cut at any places. */
function chunked(text: string, size: number): Readable {
  const bytes = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  return Readable.from(chunks);
}

describe('lines of a log', () => {
  it('are the same however the log is cut into pieces on its way', async () => {
    const line = fc.oneof(
      fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', '')),
      fc.nat(9).map((bucket) => `mark rules ${bucket} ä`),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.integer({ min: 1, max: 9 }), async (lines, size) => {
        const wanted = lines.filter((each) => each.startsWith('mark rules '));
        assert.deepEqual(await keptLines(chunked(lines.join('\n'), size), marks, wide), wanted);
      }),
    );
  });

  it('that are cut by the bound of the log, or too long, are none', async () => {
    const text = 'mark rules 1\nmark rules 2\nmark rules 3\n';
    const read = (bounds: Partial<LineBounds>) => keptLines(chunked(text, 5), marks, { ...wide, ...bounds });
    assert.deepEqual(await read({ logBytes: 30 }), ['mark rules 1', 'mark rules 2']);
    assert.deepEqual(await read({ lineBytes: 11 }), []);
    const long = `mark rules ${'x'.repeat(99)}\nmark rules 2`;
    assert.deepEqual(await keptLines(chunked(long, 7), marks, { ...wide, lineBytes: 12 }), ['mark rules 2']);
  });

  it('that do not fit any more are left out, and others that do are kept', async () => {
    const text = `mark rules 1 ${'x'.repeat(50)}\nmark rules 2\nmark rules 3`;
    assert.deepEqual(await keptLines(chunked(text, 64), marks, { ...wide, keptBytes: 30 }), [
      'mark rules 2',
      'mark rules 3',
    ]);
  });

  it('that nobody asked for never take the room of those that are wanted', async () => {
    const keep = { beginnings: ['mark rules 5 '] };
    const text = Array.from({ length: 9 }, (_, bucket) => `mark rules ${bucket} x`).join('\n');
    assert.deepEqual(await keptLines(chunked(text, 64), keep, { ...wide, spareBytes: 30 }), [
      'mark rules 0 x',
      'mark rules 1 x',
      'mark rules 5 x',
    ]);
  });
});
