import { isDeepStrictEqual } from 'node:util';
import type { Client, WatchEvent } from '../client.ts';
import { conditionOf, identity, LEASES, type Lease, NODES, type Node, PODS, type Pod } from '../kinds.ts';
import { Recorder } from '../recorder.ts';
import type { Controller, ControllerLog } from './controller.ts';
import { Informer } from './informer.ts';
import { jsonOf } from './json-copy.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { lastHeard, silentConditions, taintsFor } from './node-health.ts';
import { notReady } from './pod-conditions.ts';
import { unlessMissing } from './refusals.ts';

/**
 * NodeLifecycle calls silent nodes NotReady and taints nodes by their conditions. It never holds back, as a real one
 * does when a whole zone is silent.
 */
export class NodeLifecycle implements Controller {
  readonly #client: Client;
  readonly #recorder: Recorder;
  readonly #gracePeriod: number;
  readonly #queue: KeyedQueue;
  readonly #nodes: Informer<Node>;
  readonly #leases: Informer<Lease>;
  readonly #pods: Informer<Pod>;

  /** `gracePeriod` is how long a kubelet may be silent, in milliseconds. */
  constructor(client: Client, log: ControllerLog, gracePeriod: number) {
    this.#client = client;
    this.#gracePeriod = gracePeriod;
    this.#recorder = new Recorder(client, { component: 'node-controller' }, (error) =>
      log('Event was not written', { error: String(error) }),
    );
    this.#queue = new KeyedQueue(
      (key) => this.#sync(key),
      (key, error) => log('Node was not monitored', { node: key, error: String(error) }),
    );
    const enqueue = ({ object }: WatchEvent<Lease>) => this.#queue.add(object.metadata.name ?? '');
    const selector = { namespace: 'kube-node-lease' };
    this.#leases = new Informer<Lease>(client, LEASES, enqueue, { selector });
    this.#nodes = new Informer<Node>(client, NODES, (event) => this.#seen(event));
    this.#pods = new Informer<Pod>(client, PODS, () => {}, { group: ({ spec }) => spec.nodeName });
  }

  async stop(): Promise<void> {
    for (const informer of [this.#nodes, this.#leases, this.#pods]) informer.stop();
    await this.#queue.stop();
    await this.#recorder.idle();
  }

  #seen({ type, object }: WatchEvent<Node>): void {
    const { name } = identity(object);
    this.#queue.add(name);
    if (type === 'MODIFIED') return;
    const [reason, what] =
      type === 'ADDED'
        ? ['RegisteredNode', `Registered Node ${name} in Controller`]
        : ['RemovingNode', `Removing Node ${name} from Controller`];
    this.#recorder.record(object, { type: 'Normal', reason, message: `Node ${name} event: ${what}` });
  }

  async #sync(name: string): Promise<void> {
    let node = this.#nodes.get(name);
    if (node === undefined) return;
    const left =
      lastHeard(node, this.#leases.get(`kube-node-lease/${name}`)) + this.#gracePeriod - Date.now();
    if (left > 0) this.#queue.addAfter(name, left);
    else node = await this.#silence(node);
    await this.#taint(node);
  }

  async #silence(node: Node): Promise<Node> {
    const conditions = silentConditions(node, new Date());
    if (isDeepStrictEqual(conditions, node.status?.conditions)) return node;
    const { name } = identity(node);
    const patch = { status: { conditions: jsonOf(conditions) } };
    const written = await this.#client.patch<Node>(NODES, '', name, patch, 'status');
    this.#nodes.remember(written);
    if (conditionOf(node.status?.conditions, 'Ready')?.status === 'True') {
      const message = `Node ${name} status is now: NodeNotReady`;
      this.#recorder.record(node, { type: 'Normal', reason: 'NodeNotReady', message });
    }
    // Nobody on a silent node says that its Pods are not ready.
    for (const pod of this.#pods.grouped(name)) await this.#unready(pod);
    return written;
  }

  async #unready(pod: Pod): Promise<void> {
    const conditions = notReady(pod, new Date());
    if (conditions === undefined) return;
    const { namespace, name } = identity(pod);
    const patch = { status: { conditions: jsonOf(conditions) } };
    await this.#client.patch(PODS, namespace, name, patch, 'status').catch(unlessMissing);
    this.#recorder.record(pod, { type: 'Warning', reason: 'NodeNotReady', message: 'Node is not ready' });
  }

  async #taint(node: Node): Promise<void> {
    const before = node.spec?.taints ?? [];
    const taints = taintsFor(node, new Date());
    if (isDeepStrictEqual(taints, before)) return;
    const patch = { spec: { taints: taints.length > 0 ? jsonOf(taints) : null } };
    this.#nodes.remember(await this.#client.patch<Node>(NODES, '', identity(node).name, patch));
  }
}
