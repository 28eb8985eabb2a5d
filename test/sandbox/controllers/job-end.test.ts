import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { JOBS, type Job, NODES, type Node, PODS, type Pod } from '../kinds.ts';
import { finishedCondition } from './job-conditions.ts';
import { expiresIn, JobTTL } from './job-ttl.ts';
import { JobController } from './jobs.ts';
import { endStatus, JOB_SPEC, nodeNamed } from './played.ts';
import { Scheduler } from './scheduler.ts';
import { podsOf, type Stage, startStage } from './stage.ts';
import { OrphanTracking } from './tracking.ts';

function job(name: string, spec: Partial<Job['spec']> = {}): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default' },
    spec: { backoffLimit: 0, template: { spec: JOB_SPEC }, ...spec },
  };
}

describe('when a Job expires', () => {
  const ended = (type: string): Job => ({
    ...job('j', { ttlSecondsAfterFinished: 60 }),
    status: { conditions: [{ type, status: 'True', lastTransitionTime: '2026-11-22T07:00:00Z' }] },
  });
  const at = (time: string) => Date.parse(`2026-11-22T${time}Z`);

  it('is so long after its end, whether it was good or bad', () => {
    assert.equal(expiresIn(ended('Complete'), at('07:00:20')), 40_000);
    assert.equal(expiresIn(ended('Failed'), at('07:02:00')), 0);
  });

  it('is never, while it runs, without a time, or when it is being deleted already', () => {
    assert.equal(expiresIn(ended('FailureTarget'), at('07:02:00')), undefined);
    assert.equal(expiresIn({ ...ended('Complete'), spec: job('j').spec }, at('07:02:00')), undefined);
    const leaving = { name: 'j', deletionTimestamp: '2026-11-22T07:01:30Z' };
    assert.equal(expiresIn({ ...ended('Complete'), metadata: leaving }, at('07:02:00')), undefined);
  });
});

describe('what becomes of Pods when their Job goes', () => {
  let stage: Stage;
  const make = (name: string, spec?: Partial<Job['spec']>) => stage.client.create<Job>(JOBS, job(name, spec));
  const finished = (name: string) =>
    stage.until<Job>(JOBS, `default/${name}`, ({ status }) => finishedCondition(status) !== undefined);
  const only = async (name: string): Promise<Pod> => {
    const [pod] = await podsOf(stage.client, `job-name=${name}`, 1);
    assert.ok(pod);
    return pod;
  };

  before(async () => {
    stage = await startStage((client, log) => [
      new JobController(client('system:kube-controller-manager'), log),
      new JobTTL(client('system:kube-controller-manager'), log),
      new OrphanTracking(client('system:kube-controller-manager'), log),
      new Scheduler(client('system:kube-scheduler'), log),
    ]);
    await stage.client.create<Node>(NODES, nodeNamed('n1'));
  });

  after(() => stage.end());

  it('deletes a finished Job and its Pods when its time is over', async () => {
    await make('brief', { ttlSecondsAfterFinished: 1 });
    const pod = await only('brief');
    await stage.play(pod, endStatus(0));
    await finished('brief');
    await stage.gone(JOBS, 'default/brief');
    await stage.gone(PODS, `default/${pod.metadata.name}`);
  });

  for (const propagationPolicy of ['Background', 'Foreground', 'Orphan'] as const) {
    it(`holds no Pod back when its Job is deleted (${propagationPolicy})`, async () => {
      const name = `left-${propagationPolicy.toLowerCase()}`;
      await make(name);
      const pod = await only(name);
      const key = `default/${pod.metadata.name}`;
      await stage.client.delete(JOBS, 'default', name, { propagationPolicy });
      if (propagationPolicy === 'Orphan') {
        const free = await stage.until<Pod>(PODS, key, ({ metadata }) => metadata.finalizers === undefined);
        assert.equal(free.metadata.ownerReferences, undefined);
        return;
      }
      // The garbage collector deletes the Pod; the kubelet, which is played here, ends it.
      await stage.until<Pod>(PODS, key, ({ metadata }) => metadata.deletionTimestamp !== undefined);
      await stage.client.delete(PODS, 'default', pod.metadata.name ?? '', { gracePeriodSeconds: 0 });
      await stage.gone(PODS, key);
      await stage.gone(JOBS, `default/${name}`);
    });
  }
});
