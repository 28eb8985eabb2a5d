import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DaemonSet, Node, Pod, PodSpec, PodStatus } from '../kinds.ts';
import { planDaemons } from './daemon-pods.ts';
import { belongingOf, daemonTemplate } from './daemon-template.ts';
import { endStatus, nodeNamed, readyStatus, SPEC } from './played.ts';

const NOW = Date.parse('2026-11-22T08:00:00Z');
const nodes = ['n1', 'n2', 'n3'].map((name) => nodeNamed(name));

function daemons(spec: Partial<PodSpec> = {}, more: Partial<DaemonSet['spec']> = {}): DaemonSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'd', namespace: 'default', uid: 'd', generation: 2 },
    spec: {
      selector: {},
      template: { metadata: { labels: { app: 'd' } }, spec: { ...SPEC, ...spec } },
      ...more,
    },
  };
}

function pod(
  name: string,
  nodeName: string,
  status: PodStatus = readyStatus(new Date(NOW - 60_000)),
  hash = 'new',
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { 'controller-revision-hash': hash } },
    spec: { ...SPEC, nodeName },
    status,
  };
}

const going = (subject: Pod): Pod => ({
  ...subject,
  metadata: { ...subject.metadata, deletionTimestamp: '2026-11-22T07:59:59Z' },
});
const plan = (set: DaemonSet, pods: Pod[], among: Node[] = nodes) =>
  planDaemons(set, among, pods, 'new', NOW);
const names = (pods: Pod[]) => pods.map(({ metadata }) => metadata.name);

