import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Affinity, Node, Pod, PodSpec } from '../kinds.ts';
import { loadsOf } from './node-load.ts';
import { place, wouldPreempt } from './placement.ts';
import { nodeNamed, SPEC } from './played.ts';

const three = ['n1', 'n2', 'n3'].map((name) => nodeNamed(name));

function pod(name: string, spec: Partial<PodSpec> = {}, metadata: Pod['metadata'] = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', ...metadata },
    spec: { ...SPEC, ...spec },
  };
}

const placed = (subject: Pod, nodes: Node[] = three, pods: Pod[] = []) =>
  place(subject, loadsOf(nodes, pods));
const pinnedTo = (...names: string[]): Affinity => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: names.map((name) => ({
        matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }],
      })),
    },
  },
});
const asking = (cpu: string): Partial<PodSpec> => ({
  containers: [{ name: 'c', image: 'c', resources: { requests: { cpu } } }],
});
const END = 'no new claims to deallocate, preemption: 0/3 nodes are available: ';
const HOPELESS = `${END}3 Preemption is not helpful for scheduling.`;

describe('where a Pod is put', () => {
  it('on no node that is not there: it says the same as a captured Pod', () => {
    const file = new URL('../../fixtures/jobs/pods-of-nowhere.json', import.meta.url);
    const { items }: { items: Pod[] } = JSON.parse(readFileSync(file, 'utf8'));
    const [captured] = items;
    assert.ok(captured);
    assert.deepEqual(placed(captured), { message: captured.status?.conditions?.[0]?.message });
  });

  it('on the node that it is pinned to, whatever its labels are', () => {
    assert.deepEqual(placed(pod('a', { affinity: pinnedTo('n2') })), { node: 'n2' });
    const either = pod('a', { affinity: pinnedTo('n3', 'gone') });
    assert.deepEqual(placed(either), { node: 'n3' });
  });

  it('on no other than its pinned node when that has no place', () => {
    const nodes = [nodeNamed('n1', { spec: { unschedulable: true } }), ...three.slice(1)];
    assert.deepEqual(placed(pod('a', { affinity: pinnedTo('n1') }), nodes), {
      message: `0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. ${HOPELESS}`,
    });
  });

  it('says for each node the first thing that keeps the Pod off it, in the order of their words', () => {
    const nodes = [
      nodeNamed('n1', { spec: { unschedulable: true } }),
      nodeNamed('n2', { spec: { taints: [{ key: 'gpu', effect: 'NoSchedule' }] } }),
      nodeNamed('n3', { labels: { disk: 'hdd' } }),
    ];
    const wanting = pod('a', { nodeSelector: { disk: 'ssd' } });
    assert.deepEqual(placed(wanting, nodes), {
      message: `0/3 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable. ${HOPELESS}`,
    });
  });

  it('says that preemption might have helped where only room is missing, if the Pod may preempt', () => {
    const full = three.map(({ metadata }) =>
      pod(`on-${metadata.name}`, { ...asking('3'), nodeName: metadata.name ?? '' }),
    );
    const [first, ...rest] = full;
    assert.ok(first);
    const big = pod('a', asking('2'));
    const reasons = '0/3 nodes are available: 3 Insufficient cpu. ';
    assert.deepEqual(placed(big, three, full), {
      message: `${reasons}${END}3 No preemption victims found for incoming pod.`,
    });
    assert.deepEqual(placed(pod('a', { ...asking('2'), preemptionPolicy: 'Never' }), three, full), {
      message: `${reasons}no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.`,
    });
    assert.deepEqual(placed(big, three, rest), { node: 'n1' });
    const ended = { ...first, status: { phase: 'Succeeded' as const } };
    assert.deepEqual(placed(big, three, [ended, ...rest]), { node: 'n1' });
  });

  it('names every resource that a node is short of', () => {
    const requests = { cpu: '8', memory: '16Gi' };
    const greedy = pod('a', { containers: [{ name: 'c', image: 'c', resources: { requests } }] });
    const { status, ...node } = nodeNamed('n1');
    const crowded = { ...node, status: { ...status, allocatable: { ...status?.allocatable, pods: '0' } } };
    assert.deepEqual(placed(greedy, [crowded]), {
      message:
        '0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 Too many pods. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    });
  });

  it('nowhere when there are no nodes', () => {
    assert.deepEqual(placed(pod('a'), []), { message: 'no nodes available to schedule pods' });
  });

  it('on a tainted or cordoned node when it tolerates that', () => {
    const nodes = [
      nodeNamed('n1', {
        spec: {
          unschedulable: true,
          taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }],
        },
      }),
    ];
    assert.ok('message' in placed(pod('a'), nodes));
    assert.deepEqual(placed(pod('a', { tolerations: [{ operator: 'Exists' }] }), nodes), { node: 'n1' });
    const soft = [nodeNamed('n1', { spec: { taints: [{ key: 'a', effect: 'PreferNoSchedule' }] } })];
    assert.deepEqual(placed(pod('a'), soft), { node: 'n1' });
  });

  it('never twice on one node with the same port of the node', () => {
    const ports: Partial<PodSpec> = {
      containers: [{ name: 'c', image: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }],
    };
    const taken = [pod('b', { ...ports, nodeName: 'n1' }), pod('c', { ...ports, nodeName: 'n2' })];
    assert.deepEqual(placed(pod('a', ports), three, taken), { node: 'n3' });
    const host: Partial<PodSpec> = {
      hostNetwork: true,
      containers: [{ name: 'c', image: 'c', ports: [{ containerPort: 80 }] }],
    };
    assert.deepEqual(placed(pod('a', host), three, taken), { node: 'n3' });
    const message = placed(pod('a', ports), three.slice(0, 2), taken);
    assert.match(
      'message' in message ? message.message : '',
      /2 node\(s\) didn't have free ports for the requested pod ports/,
    );
  });

  it('where the fewest Pods of the same owner run', () => {
    const ownerReferences = [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'r', controller: true },
    ];
    const sibling = (name: string, nodeName: string) => pod(name, { nodeName }, { ownerReferences });
    const pods = [
      sibling('b', 'n1'),
      sibling('c', 'n3'),
      pod('d', { nodeName: 'n2' }),
      pod('e', { nodeName: 'n2' }),
    ];
    assert.deepEqual(placed(pod('a', {}, { ownerReferences }), three, pods), { node: 'n2' });
  });

  it('never beyond what a node has, however Pods come', () => {
    const cores = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(fc.array(cores, { maxLength: 12 }), (sizes) => {
        const pods: Pod[] = [];
        for (const [i, size] of sizes.entries()) {
          const next = pod(`p${i}`, asking(`${size}`));
          const placement = placed(next, three, pods);
          if ('node' in placement) pods.push({ ...next, spec: { ...next.spec, nodeName: placement.node } });
        }
        for (const { node, pods: bound } of loadsOf(three, pods)) {
          const used = bound.reduce(
            (sum, { spec }) => sum + Number(spec.containers[0]?.resources?.requests?.cpu),
            0,
          );
          assert.ok(used <= 4, `${node.metadata.name} has ${used}`);
        }
      }),
    );
  });
});

describe('what a real scheduler would end Pods for', () => {
  const low = three.map(({ metadata }) =>
    pod(`on-${metadata.name}`, { ...asking('4'), nodeName: metadata.name ?? '', priority: 1 }),
  );

  it('is a Pod of a higher priority that may preempt', () => {
    assert.equal(wouldPreempt(pod('a', { ...asking('1'), priority: 2 }), loadsOf(three, low)), true);
    assert.equal(wouldPreempt(pod('a', { ...asking('1'), priority: 1 }), loadsOf(three, low)), false);
    assert.equal(
      wouldPreempt(pod('a', { ...asking('1'), priority: 2, preemptionPolicy: 'Never' }), loadsOf(three, low)),
      false,
    );
    assert.equal(wouldPreempt(pod('a', { ...asking('9'), priority: 2 }), loadsOf(three, low)), false);
  });
});
