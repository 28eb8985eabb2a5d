import { watch } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiError, badRequest, notFound } from '../api/errors.ts';
import { identity, isTerminal, keyOf, NODES, type Node, PODS, type Pod, rfc3339 } from '../kinds.ts';
import { refusal } from './admission.ts';
import { CNI_DIRECTORY, loadNetwork } from './cni.ts';
import { logFile } from './container.ts';
import type { KubeletContext } from './context.ts';
import { PodWorker, refuse } from './pod-worker.ts';
import { type NodeFacts, nodeConditions, nodeObject, register, renewLease } from './registration.ts';

/** Milliseconds between two heartbeats: a quarter of the Lease's duration, as the real one. */
const HEARTBEAT = 10_000;

/** KubeletOptions are a node's facts and what its Pods share; whether the kubelet works is its own to say. */
export interface KubeletOptions {
  facts: NodeFacts;
  context: Omit<KubeletContext, 'online'>;
  /** Milliseconds between two renewals of the Lease. */
  heartbeat?: number | undefined;
}

/** Kubelet runs the Pods of one node. */
export class Kubelet {
  readonly context: KubeletContext;
  readonly #facts: NodeFacts;
  readonly #heartbeatPeriod: number;
  readonly #workers = new Map<string, { worker: PodWorker; done: Promise<void> }>();
  #node: Node | undefined;
  #networkReady = true;
  #online = Promise.withResolvers<void>();
  #ends: (() => void)[] = [];

