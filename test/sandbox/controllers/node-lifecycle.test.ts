import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import {
  conditionOf,
  isReady,
  LEASES,
  type Lease,
  microTime,
  NODES,
  type Node,
  PODS,
  type Pod,
} from '../kinds.ts';
import { NodeLifecycle } from './node-lifecycle.ts';
import { nodeNamed, readyStatus, SPEC } from './played.ts';
import { type Stage, startStage } from './stage.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const status = (node: Node) => conditionOf(node.status?.conditions, 'Ready')?.status;
const taints = ({ spec }: Node) => (spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);

async function onStage({ mock }: TestContext, act: (stage: Stage) => Promise<void>): Promise<void> {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse('2026-11-22T07:00:00Z') });
  const stage = await startStage((client, log) => [
    new NodeLifecycle(client('system:kube-controller-manager'), log, 50_000),
  ]);
  try {
    await act(stage);
  } finally {
    await stage.end();
  }
}

function lease(): Lease {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'n1', namespace: 'kube-node-lease' },
    spec: { holderIdentity: 'n1', leaseDurationSeconds: 40, renewTime: microTime(new Date()) },
  };
}

describe('the node controller', () => {
  it('calls a node unknown once its Lease is not renewed for too long, and ready Pods on it not ready', (context) =>
    onStage(context, async (stage) => {
      const { client } = stage;
      const { timers } = context.mock;
      await client.create<Node>(NODES, nodeNamed('n1'));
      await client.create<Lease>(LEASES, lease());
      const metadata = { name: 'a', namespace: 'default' };
      const pod = await client.create<Pod>(PODS, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata,
        spec: { ...SPEC, nodeName: 'n1' },
      });
      await stage.play(pod, readyStatus());
      timers.tick(40_000);
      await client.patch(LEASES, 'kube-node-lease', 'n1', { spec: { renewTime: microTime(new Date()) } });
      await turn();
      timers.tick(49_999);
      await turn();
      assert.equal(status(await client.get<Node>(NODES, '', 'n1')), 'True');
      timers.tick(1);
      const node = await stage.until<Node>(NODES, 'n1', (object) => taints(object).length === 2);
      assert.deepEqual(
        [status(node), taints(node)],
        [
          'Unknown',
          ['node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute'],
        ],
      );
      const marked = await stage.until<Pod>(PODS, 'default/a', (object) => !isReady(object));
      assert.equal(marked.status?.phase, 'Running');
      assert.deepEqual(await stage.told('default/a', 1), ['Warning NodeNotReady: Node is not ready']);
      assert.deepEqual(await stage.told('n1', 2), [
        'Normal RegisteredNode: Node n1 event: Registered Node n1 in Controller',
        'Normal NodeNotReady: Node n1 status is now: NodeNotReady',
      ]);
    }));

  it('takes its taints back when the node is heard again', (context) =>
    onStage(context, async (stage) => {
      await stage.client.create<Node>(
        NODES,
        nodeNamed('n1', { spec: { taints: [{ key: 'gpu', effect: 'NoSchedule' }] } }),
      );
      await turn();
      context.mock.timers.tick(50_000);
      await stage.until<Node>(NODES, 'n1', (object) => taints(object).length === 3);
      const { status: alive } = nodeNamed('n1');
      await stage.client.patch(NODES, '', 'n1', JSON.parse(JSON.stringify({ status: alive })), 'status');
      const back = await stage.until<Node>(NODES, 'n1', (object) => taints(object).length === 1);
      assert.deepEqual(taints(back), ['gpu:NoSchedule']);
    }));

  it('taints a node that says itself that it is not ready, and leaves its Pods to its kubelet', (context) =>
    onStage(context, async (stage) => {
      const { client } = stage;
      await client.create<Node>(NODES, nodeNamed('n1'));
      const metadata = { name: 'a', namespace: 'default' };
      const pod = await client.create<Pod>(PODS, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata,
        spec: { ...SPEC, nodeName: 'n1' },
      });
      await stage.play(pod, readyStatus());
      const conditions = [{ type: 'Ready', status: 'False', reason: 'KubeletNotReady' }];
      await client.patch(NODES, '', 'n1', { status: { conditions } }, 'status');
      const node = await stage.until<Node>(NODES, 'n1', (object) => taints(object).length > 0);
      assert.deepEqual(taints(node), [
        'node.kubernetes.io/not-ready:NoSchedule',
        'node.kubernetes.io/not-ready:NoExecute',
      ]);
      assert.ok(isReady(await client.get<Pod>(PODS, 'default', 'a')));
    }));

  it('taints a cordoned node, and says when a node is gone', (context) =>
    onStage(context, async (stage) => {
      await stage.client.create<Node>(NODES, nodeNamed('n1'));
      await stage.client.patch(NODES, '', 'n1', { spec: { unschedulable: true } });
      const node = await stage.until<Node>(NODES, 'n1', (object) => taints(object).length > 0);
      assert.deepEqual(taints(node), ['node.kubernetes.io/unschedulable:NoSchedule']);
      await stage.client.patch(NODES, '', 'n1', { spec: { unschedulable: null } });
      await stage.until<Node>(NODES, 'n1', (object) => taints(object).length === 0);
      await stage.client.delete(NODES, '', 'n1');
      const [, removed] = await stage.told('n1', 2);
      assert.equal(removed, 'Normal RemovingNode: Node n1 event: Removing Node n1 from Controller');
    }));
});
