import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Node, Pod, PodSpec, SpreadConstraint } from '../kinds.ts';
import { loadsOf } from './node-load.ts';
import { place } from './placement.ts';
import { nodeNamed, SPEC } from './played.ts';
import { affinityObstacles } from './pod-affinity.ts';
import { spreadObstacles } from './spread.ts';

const labels = { app: 'web' };
const labelSelector = { matchLabels: labels };
const zoned = (name: string, zone: string): Node => nodeNamed(name, { labels: { zone } });
const nodes = [zoned('n1', 'a'), zoned('n2', 'a'), zoned('n3', 'b')];

function pod(name: string, spec: Partial<PodSpec> = {}, metadata: Pod['metadata'] = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels, ...metadata },
    spec: { ...SPEC, ...spec },
  };
}

const on = (nodeName: string, more: Pod['metadata'] = {}) => pod(`on-${nodeName}`, { nodeName }, more);
const spread = (more: Partial<SpreadConstraint> = {}): Partial<PodSpec> => ({
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector, ...more },
  ],
});

function refused(subject: Pod, pods: Pod[], among = nodes): Record<string, string | undefined> {
  const loads = loadsOf(among, pods);
  const [uneven, unwelcome] = [spreadObstacles(subject, loads), affinityObstacles(subject, loads)];
  return Object.fromEntries(
    among.map((node) => [node.metadata.name, (uneven(node) ?? unwelcome(node))?.reason]),
  );
}

const UNEVEN = "node(s) didn't match pod topology spread constraints";
const none = { n1: undefined, n2: undefined, n3: undefined };

describe('a topology spread that must hold', () => {
  it('keeps Pods from a domain that has too many already', () => {
    assert.deepEqual(refused(pod('a', spread()), [on('n1')]), { n1: UNEVEN, n2: UNEVEN, n3: undefined });
    assert.deepEqual(refused(pod('a', spread({ maxSkew: 2 })), [on('n1')]), none);
  });

  it('counts only Pods of the selector and the namespace that are not going away', () => {
    const others = [
      on('n1', { labels: { app: 'db' } }),
      on('n1', { namespace: 'other' }),
      on('n1', { deletionTimestamp: '2026-11-22T07:00:00Z' }),
    ];
    assert.deepEqual(refused(pod('a', spread()), others), none);
  });

  it('counts a Pod that is not selected itself for nothing', () => {
    assert.deepEqual(refused(pod('a', spread(), { labels: {} }), [on('n1')]), none);
  });

  it('needs the label on the node', () => {
    const among = [...nodes, nodeNamed('n4')];
    assert.deepEqual(refused(pod('a', spread()), [], among), {
      ...none,
      n4: `${UNEVEN} (missing required label)`,
    });
  });

  it('does not wait for domains that the Pod may not go to', () => {
    const only = pod('a', { ...spread(), nodeSelector: { zone: 'a' } });
    assert.equal(refused(only, [on('n1')]).n2, undefined);
    const all = pod('a', { ...spread({ nodeAffinityPolicy: 'Ignore' }), nodeSelector: { zone: 'a' } });
    assert.equal(refused(all, [on('n1')]).n2, UNEVEN);
  });

  it('ignores taints unless it is told to honour them', () => {
    const tainted = nodeNamed('n3', {
      labels: { zone: 'b' },
      spec: { taints: [{ key: 'x', effect: 'NoSchedule' }] },
    });
    const among = [...nodes.slice(0, 2), tainted];
    assert.equal(refused(pod('a', spread()), [on('n1')], among).n2, UNEVEN);
    assert.equal(refused(pod('a', spread({ nodeTaintsPolicy: 'Honor' })), [on('n1')], among).n2, undefined);
  });

  it('takes the least as nothing while there are too few domains', () => {
    const pods = [on('n1'), on('n3')];
    assert.deepEqual(refused(pod('a', spread()), pods), none);
    assert.deepEqual(refused(pod('a', spread({ minDomains: 3 })), pods), {
      n1: UNEVEN,
      n2: UNEVEN,
      n3: UNEVEN,
    });
  });

  it('tells generations of Pods apart by the keys that it is given', () => {
    const mine = { app: 'web', hash: 'new' };
    const constraint = spread({ matchLabelKeys: ['hash'] });
    const old = [on('n1', { labels: { app: 'web', hash: 'old' } })];
    assert.deepEqual(refused(pod('a', constraint, { labels: mine }), old), none);
  });

  it('leaves what is only wished for alone', () => {
    assert.deepEqual(refused(pod('a', spread({ whenUnsatisfiable: 'ScheduleAnyway' })), [on('n1')]), none);
  });

  it('never lets domains drift further apart than allowed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.nat({ max: 15 }), (maxSkew, count) => {
        const pods: Pod[] = [];
        for (let i = 0; i < count; i += 1) {
          const placement = place(pod(`p${i}`, spread({ maxSkew })), loadsOf(nodes, pods));
          assert.ok('node' in placement);
          pods.push(on(placement.node));
        }
        const size = (zone: string) =>
          loadsOf(nodes, pods)
            .filter(({ node }) => node.metadata.labels?.zone === zone)
            .reduce((sum, load) => sum + load.pods.length, 0);
        assert.ok(Math.abs(size('a') - size('b')) <= maxSkew);
      }),
    );
  });
});

describe('affinity between Pods', () => {
  const term = { topologyKey: 'zone', labelSelector };
  const apart: Partial<PodSpec> = {
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
  };
  const together: Partial<PodSpec> = {
    affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
  };

  it('keeps a Pod from domains that hold one that it avoids', () => {
    const reason = "node(s) didn't match pod anti-affinity rules";
    assert.deepEqual(refused(pod('a', apart), [on('n1')]), { n1: reason, n2: reason, n3: undefined });
    assert.deepEqual(refused(pod('a', apart), [on('n1', { namespace: 'other' })]), none);
  });

  it('reaches other namespaces when it names them, or all', () => {
    const reach = (more: object) => {
      const required = [{ ...term, ...more }];
      const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
      return refused(pod('a', { affinity }), [on('n1', { namespace: 'other' })]).n2 !== undefined;
    };
    assert.deepEqual(
      [reach({ namespaces: ['other'] }), reach({ namespaceSelector: {} }), reach({})],
      [true, true, false],
    );
    assert.throws(() => reach({ namespaceSelector: { matchLabels: { a: 'b' } } }), /not known here/);
  });

  it('keeps a Pod from domains that hold one that avoids it', () => {
    const reason = "node(s) didn't satisfy existing pods anti-affinity rules";
    const shy = pod('shy', { ...apart, nodeName: 'n3' });
    assert.deepEqual(refused(pod('a'), [shy]), { n1: undefined, n2: undefined, n3: reason });
  });

  it('keeps a Pod in the domain of those that it wants to be with; the first may go anywhere', () => {
    const reason = "node(s) didn't match pod affinity rules";
    assert.deepEqual(refused(pod('a', together), [on('n1')]), { n1: undefined, n2: undefined, n3: reason });
    assert.deepEqual(refused(pod('a', together), []), none);
    assert.deepEqual(refused(pod('a', together, { labels: {} }), []), { n1: reason, n2: reason, n3: reason });
  });
});
