import { isDeepStrictEqual } from 'node:util';
import type { Client, WatchEvent } from '../client.ts';
import {
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
import { deploymentStatus, progressLeft } from './deployment-status.ts';
import { Informer } from './informer.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { newReplicaSet, REVISION, revisionOf } from './new-replica-set.ts';
import { controllerKey } from './owner.ts';
import { unlessMissing } from './refusals.ts';
import { boundsOf, planRollout } from './rollout.ts';
import { templateText } from './template-hash.ts';

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
    const changed = ({ object }: WatchEvent<ReplicaSet>) => {
      const key = controllerKey(object, 'Deployment');
      if (key !== undefined) this.#queue.add(key);
    };
    this.#sets = new Informer<ReplicaSet>(client, REPLICA_SETS, changed, { group: controllerOf });
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
    const own = this.#sets.grouped(identity(deployment).uid);
    const text = templateText(deployment.spec.template);
    const found = own.find(({ spec }) => templateText(spec.template) === text);
    const old = own.filter((set) => set !== found).sort((a, b) => revisionOf(a) - revisionOf(b));
    if (deployment.spec.paused === true) {
      await this.#write(deployment, found, old);
      return;
    }
    const made = found ?? (await this.#create(deployment, old));
    const current = await this.#number(made, old);
    for (const { set, replicas } of planRollout(deployment, current, old))
      await this.#scale(deployment, set, replicas);
    await this.#tidy(deployment, old);
    await this.#write(deployment, current, old);
  }

  async #create(deployment: Deployment, old: ReplicaSet[]): Promise<ReplicaSet> {
    const revision = Math.max(0, ...old.map(revisionOf)) + 1;
    const made = await this.#client.create<ReplicaSet>(REPLICA_SETS, newReplicaSet(deployment, revision));
    this.#sets.remember(made);
    return made;
  }

  /** The present ReplicaSet has the highest revision, also when a rollback brought an old one back. */
  async #number(set: ReplicaSet, old: ReplicaSet[]): Promise<ReplicaSet> {
    const number = Math.max(revisionOf(set), ...old.map((other) => revisionOf(other) + 1));
    if (number === revisionOf(set)) return set;
    const { namespace, name } = identity(set);
    const patch = { metadata: { annotations: { [REVISION]: `${number}` } } };
    const current = await this.#client.patch<ReplicaSet>(REPLICA_SETS, namespace, name, patch);
    this.#sets.remember(current);
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
      await this.#client.delete(REPLICA_SETS, namespace, name).catch(unlessMissing);
    }
  }

  /**
   * The status of the Deployment as it was when this step began: a template that has come since is none of it. The
   * revision goes with it, as the real controller writes it.
   */
  async #write(deployment: Deployment, current: ReplicaSet | undefined, old: ReplicaSet[]): Promise<void> {
    const newest = (set: ReplicaSet) => this.#sets.get(keyOf(set)) ?? set;
    const status = deploymentStatus(deployment, current && newest(current), old.map(newest), new Date());
    const revision = current === undefined ? {} : { [REVISION]: `${revisionOf(current)}` };
    const annotations = { ...deployment.metadata.annotations, ...revision };
    const next = { ...deployment, metadata: { ...deployment.metadata, annotations }, status };
    let written = deployment;
    if (
      !isDeepStrictEqual([status, annotations], [deployment.status, deployment.metadata.annotations ?? {}])
    ) {
      written = await this.#client.updateStatus<Deployment>(DEPLOYMENTS, next);
      this.#deployments.remember(written);
    }
    const left = progressLeft(written, Date.now());
    if (left !== undefined) this.#queue.addAfter(keyOf(deployment), left);
  }
}
