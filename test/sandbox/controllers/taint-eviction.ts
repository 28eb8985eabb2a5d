import { isDeepStrictEqual } from 'node:util';
import type { Client, WatchEvent } from '../client.ts';
import { identity, keyOf, NODES, type Node, PODS, type Pod, type Taint } from '../kinds.ts';
import { Recorder } from '../recorder.ts';
import type { Controller, ControllerLog } from './controller.ts';
import { Informer } from './informer.ts';
import { jsonOf } from './json-copy.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { DELETED_BY_TAINT, disrupted } from './pod-conditions.ts';
import { unlessMissing } from './refusals.ts';
import { tolerates } from './taints.ts';

/** endured is for how many milliseconds a Pod endures all of these taints, Infinity for ever. Pure. */
export function endured({ spec }: { spec: Pick<Pod['spec'], 'tolerations'> }, taints: Taint[]): number {
  const times = taints.map((taint) => {
    const matching = (spec.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
    if (matching.length === 0) return 0;
    return Math.min(
      ...matching.map(({ tolerationSeconds = Number.POSITIVE_INFINITY }) => tolerationSeconds * 1000),
    );
  });
  return Math.max(Math.min(...times), 0);
}

function driving(node: Node | undefined): Taint[] {
  return (node?.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
}

/** TaintEviction drives Pods off nodes whose NoExecute taints they do not tolerate, or not for ever. */
export class TaintEviction implements Controller {
  readonly #client: Client;
  readonly #recorder: Recorder;
  readonly #queue: KeyedQueue;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  /** Since when Pods endure, by uid. */
  readonly #since = new Map<string, number>();

  constructor(client: Client, log: ControllerLog) {
    this.#client = client;
    this.#recorder = new Recorder(client, { component: 'taint-eviction-controller' }, (error) =>
      log('Event was not written', { error: String(error) }),
    );
    this.#queue = new KeyedQueue(
      (key) => this.#sync(key),
      (key, error) => log('Pod was not evicted', { pod: key, error: String(error) }),
    );
    this.#pods = new Informer<Pod>(client, PODS, (event, before) => this.#podSeen(event, before), {
      group: ({ spec }) => spec.nodeName,
    });
    this.#nodes = new Informer<Node>(client, NODES, ({ object }, before) => {
      if (isDeepStrictEqual(driving(object), driving(before))) return;
      for (const pod of this.#pods.grouped(identity(object).name)) this.#queue.add(keyOf(pod));
    });
  }

  async stop(): Promise<void> {
    this.#nodes.stop();
    this.#pods.stop();
    await this.#queue.stop();
    await this.#recorder.idle();
  }

  #podSeen({ type, object }: WatchEvent<Pod>, before: Pod | undefined): void {
    if (type === 'DELETED') this.#since.delete(identity(object).uid);
    const claims = ({ spec }: Pod) => [spec.nodeName, spec.tolerations];
    const changed = before === undefined || !isDeepStrictEqual(claims(object), claims(before));
    if (type !== 'DELETED' && changed) this.#queue.add(keyOf(object));
  }

  async #sync(key: string): Promise<void> {
    const pod = this.#pods.get(key);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return;
    const { uid } = identity(pod);
    const delay = endured(pod, driving(this.#nodes.get(pod.spec.nodeName ?? '')));
    if (delay === Number.POSITIVE_INFINITY) {
      if (this.#since.delete(uid)) this.#tell(pod, `Cancelling deletion of Pod ${key}`);
      return;
    }
    const since = this.#since.get(uid) ?? Date.now();
    this.#since.set(uid, since);
    const left = since + delay - Date.now();
    if (left > 0) this.#queue.addAfter(key, left);
    else await this.#evict(pod);
  }

  #tell(pod: Pod, message: string): void {
    this.#recorder.record(pod, { type: 'Normal', reason: 'TaintManagerEviction', message });
  }

  async #evict(pod: Pod): Promise<void> {
    const { namespace, name, uid } = identity(pod);
    this.#tell(pod, `Marking for deletion Pod ${keyOf(pod)}`);
    const patch = { status: { conditions: jsonOf(disrupted(pod, DELETED_BY_TAINT, new Date())) } };
    try {
      await this.#client.patch(PODS, namespace, name, patch, 'status');
      await this.#client.delete(PODS, namespace, name, { preconditions: { uid } });
    } catch (error) {
      unlessMissing(error);
    }
    this.#since.delete(uid);
  }
}
