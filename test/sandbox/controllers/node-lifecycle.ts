import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../api/errors.ts';
import type { Client } from '../client.ts';
import {
  type Condition,
  conditionOf,
  identity,
  isTerminal,
  keyOf,
  LEASES,
  type Lease,
  NODES,
  type Node,
  PODS,
  type Pod,
  rfc3339,
  type Taint,
} from '../kinds.ts';
import { Recorder } from '../recorder.ts';
import type { Controller, ControllerLog } from './controller.ts';
import { Informer } from './informer.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { tolerates } from './taints.ts';

const OWN_TAINTS = [
  'node.kubernetes.io/not-ready',
  'node.kubernetes.io/unreachable',
  'node.kubernetes.io/unschedulable',
];

/** taintsFor are the taints of this controller that belong to a node as it is (pkg/controller/nodelifecycle). Pure. */
export function taintsFor(node: Node, now: string): Taint[] {
  const ready = conditionOf(node.status?.conditions, 'Ready')?.status;
  const keys: [string, Taint['effect']][] = [];
  if (ready === 'Unknown') keys.push(['unreachable', 'NoSchedule'], ['unreachable', 'NoExecute']);
  if (ready === 'False') keys.push(['not-ready', 'NoSchedule'], ['not-ready', 'NoExecute']);
  if (node.spec?.unschedulable === true) keys.push(['unschedulable', 'NoSchedule']);
  const before = node.spec?.taints ?? [];
  return keys.map(([name, effect]) => {
    const key = `node.kubernetes.io/${name}`;
    return (
      before.find((taint) => taint.key === key && taint.effect === effect) ?? { key, effect, timeAdded: now }
    );
  });
}

