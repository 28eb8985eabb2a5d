import { isDeepStrictEqual } from 'node:util';
import type { Client } from '../client.ts';
import {
  controllerOf,
  identity,
  isReady,
  isTerminal,
  keyOf,
  PODS,
  type Pod,
  REPLICA_SETS,
  type ReplicaSet,
} from '../kinds.ts';
import { Recorder } from '../recorder.ts';
import { availableIn, isAvailable } from './availability.ts';
import type { Controller, ControllerLog } from './controller.ts';
import { Informer } from './informer.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { OwnedPods } from './owned-pods.ts';

/** Those that are the least loss go first: not scheduled, not ready, newest. */
function leastLossFirst(a: Pod, b: Pod): number {
  const rank = (pod: Pod) => (pod.spec.nodeName === undefined ? 0 : isReady(pod) ? 2 : 1);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  return (a.metadata.creationTimestamp ?? '') > (b.metadata.creationTimestamp ?? '') ? -1 : 1;
}

/** ReplicaSetController keeps the number of Pods that a ReplicaSet asks for. */
export class ReplicaSetController implements Controller {
  readonly #client: Client;
  readonly #recorder: Recorder;
  readonly #queue: KeyedQueue;
  readonly #sets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  readonly #owned: OwnedPods;

  constructor(client: Client, log: ControllerLog) {
    this.#client = client;
    this.#recorder = new Recorder(client, { component: 'replicaset-controller' }, (error) =>
      log('Event was not written', { error: String(error) }),
    );
    this.#queue = new KeyedQueue(
      (key) => this.#sync(key),
      (key, error) => log('ReplicaSet was not reconciled', { replicaSet: key, error: String(error) }),
    );
    this.#sets = new Informer<ReplicaSet>(client, REPLICA_SETS, ({ object }) =>
      this.#queue.add(keyOf(object)),
    );
    this.#pods = new Informer<Pod>(client, PODS, ({ object }) => {
      const owner = object.metadata.ownerReferences?.find(
        ({ kind, controller }) => kind === 'ReplicaSet' && controller,
      );
      if (owner !== undefined) this.#queue.add(`${object.metadata.namespace}/${owner.name}`);
    });
    this.#owned = new OwnedPods(client, this.#recorder, this.#pods);
  }

  async stop(): Promise<void> {
    this.#sets.stop();
    this.#pods.stop();
    await this.#queue.stop();
    await this.#recorder.idle();
  }

  async #sync(key: string): Promise<void> {
    const set = this.#sets.get(key);
    if (set === undefined) return;
    const { uid } = identity(set);
    const own = this.#pods.all().filter((pod) => controllerOf(pod) === uid && !isTerminal(pod));
    const active = own
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .sort(leastLossFirst);
    const missing = (set.spec.replicas ?? 1) - active.length;
    await this.#write(set, active);
    if (set.metadata.deletionTimestamp !== undefined) return;
    await Promise.all(active.slice(0, Math.max(-missing, 0)).map((pod) => this.#owned.remove(set, pod)));
    for (let i = 0; i < missing; i += 1) await this.#owned.create(set, set.spec.template);
    const delays = active.map((pod) => availableIn(pod, set.spec.minReadySeconds ?? 0, Date.now()) ?? 0);
    const next = Math.min(...delays.filter((delay) => delay > 0));
    if (Number.isFinite(next)) this.#queue.addAfter(key, next);
  }

  async #write(set: ReplicaSet, active: Pod[]): Promise<void> {
    const labels = Object.entries(set.spec.template.metadata?.labels ?? {});
    const labelled = active.filter((pod) =>
      labels.every(([name, value]) => pod.metadata.labels?.[name] === value),
    );
    const ready = active.filter(isReady).length;
    const available = active.filter((pod) =>
      isAvailable(pod, set.spec.minReadySeconds ?? 0, Date.now()),
    ).length;
    const status = {
      replicas: active.length,
      ...(labelled.length > 0 ? { fullyLabeledReplicas: labelled.length } : {}),
      ...(ready > 0 ? { readyReplicas: ready } : {}),
      ...(available > 0 ? { availableReplicas: available } : {}),
      observedGeneration: set.metadata.generation ?? 1,
    };
    if (isDeepStrictEqual(status, set.status)) return;
    this.#sets.remember(await this.#client.updateStatus<ReplicaSet>(REPLICA_SETS, { ...set, status }));
  }
}
