import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { NODES, type Node, PODS, type Pod } from '../kinds.ts';
import { endStatus, nodeNamed, readyStatus, SPEC } from './played.ts';
import { PodGC } from './pod-gc.ts';
import { type Stage, startStage } from './stage.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function onStage({ mock }: TestContext, act: (stage: Stage) => Promise<void>): Promise<void> {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse('2026-11-22T07:00:00Z') });
  const stage = await startStage((client, log) => [
    new PodGC(client('system:kube-controller-manager'), log, 40_000),
  ]);
  try {
    await stage.client.create<Node>(NODES, nodeNamed('n1'));
    await act(stage);
    assert.deepEqual(stage.logged, []);
  } finally {
    await stage.end();
  }
}

const make = (
  { client }: Stage,
  name: string,
  more: { nodeName?: string; finalizers?: string[] } = { nodeName: 'n1' },
) => {
  const { nodeName, finalizers } = more;
  return client.create<Pod>(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', ...(finalizers === undefined ? {} : { finalizers }) },
    spec: { ...SPEC, ...(nodeName === undefined ? {} : { nodeName }) },
  });
};

describe('the collector of Pods', () => {
  it('removes Pods whose node is gone, after a while, and says of those that ran that they have failed', (context) =>
    onStage(context, async (stage) => {
      const pod = await make(stage, 'ran', { nodeName: 'n1', finalizers: ['example.org/look'] });
      await stage.play(pod, readyStatus());
      await stage.play(await make(stage, 'ended'), endStatus(0));
      await stage.client.delete(NODES, '', 'n1');
      await turn();
      context.mock.timers.tick(39_999);
      await turn();
      assert.equal((await stage.client.get<Pod>(PODS, 'default', 'ran')).status?.phase, 'Running');
      context.mock.timers.tick(1);
      const failed = await stage.until<Pod>(
        PODS,
        'default/ran',
        ({ metadata }) => metadata.deletionTimestamp !== undefined,
      );
      assert.deepEqual([failed.status?.phase, failed.metadata.deletionGracePeriodSeconds], ['Failed', 0]);
      assert.deepEqual(
        failed.status?.conditions?.map(({ type, status, reason, message }) => [
          type,
          status,
          reason,
          message,
        ]),
        [
          ['Ready', 'True', undefined, undefined],
          ['DisruptionTarget', 'True', 'DeletionByPodGC', 'PodGC: node no longer exists'],
        ],
      );
      await stage.gone(PODS, 'default/ended');
    }));

  it('leaves Pods alone whose node comes back in time', (context) =>
    onStage(context, async (stage) => {
      await make(stage, 'a');
      await stage.client.delete(NODES, '', 'n1');
      await turn();
      context.mock.timers.tick(30_000);
      await stage.client.create<Node>(NODES, nodeNamed('n1'));
      await turn();
      context.mock.timers.tick(60_000);
      await turn();
      const pod = await stage.client.get<Pod>(PODS, 'default', 'a');
      assert.equal(pod.metadata.deletionTimestamp, undefined);
    }));

  it('removes a Pod that names a node which never was', (context) =>
    onStage(context, async (stage) => {
      await make(stage, 'a', { nodeName: 'never' });
      await turn();
      context.mock.timers.tick(40_000);
      await stage.gone(PODS, 'default/a');
    }));

  it('leaves a Pod that is being deleted on an unreachable node, until that is declared out of service', (context) =>
    onStage(context, async (stage) => {
      await make(stage, 'stuck');
      await stage.client.delete(PODS, 'default', 'stuck');
      const conditions = [{ type: 'Ready', status: 'Unknown' }];
      await stage.client.patch(NODES, '', 'n1', { status: { conditions } }, 'status');
      await turn();
      context.mock.timers.tick(3_600_000);
      await turn();
      assert.ok(await stage.client.get<Pod>(PODS, 'default', 'stuck'));
      const taints = [
        { key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' },
      ];
      await stage.client.patch(NODES, '', 'n1', { spec: { taints } });
      await stage.gone(PODS, 'default/stuck');
    }));

  it('leaves Pods on a Ready node alone, whatever its taints are', (context) =>
    onStage(context, async (stage) => {
      const taints = [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }];
      await stage.client.patch(NODES, '', 'n1', { spec: { taints } });
      await make(stage, 'a');
      await stage.client.delete(PODS, 'default', 'a');
      await turn();
      assert.ok(await stage.client.get<Pod>(PODS, 'default', 'a'));
    }));

  it('says of a Pod that is being deleted before it had a node that it has failed', (context) =>
    onStage(context, async (stage) => {
      await make(stage, 'a', { finalizers: ['example.org/look'] });
      await stage.client.delete(PODS, 'default', 'a');
      const pod = await stage.until<Pod>(PODS, 'default/a', ({ status }) => status?.phase === 'Failed');
      assert.equal(pod.spec.nodeName, undefined);
    }));
});
