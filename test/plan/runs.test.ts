import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NetworkAudit, NetworkAuditRun, NetworkAuditStatus } from '../../src/api/v1alpha1/index.ts';
import { nextNumber, sortRuns, tooOld } from '../../src/plan/runs.ts';
import { nextToStart } from '../../src/plan/turn.ts';
import { at, finishedStatus, makeAudit, makePlanned, makeRun, noon, ours, settings } from './make.ts';

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

describe('ten seconds after a run that people asked for', () => {
  const ago = '2026-11-24T11:59:50Z';
  const before = makeRun('before', { ...finishedStatus({ dueTime: ago }), startTime: ago });
  const scheduled = makeAudit({ schedule: '*/10 * * * *' });
  const turn = (
    audit: NetworkAudit,
    waiting: NetworkAuditRun,
    finished: readonly NetworkAuditRun[] = [before],
  ) => nextToStart(audit, { finished, active: [], waiting: [waiting] }, noon, settings);
  const later = { notBefore: at(50) };
  const lastRun = { name: 'before', number: 3, startTime: ago };
  const told = (audit: NetworkAudit, status: Partial<NetworkAuditStatus>): NetworkAudit => ({
    ...audit,
    status: { observedGeneration: 1, conditions: [], ...status },
  });

  it('the run of a due time starts, with that due time in its plan', () => {
    const due = makeRun('cluster-29925360', undefined, ours);
    assert.deepEqual(turn(scheduled, due), { next: { run: due, dueTime: '2026-11-24T12:00:00Z' } });
    const late = makeRun('cluster-29925350', undefined, ours);
    assert.deepEqual(turn(scheduled, late), { next: { run: late, dueTime: '2026-11-24T11:50:00Z' } });
  });

  it('the run of a generation starts', () => {
    const run = makeRun('cluster-g1', undefined, ours);
    assert.deepEqual(turn(makeAudit(), run), { next: { run, dueTime: '2026-11-24T12:00:00Z' } });
  });

  for (const [name, audit, run] of [
    ['has no such name', scheduled, makeRun('cluster-24567', undefined, ours)],
    ['nobody owns, whatever its name', scheduled, makeRun('cluster-29925360')],
    ['is named after another audit', scheduled, makeRun('other-29925360', undefined, ours)],
    ['is named after a due time to come', scheduled, makeRun('cluster-29925361', undefined, ours)],
    [
      'is named after a time before the audit was made',
      scheduled,
      makeRun('cluster-00000001', undefined, ours),
    ],
    [
      'is named after a due time, without a schedule',
      makeAudit(),
      makeRun('cluster-29925360', undefined, ours),
    ],
    ['is named after another generation', makeAudit(), makeRun('cluster-g2', undefined, ours)],
    [
      'is named after a due time that had its run, which was deleted',
      told(scheduled, { lastScheduleTime: '2026-11-24T12:00:00Z' }),
      makeRun('cluster-29925360', undefined, ours),
    ],
    [
      'is named after the generation, which had its run, which was deleted',
      told(makeAudit(), { lastRun: { ...lastRun, name: 'cluster-g1' } }),
      makeRun('cluster-g1', undefined, ours),
    ],
  ] as const) {
    it(`a run waits that ${name}`, () => {
      assert.deepEqual(turn(audit, run), later);
    });
  }

  it('another waits though that one was deleted, and though it was named as the operator names runs', () => {
    assert.deepEqual(turn(told(scheduled, { lastRun }), makeRun('next'), []), later);
    const status = told(scheduled, { lastRun: { ...lastRun, name: 'cluster-29925350' } });
    assert.deepEqual(turn(status, makeRun('next'), []), later);
  });

  it('and ten seconds after one that the operator made, one that is asked for starts', () => {
    const next = makeRun('next');
    for (const [name, dueTime] of [
      ['cluster-29925350', '2026-11-24T11:50:00Z'],
      ['cluster-g1', ago],
    ] as const) {
      const own = makeRun(name, { ...finishedStatus({ dueTime }), startTime: ago }, ours);
      const audit = told(scheduled, { lastRun: { ...lastRun, name } });
      assert.deepEqual(turn(audit, next, [own]).next?.run, next);
    }
  });
});
