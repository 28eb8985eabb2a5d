import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { settled as eventually } from '../api/test-server.ts';
import { EVENTS, type KubeEvent, NODES, type Node, PODS, type Pod, type PodSpec } from '../kinds.ts';
import { nodeNamed, SPEC } from './played.ts';
import { Scheduler } from './scheduler.ts';
import { type Stage, startStage } from './stage.ts';

describe('the scheduler', () => {
  let stage: Stage;
  const make = (name: string, spec: Partial<PodSpec> = {}) =>
    stage.client.create<Pod>(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default' },
      spec: { ...SPEC, ...spec },
    });
  const addNode = (name: string, more?: Parameters<typeof nodeNamed>[1]) =>
    stage.client.create<Node>(NODES, nodeNamed(name, more));
  const addPriority = (preemptionPolicy?: string) =>
    stage.client.create(
      { group: 'scheduling.k8s.io', version: 'v1', plural: 'priorityclasses' },
      {
        apiVersion: 'scheduling.k8s.io/v1',
        kind: 'PriorityClass',
        metadata: { name: 'high' },
        value: 10,
        ...(preemptionPolicy === undefined ? {} : { preemptionPolicy }),
      },
    );
  const bound = async (name: string) => {
    const pod = await stage.until<Pod>(PODS, `default/${name}`, ({ spec }) => spec.nodeName !== undefined);
    return pod.spec.nodeName;
  };
  const waiting = (name: string, message = /./) =>
    stage.until<Pod>(
      PODS,
      `default/${name}`,
      ({ status }) =>
        status?.conditions?.some(
          ({ reason, message: text = '' }) => reason === 'Unschedulable' && message.test(text),
        ) === true,
    );
  const one: Partial<PodSpec> = {
    containers: [{ name: 'c', image: 'c', resources: { requests: { cpu: '4' } } }],
  };

  beforeEach(async () => {
    stage = await startStage((client, log) => [new Scheduler(client('system:kube-scheduler'), log)]);
  });
  afterEach(() => stage.end());

  it('binds a Pod and says so, as the real one does', async () => {
    await addNode('n1');
    await make('a');
    const pod = await stage.until<Pod>(PODS, 'default/a', ({ spec }) => spec.nodeName === 'n1');
    assert.deepEqual(
      pod.status?.conditions?.map(({ type, status }) => [type, status]),
      [['PodScheduled', 'True']],
    );
    assert.deepEqual(await stage.told('default/a', 1), [
      'Normal Scheduled: Successfully assigned default/a to n1',
    ]);
    const { items } = await stage.client.list<KubeEvent>(EVENTS, { namespace: 'default' });
    const [event] = items;
    assert.deepEqual(
      [event?.reportingComponent, event?.action, event?.source, event?.count],
      ['default-scheduler', 'Binding', {}, undefined],
    );
  });

  it('says once what a Pod waits for, and binds it when a node comes that it fits on', async () => {
    await addNode('n1', { spec: { unschedulable: true } });
    await make('a');
    const message =
      '0/1 nodes are available: 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
    const pod = await waiting('a');
    const [condition] = pod.status?.conditions ?? [];
    const { lastTransitionTime, lastProbeTime: _, ...rest } = condition ?? {};
    assert.match(lastTransitionTime ?? '', /^\d{4}-/);
    assert.deepEqual(rest, {
      message,
      observedGeneration: 1,
      reason: 'Unschedulable',
      status: 'False',
      type: 'PodScheduled',
    });
    await stage.client.patch(NODES, '', 'n1', { metadata: { labels: { changed: 'yes' } } });
    await addNode('n2');
    assert.equal(await bound('a'), 'n2');
    assert.deepEqual(await stage.told('default/a', 2), [
      `Warning FailedScheduling: ${message}`,
      'Normal Scheduled: Successfully assigned default/a to n2',
    ]);
  });

  it('tries again when a node is uncordoned', async () => {
    await addNode('n1', { spec: { unschedulable: true } });
    await make('a');
    await waiting('a');
    await stage.client.patch(NODES, '', 'n1', { spec: { unschedulable: null } });
    assert.equal(await bound('a'), 'n1');
  });

  it('gives the place of a Pod that ended or went to the most important of those that wait', async () => {
    await addNode('n1');
    await make('first', one);
    await bound('first');
    await addPriority('Never');
    await make('low', one);
    await waiting('low', /Insufficient cpu/);
    await make('high', { ...one, priorityClassName: 'high' });
    await waiting('high', /not eligible due to preemptionPolicy=Never\.$/);
    await stage.client.patch(PODS, 'default', 'first', { status: { phase: 'Succeeded' } }, 'status');
    assert.equal(await bound('high'), 'n1');
    await stage.client.delete(PODS, 'default', 'high', { gracePeriodSeconds: 0 });
    assert.equal(await bound('low'), 'n1');
    assert.deepEqual(stage.logged, []);
  });

  it('takes the most important of those that come at one moment first, then the oldest', async () => {
    await addPriority('Never');
    const made = ['a', 'b'].map((name) => make(name, one));
    made.push(...['c', 'd'].map((name) => make(name, { ...one, priorityClassName: 'high' })));
    await Promise.all(made);
    for (const name of ['a', 'b', 'c', 'd']) await waiting(name);
    const order: string[] = [];
    const stop = stage.client.watch<Pod>(PODS, {}, ({ type, object }) => {
      if (type === 'MODIFIED' && object.spec.nodeName !== undefined) order.push(object.metadata.name ?? '');
    });
    for (const name of ['n1', 'n2', 'n3']) await addNode(name);
    await bound('a');
    stop();
    assert.deepEqual(order, ['c', 'd', 'a']);
  });

  it('never puts two Pods of one moment into one place', async () => {
    await addNode('n1');
    await addNode('n2');
    await Promise.all(['a', 'b'].map((name) => make(name, one)));
    assert.deepEqual([await bound('a'), await bound('b')].sort(), ['n1', 'n2']);
  });

  it('tries a Pod again that was changed so that it fits', async () => {
    await addNode('n1', { spec: { taints: [{ key: 'gpu', effect: 'NoSchedule' }] } });
    await make('a');
    const pod = await waiting('a');
    const tolerations = [...(pod.spec.tolerations ?? []), { key: 'gpu', operator: 'Exists' as const }];
    await stage.client.update<Pod>(PODS, { ...pod, spec: { ...pod.spec, tolerations } });
    assert.equal(await bound('a'), 'n1');
  });

  it('tries a Pod again that waited for another to be somewhere', async () => {
    await addNode('n1');
    const labelSelector = { matchLabels: { app: 'db' } };
    const required = [{ topologyKey: 'kubernetes.io/hostname', labelSelector }];
    await make('web', {
      affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } },
    });
    await waiting('web', /pod affinity rules/);
    const db = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'db', namespace: 'default', labels: { app: 'db' } },
      spec: SPEC,
    };
    await stage.client.create<Pod>(PODS, db);
    assert.equal(await bound('web'), 'n1');
  });

  it('lets no Pod wait for one that asks for what is not known here', async () => {
    const term = { topologyKey: 'zone', labelSelector: {}, namespaceSelector: { matchLabels: { a: 'b' } } };
    const podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [term] };
    await addPriority();
    await make('strange', { priorityClassName: 'high', affinity: { podAntiAffinity } });
    await make('plain');
    await addNode('n1');
    assert.equal(await bound('plain'), 'n1');
    await eventually(async () =>
      stage.logged.some((line) => line.includes('default/strange: Error: A namespaceSelector')),
    );
  });

  it('leaves Pods alone that are another scheduler’s, or gated', async () => {
    await addNode('n1');
    await make('foreign', { schedulerName: 'other' });
    await make('gated', { schedulingGates: [{ name: 'example.org/wait' }] });
    await make('mine');
    await bound('mine');
    for (const name of ['foreign', 'gated']) {
      const { spec } = await stage.client.get<Pod>(PODS, 'default', name);
      assert.equal(spec.nodeName, undefined);
    }
    assert.deepEqual(stage.logged, []);
  });

  it('says loudly where a real one would preempt', async () => {
    await addNode('n1');
    await make('first', one);
    await bound('first');
    await addPriority();
    await make('high', { ...one, priorityClassName: 'high' });
    await eventually(async () =>
      stage.logged.some((line) => line.startsWith('Preemption is not known here')),
    );
  });
});
