import { isDeepStrictEqual } from 'node:util';
import type { Client, WatchEvent } from '../client.ts';
import {
  type Condition,
  conditionOf,
  controllerOf,
  identity,
  isReady,
  isTerminal,
  keyOf,
  PODS,
  type Pod,
  REPLICA_SETS,
  type ReplicaSet,
  rfc3339,
} from '../kinds.ts';
import { Recorder } from '../recorder.ts';
import { availableIn, isAvailable } from './availability.ts';
import type { Controller, ControllerLog } from './controller.ts';
import { Informer } from './informer.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { leastLossFirst } from './least-loss.ts';
import { OwnedPods } from './owned-pods.ts';
import { controllerKey } from './owner.ts';

/** The pauses after a Pod was refused, in milliseconds. */
const BACK_OFF = { first: 100, most: 10_000 };

function replicaFailure({ status }: ReplicaSet, { message }: Error): Condition {
  const known = conditionOf(status?.conditions, 'ReplicaFailure');
  if (known !== undefined) return known;
  const lastTransitionTime = rfc3339(new Date());
  return { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message, lastTransitionTime };
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
    const changed = ({ object }: WatchEvent<Pod>) => {
      const key = controllerKey(object, 'ReplicaSet');
      if (key !== undefined) this.#queue.add(key);
    };
    this.#pods = new Informer<Pod>(client, PODS, changed, { group: controllerOf });
    this.#owned = new OwnedPods(client, this.#recorder, this.#pods, { backOff: BACK_OFF });
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
    const own = this.#pods.grouped(uid).filter((pod) => !isTerminal(pod));
    const active = own
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .sort(leastLossFirst);
    const missing = (set.spec.replicas ?? 1) - active.length;
    if (set.metadata.deletionTimestamp !== undefined) {
      await this.#write(set, active);
      return;
    }
    await Promise.all(active.slice(0, Math.max(-missing, 0)).map((pod) => this.#owned.remove(set, pod)));
    const templates = Array.from({ length: Math.max(missing, 0) }, () => set.spec.template);
    const { refused } = await this.#owned.create(set, templates);
    await this.#write(set, active, refused?.cause);
    const delays = active.map((pod) => availableIn(pod, set.spec.minReadySeconds ?? 0, Date.now()) ?? 0);
    const next = Math.min(...delays.filter((delay) => delay > 0));
    if (Number.isFinite(next)) this.#queue.addAfter(key, next);
    if (refused !== undefined) throw refused;
  }

  async #write(set: ReplicaSet, active: Pod[], failure?: unknown): Promise<void> {
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
      ...(failure instanceof Error ? { conditions: [replicaFailure(set, failure)] } : {}),
    };
    if (isDeepStrictEqual(status, set.status)) return;
    this.#sets.remember(await this.#client.updateStatus<ReplicaSet>(REPLICA_SETS, { ...set, status }));
  }
}
