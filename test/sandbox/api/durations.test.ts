import assert from 'node:assert/strict';
import { it } from 'node:test';
import { age, humanDuration } from './durations.ts';

it('writes ages as kubectl shows them', () => {
  const second = 1000;
  const minute = 60 * second;
  const hour = 60 * minute;
  const day = 24 * hour;
  const cases: [number, string][] = [
    [-5 * second, '<invalid>'],
    [-second, '0s'],
    [0, '0s'],
    [119 * second, '119s'],
    [120 * second, '2m'],
    [125 * second, '2m5s'],
    [10 * minute, '10m'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [3 * hour + 5 * minute, '3h5m'],
    [47 * hour, '47h'],
    [50 * hour, '2d2h'],
    [9 * day, '9d'],
    [800 * day, '2y70d'],
    [10 * 365 * day, '10y'],
  ];
  for (const [span, want] of cases) assert.equal(humanDuration(span), want);
  assert.equal(age(''), '<unknown>');
  assert.equal(age('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:01:00Z')), '60s');
});
