import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eligibleNodes } from '../../src/plan/eligible.ts';
import type { LabelSelector } from '../../src/plan/selector.ts';
import type { NodeView, ResponderSetView } from '../../src/plan/world.ts';
import { makeNode, noon, settings } from './make.ts';

const everywhere: ResponderSetView = { nodeSelector: {}, tolerations: [] };

function podReason(node: Partial<NodeView>, responderSet: ResponderSetView | undefined = everywhere) {
  const world = { nodes: [makeNode('n1', node)], responderSet };
  const { nodes, skipped } = eligibleNodes(world, undefined, ['pod'], noon, settings);
  return nodes.length === 1
    ? 'eligible'
    : skipped.map(({ reason, message }) => `${reason}: ${message}`).join();
}

describe('a node is asked from a Pod', () => {
  for (const [name, node, want] of [
    ['when it is Ready', {}, 'eligible'],
    [
      'when it is cordoned, since probes tolerate that',
      { unschedulable: true, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] },
      'eligible',
    ],
    [
      'when it is under disk pressure',
      { taints: [{ key: 'node.kubernetes.io/disk-pressure', effect: 'NoSchedule' }] },
      'eligible',
    ],
    [
      'when a taint only prefers others',
      { taints: [{ key: 'spot', effect: 'PreferNoSchedule' }] },
      'eligible',
    ],
    ['not when it is NotReady', { ready: 'False' }, "NodeNotReady: The node's Ready condition is False"],
    [
      'not when nobody has heard of it',
      { ready: 'Unknown' },
      "NodeNotReady: The node's Ready condition is Unknown",
    ],
    ['not when it is being deleted', { deleting: true }, 'NodeDeleting: The node is being deleted'],
    [
      'not when the autoscaler takes it away',
      { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', value: '1', effect: 'NoSchedule' }] },
      'NodeDeleting: The node has the taint ToBeDeletedByClusterAutoscaler',
    ],
    [
      'not when it is brand-new',
      { creationTime: '2026-11-24T11:59:30Z' },
      'NodeNew: The node is younger than 60 s',
    ],
    [
      'not when its cloud has not set it up',
      { taints: [{ key: 'node.cloudprovider.kubernetes.io/uninitialized', effect: 'NoSchedule' }] },
      'NodeNew: The node has the taint node.cloudprovider.kubernetes.io/uninitialized',
    ],
    ['not when it runs Windows', { os: 'windows' }, 'NotLinux: The node runs windows'],
    [
      'not when it is virtual',
      { labels: { type: 'virtual-kubelet' } },
      'VirtualNode: The node is virtual: no kubelet runs on it',
    ],
    [
      'not when the responder does not tolerate its taint',
      { taints: [{ key: 'gpu', value: 'a', effect: 'NoSchedule' }] },
      'NoResponderHere: The responder DaemonSet does not tolerate the taint gpu:NoSchedule',
    ],
  ] as const satisfies readonly (readonly [string, Partial<NodeView>, string])[]) {
    it(name, () => assert.equal(podReason(node), want));
  }

  it('not where the responder DaemonSet has no business', () => {
    const set = { nodeSelector: { pool: 'a' }, tolerations: [] };
    assert.equal(podReason({}, set), 'NoResponderHere: The responder DaemonSet wants the label pool=a');
    assert.equal(podReason({ labels: { pool: 'a' } }, set), 'eligible');
  });

  it('not when the responder DaemonSet is not installed', () => {
    const { skipped } = eligibleNodes({ nodes: [makeNode('n1')] }, undefined, ['pod'], noon, settings);
    assert.deepEqual(skipped, [
      { name: 'n1', reason: 'NoResponderHere', message: 'The responder DaemonSet is not installed' },
    ]);
  });

  for (const [name, toleration, want] of [
    ['every taint', { operator: 'Exists' }, 'eligible'],
    ['its key', { key: 'gpu', operator: 'Exists' }, 'eligible'],
    ['its key and value', { key: 'gpu', value: 'a' }, 'eligible'],
    ['its key with another value', { key: 'gpu', operator: 'Equal', value: 'b' }, 'refused'],
    ['its key with another effect', { key: 'gpu', operator: 'Exists', effect: 'NoExecute' }, 'refused'],
    ['another key', { key: 'cpu', operator: 'Exists' }, 'refused'],
  ] as const) {
    it(`${want === 'eligible' ? '' : 'not '}where the responder tolerates ${name}`, () => {
      const set = { nodeSelector: {}, tolerations: [toleration] };
      const found = podReason({ taints: [{ key: 'gpu', value: 'a', effect: 'NoSchedule' }] }, set);
      assert.equal(found === 'eligible' ? found : 'refused', want);
    });
  }
});

