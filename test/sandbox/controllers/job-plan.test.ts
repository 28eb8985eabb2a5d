import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Job, JobStatus, Pod, PodStatus } from '../kinds.ts';
import { finishedStatus } from './job-conditions.ts';
import { planJob } from './job-plan.ts';
import { settled, TRACKING } from './job-tally.ts';
import { endStatus, JOB_SPEC, readyStatus } from './played.ts';

const NOW = new Date('2026-11-22T07:26:31Z');
const STARTED = '2026-11-22T07:26:27Z';

function job(spec: Partial<Job['spec']> = {}, status: JobStatus = { startTime: STARTED }): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', namespace: 'trial', uid: 'job', generation: 1 },
    spec: { parallelism: 1, completions: 1, backoffLimit: 6, template: { spec: JOB_SPEC }, ...spec },
    status,
  };
}

function pod(uid: string, status: PodStatus = { phase: 'Pending' }, metadata: Pod['metadata'] = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: uid, namespace: 'trial', uid, finalizers: [TRACKING], ...metadata },
    spec: { ...JOB_SPEC, nodeName: 'n1' },
    status,
  };
}

const deleted = { deletionTimestamp: '2026-11-22T07:26:30Z', deletionGracePeriodSeconds: 0 };
const names = (pods: Pod[]) => pods.map(({ metadata }) => metadata.name);

/** The steps of a captured Job's status, as the watch told them. */
function captured(name: string): JobStatus[] {
  const file = new URL('../../fixtures/jobs/watch-jobs.jsonl', import.meta.url);
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line): { object: Job } => JSON.parse(line))
    .filter(({ object }) => object.metadata.name === name)
    .map(({ object }) => object.status ?? {});
}

