import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nextNumber, sortRuns, tooOld } from '../../src/plan/runs.ts';
import { dueTimeOf, isAskedFor } from '../../src/plan/turn.ts';
import { finishedStatus, makeAudit, makePlanned, makeRun, ours } from './make.ts';

const finished = [0, 1, 2, 3].map((number) => makeRun(`r${number}`, finishedStatus({ number }), ours));

function names(runs: readonly { readonly metadata: { readonly name: string } }[]): readonly string[] {
  return runs.map(({ metadata }) => metadata.name);
}

describe("an audit's runs", () => {
  it('are sorted into those that are over, that go on and that wait', () => {
    const going = makeRun(
      'going',
      { observedGeneration: 1, conditions: [], plan: makePlanned({ number: 4 }) },
      ours,
    );
    const late = makeRun('late', undefined, { creationTimestamp: '2026-11-24T12:00:01Z' });
    const leaving = makeRun('leaving', undefined, { deletionTimestamp: '2026-11-24T12:00:00Z' });
    const runs = sortRuns([late, going, ...finished, makeRun('early'), leaving], makeAudit());
    assert.deepEqual(names(runs.finished), ['r3', 'r2', 'r1', 'r0']);
    assert.deepEqual(names(runs.active), ['going']);
    assert.deepEqual(names(runs.waiting), ['early', 'late']);
    assert.equal(nextNumber(makeAudit(), runs), 5);
  });

  it('are numbered on when all of them were deleted', () => {
    const lastRun = { name: 'r7', number: 7, startTime: '2026-11-24T12:00:00Z' };
    const audit = makeAudit({}, { status: { observedGeneration: 1, conditions: [], lastRun } });
    assert.equal(nextNumber(audit, sortRuns([], audit)), 8);
    assert.equal(nextNumber(makeAudit(), sortRuns([], makeAudit())), 0);
  });

  it('are deleted beyond the limit, the oldest first, but never the one that the status names', () => {
    const audit = makeAudit({ runsHistoryLimit: 1 });
    assert.deepEqual(names(tooOld(audit, sortRuns(finished, audit))), ['r0', 'r1', 'r2']);
    const lastRun = { name: 'r1', number: 1, startTime: '2026-11-24T12:00:00Z' };
    const behind = { ...audit, status: { observedGeneration: 1, conditions: [], lastRun } };
    assert.deepEqual(names(tooOld(behind, sortRuns(finished, audit))), ['r0', 'r2']);
  });
});

describe('a run was asked for by a person', () => {
  for (const [name, run, asked, due] of [
    [
      'unless the operator named it by its due time',
      makeRun('cluster-29925360', undefined, ours),
      false,
      '2026-11-24T12:00:00Z',
    ],
    [
      'unless the operator named it by its generation',
      makeRun('cluster-g3', undefined, ours),
      false,
      '2026-11-24T12:00:00Z',
    ],
    ['when nobody owns it yet, whatever its name', makeRun('cluster-29925350'), true, '2026-11-24T12:00:00Z'],
    ['when it was adopted', makeRun('cluster-24567', undefined, ours), true, '2026-11-24T12:00:00Z'],
    [
      'when it is named after another audit',
      makeRun('other-29925350', undefined, ours),
      true,
      '2026-11-24T12:00:00Z',
    ],
    [
      'unless it was due before it was made',
      makeRun('cluster-29925350', undefined, ours),
      false,
      '2026-11-24T11:50:00Z',
    ],
  ] as const) {
    it(name, () => {
      assert.equal(isAskedFor(makeAudit(), run), asked);
      assert.equal(dueTimeOf(makeAudit(), run), due);
    });
  }
});