describe('the Pod of a DaemonSet', () => {
  it('is pinned to its node by name, tolerates what the real one does and says what it was made from', () => {
    const { metadata, spec } = daemonTemplate(
      daemons({ tolerations: [{ key: 'own', operator: 'Exists' }] }),
      'n2',
      'abc',
    );
    assert.deepEqual(metadata?.labels, {
      app: 'd',
      'controller-revision-hash': 'abc',
      'pod-template-generation': '2',
    });
    const pin = { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n2'] }] };
    assert.deepEqual(spec.affinity, {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [pin] } },
    });
    assert.deepEqual(spec.tolerations, [
      { key: 'own', operator: 'Exists' },
      { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
      { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
      { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
    ]);
    const host = daemonTemplate(daemons({ hostNetwork: true }), 'n2', 'abc').spec.tolerations?.at(-1);
    assert.deepEqual(host, {
      key: 'node.kubernetes.io/network-unavailable',
      operator: 'Exists',
      effect: 'NoSchedule',
    });
  });

  it('belongs on nodes of its selector and affinity, cordoned or not, whose taints it tolerates', () => {
    const belongs = (set: DaemonSet, more: Parameters<typeof nodeNamed>[1]) => {
      const { shouldRun, mayStay } = belongingOf(set, nodeNamed('n1', more));
      return [shouldRun, mayStay];
    };
    const taints = (effect: 'NoSchedule' | 'NoExecute') => ({ spec: { taints: [{ key: 'gpu', effect }] } });
    assert.deepEqual(belongs(daemons({ nodeSelector: { disk: 'ssd' } }), {}), [false, false]);
    assert.deepEqual(belongs(daemons({ nodeName: 'n9' }), {}), [false, false]);
    assert.deepEqual(belongs(daemons(), { spec: { unschedulable: true } }), [true, true]);
    assert.deepEqual(belongs(daemons(), taints('NoSchedule')), [false, true]);
    assert.deepEqual(belongs(daemons(), taints('NoExecute')), [false, false]);
    assert.deepEqual(belongs(daemons({ tolerations: [{ operator: 'Exists' }] }), taints('NoExecute')), [
      true,
      true,
    ]);
  });
});

describe('what a DaemonSet needs', () => {
  it('is one Pod on each node, counted as the real controller counts', () => {
    const { create, remove, status } = plan(daemons(), [
      pod('a', 'n1'),
      pod('b', 'n2', { phase: 'Pending' }),
    ]);
    assert.deepEqual([create, remove], [['n3'], []]);
    assert.deepEqual(status, {
      currentNumberScheduled: 2,
      numberMisscheduled: 0,
      desiredNumberScheduled: 3,
      numberReady: 1,
      numberAvailable: 1,
      numberUnavailable: 2,
      updatedNumberScheduled: 2,
      observedGeneration: 2,
    });
    assert.deepEqual(plan(daemons(), [], []).status, {
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: 0,
      numberReady: 0,
      observedGeneration: 2,
    });
  });

  it('is no second Pod on a node, and the one stays that is ready', () => {
    const pods = [pod('waiting', 'n1', { phase: 'Pending' }), pod('ready', 'n1')];
    assert.deepEqual(names(plan(daemons(), pods).remove), ['waiting']);
  });

  it('is no new Pod while the old one is on its way out', () => {
    const { create, status } = plan(daemons(), [going(pod('a', 'n1')), pod('b', 'n2')]);
    assert.deepEqual([create, status.currentNumberScheduled], [['n3'], 2]);
  });

  it('is that no Pod stays on a node that it may not run on; one that is only not wanted may', () => {
    const tainted = (effect: 'NoSchedule' | 'NoExecute') => [
      nodeNamed('n1', { spec: { taints: [{ key: 'x', effect }] } }),
    ];
    const soft = plan(daemons(), [pod('a', 'n1')], tainted('NoSchedule'));
    assert.deepEqual(
      [soft.remove, soft.status.numberMisscheduled, soft.status.desiredNumberScheduled],
      [[], 1, 0],
    );
    assert.deepEqual(names(plan(daemons(), [pod('a', 'n1')], tainted('NoExecute')).remove), ['a']);
  });

  it('is nothing for a node that is gone: who runs there is left to the collector, who waits for it goes', () => {
    const { nodeName: _, ...unbound } = daemonTemplate(daemons(), 'gone', 'new').spec;
    const waiting = { ...pod('waiting', ''), spec: unbound };
    const { remove, status } = plan(daemons(), [pod('a', 'gone'), waiting]);
    assert.deepEqual([names(remove), status.numberMisscheduled], [['waiting'], 0]);
  });

  it('is that Pods which have ended are replaced', () => {
    const { ended, create } = plan(daemons(), [pod('a', 'n1', endStatus(1))]);
    assert.deepEqual([names(ended), create], [['a'], ['n2', 'n3']]);
  });
});

describe('the roll-out of a DaemonSet', () => {
  const old = (name: string, node: string, status?: PodStatus) => pod(name, node, status, 'old');
  const limit = (maxUnavailable: number | string) =>
    daemons({}, { updateStrategy: { rollingUpdate: { maxUnavailable } } });

  it('takes one Pod after the other, and waits until the new one is available', () => {
    const start = plan(daemons(), [old('a', 'n1'), old('b', 'n2'), old('c', 'n3')]);
    assert.deepEqual([names(start.remove), start.status.updatedNumberScheduled], [['a'], undefined]);
    const halfway = plan(daemons(), [pod('a2', 'n1', { phase: 'Pending' }), old('b', 'n2'), old('c', 'n3')]);
    assert.deepEqual([names(halfway.remove), halfway.status.updatedNumberScheduled], [[], 1]);
    assert.deepEqual(names(plan(daemons(), [pod('a2', 'n1'), old('b', 'n2'), old('c', 'n3')]).remove), ['b']);
  });

  it('takes as many at once as may be missing, in numbers or as a share that is rounded up', () => {
    const pods = [old('a', 'n1'), old('b', 'n2'), old('c', 'n3')];
    assert.equal(plan(limit(2), pods).remove.length, 2);
    assert.equal(plan(limit('34%'), pods).remove.length, 2);
    assert.equal(plan(limit('100%'), pods).remove.length, 3);
  });

  it('takes old Pods that are not available anyway first, however many', () => {
    const pods = [old('a', 'n1', { phase: 'Pending' }), old('b', 'n2', { phase: 'Pending' }), old('c', 'n3')];
    assert.deepEqual(names(plan(daemons(), pods).remove), ['a', 'b']);
  });

  it('waits until Pods were ready for long enough', () => {
    const set = daemons({}, { minReadySeconds: 90 });
    const { status } = plan(set, [pod('a', 'n1'), pod('b', 'n2', readyStatus(new Date(NOW - 90_000)))]);
    assert.deepEqual([status.numberReady, status.numberAvailable], [2, 1]);
  });

  it('does nothing where it is told to wait for somebody to delete Pods', () => {
    const set = daemons({}, { updateStrategy: { type: 'OnDelete' } });
    assert.deepEqual(plan(set, [old('a', 'n1')]).remove, []);
  });
});
