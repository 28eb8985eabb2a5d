import { ApiError } from '../api/errors.ts';
import type { Client } from '../client.ts';
import { identity, isTerminal, keyOf, NODES, type Node, PODS, type Pod, rfc3339 } from '../kinds.ts';
import type { Controller, ControllerLog } from './controller.ts';
import { Informer } from './informer.ts';
import { KeyedQueue } from './keyed-queue.ts';

/** PodGC removes Pods whose node does not exist any more (pkg/controller/podgc), as no kubelet will. */
export class PodGC implements Controller {
  readonly #client: Client;
  readonly #queue: KeyedQueue;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #quarantine: number;

  /** `quarantine` is how long a node must have been gone, in milliseconds. */
  constructor(client: Client, log: ControllerLog, quarantine: number) {
    this.#client = client;
    this.#quarantine = quarantine;
    this.#queue = new KeyedQueue(
      (key) => this.#collect(key),
      (key, error) => log('Pod was not collected', { pod: key, error: String(error) }),
    );
    this.#nodes = new Informer<Node>(client, NODES, ({ type, object }) => {
      if (type !== 'DELETED') return;
      const orphans = this.#pods.all().filter((pod) => pod.spec.nodeName === object.metadata.name);
      for (const pod of orphans) this.#queue.addAfter(keyOf(pod), this.#quarantine);
    });
    this.#pods = new Informer<Pod>(client, PODS, ({ type, object }, before) => {
      const { nodeName } = object.spec;
      const bound = nodeName !== undefined && before?.spec.nodeName === undefined;
      if (type !== 'DELETED' && bound && this.#nodes.get(nodeName) === undefined) {
        this.#queue.addAfter(keyOf(object), this.#quarantine);
      }
    });
  }

  async stop(): Promise<void> {
    this.#nodes.stop();
    this.#pods.stop();
    await this.#queue.stop();
  }

  async #collect(key: string): Promise<void> {
    const pod = this.#pods.get(key);
    const { nodeName } = pod?.spec ?? {};
    if (pod === undefined || nodeName === undefined || this.#nodes.get(nodeName) !== undefined) return;
    const { namespace, name, uid } = identity(pod);
    try {
      if (!isTerminal(pod))
        await this.#client.patch(PODS, namespace, name, { status: failed(pod) }, 'status');
      await this.#client.delete(PODS, namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 404)) throw error;
    }
  }
}

function failed(pod: Pod) {
  const now = rfc3339(new Date());
  const disruption = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByPodGC',
    message: 'PodGC: node no longer exists',
    lastProbeTime: null,
    lastTransitionTime: now,
    observedGeneration: pod.metadata.generation ?? 1,
  };
  return {
    phase: 'Failed',
    conditions: [...JSON.parse(JSON.stringify(pod.status?.conditions ?? [])), disruption],
  };
}
