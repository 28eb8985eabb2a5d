import { ApiError } from '../api/errors.ts';
import type { Client, WatchEvent } from '../client.ts';
import {
  type Condition,
  conditionOf,
  identity,
  isTerminal,
  keyOf,
  NODES,
  type Node,
  PODS,
  type Pod,
  rfc3339,
} from '../kinds.ts';
import { Recorder } from '../recorder.ts';
import type { Controller, ControllerLog } from './controller.ts';
import { loadsOf, place } from './fit.ts';
import { Informer } from './informer.ts';
import { KeyedQueue } from './keyed-queue.ts';

const NAME = 'default-scheduler';

function isWaiting(pod: Pod): boolean {
  const { schedulerName = NAME, nodeName } = pod.spec;
  return (
    nodeName === undefined &&
    schedulerName === NAME &&
    !isTerminal(pod) &&
    pod.metadata.deletionTimestamp === undefined
  );
}

/** Scheduler binds Pods to nodes. A Pod that fits nowhere waits until a node changes or another Pod goes away. */
export class Scheduler implements Controller {
  readonly #client: Client;
  readonly #recorder: Recorder;
  readonly #queue: KeyedQueue;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #waiting = new Set<string>();

  constructor(client: Client, log: ControllerLog) {
    this.#client = client;
    this.#recorder = new Recorder(client, { component: NAME }, (error) =>
      log('Event was not written', { error: String(error) }),
    );
    this.#queue = new KeyedQueue(
      (key) => this.#schedule(key),
      (key, error) => log('Pod was not scheduled', { pod: key, error: String(error) }),
    );
    this.#nodes = new Informer<Node>(client, NODES, () => this.#retryAll());
    this.#pods = new Informer<Pod>(client, PODS, (event, before) => this.#seen(event, before));
  }

  async stop(): Promise<void> {
    this.#nodes.stop();
    this.#pods.stop();
    await this.#queue.stop();
    await this.#recorder.idle();
  }

  #seen({ type, object }: WatchEvent<Pod>, before: Pod | undefined): void {
    const left = type === 'DELETED' || (isTerminal(object) && before !== undefined && !isTerminal(before));
    if (left) {
      this.#waiting.delete(keyOf(object));
      this.#retryAll();
    }
    // What this scheduler writes about a waiting Pod is no reason to try again.
    if (type !== 'DELETED' && isWaiting(object) && !this.#waiting.has(keyOf(object)))
      this.#queue.add(keyOf(object));
  }

  #retryAll(): void {
    for (const key of this.#waiting) this.#queue.add(key);
  }

  async #schedule(key: string): Promise<void> {
    const pod = this.#pods.get(key);
    if (pod === undefined || !isWaiting(pod)) {
      this.#waiting.delete(key);
      return;
    }
    const placement = place(pod, loadsOf(this.#nodes.all(), this.#pods.all()));
    if ('message' in placement) {
      this.#waiting.add(key);
      await this.#unschedulable(pod, placement.message);
      return;
    }
    this.#waiting.delete(key);
    await this.#bind(pod, placement.node);
  }

  async #bind(pod: Pod, node: string): Promise<void> {
    const { namespace, name } = identity(pod);
    // Assumed at once: the next Pod must find the place taken.
    this.#pods.remember({ ...pod, spec: { ...pod.spec, nodeName: node } });
    try {
      await this.#client.bind(namespace, name, node);
    } catch (error) {
      this.#pods.remember(pod);
      if (error instanceof ApiError && error.code === 404) return;
      throw error;
    }
    const message = `Successfully assigned ${namespace}/${name} to ${node}`;
    this.#recorder.record(pod, { type: 'Normal', reason: 'Scheduled', message, action: 'Binding' });
  }

  async #unschedulable(pod: Pod, message: string): Promise<void> {
    const before = conditionOf(pod.status?.conditions, 'PodScheduled');
    if (before?.message === message) return;
    const { namespace, name } = identity(pod);
    const condition: Condition = {
      lastProbeTime: null,
      lastTransitionTime:
        (before?.status === 'False' ? before.lastTransitionTime : undefined) ?? rfc3339(new Date()),
      message,
      observedGeneration: pod.metadata.generation ?? 1,
      reason: 'Unschedulable',
      status: 'False',
      type: 'PodScheduled',
    };
    const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
    const patch = { status: { conditions: JSON.parse(JSON.stringify([...others, condition])) } };
    try {
      this.#pods.remember(await this.#client.patch<Pod>(PODS, namespace, name, patch, 'status'));
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return;
      throw error;
    }
    this.#recorder.record(pod, {
      type: 'Warning',
      reason: 'FailedScheduling',
      message,
      action: 'Scheduling',
    });
  }
}
