import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Client, KubeObject, Resource } from '../client.ts';
import {
  conditionOf,
  DEPLOYMENTS,
  type Deployment,
  identity,
  PODS,
  type Pod,
  REPLICA_SETS,
  type ReplicaSet,
} from '../kinds.ts';
import { DeploymentController } from './deployments.ts';
import { readyStatus, SPEC } from './played.ts';
import { ReplicaSetController } from './replicasets.ts';
import { podsOf, type Stage, startStage } from './stage.ts';

const QUOTAS: Resource = { group: '', version: 'v1', plural: 'resourcequotas' };
const POD_HASH = 'pod-template-hash';

describe('the Deployment controller', () => {
  let stage: Stage;
  let stopPlaying: () => void;

  /** Every Pod is ready at once, and gone at once when it is deleted: there is no node that would do it. */
  function playPods(): () => void {
    return stage.client.watch<Pod>(PODS, { namespace: 'default' }, ({ type, object }) => {
      if (type === 'ADDED' && object.status?.phase === 'Pending') void stage.play(object, readyStatus());
    });
  }

  const make = (name: string, spec: Partial<Deployment['spec']> = {}) =>
    stage.client.create<Deployment>(DEPLOYMENTS, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: 'default' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels: { app: name } }, spec: SPEC },
        ...spec,
      },
    });
  const rolledOut = (name: string, generation: number, replicas = 2) =>
    stage.until<Deployment>(
      DEPLOYMENTS,
      `default/${name}`,
      ({ status }) =>
        status?.observedGeneration === generation &&
        (status.updatedReplicas ?? 0) === replicas &&
        (status.availableReplicas ?? 0) === replicas &&
        (status.replicas ?? 0) === replicas &&
        conditionOf(status.conditions, 'Progressing')?.reason === 'NewReplicaSetAvailable',
    );
  const sets = async (name: string) => {
    const { items } = await stage.client.list<ReplicaSet>(REPLICA_SETS, {
      namespace: 'default',
      labelSelector: `app=${name}`,
    });
    return items;
  };
  const restart = (name: string, restartedAt: string) => {
    const annotations = { 'kubectl.kubernetes.io/restartedAt': restartedAt };
    return stage.client.patch(DEPLOYMENTS, 'default', name, {
      spec: { template: { metadata: { annotations } } },
    });
  };

  before(async () => {
    stage = await startStage((client, log) => [
      new DeploymentController(client('system:kube-controller-manager'), log),
      new ReplicaSetController(client('system:kube-controller-manager'), log),
    ]);
    stopPlaying = playPods();
  });

  after(async () => {
    stopPlaying();
    await stage.end();
  });

  it('makes Pods by a ReplicaSet that bears the hash of their template', async () => {
    await make('web');
    const { metadata, status } = await rolledOut('web', 1);
    const [set] = await sets('web');
    const hash = set?.metadata.labels?.[POD_HASH] ?? '';
    assert.match(hash, /^[bcdfghjklmnpqrstvwxz2456789]{10}$/);
    assert.deepEqual(
      [set?.metadata.name, set?.spec.selector.matchLabels, metadata.annotations],
      [`web-${hash}`, { app: 'web', [POD_HASH]: hash }, { 'deployment.kubernetes.io/revision': '1' }],
    );
    assert.deepEqual(set?.status, {
      availableReplicas: 2,
      fullyLabeledReplicas: 2,
      observedGeneration: 2,
      readyReplicas: 2,
      replicas: 2,
    });
    assert.equal(conditionOf(status?.conditions, 'Available')?.status, 'True');
    for (const pod of await podsOf(stage.client, 'app=web', 2)) {
      assert.match(identity(pod).name, new RegExp(`^web-${hash}-[a-z0-9]{5}$`));
      assert.deepEqual(pod.metadata.labels, { app: 'web', [POD_HASH]: hash });
    }
    assert.deepEqual(await stage.told('default/web', 1), [
      `Normal ScalingReplicaSet: Scaled up replica set web-${hash} from 0 to 2`,
    ]);
  });

  it('scales', async () => {
    await make('scaled');
    await rolledOut('scaled', 1);
    await stage.client.patch(DEPLOYMENTS, 'default', 'scaled', { spec: { replicas: 3 } });
    await rolledOut('scaled', 2, 3);
    await stage.client.patch(DEPLOYMENTS, 'default', 'scaled', { spec: { replicas: 1 } });
    await rolledOut('scaled', 3, 1);
    assert.equal((await podsOf(stage.client, 'app=scaled', 1)).length, 1);
    await stage.client.patch(DEPLOYMENTS, 'default', 'scaled', { spec: { replicas: 0 } });
    await rolledOut('scaled', 4, 0);
  });

  it('rolls a restart out, keeps the old ReplicaSet empty, and finds it again on the way back', async () => {
    await make('rolled');
    await rolledOut('rolled', 1);
    const old = await podsOf(stage.client, 'app=rolled', 2);
    await restart('rolled', 'now');
    await rolledOut('rolled', 2);
    const names = old.map(({ metadata }) => metadata.name);
    const pods = await podsOf(stage.client, 'app=rolled', 2);
    assert.ok(pods.every(({ metadata }) => !names.includes(metadata.name)));
    const sizes = async () =>
      (await sets('rolled'))
        .map(({ spec, metadata }) => [
          metadata.annotations?.['deployment.kubernetes.io/revision'],
          spec.replicas,
        ])
        .sort();
    assert.deepEqual(await sizes(), [
      ['1', 0],
      ['2', 2],
    ]);
    await stage.client.patch(DEPLOYMENTS, 'default', 'rolled', {
      spec: { template: { metadata: { annotations: null } } },
    });
    await rolledOut('rolled', 3);
    assert.deepEqual(await sizes(), [
      ['2', 0],
      ['3', 2],
    ]);
  });

  it('keeps no more old ReplicaSets than it is told', async () => {
    await make('tidy', { revisionHistoryLimit: 0 });
    await rolledOut('tidy', 1);
    const [first] = await sets('tidy');
    await restart('tidy', 'now');
    await rolledOut('tidy', 2);
    await stage.gone(REPLICA_SETS, `default/${first?.metadata.name}`);
    assert.equal((await sets('tidy')).length, 1);
  });

  it('does nothing while it is paused, and goes on afterwards', async () => {
    await make('paused', { paused: true });
    const reason = ({ status }: Deployment) => conditionOf(status?.conditions, 'Progressing')?.reason;
    await stage.until<Deployment>(
      DEPLOYMENTS,
      'default/paused',
      (object) => reason(object) === 'DeploymentPaused',
    );
    assert.deepEqual(await sets('paused'), []);
    await stage.client.patch(DEPLOYMENTS, 'default', 'paused', { spec: { paused: false } });
    await rolledOut('paused', 2);
  });

  it('replaces a Pod that was deleted', async () => {
    await make('healed', { replicas: 1 });
    await rolledOut('healed', 1, 1);
    const [pod] = await podsOf(stage.client, 'app=healed', 1);
    assert.ok(pod);
    await stage.client.delete(PODS, 'default', identity(pod).name);
    await stage.gone(PODS, `default/${identity(pod).name}`);
    const [next] = await podsOf(stage.client, 'app=healed', 1);
    assert.notEqual(next?.metadata.name, pod.metadata.name);
  });

  it('says why Pods are refused, and no longer when they are not', async () => {
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'none', namespace: 'default' },
      spec: { hard: { 'count/pods': '0' } },
    };
    await stage.client.create<KubeObject>(QUOTAS, quota);
    await make('refused', { replicas: 1 });
    const failure = ({ status }: Deployment) => conditionOf(status?.conditions, 'ReplicaFailure');
    const refused = await stage.until<Deployment>(
      DEPLOYMENTS,
      'default/refused',
      (object) => failure(object) !== undefined,
    );
    assert.equal(failure(refused)?.reason, 'FailedCreate');
    assert.match(
      failure(refused)?.message ?? '',
      /^pods "refused-[a-z0-9-]+" is forbidden: exceeded quota: none, /,
    );
    const [set] = await sets('refused');
    const [line = ''] = await stage.told(`default/${set?.metadata.name}`, 1);
    assert.match(line, /^Warning FailedCreate: Error creating: pods "refused-/);
    await stage.client.delete(QUOTAS, 'default', 'none');
    const done = await rolledOut('refused', 1, 1);
    assert.equal(failure(done), undefined);
  });
});

