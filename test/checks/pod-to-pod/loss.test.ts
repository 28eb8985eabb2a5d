import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rounds, tooManyLost } from '../../../src/checks/pod-to-pod/loss.ts';

/** atLeast is the chance that of n datagrams at least k are lost when each is lost with chance p. */
function atLeast(n: number, k: number, p: number): number {
  let fewer = 0;
  let term = (1 - p) ** n;
  for (let lost = 0; lost < k; lost += 1) {
    fewer += term;
    term *= ((n - lost) / (lost + 1)) * (p / (1 - p));
  }
  return 1 - fewer;
}

/** found is the chance that a pair fails. */
const found = (p: number) =>
  rounds.map((round) => atLeast(round.datagrams, round.atLeast, p)).reduce((all, each) => all * each, 1);

describe('Lost datagrams', () => {
  it('are chance where one in a hundred is lost each way', () => {
    const roundTrip = 1 - 0.99 ** 2;
    assert.ok(found(roundTrip) < 1 / 40_000_000, String(found(roundTrip)));
    assert.ok(found(0.01) < 1e-10);
  });

  it('are a fault where half are lost, or three in ten', () => {
    assert.ok(found(0.5) > 0.999);
    assert.ok(found(0.3) > 0.95);
  });

  it('fail only when both rounds lost too many', () => {
    assert.equal(
      tooManyLost([
        [20, 3],
        [60, 9],
      ]),
      true,
    );
    assert.equal(
      tooManyLost([
        [20, 3],
        [60, 8],
      ]),
      false,
    );
    assert.equal(
      tooManyLost([
        [20, 2],
        [60, 60],
      ]),
      false,
    );
    assert.equal(tooManyLost([[20, 20]]), false);
    assert.equal(
      tooManyLost([
        [3, 3],
        [9, 9],
      ]),
      false,
    );
    assert.equal(tooManyLost([]), false);
  });
});
