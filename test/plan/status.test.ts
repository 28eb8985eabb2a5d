import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding, NetworkAudit, NetworkAuditRun } from '../../src/api/v1alpha1/index.ts';
import { withConditions } from '../../src/plan/conditions.ts';
import { readinessOf } from '../../src/plan/ready.ts';
import { sortRuns } from '../../src/plan/runs.ts';
import { statusOf } from '../../src/plan/status.ts';
import { fakeCheck } from './fake-check.ts';
import {
  at,
  finishedStatus,
  makeAudit,
  makePlanned,
  makeRun,
  makeWorld,
  noon,
  ours,
  settings,
} from './make.ts';

function status(audit: NetworkAudit, runs: readonly NetworkAuditRun[], now = noon) {
  const ready = readinessOf(audit, makeWorld(3), now, settings, [fakeCheck]);
  return statusOf(audit, sortRuns(runs, audit), ready, now);
}

function finding(number: number): Finding {
  return {
    severity: 'Failed',
    check: 'pods',
    reason: 'Unreachable',
    node: 'n1',
    subject: `n1 → n${number} TCP IPv4`,
    message: 'gave no answer',
    since: '2026-11-24T11:50:00Z',
  };
}

const finished = makeRun(
  'cluster-g1',
  finishedStatus({ nodes: [{ name: 'n1', uid: 'n1-uid', places: ['pod'] }], eligible: 3 }),
  ours,
);

describe('the status of an audit', () => {
  it('has all three conditions on the first visit', () => {
    assert.deepEqual(status(makeAudit(), []), {
      observedGeneration: 1,
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          observedGeneration: 1,
          reason: 'Waiting',
          message: 'A run waits for its turn',
          lastTransitionTime: '2026-11-24T12:00:00Z',
        },
        {
          type: 'Passed',
          status: 'Unknown',
          observedGeneration: 1,
          reason: 'NotYetRun',
          message: 'No run has ended yet',
          lastTransitionTime: '2026-11-24T12:00:00Z',
        },
        {
          type: 'Running',
          status: 'False',
          observedGeneration: 1,
          reason: 'Idle',
          message: 'No run is under way',
          lastTransitionTime: '2026-11-24T12:00:00Z',
        },
      ],
    });
  });

  it('tells of the newest finished run while the next one goes on', () => {
    const running = makeRun('now', {
      observedGeneration: 1,
      conditions: [],
      startTime: '2026-11-24T12:05:00Z',
      plan: makePlanned({ number: 1 }),
    });
    const { lastRun, conditions } = status(makeAudit(), [running, finished], at(300));
    assert.deepEqual(lastRun, { name: 'now', number: 1, startTime: '2026-11-24T12:05:00Z' });
    assert.deepEqual(
      conditions.map(({ type, status: is, message }) => `${type} ${is}: ${message}`),
      [
        'Ready True: Generation 1 has its run; there is no schedule',
        'Passed True: Run cluster-g1: 18 of 18 questions passed',
        'Running True: Run now probes from 0 nodes',
      ],
    );
  });

  it('is about the generation that its run was planned for', () => {
    const audit = makeAudit();
    const edited = { ...audit, metadata: { ...audit.metadata, generation: 2 } };
    const { conditions, observedGeneration } = status(edited, [finished]);
    assert.equal(observedGeneration, 2);
    assert.deepEqual(
      conditions.map(({ type, observedGeneration: seen }) => `${type} ${seen}`),
      ['Ready 2', 'Passed 1', 'Running 2'],
    );
  });

  it('shows the 32 worst findings and states coverage for a cluster in which something is tried again', () => {
    const findings = Array.from({ length: 40 }, (_, index) => finding(index));
    const run = {
      ...finished,
      status: {
        ...finishedStatus({ nodes: [{ name: 'n1', uid: 'n1-uid', places: ['pod'] }], eligible: 3 }),
        findings,
      },
    };
    const found = status(makeAudit(), [run]);
    assert.equal(found.findings?.length, 32);
    assert.deepEqual(found.coverage, { nodesEveryRuns: 9, pairsEveryRuns: 6 });
    assert.deepEqual(status(makeAudit(), [finished]).coverage, { nodesEveryRuns: 3, pairsEveryRuns: 3 });
  });

  it('stays failed after a run that passed, while an older failure is open', () => {
    const run = { ...finished, status: finishedStatus({}, { findings: [finding(2)] }) };
    const passed = status(makeAudit(), [run]).conditions.find(({ type }) => type === 'Passed');
    assert.equal(passed?.status, 'False');
    assert.equal(
      passed?.message,
      'Run cluster-g1: 1 failure of earlier runs not yet tried again or not answered',
    );
  });

  it('does not fall back to an older run when people delete the newest', () => {
    const newest = makeRun(
      'now',
      finishedStatus({ ...finished.status?.plan, number: 5 }, { outcome: 'Failed', findings: [finding(2)] }),
    );
    const audit = makeAudit();
    const told = { ...audit, status: status(audit, [finished, newest]) };
    assert.deepEqual(status(told, [finished]), told.status);
    assert.deepEqual(status(told, []), told.status);
  });

  it('keeps the transition time while the status of a condition is the same', () => {
    const condition = {
      type: 'Ready',
      status: 'True',
      reason: 'Scheduled',
      message: 'a',
      observedGeneration: 1,
    } as const;
    const old = withConditions([], [condition], noon);
    assert.equal(
      withConditions(old, [{ ...condition, message: 'b', reason: 'UpToDate' }], at(60))[0]
        ?.lastTransitionTime,
      '2026-11-24T12:00:00Z',
    );
    assert.equal(
      withConditions(old, [{ ...condition, status: 'False' }], at(60))[0]?.lastTransitionTime,
      '2026-11-24T12:01:00Z',
    );
    assert.equal(
      withConditions(old, [{ ...condition, message: 'x'.repeat(5000) }], noon)[0]?.message.length,
      1024,
    );
  });

  it('says when the next run is due, and stays there until that run is planned', () => {
    const audit = makeAudit({ schedule: '*/10 * * * *' });
    const created = { ...audit, metadata: { ...audit.metadata, creationTimestamp: '2026-11-24T11:55:00Z' } };
    const before = { ...created, status: status(created, [], at(-60)) };
    assert.equal(before.status.nextRunTime, '2026-11-24T12:00:00Z');
    assert.deepEqual(status(before, [], noon), before.status);
    const running = makeRun(
      'cluster-29925360',
      { observedGeneration: 1, conditions: [], plan: makePlanned() },
      ours,
    );
    assert.equal(status(before, [running], at(5)).nextRunTime, '2026-11-24T12:10:00Z');
  });
});
