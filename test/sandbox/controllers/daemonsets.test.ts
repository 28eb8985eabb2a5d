import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DAEMON_SETS, type DaemonSet, identity, NODES, type Node, PODS, type Pod } from '../kinds.ts';
import { DaemonSetController } from './daemonsets.ts';
import { endStatus, nodeNamed, readyStatus, SPEC } from './played.ts';
import { PodGC } from './pod-gc.ts';
import { Scheduler } from './scheduler.ts';
import { addNodes, podsOf, type Stage, startStage } from './stage.ts';

describe('the DaemonSet controller', () => {
  let stage: Stage;
  const set = (test: (status: NonNullable<DaemonSet['status']>) => boolean) =>
    stage.until<DaemonSet>(DAEMON_SETS, 'default/d', ({ status }) => status !== undefined && test(status));
  const bound = (pod: Pod) =>
    stage.until<Pod>(PODS, `default/${identity(pod).name}`, ({ spec }) => spec.nodeName !== undefined);
  const remove = (pod: Pod) =>
    stage.client.delete(PODS, 'default', identity(pod).name, { gracePeriodSeconds: 0 });

  before(async () => {
    stage = await startStage((client, log) => [
      new DaemonSetController(client('system:kube-controller-manager'), log),
      new PodGC(client('system:kube-controller-manager'), log, 0),
      new Scheduler(client('system:kube-scheduler'), log),
    ]);
    await addNodes(stage.client, [nodeNamed('n1'), nodeNamed('n2')]);
    await stage.client.create<DaemonSet>(DAEMON_SETS, {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'd', namespace: 'default' },
      spec: {
        selector: { matchLabels: { app: 'd' } },
        template: { metadata: { labels: { app: 'd' } }, spec: SPEC },
      },
    });
  });

  after(() => stage.end());

  it('makes a Pod for each node, which the scheduler binds there, and counts them', async () => {
    const pods = await Promise.all((await podsOf(stage.client, 'app=d', 2)).map(bound));
    assert.deepEqual(pods.map(({ spec }) => spec.nodeName).sort(), ['n1', 'n2']);
    for (const pod of pods) await stage.play(pod, readyStatus());
    const { status } = await set(({ numberAvailable }) => numberAvailable === 2);
    assert.deepEqual(status, {
      currentNumberScheduled: 2,
      desiredNumberScheduled: 2,
      numberAvailable: 2,
      numberMisscheduled: 0,
      numberReady: 2,
      observedGeneration: 1,
      updatedNumberScheduled: 2,
    });
    const told = await stage.told('default/d', 2);
    assert.deepEqual(
      told.sort(),
      pods.map(({ metadata }) => `Normal SuccessfulCreate: Created pod: ${metadata.name}`).sort(),
    );
  });

  it('makes a Pod for a node that comes, and keeps none for one that is gone', async () => {
    await stage.client.create<Node>(NODES, nodeNamed('n3'));
    const pods = await podsOf(stage.client, 'app=d', 3);
    await Promise.all(pods.map(bound));
    await stage.client.delete(NODES, '', 'n3');
    const left = await podsOf(stage.client, 'app=d', 2);
    assert.deepEqual(left.map(({ spec }) => spec.nodeName).sort(), ['n1', 'n2']);
    const { status } = await set(({ desiredNumberScheduled }) => desiredNumberScheduled === 2);
    assert.equal(status?.numberMisscheduled, 0);
  });

  it('replaces a Pod that failed on its node, and says so', async () => {
    const pods = await podsOf(stage.client, 'app=d', 2);
    const [failed] = pods;
    assert.ok(failed);
    await stage.play(failed, endStatus(1));
    await stage.gone(PODS, `default/${failed.metadata.name}`);
    const next = await Promise.all((await podsOf(stage.client, 'app=d', 2)).map(bound));
    for (const pod of next) await stage.play(pod, readyStatus());
    await set(({ numberAvailable }) => numberAvailable === 2);
    const told = await stage.told('default/d', 6);
    assert.ok(
      told.includes(
        `Warning FailedDaemonPod: Found failed daemon pod default/${failed.metadata.name} on node ${failed.spec.nodeName}, will try to kill it`,
      ),
      told.join('\n'),
    );
  });

  it('rolls a new template out one node after the other', async () => {
    const leaving = (pod: Pod) =>
      stage.until<Pod>(
        PODS,
        `default/${pod.metadata.name}`,
        ({ metadata }) => metadata.deletionTimestamp !== undefined,
      );
    let old = await podsOf(stage.client, 'app=d', 2);
    const annotations = { 'kubectl.kubernetes.io/restartedAt': '2026-11-22T07:00:00Z' };
    await stage.client.patch(DAEMON_SETS, 'default', 'd', {
      spec: { template: { metadata: { annotations } } },
    });
    for (const updated of [1, 2]) {
      const first = await Promise.race(old.map(leaving));
      old = old.filter(({ metadata }) => metadata.name !== first.metadata.name);
      await remove(first);
      const pods = await Promise.all((await podsOf(stage.client, 'app=d', 2)).map(bound));
      for (const pod of pods)
        if (pod.metadata.annotations !== undefined) await stage.play(pod, readyStatus());
      await set((status) => status.updatedNumberScheduled === updated && status.observedGeneration === 2);
    }
    const { status } = await set(({ numberAvailable }) => numberAvailable === 2);
    assert.equal(status?.updatedNumberScheduled, 2);
    const hashes = (await podsOf(stage.client, 'app=d', 2)).map(
      ({ metadata }) => metadata.labels?.['controller-revision-hash'],
    );
    assert.equal(new Set(hashes).size, 1);
  });
});
