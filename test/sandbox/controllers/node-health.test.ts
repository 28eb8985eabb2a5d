import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Condition, Node, Taint } from '../kinds.ts';
import { lastHeard, silentConditions, taintsFor } from './node-health.ts';

const NOW = new Date('2026-11-22T08:00:00Z');
const time = '2026-11-22T08:00:00Z';
const earlier = '2026-11-22T07:00:00Z';

function node(conditions: Condition[], spec: Node['spec'] = {}): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1', creationTimestamp: earlier },
    spec,
    status: { conditions },
  };
}

const ready = (status: Condition['status']): Condition => ({
  type: 'Ready',
  status,
  lastTransitionTime: earlier,
});
const taint = (name: string, effect: Taint['effect'], timeAdded = time): Taint => ({
  key: `node.kubernetes.io/${name}`,
  effect,
  timeAdded,
});

describe('the taints of a node', () => {
  it('follow what its kubelet says, or that it says nothing', () => {
    assert.deepEqual(taintsFor(node([ready('True')]), NOW), []);
    assert.deepEqual(taintsFor(node([ready('False')]), NOW), [
      taint('not-ready', 'NoSchedule'),
      taint('not-ready', 'NoExecute'),
    ]);
    assert.deepEqual(taintsFor(node([ready('Unknown')]), NOW), [
      taint('unreachable', 'NoSchedule'),
      taint('unreachable', 'NoExecute'),
    ]);
  });

  it('keep new Pods off a node under pressure, without driving any away', () => {
    const pressed = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'].map(
      (type): Condition => ({ type, status: 'True' }),
    );
    assert.deepEqual(taintsFor(node([ready('True'), ...pressed]), NOW), [
      taint('memory-pressure', 'NoSchedule'),
      taint('disk-pressure', 'NoSchedule'),
      taint('network-unavailable', 'NoSchedule'),
      taint('pid-pressure', 'NoSchedule'),
    ]);
  });

  it('keep the time since when they stand, and leave those of others alone', () => {
    const others: Taint[] = [{ key: 'gpu', value: 'yes', effect: 'NoExecute' }];
    const taints = [
      taint('unreachable', 'NoSchedule', earlier),
      ...others,
      taint('not-ready', 'NoExecute', earlier),
    ];
    assert.deepEqual(taintsFor(node([ready('Unknown')], { taints, unschedulable: true }), NOW), [
      ...others,
      taint('unreachable', 'NoSchedule', earlier),
      taint('unreachable', 'NoExecute'),
      taint('unschedulable', 'NoSchedule'),
    ]);
  });
});

describe('a node whose kubelet is silent', () => {
  it('has only conditions that nobody knows, in the words of the real controller', () => {
    const heard: Condition = { ...ready('True'), reason: 'KubeletReady', lastHeartbeatTime: earlier };
    const network: Condition = { type: 'NetworkUnavailable', status: 'False' };
    const known: Condition = {
      type: 'DiskPressure',
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      lastTransitionTime: earlier,
    };
    const never = (type: string) => ({
      type,
      status: 'Unknown',
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
      lastHeartbeatTime: earlier,
      lastTransitionTime: time,
    });
    assert.deepEqual(silentConditions(node([heard, network, known]), NOW), [
      {
        type: 'Ready',
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
        lastHeartbeatTime: earlier,
        lastTransitionTime: time,
      },
      network,
      known,
      never('MemoryPressure'),
      never('PIDPressure'),
    ]);
  });

  it('was heard last by its Lease, its status or its registration, whichever was last', () => {
    const lease = (renewTime: string) => ({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'n1' },
      spec: { renewTime },
    });
    const status = node([{ ...ready('True'), lastHeartbeatTime: '2026-11-22T07:30:00Z' }]);
    assert.equal(lastHeard(node([]), undefined), Date.parse(earlier));
    assert.equal(lastHeard(status, lease('2026-11-22T07:10:00.000000Z')), Date.parse('2026-11-22T07:30:00Z'));
    assert.equal(lastHeard(status, lease('2026-11-22T07:40:00.000000Z')), Date.parse('2026-11-22T07:40:00Z'));
  });
});