describe('a node is asked at its own place', () => {
  it('as long as its kubelet renews its Lease, Ready or not', () => {
    const world = {
      nodes: [
        makeNode('broken', { ready: 'False', leaseRenewTime: '2026-11-24T11:59:50.123456Z' }),
        makeNode('dead', { ready: 'Unknown', leaseRenewTime: '2026-11-24T11:50:00Z' }),
        makeNode('fine', { leaseRenewTime: '2026-11-24T11:59:55Z' }),
        makeNode('odd', {}),
      ],
      responderSet: everywhere,
    };
    assert.deepEqual(eligibleNodes(world, undefined, ['node'], noon, settings), {
      nodes: [
        { name: 'broken', uid: 'broken-uid', places: ['node'] },
        { name: 'fine', uid: 'fine-uid', places: ['node'] },
      ],
      skipped: [
        { name: 'dead', reason: 'NodeNotReady', message: "The node's kubelet renewed its Lease 600 s ago" },
        { name: 'odd', reason: 'NodeNotReady', message: "The node's kubelet has no Lease" },
      ],
    });
    const both = eligibleNodes(world, undefined, ['pod', 'node'], noon, settings).nodes;
    assert.deepEqual(
      both.map(({ name, places }) => `${name}: ${places.join(' ')}`),
      ['broken: node', 'fine: pod node', 'odd: pod'],
    );
  });
});

describe('the selector of nodes', () => {
  const labels = { zone: 'a', ready: '', constructor: 'own' };
  for (const [name, selector, want] of [
    ['that is absent selects all', undefined, true],
    ['that is empty selects all', { matchLabels: {} }, true],
    ['with the right label', { matchLabels: { zone: 'a' } }, true],
    ['with another value', { matchLabels: { zone: 'b' } }, false],
    [
      'with a label that is inherited only',
      { matchExpressions: [{ key: 'toString', operator: 'Exists' }] },
      false,
    ],
    ['In', { matchExpressions: [{ key: 'zone', operator: 'In', values: ['b', 'a'] }] }, true],
    ['In without the label', { matchExpressions: [{ key: 'none', operator: 'In', values: ['a'] }] }, false],
    [
      'NotIn without the label',
      { matchExpressions: [{ key: 'none', operator: 'NotIn', values: ['a'] }] },
      true,
    ],
    ['NotIn with it', { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] }, false],
    ['Exists with an empty value', { matchExpressions: [{ key: 'ready', operator: 'Exists' }] }, true],
    ['DoesNotExist', { matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] }, false],
    [
      'with two requirements, one unmet',
      { matchLabels: { zone: 'a' }, matchExpressions: [{ key: 'x', operator: 'Exists' }] },
      false,
    ],
  ] as const satisfies readonly (readonly [string, LabelSelector | undefined, boolean])[]) {
    it(name, () => {
      const world = { nodes: [makeNode('n1', { labels })], responderSet: everywhere };
      const { nodes, skipped } = eligibleNodes(world, selector, ['pod'], noon, settings);
      assert.equal(nodes.length, want ? 1 : 0);
      assert.deepEqual(skipped, []);
    });
  }
});