  constructor({ facts, context, heartbeat = HEARTBEAT }: KubeletOptions) {
    this.#facts = facts;
    this.#heartbeatPeriod = heartbeat;
    this.context = { ...context, online: () => this.#online.promise };
  }

  /** name is the node's. */
  get name(): string {
    return this.#facts.name;
  }

  /** start registers the node and begins to work, or goes on where `stop` left off. */
  async start(): Promise<void> {
    const { client, root, podsDirectory } = this.context;
    await mkdir(podsDirectory, { recursive: true });
    this.#networkReady = (await loadNetwork(root)) !== undefined;
    this.#node = await register(client, await nodeObject(this.#facts, this.#networkReady));
    await this.#heartbeat();
    this.#online.resolve();
    const beat = setInterval(() => this.#try('Heartbeat failed', this.#heartbeat()), this.#heartbeatPeriod);
    const files = watch(join(root, CNI_DIRECTORY), () =>
      this.#try('Network was not read', this.#checkNetwork()),
    );
    const fieldSelector = `spec.nodeName=${this.name}`;
    const seen = new Set<string>();
    const endWatch = client.watch<Pod>(PODS, { fieldSelector }, ({ type, object }) => {
      if (type === 'DELETED') this.#removed(object);
      else this.#seen(object);
      seen.add(identity(object).uid);
    });
    // Pods that were deleted while the kubelet stood still are in no event: the first list shows it. Of the others
    // the node's controller may have said that they are not ready.
    setImmediate(() => {
      for (const [uid, { worker }] of this.#workers) {
        if (seen.has(uid)) worker.reconcile();
        else this.#removed(worker.pod);
      }
    });
    this.#ends = [() => clearInterval(beat), () => files.close(), endWatch];
  }

  /** stop is the fault "kubelet stopped": containers go on, but nobody reports them and the Lease gets old. */
  stop(): void {
    if (this.#ends.length === 0) return;
    this.#online = Promise.withResolvers<void>();
    for (const end of this.#ends.splice(0)) end();
  }

  /** kill is the machine going off: no process of any Pod is left when it resolves. */
  async kill(): Promise<void> {
    this.stop();
    const dying = [...this.#workers.values()];
    for (const { worker } of dying) worker.kill();
    // What still waits for the kubelet to work would wait for ever.
    this.#online.resolve();
    await Promise.all(dying.map(({ done }) => done));
    this.#workers.clear();
  }

  /** worker finds the worker of a Pod. */
  worker(namespace: string, name: string): PodWorker | undefined {
    for (const { worker } of this.#workers.values()) {
      if (keyOf(worker.pod) === `${namespace}/${name}`) return worker;
    }
    return undefined;
  }

  /** log is the whole log of the present or the previous run of a container. */
  async log(namespace: string, name: string, container: string, previous: boolean): Promise<Buffer> {
    const worker = this.worker(namespace, name);
    if (worker === undefined) throw notFound({ group: '', plural: 'pods' }, name);
    const found = worker.container(container);
    if (found === undefined) throw badRequest(`container ${container} is not valid for pod ${name}`);
    const directory = found.directory(previous);
    if (directory !== undefined) return readFile(logFile(directory));
    if (previous) throw badRequest(`previous terminated container "${container}" in pod "${name}" not found`);
    const { waiting } = found.view.state;
    const reason = waiting?.message
      ? `${waiting.reason}: ${waiting.message}`
      : (waiting?.reason ?? 'ContainerCreating');
    const text =
      waiting?.reason === 'ContainerCreating'
        ? 'is waiting to start: ContainerCreating'
        : `is waiting to start: ${reason.replace(/^ImagePullBackOff.*|^ErrImagePull.*/, 'trying and failing to pull image')}`;
    throw badRequest(`container "${container}" in pod "${name}" ${text}`);
  }

  #seen(pod: Pod): void {
    const { uid } = identity(pod);
    const known = this.#workers.get(uid);
    if (known !== undefined) {
      known.worker.update(pod);
      return;
    }
    if (isTerminal(pod)) return;
    const why = this.#node === undefined ? undefined : refusal(pod, this.#node, this.#others());
    if (why !== undefined && pod.metadata.deletionTimestamp === undefined) {
      this.#try('Pod was not refused', refuse(this.context, pod, why));
      return;
    }
    const worker = new PodWorker(this.context, pod);
    const done = worker.run().catch((error: unknown) => {
      this.context.log('Pod worker failed', { pod: keyOf(pod), error: String(error) });
    });
    this.#workers.set(uid, { worker, done });
  }

  #removed(pod: Pod): void {
    const { uid } = identity(pod);
    const known = this.#workers.get(uid);
    if (known === undefined) return;
    this.#workers.delete(uid);
    known.worker.removed();
    this.#try(
      'Pod directory was not removed',
      known.done.then(() => known.worker.clean()),
    );
  }

  #others(): Pod[] {
    const workers = [...this.#workers.values()].map(({ worker }) => worker);
    return workers.filter(({ finished }) => !finished).map(({ pod }) => pod);
  }

  async #heartbeat(): Promise<void> {
    const { client } = this.context;
    if (this.#node !== undefined) await renewLease(client, this.#node);
  }

  async #checkNetwork(): Promise<void> {
    const ready = (await loadNetwork(this.context.root)) !== undefined;
    if (ready === this.#networkReady) return;
    this.#networkReady = ready;
    await this.reportStatus();
  }

  /** reportStatus writes the node's conditions as they are now, as the kubelet does every five minutes or on change. */
  async reportStatus(): Promise<void> {
    const { client } = this.context;
    const { status } = await client.get<Node>(NODES, '', this.name);
    const conditions = nodeConditions(status?.conditions, this.#networkReady, rfc3339(new Date()));
    const patch = { status: { conditions: JSON.parse(JSON.stringify(conditions)) } };
    this.#node = await client.patch<Node>(NODES, '', this.name, patch, 'status');
  }

  #try(message: string, work: Promise<void>): void {
    work.catch((error: unknown) => {
      // A node whose object was deleted has nobody to tell: that is how it learns that it is gone.
      const gone = error instanceof ApiError && error.code === 404;
      this.context.log(message, { node: this.name, error: String(error), ...(gone ? { gone } : {}) });
    });
  }
}