describe('a step of a Job', () => {
  it('starts as the captured one: it makes its Pod and has a start time', () => {
    const plan = planJob(job({}, {}), [], undefined, new Date(STARTED));
    assert.equal(plan.create, 1);
    assert.deepEqual(plan.status, captured('good')[1]);
  });

  it('completes as the captured one, over the same two statuses', () => {
    const [, , interim, final] = captured('good');
    const uid = interim?.uncountedTerminatedPods?.succeeded?.[0] ?? '';
    const ended = pod(uid, endStatus(0));
    const plan = planJob(job({}, captured('good')[1]), [ended], undefined, NOW);
    assert.deepEqual(plan.status, interim);
    assert.deepEqual(plan.release, [ended]);
    assert.deepEqual(finishedStatus(settled(plan.status, new Set()), NOW), final);
  });

  it('fails as the captured one when its Pod fails and none may be replaced', () => {
    const steps = captured('fails');
    const uid = steps.at(-2)?.uncountedTerminatedPods?.failed?.[0] ?? '';
    const plan = planJob(job({ backoffLimit: 0 }, steps.at(-3)), [pod(uid, endStatus(3))], undefined, NOW);
    assert.deepEqual(plan.status, steps.at(-2));
    assert.equal(plan.create, 0);
    assert.deepEqual(finishedStatus(settled(plan.status, new Set()), NOW), steps.at(-1));
  });

  it('is late as the captured one: its Pod goes, counts as failed at once, and the Job waits until it is gone', () => {
    const [, , , interim, counted, gone, final] = captured('late');
    const uid = interim?.uncountedTerminatedPods?.failed?.[0] ?? '';
    const late = job({ backoffLimit: 0, activeDeadlineSeconds: 4 }, captured('late')[2]);
    const plan = planJob(late, [pod(uid, readyStatus())], undefined, NOW);
    assert.deepEqual(names(plan.remove), [uid]);
    assert.deepEqual(plan.status, interim);
    const next = finishedStatus(settled(plan.status, new Set()), NOW);
    assert.deepEqual(next, counted);
    const going = pod(uid, readyStatus(), { ...deleted, finalizers: [] });
    assert.deepEqual(planJob({ ...late, status: next }, [going], undefined, NOW).status, counted);
    assert.deepEqual(planJob({ ...late, status: next }, [], undefined, NOW).status, gone);
    assert.deepEqual(finishedStatus(gone ?? {}, new Date('2026-11-22T07:26:34Z')), final);
  });

  it('looks again when the deadline comes', () => {
    const plan = planJob(job({ activeDeadlineSeconds: 10 }), [pod('a')], undefined, NOW);
    assert.equal(plan.again, 6000);
    const first = planJob(job({ activeDeadlineSeconds: 10 }, {}), [], undefined, NOW);
    assert.equal(first.again, 10_000);
  });

  it('runs as many Pods at once as parallelism allows, and never more than completions are left', () => {
    const wide = job({ parallelism: 3, completions: 5 });
    assert.equal(planJob(wide, [], undefined, NOW).create, 3);
    const status = { startTime: STARTED, succeeded: 3, active: 2, uncountedTerminatedPods: {} };
    const plan = planJob({ ...wide, status }, [pod('a'), pod('b', endStatus(0))], undefined, NOW);
    assert.deepEqual(
      [plan.create, plan.status.active, plan.status.uncountedTerminatedPods],
      [0, 1, { succeeded: ['b'] }],
    );
  });

  it('lets Pods that are too many go without counting them', () => {
    const pods = [pod('ready', readyStatus()), pod('new'), { ...pod('waiting'), spec: JOB_SPEC }];
    const plan = planJob(job({ parallelism: 1, completions: 3 }), pods, undefined, NOW);
    assert.deepEqual(names(plan.drop), ['waiting', 'new']);
    assert.deepEqual(names(plan.release), []);
    assert.deepEqual([plan.status.active, plan.status.ready, plan.status.terminating], [1, 1, 2]);
    assert.deepEqual(plan.status.uncountedTerminatedPods, {});
  });

  it('of a work queue is complete when one Pod has succeeded and the others have run out', () => {
    const { completions: _, ...spec } = job({ parallelism: 2 }).spec;
    const queue = { ...job(), spec };
    const waiting = planJob(queue, [pod('a', endStatus(0)), pod('b')], undefined, NOW);
    assert.deepEqual([waiting.create, waiting.drop, waiting.status.conditions], [0, [], undefined]);
    const done = planJob(queue, [pod('a', endStatus(0)), pod('b', endStatus(0))], undefined, NOW);
    assert.deepEqual(
      done.status.conditions?.map(({ type, reason }) => [type, reason]),
      [['SuccessCriteriaMet', 'CompletionsReached']],
    );
  });

  it('replaces a failed Pod after a pause', () => {
    const failed = pod('a', endStatus(1, new Date('2026-11-22T07:26:30Z')));
    const plan = planJob(job(), [failed], undefined, NOW);
    assert.deepEqual([plan.create, plan.again], [0, 9000]);
    assert.deepEqual(plan.failures, { count: 1, last: Date.parse('2026-11-22T07:26:30Z') });
    const later = planJob(job(), [], plan.failures, new Date('2026-11-22T07:26:40Z'));
    assert.deepEqual([later.create, later.again], [1, undefined]);
  });

  it('replaces a Pod that is being deleted at once, or only when it is gone', () => {
    const going = pod('a', readyStatus(), { ...deleted, deletionTimestamp: '2026-11-22T07:20:00Z' });
    const eager = planJob(job(), [going], undefined, NOW);
    assert.deepEqual([eager.create, eager.status.uncountedTerminatedPods], [1, { failed: ['a'] }]);
    const patient = planJob(job({ podReplacementPolicy: 'Failed' }), [going], undefined, NOW);
    assert.deepEqual([patient.create, patient.status.uncountedTerminatedPods], [0, {}]);
  });

  it('counts restarts against the limit where containers restart in place', () => {
    const restarting = (restartCount: number, spec: Partial<Job['spec']>) => {
      const base = endStatus(1).containerStatuses?.[0];
      assert.ok(base);
      const status = { phase: 'Running' as const, containerStatuses: [{ ...base, restartCount }] };
      const template = { spec: { ...JOB_SPEC, restartPolicy: 'OnFailure' as const } };
      const plan = planJob(job({ template, ...spec }), [pod('a', status)], undefined, NOW);
      return plan.status.conditions?.map(({ reason }) => reason);
    };
    assert.equal(restarting(1, { backoffLimit: 2 }), undefined);
    assert.deepEqual(restarting(2, { backoffLimit: 2 }), ['BackoffLimitExceeded']);
    assert.equal(restarting(0, { backoffLimit: 0 }), undefined);
    assert.deepEqual(restarting(1, { backoffLimit: 0 }), ['BackoffLimitExceeded']);
    assert.equal(restarting(5, { backoffLimit: 2, template: { spec: JOB_SPEC } }), undefined);
  });

  it('drops its Pods when it is suspended, and starts its time anew when it is resumed', () => {
    const suspended = planJob(job({ suspend: true, activeDeadlineSeconds: 4 }), [pod('a')], undefined, NOW);
    const condition = {
      type: 'Suspended',
      status: 'True',
      reason: 'JobSuspended',
      message: 'Job suspended',
      lastProbeTime: '2026-11-22T07:26:31Z',
      lastTransitionTime: '2026-11-22T07:26:31Z',
    } as const;
    assert.deepEqual([names(suspended.drop), suspended.again], [['a'], undefined]);
    assert.deepEqual(suspended.status.conditions, [condition]);
    const later = new Date('2026-11-22T08:00:00Z');
    const back = job({ activeDeadlineSeconds: 4 }, suspended.status);
    const resumed = planJob(back, [], undefined, later);
    const time = '2026-11-22T08:00:00Z';
    const words = { status: 'False', reason: 'JobResumed', message: 'Job resumed' };
    assert.deepEqual(resumed.status.conditions, [
      { ...condition, ...words, lastProbeTime: time, lastTransitionTime: time },
    ]);
    assert.deepEqual([resumed.create, resumed.status.startTime, resumed.again], [1, time, 4000]);
  });

  it('has no start time while it has never run', () => {
    assert.equal(planJob(job({ suspend: true }, {}), [], undefined, NOW).status.startTime, undefined);
  });

  it('that is being deleted makes no Pods and holds none', () => {
    const leaving = { ...job(), metadata: { ...job().metadata, deletionTimestamp: STARTED } };
    const plan = planJob(leaving, [pod('a')], undefined, NOW);
    assert.deepEqual([plan.create, plan.remove, names(plan.release)], [0, [], ['a']]);
    assert.equal(planJob(leaving, [], undefined, NOW).create, 0);
  });

  it('after an interruption counts no Pod twice and loses none', () => {
    const uncountedTerminatedPods = { succeeded: ['a', 'b'] };
    const status = { startTime: STARTED, succeeded: 1, uncountedTerminatedPods };
    const plan = planJob(job({ completions: 4 }, status), [pod('b', endStatus(0))], undefined, NOW);
    assert.deepEqual(
      [plan.status.succeeded, plan.status.uncountedTerminatedPods, names(plan.release), plan.create],
      [2, { succeeded: ['b'] }, ['b'], 1],
    );
  });
});
