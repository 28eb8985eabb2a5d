import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ansi, plain } from './paint.ts';
import { renderFindings, renderMatrix } from './table.ts';

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

test('findings say reason, pair and what was seen, and the suspect comes last', () => {
  const finding = {
    severity: 'Failed',
    check: 'pods',
    reason: 'AddressTranslated',
    node: 'n2',
    subject: 'n2 → n1 TCP IPv4',
    message: "n1's Pod saw 10.0.0.2:4000 where 10.200.2.2:4000 asked",
    since: '2026-11-24T00:00:00Z',
  } as const;
  const suspect = { kind: 'Node', name: 'n2', why: 'both pairs that leave n2 are translated' } as const;
  assert.equal(
    renderFindings([finding], [suspect], plain),
    [
      "AddressTranslated  n2 → n1 TCP IPv4: n1's Pod saw 10.0.0.2:4000 where 10.200.2.2:4000 asked",
      'Suspect: Node n2  both pairs that leave n2 are translated',
    ].join('\n'),
  );
});
