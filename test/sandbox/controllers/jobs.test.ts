import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { settled as eventually } from '../api/test-server.ts';
import type { KubeObject, Resource } from '../client.ts';
import { JOBS, type Job, NAMESPACES, NODES, type Node, PODS, type Pod } from '../kinds.ts';
import { finishedCondition } from './job-conditions.ts';
import { JobController } from './jobs.ts';
import { endStatus, JOB_SPEC, nodeNamed, readyStatus } from './played.ts';
import { Scheduler } from './scheduler.ts';
import { podsOf, type Stage, startStage } from './stage.ts';

const QUOTAS: Resource = { group: '', version: 'v1', plural: 'resourcequotas' };

function job(name: string, spec: Partial<Job['spec']> = {}): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default' },
    spec: { backoffLimit: 0, template: { spec: JOB_SPEC }, ...spec },
  };
}

describe('the job controller', () => {
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
      new Scheduler(client('system:kube-scheduler'), log),
    ]);
    await stage.client.create<Node>(NODES, nodeNamed('n1'));
  });

  after(() => stage.end());

  it('makes a Pod that belongs to the Job and is bound before any clock has moved', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: Date.now() });
    const made = await make('quick');
    const [pod] = await podsOf(stage.client, 'job-name=quick', 1);
    const bound = await stage.until<Pod>(
      PODS,
      `default/${pod?.metadata.name}`,
      ({ spec }) => spec.nodeName === 'n1',
    );
    const { uid = '' } = made.metadata;
    const { name = '', labels, finalizers, ownerReferences } = bound.metadata;
    assert.match(name, /^quick-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    assert.deepEqual(labels, {
      'batch.kubernetes.io/controller-uid': uid,
      'batch.kubernetes.io/job-name': 'quick',
      'controller-uid': uid,
      'job-name': 'quick',
    });
    assert.deepEqual(finalizers, ['batch.kubernetes.io/job-tracking']);
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'quick', uid };
    assert.deepEqual(ownerReferences, [{ ...owner, controller: true, blockOwnerDeletion: true }]);
  });

  it('completes a Job when its Pod has succeeded, and lets the Pod go', async () => {
    await make('good');
    const pod = await only('good');
    await stage.play(pod, readyStatus());
    await stage.until<Job>(JOBS, 'default/good', ({ status }) => status?.ready === 1);
    await stage.play(pod, endStatus(0));
    const { status } = await finished('good');
    const [target, complete] = status?.conditions ?? [];
    assert.deepEqual([target?.type, complete?.type], ['SuccessCriteriaMet', 'Complete']);
    assert.equal(status?.completionTime, complete?.lastTransitionTime);
    const { conditions: _, startTime: _start, completionTime: _end, ...counters } = status ?? {};
    assert.deepEqual(counters, { ready: 0, succeeded: 1, terminating: 0, uncountedTerminatedPods: {} });
    const kept = await stage.client.get<Pod>(PODS, 'default', pod.metadata.name ?? '');
    assert.equal(kept.metadata.finalizers, undefined);
    assert.deepEqual(await stage.told('default/good', 2), [
      `Normal SuccessfulCreate: Created pod: ${pod.metadata.name}`,
      'Normal Completed: Job completed',
    ]);
  });

  it('fails a Job whose Pod never found a node when its deadline comes, and nothing is left of the Pod', async () => {
    const spec = { ...JOB_SPEC, nodeSelector: { nowhere: 'at-all' } };
    await make('pending', { activeDeadlineSeconds: 1, template: { spec } });
    const pod = await only('pending');
    const { status } = await finished('pending');
    assert.deepEqual(
      status?.conditions?.map(({ type, reason }) => [type, reason]),
      [
        ['FailureTarget', 'DeadlineExceeded'],
        ['Failed', 'DeadlineExceeded'],
      ],
    );
    assert.equal(status?.failed, 1);
    await stage.gone(PODS, `default/${pod.metadata.name}`);
    assert.deepEqual((await stage.told('default/pending', 3)).slice(1), [
      `Normal SuccessfulDelete: Deleted pod: ${pod.metadata.name}`,
      'Warning DeadlineExceeded: Job was active longer than specified deadline',
    ]);
  });

  it('runs several Pods at once until it has its completions', async () => {
    await make('wide', { parallelism: 2, completions: 3 });
    const first = await podsOf(stage.client, 'job-name=wide', 2);
    for (const pod of first) await stage.play(pod, endStatus(0));
    const all = await podsOf(stage.client, 'job-name=wide', 3);
    for (const pod of all) await stage.play(pod, endStatus(0));
    assert.equal((await finished('wide')).status?.succeeded, 3);
    assert.equal((await podsOf(stage.client, 'job-name=wide', 3)).length, 3);
  });

  it('takes surplus Pods away when parallelism is reduced', async () => {
    await make('narrow', { parallelism: 3, completions: 9 });
    await podsOf(stage.client, 'job-name=narrow', 3);
    await stage.client.patch(JOBS, 'default', 'narrow', { spec: { parallelism: 1 } });
    const kept = await podsOf(stage.client, 'job-name=narrow', 1);
    assert.equal(kept.length, 1);
    await stage.until<Job>(JOBS, 'default/narrow', ({ status }) => status?.active === 1);
    const { status } = await stage.client.get<Job>(JOBS, 'default', 'narrow');
    assert.equal(status?.failed, undefined);
  });

  it('takes the Pods of a suspended Job away and makes new ones when it goes on', async () => {
    await make('paused');
    const pod = await only('paused');
    await stage.client.patch(JOBS, 'default', 'paused', { spec: { suspend: true } });
    const condition = (value: string) => (object: Job) =>
      object.status?.conditions?.some(({ type, status }) => type === 'Suspended' && status === value) ===
      true;
    const suspended = await stage.until<Job>(JOBS, 'default/paused', condition('True'));
    assert.equal(suspended.status?.active, undefined);
    await stage.client.delete(PODS, 'default', pod.metadata.name ?? '', { gracePeriodSeconds: 0 });
    await stage.gone(PODS, `default/${pod.metadata.name}`);
    await stage.client.patch(JOBS, 'default', 'paused', { spec: { suspend: false } });
    await stage.until<Job>(JOBS, 'default/paused', condition('False'));
    const next = await only('paused');
    assert.notEqual(next.metadata.name, pod.metadata.name);
    assert.deepEqual(await stage.told('default/paused', 5), [
      `Normal SuccessfulCreate: Created pod: ${pod.metadata.name}`,
      `Normal SuccessfulDelete: Deleted pod: ${pod.metadata.name}`,
      'Normal Suspended: Job suspended',
      `Normal SuccessfulCreate: Created pod: ${next.metadata.name}`,
      'Normal Resumed: Job resumed',
    ]);
  });

  it('says why Pods are refused, in the words of the API server, and tries again', async () => {
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'none', namespace: 'default' },
      spec: { hard: { 'count/pods': '0' } },
    };
    await stage.client.create<KubeObject>(QUOTAS, quota);
    await make('refused');
    const [refusal = ''] = await stage.told('default/refused', 1);
    assert.match(
      refusal,
      /^Warning FailedCreate: Error creating: pods "refused-[a-z0-9]{5}" is forbidden: exceeded quota: none, requested: count\/pods=1, used: count\/pods=\d+, limited: count\/pods=0$/,
    );
    await stage.until<Job>(JOBS, 'default/refused', ({ status }) => status?.startTime !== undefined);
    const { status } = await stage.client.get<Job>(JOBS, 'default', 'refused');
    assert.deepEqual([status?.active, status?.conditions], [undefined, undefined]);
    await stage.client.delete(QUOTAS, 'default', 'none');
    assert.equal((await podsOf(stage.client, 'job-name=refused', 1)).length, 1);
  });

  it('says that it knows nothing of Indexed Jobs', async () => {
    await make('indexed', { completionMode: 'Indexed', completions: 1 });
    await eventually(async () =>
      stage.logged.some((line) => line.includes('Indexed Jobs are not known here')),
    );
  });

  it('takes no notice of a namespace that is going away', async () => {
    await stage.client.create<KubeObject>(NAMESPACES, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'leaving' },
    });
    const held = {
      ...job('held', { suspend: true }),
      metadata: { name: 'held', namespace: 'leaving', finalizers: ['example.org/hold'] },
    };
    await stage.client.create<Job>(JOBS, held);
    await stage.client.delete(NAMESPACES, '', 'leaving');
    await stage.client.patch(JOBS, 'leaving', 'held', { spec: { suspend: false } });
    const { status } = await stage.until<Job>(
      JOBS,
      'leaving/held',
      (held) => held.status?.startTime !== undefined,
    );
    assert.equal(status?.active, undefined);
    assert.deepEqual(
      stage.logged.filter((line) => line.includes('leaving/held') && line.includes('again after')),
      [],
    );
    await stage.client.patch(JOBS, 'leaving', 'held', { metadata: { finalizers: null } });
    await stage.gone(JOBS, 'leaving/held');
  });
});

