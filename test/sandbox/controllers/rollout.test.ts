import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Deployment, ReplicaSet } from '../kinds.ts';
import { SPEC } from './played.ts';
import { boundsOf, planRollout } from './rollout.ts';

function deployment(replicas: number, strategy?: Deployment['spec']['strategy']): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace: 'default' },
    spec: {
      replicas,
      selector: {},
      template: { spec: SPEC },
      ...(strategy === undefined ? {} : { strategy }),
    },
  };
}

const rolling = (maxSurge: number | string, maxUnavailable: number | string) => ({
  type: 'RollingUpdate',
  rollingUpdate: { maxSurge, maxUnavailable },
});

function set(name: string, replicas: number, available = 0, existing = replicas): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name },
    spec: { replicas, selector: {}, template: { spec: SPEC } },
    status: { replicas: existing, availableReplicas: available },
  };
}

const steps = (subject: Deployment, current: ReplicaSet, ...old: ReplicaSet[]) =>
  planRollout(subject, current, old).map((scaling) => `${scaling.set.metadata.name}=${scaling.replicas}`);

describe('the bounds of a roll-out', () => {
  it('are shares of the replicas: what is more is rounded up, what may be missing down', () => {
    assert.deepEqual(boundsOf(deployment(3)), { most: 4, leastAvailable: 3 });
    assert.deepEqual(boundsOf(deployment(10, rolling('30%', '25%'))), { most: 13, leastAvailable: 8 });
    assert.deepEqual(boundsOf(deployment(2, rolling(5, 9))), { most: 7, leastAvailable: 0 });
  });

  it('let one be missing where nothing else could ever move', () => {
    assert.deepEqual(boundsOf(deployment(2, rolling(0, '10%'))), { most: 2, leastAvailable: 1 });
  });
});

describe('a step of a roll-out', () => {
  it('begins with all Pods at once where there are none', () => {
    assert.deepEqual(steps(deployment(3), set('new', 0)), ['new=3']);
  });

  it('scales the one ReplicaSet up and down', () => {
    assert.deepEqual(steps(deployment(5), set('new', 3, 3)), ['new=5']);
    assert.deepEqual(steps(deployment(1), set('new', 3, 3)), ['new=1']);
  });

  it('adds before it takes away, and takes away only what is made up for', () => {
    const subject = deployment(2, rolling(1, 0));
    assert.deepEqual(steps(subject, set('new', 0), set('old', 2, 2)), ['new=1']);
    assert.deepEqual(steps(subject, set('new', 1), set('old', 2, 2)), []);
    assert.deepEqual(steps(subject, set('new', 1, 1), set('old', 2, 2)), ['old=1']);
    assert.deepEqual(steps(subject, set('new', 1, 1), set('old', 1, 1)), ['new=2']);
    assert.deepEqual(steps(subject, set('new', 2, 2), set('old', 1, 1)), ['old=0']);
    assert.deepEqual(steps(subject, set('new', 2, 2), set('old', 0)), []);
  });

  it('gives up Pods that are not available first, and keeps those that are while new ones are missing', () => {
    const subject = deployment(4, rolling(1, 1));
    assert.deepEqual(steps(subject, set('new', 1), set('broken', 2, 0), set('old', 2, 2)), ['broken=1']);
    assert.deepEqual(steps(subject, set('new', 2), set('old', 3, 3)), []);
  });

  it('takes everything away first where Pods may not meet', () => {
    const subject = deployment(2, { type: 'Recreate' });
    assert.deepEqual(steps(subject, set('new', 0), set('old', 2, 2)), ['old=0']);
    assert.deepEqual(steps(subject, set('new', 0), set('old', 0, 0, 2)), []);
    assert.deepEqual(steps(subject, set('new', 0), set('old', 0)), ['new=2']);
    assert.deepEqual(steps(subject, set('new', 2, 2), set('old', 0)), []);
  });

  it('never has too many, never too few that work, and comes to its end', () => {
    const share = fc.integer({ min: 0, max: 3 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        share,
        share,
        fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
        (replicas, surge, down, chances) => {
          const subject = deployment(replicas, rolling(surge, down));
          const { most, leastAvailable } = boundsOf(subject);
          let [current, old] = [set('new', 0), set('old', replicas, replicas)];
          const ready = (one: ReplicaSet) =>
            set(one.metadata.name ?? '', one.spec.replicas ?? 0, one.spec.replicas);
          for (const becomesReady of [...chances, ...chances.map(() => true)]) {
            for (const scaling of planRollout(subject, current, [old])) {
              const available = Math.min(scaling.set.status?.availableReplicas ?? 0, scaling.replicas);
              const next = set(scaling.set.metadata.name ?? '', scaling.replicas, available);
              if (scaling.set === current) current = next;
              else old = next;
            }
            const sizes = (current.spec.replicas ?? 0) + (old.spec.replicas ?? 0);
            const working = (current.status?.availableReplicas ?? 0) + (old.status?.availableReplicas ?? 0);
            assert.ok(
              sizes <= most && working >= leastAvailable,
              `${sizes} of ${most}, ${working} of ${leastAvailable}`,
            );
            if (becomesReady) current = ready(current);
          }
          assert.deepEqual([current.spec.replicas, old.spec.replicas], [replicas, 0]);
        },
      ),
    );
  });
});
