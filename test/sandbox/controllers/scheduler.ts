import { isDeepStrictEqual } from 'node:util';
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
import { Informer } from './informer.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { loadsOf } from './node-load.ts';
import { place, wouldPreempt } from './placement.ts';
import { dependsOnPods } from './pod-affinity.ts';
import { unlessMissing } from './refusals.ts';

const NAME = 'default-scheduler';
/** The one key of the queue: Pods are scheduled one at a time. */
const CYCLE = 'cycle';

function isWaiting(pod: Pod): boolean {
  const { schedulerName = NAME, nodeName, schedulingGates = [] } = pod.spec;
  return (
    nodeName === undefined &&
    schedulingGates.length === 0 &&
    schedulerName === NAME &&
    !isTerminal(pod) &&
    pod.metadata.deletionTimestamp === undefined
  );
}

function firstInLine(a: Pod, b: Pod): number {
  const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  return (b.spec.priority ?? 0) - (a.spec.priority ?? 0) || (left < right ? -1 : left > right ? 1 : 0);
}

const claims = ({ spec, metadata }: Pod) => [spec, metadata.labels ?? {}];

/** Scheduler binds Pods to nodes. A Pod that fits nowhere waits until a node changes or another Pod goes away. */
export class Scheduler implements Controller {
  readonly #client: Client;
  readonly #log: ControllerLog;
  readonly #recorder: Recorder;
  readonly #queue: KeyedQueue;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  /** Pods that are to be looked at. */
  readonly #active = new Set<string>();
  /** Pods that fit nowhere as things are. */
  readonly #waiting = new Set<string>();

  constructor(client: Client, log: ControllerLog) {
    this.#client = client;
    this.#log = log;
    this.#recorder = new Recorder(client, { component: NAME }, (error) =>
      log('Event was not written', { error: String(error) }),
    );
    this.#queue = new KeyedQueue(
      () => this.#cycle(),
      (_, error) => log('Pod was not scheduled', { error: String(error) }),
    );
    this.#nodes = new Informer<Node>(client, NODES, () => this.#retry(() => true));
    this.#pods = new Informer<Pod>(client, PODS, (event, before) => this.#seen(event, before));
  }

  async stop(): Promise<void> {
    this.#nodes.stop();
    this.#pods.stop();
    await this.#queue.stop();
    await this.#recorder.idle();
  }

  #seen({ type, object }: WatchEvent<Pod>, before: Pod | undefined): void {
    const key = keyOf(object);
    const left = type === 'DELETED' || (isTerminal(object) && before !== undefined && !isTerminal(before));
    const bound = object.spec.nodeName !== undefined && before?.spec.nodeName !== object.spec.nodeName;
    if (type === 'DELETED' || !isWaiting(object)) this.#waiting.delete(key);
    if (left) this.#retry(() => true);
    else if (bound) this.#retry(dependsOnPods);
    // What this scheduler writes about a waiting Pod is no reason to try again: a change of its spec or labels is.
    const changed = !isDeepStrictEqual(claims(object), before && claims(before));
    if (type !== 'DELETED' && isWaiting(object) && (changed || !this.#waiting.has(key))) this.#activate(key);
  }

  /** Those that wait are tried again. */
  #retry(test: (pod: Pod) => boolean): void {
    for (const key of this.#waiting) {
      const pod = this.#pods.get(key);
      if (pod !== undefined && test(pod)) this.#activate(key);
    }
  }

  #activate(key: string): void {
    this.#active.add(key);
    this.#queue.add(CYCLE);
  }

  /** One Pod after the other, the most important first, then the oldest. One that fails holds no other up. */
  async #cycle(): Promise<void> {
    const failed = new Map<string, unknown>();
    for (let key = this.#next(); key !== undefined; key = this.#next()) {
      this.#active.delete(key);
      try {
        await this.#schedule(key);
      } catch (error) {
        failed.set(key, error);
      }
    }
    for (const key of failed.keys()) this.#active.add(key);
    const [first] = failed;
    if (first !== undefined) throw new Error(`${first[0]}: ${first[1]}`, { cause: first[1] });
  }

  #next(): string | undefined {
    for (const key of this.#active) if (this.#pods.get(key) === undefined) this.#active.delete(key);
    const pods = [...this.#active].flatMap((key) => this.#pods.get(key) ?? []);
    const [first] = pods.sort(firstInLine);
    return first === undefined ? undefined : keyOf(first);
  }

  async #schedule(key: string): Promise<void> {
    const pod = this.#pods.get(key);
    if (pod === undefined || !isWaiting(pod)) {
      this.#waiting.delete(key);
      return;
    }
    const loads = loadsOf(this.#nodes.all(), this.#pods.all());
    const placement = place(pod, loads);
    if ('message' in placement) {
      this.#waiting.add(key);
      if (wouldPreempt(pod, loads)) this.#log('Preemption is not known here', { pod: key });
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
      return unlessMissing(error);
    }
    this.#retry(dependsOnPods);
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
      return unlessMissing(error);
    }
    this.#recorder.record(pod, {
      type: 'Warning',
      reason: 'FailedScheduling',
      message,
      action: 'Scheduling',
    });
  }
}