describe('the job controller with a real one\u2019s patience', () => {
  it('looks at a Job a second after its Pods have changed', async (context) => {
    const { timers } = context.mock;
    timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse('2026-11-22T07:00:00Z') });
    const stage = await startStage((client, log) => [
      new JobController(client('system:kube-controller-manager'), log, 1000),
    ]);
    await stage.client.create<Job>(JOBS, job('patient'));
    const [pod] = await podsOf(stage.client, 'job-name=patient', 1);
    assert.ok(pod);
    const second = async (milliseconds = 1000) => {
      timers.tick(milliseconds);
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    };
    const end = async () => {
      const { status } = await stage.client.get<Job>(JOBS, 'default', 'patient');
      return finishedCondition(status)?.type;
    };
    await second();
    await stage.play(pod, endStatus(0));
    await second(999);
    assert.equal(await end(), undefined);
    await second(1);
    assert.equal(await end(), 'Complete');
    await stage.end();
  });
});

describe('a Job that may fail', () => {
  it('gets a new Pod after 10 seconds, the next after 20, and none when its limit is passed', async (context) => {
    const { timers } = context.mock;
    timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse('2026-11-22T07:00:00Z') });
    const stage = await startStage((client, log) => [
      new JobController(client('system:kube-controller-manager'), log),
    ]);
    await stage.client.create<Job>(JOBS, job('retried', { backoffLimit: 2 }));
    for (const [failures, pause] of [10, 20].entries()) {
      const pods = await podsOf(stage.client, 'job-name=retried', failures + 1);
      for (const pod of pods) await stage.play(pod, endStatus(1));
      await stage.until<Job>(JOBS, 'default/retried', ({ status }) => status?.failed === failures + 1);
      timers.tick(pause * 1000 - 1);
      assert.equal((await stage.client.list(PODS)).items.length, failures + 1);
      timers.tick(1);
    }
    const pods = await podsOf(stage.client, 'job-name=retried', 3);
    for (const pod of pods) await stage.play(pod, endStatus(1));
    const { status } = await stage.until<Job>(
      JOBS,
      'default/retried',
      (object) => finishedCondition(object.status) !== undefined,
    );
    assert.deepEqual([status?.failed, status?.conditions?.at(-1)?.reason], [3, 'BackoffLimitExceeded']);
    await stage.end();
  });

  it('is tried again after a second when its Pod is refused, then after two, however much happens meanwhile', async (context) => {
    const { timers } = context.mock;
    timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse('2026-11-22T07:00:00Z') });
    const stage = await startStage((client, log) => [
      new JobController(client('system:kube-controller-manager'), log),
    ]);
    const hard = { 'count/pods': '0' };
    const metadata = { name: 'none', namespace: 'default' };
    const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard } };
    await stage.client.create<KubeObject>(QUOTAS, quota);
    await stage.client.create<Job>(JOBS, job('refused'));
    const tries = () => stage.logged.filter((line) => line.includes('again after')).length;
    for (const [i, pause] of [1000, 2000, 4000].entries()) {
      await eventually(async () => tries() > i);
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      timers.tick(pause - 1);
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(tries(), i + 1);
      timers.tick(1);
    }
    await eventually(async () => tries() === 4);
    await stage.end();
  });
});