/** evictIn is after how many milliseconds NoExecute taints drive a Pod away; undefined when they do not. Pure. */
export function evictIn(pod: Pod, taints: Taint[], now: number): number | undefined {
  const delays = taints
    .filter(({ effect }) => effect === 'NoExecute')
    .map((taint) => {
      const matching = (pod.spec.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
      if (matching.length === 0) return 0;
      const seconds = Math.min(
        ...matching.map(({ tolerationSeconds }) => tolerationSeconds ?? Number.POSITIVE_INFINITY),
      );
      return Date.parse(taint.timeAdded ?? '') + seconds * 1000 - now;
    });
  const soonest = Math.min(...delays);
  return Number.isFinite(soonest) ? Math.max(soonest, 0) : undefined;
}

/** unknownConditions are a node's conditions once its kubelet has been silent for too long. Pure. */
export function unknownConditions(conditions: Condition[], now: string): Condition[] {
  return conditions.map((condition) => ({
    ...condition,
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
    lastTransitionTime: condition.status === 'Unknown' ? (condition.lastTransitionTime ?? now) : now,
  }));
}

/** NodeLifecycle calls silent nodes NotReady, taints them and drives Pods off that do not tolerate it. */
export class NodeLifecycle implements Controller {
  readonly #client: Client;
  readonly #recorder: Recorder;
  readonly #gracePeriod: number;
  readonly #queue: KeyedQueue;
  readonly #nodes: Informer<Node>;
  readonly #leases: Informer<Lease>;
  readonly #pods: Informer<Pod>;
  readonly #unready = new Set<string>();

  /** `gracePeriod` is how old a Lease may get, in milliseconds. */
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
    const enqueue = ({ object }: { object: Node | Lease }) => this.#queue.add(object.metadata.name ?? '');
    this.#leases = new Informer<Lease>(client, LEASES, enqueue, {
      selector: { namespace: 'kube-node-lease' },
    });
    this.#nodes = new Informer<Node>(client, NODES, enqueue);
    this.#pods = new Informer<Pod>(client, PODS, ({ object }) => {
      // Taints of nodes are rare: most Pods' changes need no look at their node.
      const node = this.#nodes.get(object.spec.nodeName ?? '');
      if (node?.spec?.taints?.some(({ effect }) => effect === 'NoExecute')) this.#queue.add(keyOf(node));
    });
  }

  async stop(): Promise<void> {
    for (const informer of [this.#nodes, this.#leases, this.#pods]) informer.stop();
    await this.#queue.stop();
    await this.#recorder.idle();
  }

  async #sync(name: string): Promise<void> {
    let node = this.#nodes.get(name);
    if (node === undefined) {
      this.#unready.delete(name);
      return;
    }
    const renewed = Date.parse(this.#leases.get(`kube-node-lease/${name}`)?.spec?.renewTime ?? '');
    const since = Number.isNaN(renewed) ? Date.parse(node.metadata.creationTimestamp ?? '') : renewed;
    const left = since + this.#gracePeriod - Date.now();
    if (left <= 0) node = await this.#silent(node);
    else this.#queue.addAfter(name, left);
    node = await this.#taint(node);
    await this.#markPods(node);
    await this.#evict(node);
  }

  async #silent(node: Node): Promise<Node> {
    const conditions = unknownConditions(node.status?.conditions ?? [], rfc3339(new Date()));
    if (isDeepStrictEqual(conditions, node.status?.conditions)) return node;
    const patch = { status: { conditions: JSON.parse(JSON.stringify(conditions)) } };
    const written = await this.#client.patch<Node>(NODES, '', identity(node).name, patch, 'status');
    this.#nodes.remember(written);
    return written;
  }

  async #taint(node: Node): Promise<Node> {
    const before = node.spec?.taints ?? [];
    const own = taintsFor(node, rfc3339(new Date()));
    const taints = [...before.filter(({ key }) => !OWN_TAINTS.includes(key)), ...own];
    if (isDeepStrictEqual(taints, before)) return node;
    const patch = { spec: { taints: taints.length > 0 ? JSON.parse(JSON.stringify(taints)) : null } };
    const written = await this.#client.patch<Node>(NODES, '', identity(node).name, patch);
    this.#nodes.remember(written);
    return written;
  }

  #podsOn(node: Node): Pod[] {
    return this.#pods.all().filter((pod) => pod.spec.nodeName === node.metadata.name && !isTerminal(pod));
  }

  /** Nobody on a silent node says that its Pods are not ready: this controller does. */
  async #markPods(node: Node): Promise<void> {
    const { name } = identity(node);
    const ready = conditionOf(node.status?.conditions, 'Ready')?.status === 'True';
    if (ready) {
      this.#unready.delete(name);
      return;
    }
    if (this.#unready.has(name)) return;
    this.#unready.add(name);
    this.#recorder.record(node, {
      type: 'Normal',
      reason: 'NodeNotReady',
      message: `Node ${name} status is now: NodeNotReady`,
    });
    for (const pod of this.#podsOn(node)) {
      const conditions = (pod.status?.conditions ?? []).map((condition) =>
        condition.type === 'Ready' && condition.status === 'True'
          ? { ...condition, status: 'False', lastTransitionTime: rfc3339(new Date()) }
          : condition,
      );
      const patch = { status: { conditions: JSON.parse(JSON.stringify(conditions)) } };
      await this.#client
        .patch(PODS, pod.metadata.namespace ?? '', identity(pod).name, patch, 'status')
        .catch(ignoreMissing);
      this.#recorder.record(pod, { type: 'Warning', reason: 'NodeNotReady', message: 'Node is not ready' });
    }
  }

  async #evict(node: Node): Promise<void> {
    const taints = node.spec?.taints ?? [];
    for (const pod of this.#podsOn(node)) {
      if (pod.metadata.deletionTimestamp !== undefined) continue;
      const delay = evictIn(pod, taints, Date.now());
      if (delay === undefined) continue;
      if (delay > 0) {
        this.#queue.addAfter(identity(node).name, delay);
        continue;
      }
      const { namespace, name, uid } = identity(pod);
      const message = `Marking for deletion Pod ${namespace}/${name}`;
      this.#recorder.record(pod, { type: 'Normal', reason: 'TaintManagerEviction', message });
      await this.#client.delete(PODS, namespace, name, { preconditions: { uid } }).catch(ignoreMissing);
    }
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof ApiError && error.code === 404)) throw error;
}
