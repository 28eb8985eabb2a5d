import type { Client, WatchEvent } from '../client.ts';
import { conditionOf, identity, isTerminal, keyOf, NODES, type Node, PODS, type Pod } from '../kinds.ts';
import type { Controller, ControllerLog } from './controller.ts';
import { Informer } from './informer.ts';
import { jsonOf } from './json-copy.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { DELETED_WITH_NODE, disrupted } from './pod-conditions.ts';
import { unlessMissing } from './refusals.ts';

const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

/** isLost tells whether a Pod that is being deleted has nobody who ends it: no node, or one that is out of service. Pure. */
export function isLost({ metadata, spec }: Pod, node: Node | undefined): boolean {
  if (metadata.deletionTimestamp === undefined) return false;
  if (spec.nodeName === undefined) return true;
  const ready = conditionOf(node?.status?.conditions, 'Ready')?.status === 'True';
  return !ready && node?.spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE) === true;
}

/**
 * PodGC removes Pods that no kubelet will end (pkg/controller/podgc). A Pod that is being deleted on a node that is
 * only unreachable stays, as on a real cluster: until the node is back, deleted or declared out of service.
 */
export class PodGC implements Controller {
  readonly #client: Client;
  readonly #queue: KeyedQueue;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #quarantine: number;
  /** When nodes were missed first, by name. */
  readonly #missed = new Map<string, number>();

  /** `quarantine` is how long a node must have been gone, in milliseconds. */
  constructor(client: Client, log: ControllerLog, quarantine: number) {
    this.#client = client;
    this.#quarantine = quarantine;
    this.#queue = new KeyedQueue(
      (key) => this.#collect(key),
      (key, error) => log('Pod was not collected', { pod: key, error: String(error) }),
    );
    this.#nodes = new Informer<Node>(client, NODES, (event) => this.#nodeSeen(event));
    this.#pods = new Informer<Pod>(client, PODS, ({ object }) => this.#queue.add(keyOf(object)), {
      group: ({ spec }) => spec.nodeName,
    });
  }

  async stop(): Promise<void> {
    this.#nodes.stop();
    this.#pods.stop();
    await this.#queue.stop();
  }

  #nodeSeen({ type, object }: WatchEvent<Node>): void {
    const { name } = identity(object);
    if (type === 'DELETED') this.#missed.set(name, Date.now());
    else this.#missed.delete(name);
    const outOfService = object.spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE) === true;
    if (type !== 'DELETED' && !outOfService) return;
    for (const pod of this.#pods.grouped(name)) this.#queue.add(keyOf(pod));
  }

  async #collect(key: string): Promise<void> {
    const pod = this.#pods.get(key);
    if (pod === undefined) return;
    const { nodeName } = pod.spec;
    const node = this.#nodes.get(nodeName ?? '');
    if (isLost(pod, node)) await this.#remove(pod, pod.status?.conditions ?? []);
    if (nodeName === undefined || node !== undefined) return;
    const missed = this.#missed.get(nodeName) ?? Date.now();
    this.#missed.set(nodeName, missed);
    const left = missed + this.#quarantine - Date.now();
    if (left > 0) this.#queue.addAfter(key, left);
    else await this.#remove(pod, disrupted(pod, DELETED_WITH_NODE, new Date()));
  }

  async #remove(pod: Pod, conditions: object): Promise<void> {
    const { namespace, name, uid } = identity(pod);
    const patch = { status: { phase: 'Failed', conditions: jsonOf(conditions) } };
    try {
      if (!isTerminal(pod)) await this.#client.patch(PODS, namespace, name, patch, 'status');
      await this.#client.delete(PODS, namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } });
    } catch (error) {
      unlessMissing(error);
    }
  }
}