describe('a template that comes while a step is under way', () => {
  it('is never reported with what belongs to the one before', async () => {
    const annotations = { 'kubectl.kubernetes.io/restartedAt': 'now' };
    const patch = { spec: { template: { metadata: { annotations } } } };
    let changed = false;
    /** A client through which the template changes just when the first ReplicaSet has been made. */
    const meddling = (client: Client): Client => ({
      get: client.get.bind(client),
      list: client.list.bind(client),
      update: client.update.bind(client),
      updateStatus: client.updateStatus.bind(client),
      patch: client.patch.bind(client),
      delete: client.delete.bind(client),
      bind: client.bind.bind(client),
      watch: client.watch.bind(client),
      create: async (resource, object) => {
        const made = await client.create(resource, object);
        if (resource === REPLICA_SETS && !changed) {
          changed = true;
          await client.patch(DEPLOYMENTS, 'default', 'd', patch);
          await new Promise((resolve) => setImmediate(resolve));
        }
        return made;
      },
    });
    const stage = await startStage((client, log) => [
      new DeploymentController(meddling(client('system:kube-controller-manager')), log),
    ]);
    const said: string[] = [];
    stage.client.watch<Deployment>(DEPLOYMENTS, { namespace: 'default' }, ({ object: { status } }) => {
      const message = conditionOf(status?.conditions, 'Progressing')?.message;
      if (message !== undefined) said.push(`${status?.observedGeneration} ${message}`);
    });
    const labels = { app: 'd' };
    await stage.client.create<Deployment>(DEPLOYMENTS, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd', namespace: 'default' },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: SPEC } },
    });
    await stage.until<Deployment>(DEPLOYMENTS, 'default/d', ({ status }) => status?.observedGeneration === 2);
    const { items } = await stage.client.list<ReplicaSet>(REPLICA_SETS, { namespace: 'default' });
    const [old] = items.filter(({ spec }) => spec.template.metadata?.annotations === undefined);
    assert.equal(items.length, 2);
    assert.deepEqual(
      said.filter((line) => line.startsWith('2 ') && line.includes(`"${old?.metadata.name}"`)),
      [],
    );
    await stage.end();
  });
});
