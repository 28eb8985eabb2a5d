import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { conditionOf, NODES, type Node, PODS, type Pod, type Taint, type Toleration } from '../kinds.ts';
import { nodeNamed, SPEC } from './played.ts';
import { type Stage, startStage } from './stage.ts';
import { endured, TaintEviction } from './taint-eviction.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const gpu: Taint = { key: 'gpu', effect: 'NoExecute' };

describe('for how long a Pod endures taints', () => {
  const time = (tolerations: Toleration[], ...taints: Taint[]) => endured({ spec: { tolerations } }, taints);

  it('is for ever without taints, or when it tolerates all of them', () => {
    assert.equal(time([]), Number.POSITIVE_INFINITY);
    assert.equal(
      time([{ operator: 'Exists' }], gpu, { key: 'other', effect: 'NoExecute' }),
      Number.POSITIVE_INFINITY,
    );
  });

  it('is not at all when one is not tolerated', () => {
    assert.equal(time([{ key: 'gpu', operator: 'Exists' }], gpu, { key: 'other', effect: 'NoExecute' }), 0);
    assert.equal(time([{ key: 'gpu', operator: 'Equal', value: 'no' }], gpu), 0);
  });

  it('is the shortest of the times that it gives', () => {
    const tolerations: Toleration[] = [
      { key: 'gpu', operator: 'Exists', tolerationSeconds: 30 },
      { operator: 'Exists', tolerationSeconds: 10 },
      { operator: 'Exists' },
    ];
    assert.equal(time(tolerations, gpu), 10_000);
    assert.equal(time([{ operator: 'Exists', tolerationSeconds: -5 }], gpu), 0);
  });
});

describe('eviction by taints', () => {
  async function onStage({ mock }: TestContext, act: (stage: Stage) => Promise<void>): Promise<void> {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse('2026-11-22T07:00:00Z') });
    const stage = await startStage((client, log) => [
      new TaintEviction(client('system:kube-controller-manager'), log),
    ]);
    try {
      await stage.client.create<Node>(NODES, nodeNamed('n1'));
      await act(stage);
    } finally {
      await stage.end();
    }
  }

  const make = ({ client }: Stage, name: string, tolerations: Toleration[]) =>
    client.create<Pod>(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default' },
      spec: { ...SPEC, tolerations, nodeName: 'n1' },
    });
  const taint = ({ client }: Stage, taints: Taint[]) =>
    client.patch(NODES, '', 'n1', { spec: { taints: JSON.parse(JSON.stringify(taints)) } });
  const leaving = (stage: Stage, name: string) =>
    stage.until<Pod>(PODS, `default/${name}`, ({ metadata }) => metadata.deletionTimestamp !== undefined);
  const stays = async ({ client }: Stage, name: string) => {
    await turn();
    const pod = await client.get<Pod>(PODS, 'default', name);
    assert.equal(pod.metadata.deletionTimestamp, undefined);
  };

  it('drives away who does not tolerate, says why, and leaves the others', (context) =>
    onStage(context, async (stage) => {
      await make(stage, 'weak', []);
      await make(stage, 'strong', [{ operator: 'Exists' }]);
      await taint(stage, [{ key: 'gpu', effect: 'NoSchedule' }]);
      await stays(stage, 'weak');
      await taint(stage, [gpu]);
      const { lastTransitionTime, ...condition } =
        conditionOf((await leaving(stage, 'weak')).status?.conditions, 'DisruptionTarget') ?? {};
      assert.equal(lastTransitionTime, '2026-11-22T07:00:00Z');
      assert.deepEqual(
        { ...condition, lastProbeTime: null },
        {
          type: 'DisruptionTarget',
          status: 'True',
          reason: 'DeletionByTaintManager',
          message: 'Taint manager: deleting due to NoExecute taint',
          lastProbeTime: null,
          observedGeneration: 1,
        },
      );
      assert.deepEqual(await stage.told('default/weak', 1), [
        'Normal TaintManagerEviction: Marking for deletion Pod default/weak',
      ]);
      await stays(stage, 'strong');
    }));

  it('waits for as long as a Pod tolerates, also with a taint that does not say since when it stands', (context) =>
    onStage(context, async (stage) => {
      await make(stage, 'patient', [
        { key: 'gpu', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 },
      ]);
      await taint(stage, [gpu]);
      await turn();
      context.mock.timers.tick(29_999);
      await stays(stage, 'patient');
      context.mock.timers.tick(1);
      await leaving(stage, 'patient');
    }));

  it('lets a Pod stay when the taint goes in time, and says so', (context) =>
    onStage(context, async (stage) => {
      await make(stage, 'lucky', [
        { key: 'gpu', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 },
      ]);
      await taint(stage, [gpu]);
      await turn();
      context.mock.timers.tick(20_000);
      await taint(stage, []);
      assert.deepEqual(await stage.told('default/lucky', 1), [
        'Normal TaintManagerEviction: Cancelling deletion of Pod default/lucky',
      ]);
      context.mock.timers.tick(60_000);
      await stays(stage, 'lucky');
      // A new taint gives it its whole time again.
      await taint(stage, [gpu]);
      await turn();
      context.mock.timers.tick(29_999);
      await stays(stage, 'lucky');
    }));

  it('drives away a Pod that comes to a tainted node', (context) =>
    onStage(context, async (stage) => {
      await taint(stage, [gpu]);
      await make(stage, 'late', []);
      await leaving(stage, 'late');
    }));
});
