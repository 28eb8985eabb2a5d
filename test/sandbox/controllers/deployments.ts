import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../api/errors.ts';
import type { Client } from '../client.ts';
import {
  conditionOf,
  controllerOf,
  DEPLOYMENTS,
  type Deployment,
  identity,
  keyOf,
  REPLICA_SETS,
  type ReplicaSet,
} from '../kinds.ts';
import { Recorder } from '../recorder.ts';
import type { Controller, ControllerLog } from './controller.ts';
import { Informer } from './informer.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { boundsOf, deploymentStatus, planRollout } from './rollout.ts';
import { templateHash, templateText } from './template-hash.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const revision = (set: ReplicaSet) => Number(set.metadata.annotations?.[REVISION] ?? 0);

/** DeploymentController rolls Deployments from one ReplicaSet to the next. */
export class DeploymentController implements Controller {
  readonly #client: Client;
  readonly #recorder: Recorder;
  readonly #queue: KeyedQueue;
  readonly #deployments: Informer<Deployment>;
  readonly #sets: Informer<ReplicaSet>;

  constructor(client: Client, log: ControllerLog) {
    this.#client = client;
    this.#recorder = new Recorder(client, { component: 'deployment-controller' }, (error) =>
      log('Event was not written', { error: String(error) }),
    );
    this.#queue = new KeyedQueue(
      (key) => this.#sync(key),
      (key, error) => log('Deployment was not reconciled', { deployment: key, error: String(error) }),
    );
    this.#deployments = new Informer<Deployment>(client, DEPLOYMENTS, ({ object }) =>
      this.#queue.add(keyOf(object)),
    );
    this.#sets = new Informer<ReplicaSet>(client, REPLICA_SETS, ({ object }) => {
      const owner = object.metadata.ownerReferences?.find(
        ({ kind, controller }) => kind === 'Deployment' && controller,
      );
      if (owner !== undefined) this.#queue.add(`${object.metadata.namespace}/${owner.name}`);
    });
  }

  async stop(): Promise<void> {
    this.#deployments.stop();
    this.#sets.stop();
    await this.#queue.stop();
    await this.#recorder.idle();
  }

  async #sync(key: string): Promise<void> {
    const deployment = this.#deployments.get(key);
    if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return;
    const { uid } = identity(deployment);
    const own = this.#sets.all().filter((set) => controllerOf(set) === uid);
    const text = templateText(deployment.spec.template);
    const found = own.find(({ spec }) => templateText(spec.template) === text);
    const old = own.filter((set) => set !== found).sort((a, b) => revision(a) - revision(b));
    const current = await this.#number(deployment, found ?? (await this.#create(deployment, old)), old);
    if (deployment.spec.paused !== true) {
      for (const { set, replicas } of planRollout(deployment, current, old))
        await this.#scale(deployment, set, replicas);
    }
    await this.#tidy(deployment, old);
    await this.#write(deployment, current, old);
  }

  async #create(deployment: Deployment, old: ReplicaSet[]): Promise<ReplicaSet> {
    const { namespace, name, uid } = identity(deployment);
    const { template, selector, minReadySeconds } = deployment.spec;
    const hash = templateHash(template);
    const labels = { ...template.metadata?.labels, 'pod-template-hash': hash };
    const set: ReplicaSet = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-${hash}`,
        namespace,
        labels,
        annotations: { [REVISION]: `${Math.max(0, ...old.map(revision)) + 1}` },
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'Deployment',
            name,
            uid,
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: {
        replicas: 0,
        ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
        selector: { ...selector, matchLabels: { ...selector.matchLabels, 'pod-template-hash': hash } },
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    };
    const made = await this.#client.create<ReplicaSet>(REPLICA_SETS, set);
    this.#sets.remember(made);
    return made;
  }

  /** The present ReplicaSet has the highest revision, also when a rollback brought an old one back. */
  async #number(deployment: Deployment, set: ReplicaSet, old: ReplicaSet[]): Promise<ReplicaSet> {
    const number = Math.max(revision(set), ...old.map((other) => revision(other) + 1));
    let current = set;
    if (number !== revision(set)) {
      const { namespace, name } = identity(set);
      const annotations = { [REVISION]: `${number}` };
      current = await this.#client.patch<ReplicaSet>(REPLICA_SETS, namespace, name, {
        metadata: { annotations },
      });
      this.#sets.remember(current);
    }
    if (deployment.metadata.annotations?.[REVISION] !== `${number}`) {
      const { namespace, name } = identity(deployment);
      const patch = { metadata: { annotations: { [REVISION]: `${number}` } } };
      this.#deployments.remember(await this.#client.patch<Deployment>(DEPLOYMENTS, namespace, name, patch));
    }
    return current;
  }

  async #scale(deployment: Deployment, set: ReplicaSet, replicas: number): Promise<void> {
    const { namespace, name } = identity(set);
    const before = set.spec.replicas ?? 0;
    const annotations = {
      'deployment.kubernetes.io/desired-replicas': `${deployment.spec.replicas ?? 1}`,
      'deployment.kubernetes.io/max-replicas': `${boundsOf(deployment).most}`,
    };
    const patch = { metadata: { annotations }, spec: { replicas } };
    this.#sets.remember(await this.#client.patch<ReplicaSet>(REPLICA_SETS, namespace, name, patch));
    const message = `Scaled ${replicas > before ? 'up' : 'down'} replica set ${name} from ${before} to ${replicas}`;
    this.#recorder.record(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message });
  }

  async #tidy(deployment: Deployment, old: ReplicaSet[]): Promise<void> {
    const empty = old.filter(
      ({ spec, status }) => (spec.replicas ?? 0) === 0 && (status?.replicas ?? 0) === 0,
    );
    const surplus = empty.slice(0, Math.max(empty.length - (deployment.spec.revisionHistoryLimit ?? 10), 0));
    for (const set of surplus) {
      const { namespace, name } = identity(set);
      await this.#client.delete(REPLICA_SETS, namespace, name).catch((error: unknown) => {
        if (!(error instanceof ApiError && error.code === 404)) throw error;
      });
    }
  }

  async #write(deployment: Deployment, current: ReplicaSet, old: ReplicaSet[]): Promise<void> {
    const key = keyOf(deployment);
    const newest = (set: ReplicaSet) => this.#sets.get(keyOf(set)) ?? set;
    const present = this.#deployments.get(key) ?? deployment;
    const status = deploymentStatus(present, newest(current), old.map(newest), new Date());
    if (!isDeepStrictEqual(status, present.status)) {
      this.#deployments.remember(
        await this.#client.updateStatus<Deployment>(DEPLOYMENTS, { ...present, status }),
      );
    }
    const progressing = conditionOf(status.conditions, 'Progressing');
    if (progressing?.reason !== 'ReplicaSetUpdated') return;
    const due =
      Date.parse(progressing.lastUpdateTime ?? '') + (deployment.spec.progressDeadlineSeconds ?? 600) * 1000;
    this.#queue.addAfter(key, due - Date.now() + 1000);
  }
}
