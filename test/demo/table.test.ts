import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ansi, plain, renderMatrix } from './table.ts';

const MATRIX = {
  targets: ['n1', 'n2', 'worker-3'],
  rows: [
    { node: 'n1', reach: '..x', roundTripMicroseconds: [140, 1260, 0] },
    { node: 'n2', reach: '?- ', roundTripMicroseconds: [0, 0, 0] },
  ],
};

test('a matrix is drawn with one line for each node that asked and one column for each that answered', () => {
  assert.equal(
    renderMatrix(MATRIX, plain),
    [
      'from \\ to  n1         n2         worker-3',
      'n1         ok 0.1 ms  ok 1.3 ms  FAILED',
      'n2         unknown    skipped',
    ].join('\n'),
  );
});

test('a failed cell is red and a passed one is green', () => {
  const line = renderMatrix(MATRIX, ansi).split('\n')[1] ?? '';
  assert.ok(line.includes('\u001b[32mok 0.1 ms'));
  assert.ok(line.includes('\u001b[31mFAILED'));
});
