import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Condition, Deployment, ReplicaSet } from '../kinds.ts';
import { deploymentStatus, progressLeft } from './deployment-status.ts';
import { SPEC } from './played.ts';

type Status = NonNullable<Deployment['status']>;

const START = new Date('2026-11-22T07:00:00Z');
const after = (seconds: number) => new Date(START.getTime() + seconds * 1000);

function deployment(status?: Status, spec: Partial<Deployment['spec']> = {}): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace: 'default', generation: 4 },
    spec: { replicas: 2, selector: {}, template: { spec: SPEC }, ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

function set(name: string, replicas: number, status?: ReplicaSet['status']): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name },
    spec: { replicas, selector: {}, template: { spec: SPEC } },
    ...(status === undefined ? {} : { status }),
  };
}

const running = (name: string, ready: number, replicas = 2) =>
  set(name, replicas, { replicas, readyReplicas: ready, availableReplicas: ready, observedGeneration: 1 });
const progress = ({ conditions = [] }: Status) =>
  conditions
    .filter(({ type }) => type === 'Progressing')
    .map(({ status, reason, message }) => [status, reason, message])[0];

describe('the status of a Deployment', () => {
  const created = deploymentStatus(deployment(), set('d-1', 2), [], START);
  const moving = deploymentStatus(deployment(created), running('d-1', 0), [], after(1));
  const half = deploymentStatus(deployment(moving), running('d-1', 1), [], after(2));
  const done = deploymentStatus(deployment(half), running('d-1', 2), [], after(3));

  it('begins with a new ReplicaSet and too few Pods', () => {
    const time = '2026-11-22T07:00:00Z';
    assert.deepEqual(created, {
      observedGeneration: 4,
      unavailableReplicas: 2,
      conditions: [
        {
          type: 'Available',
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
          lastTransitionTime: time,
          lastUpdateTime: time,
        },
        {
          type: 'Progressing',
          status: 'True',
          reason: 'NewReplicaSetCreated',
          message: 'Created new replica set "d-1"',
          lastTransitionTime: time,
          lastUpdateTime: time,
        },
      ],
    });
  });

  it('progresses, and is done when every Pod is new and available', () => {
    assert.deepEqual([moving, half, done].map(progress), [
      ['True', 'ReplicaSetUpdated', 'ReplicaSet "d-1" is progressing.'],
      ['True', 'ReplicaSetUpdated', 'ReplicaSet "d-1" is progressing.'],
      ['True', 'NewReplicaSetAvailable', 'ReplicaSet "d-1" has successfully progressed.'],
    ]);
    const { conditions, ...counts } = done;
    assert.deepEqual(counts, {
      observedGeneration: 4,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
    });
    assert.deepEqual(
      conditions?.map(({ lastTransitionTime, lastUpdateTime }) => [lastTransitionTime, lastUpdateTime]),
      [
        ['2026-11-22T07:00:03Z', '2026-11-22T07:00:03Z'],
        ['2026-11-22T07:00:00Z', '2026-11-22T07:00:03Z'],
      ],
    );
  });

  it('stays done when a Pod is lost later: that is no roll-out', () => {
    const lost = deploymentStatus(deployment(done), running('d-1', 1), [], after(900));
    assert.deepEqual(progress(lost), progress(done));
    assert.equal(lost.conditions?.[0]?.status, 'False');
    assert.equal(progressLeft(deployment(lost), after(900).getTime()), undefined);
  });

  it('is late when nothing moves for as long as it may, stays so, and recovers when something moves', () => {
    assert.equal(progressLeft(deployment(half), after(2).getTime()), 600_000);
    const early = deploymentStatus(deployment(half), running('d-1', 1), [], after(601));
    assert.deepEqual(progress(early), progress(half));
    const late = deploymentStatus(deployment(half), running('d-1', 1), [], after(602));
    const timedOut = ['False', 'ProgressDeadlineExceeded', 'ReplicaSet "d-1" has timed out progressing.'];
    assert.deepEqual(progress(late), timedOut);
    assert.deepEqual(
      progress(deploymentStatus(deployment(late), running('d-1', 1), [], after(700))),
      timedOut,
    );
    const back = deploymentStatus(deployment(late), running('d-1', 2), [], after(800));
    assert.equal(progress(back)?.[1], 'NewReplicaSetAvailable');
  });

  it('begins anew with another ReplicaSet, new or found again, and counts what is left of the old one', () => {
    const next = deploymentStatus(deployment(done), set('d-2', 1), [running('d-1', 2)], after(10));
    assert.deepEqual(progress(next), ['True', 'NewReplicaSetCreated', 'Created new replica set "d-2"']);
    assert.deepEqual([next.replicas, next.updatedReplicas, next.unavailableReplicas], [2, undefined, 1]);
    const found = deploymentStatus(deployment(done), running('d-0', 0, 0), [running('d-1', 2)], after(10));
    assert.deepEqual(progress(found), ['True', 'FoundNewReplicaSet', 'Found new replica set "d-0"']);
  });

  it('says that it is paused', () => {
    const paused = deploymentStatus(
      deployment(done, { paused: true }),
      undefined,
      [running('d-1', 2)],
      after(10),
    );
    assert.deepEqual(progress(paused), ['Unknown', 'DeploymentPaused', 'Deployment is paused']);
  });

  it('passes on why its Pods are refused', () => {
    const failure: Condition = {
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
      message: 'no',
    };
    const refused = set('d-1', 2, { replicas: 0, conditions: [failure], observedGeneration: 1 });
    const { conditions } = deploymentStatus(deployment(created), refused, [], after(1));
    assert.deepEqual(conditions?.[2], {
      ...failure,
      lastTransitionTime: '2026-11-22T07:00:01Z',
      lastUpdateTime: '2026-11-22T07:00:01Z',
    });
  });
});
