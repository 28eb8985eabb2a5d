import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Pod, PodStatus } from '../kinds.ts';
import { endOf, failuresAfter, pauseLeft } from './job-backoff.ts';
import { endStatus, SPEC } from './played.ts';

const time = (seconds: number) => new Date(Date.UTC(2026, 10, 22, 7, 0, seconds));

function pod(status: PodStatus, metadata: Pod['metadata'] = {}): Pod {
  const creationTimestamp = '2026-11-22T07:00:00Z';
  return { apiVersion: 'v1', kind: 'Pod', metadata: { creationTimestamp, ...metadata }, spec: SPEC, status };
}

const failedAt = (seconds: number) => pod(endStatus(1, time(seconds)));
const succeededAt = (seconds: number) => pod(endStatus(0, time(seconds)));

describe('the back-off of a Job', () => {
  it('counts failures, and the newest decides from when the pause runs', () => {
    const first = failuresAfter(undefined, [], [failedAt(5)]);
    assert.deepEqual(first, { count: 1, last: time(5).getTime() });
    assert.deepEqual(failuresAfter(first, [], [failedAt(30), failedAt(20)]), {
      count: 3,
      last: time(30).getTime(),
    });
  });

  it('keeps what it knows when nothing has ended', () => {
    assert.deepEqual(failuresAfter({ count: 2, last: 7 }, [], []), { count: 2, last: 7 });
    assert.equal(failuresAfter(undefined, [], []), undefined);
  });

  it('begins anew after a success: only failures that came later count', () => {
    const before = { count: 4, last: time(1).getTime() };
    assert.equal(failuresAfter(before, [succeededAt(10)], [failedAt(9)]), undefined);
    assert.deepEqual(failuresAfter(before, [succeededAt(10)], [failedAt(9), failedAt(12)]), {
      count: 1,
      last: time(12).getTime(),
    });
  });

  it('pauses for 10 seconds, then 20, then 40, at most for 10 minutes', () => {
    const pauses = [1, 2, 3, 6, 7, 8, 60].map((count) => pauseLeft({ count, last: 1000 }, 1000));
    assert.deepEqual(pauses, [10_000, 20_000, 40_000, 320_000, 600_000, 600_000, 600_000]);
    assert.equal(pauseLeft(undefined, 0), 0);
  });

  it('lets the pause run from the failure, never below zero and never beyond the limit', () => {
    assert.equal(pauseLeft({ count: 1, last: 1000 }, 4000), 7000);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), fc.nat(), (count, last, later) => {
        const left = pauseLeft({ count, last }, last + later);
        assert.ok(left >= 0 && left <= 600_000);
        assert.equal(left > 0, later < Math.min(10_000 * 2 ** (count - 1), 600_000));
      }),
    );
  });
});

describe('when a Pod has ended', () => {
  it('is what its containers say', () => {
    assert.equal(endOf(failedAt(42)), time(42).getTime());
  });

  it('is when it stopped being ready, where its containers say nothing', () => {
    const conditions = [
      { type: 'Ready', status: 'False' as const, lastTransitionTime: '2026-11-22T07:00:09Z' },
    ];
    assert.equal(endOf(pod({ phase: 'Failed', conditions })), time(9).getTime());
  });

  it('is when it was deleted, where it never ran: the grace period is in the timestamp', () => {
    const deleted = { deletionTimestamp: '2026-11-22T07:00:40Z', deletionGracePeriodSeconds: 30 };
    assert.equal(endOf(pod({ phase: 'Pending' }, deleted)), time(10).getTime());
  });

  it('is when it was made, where nothing else is known', () => {
    assert.equal(endOf(pod({ phase: 'Failed' })), time(0).getTime());
  });
});
