import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiError } from '../api/errors.ts';
import { type Container, identity, PODS, type Pod, rfc3339 } from '../kinds.ts';
import type { EventDraft } from '../recorder.ts';
import type { Refusal } from './admission.ts';
import { sourcesOf } from './container-plan.ts';
import { ContainerWorker, initialView } from './container-worker.ts';
import type { KubeletContext, PodSurroundings } from './context.ts';
import { addNetwork, type PodNetwork } from './pod-network.ts';
import { type PodView, podStatus } from './pod-status.ts';
import { loadReferences } from './references.ts';
import { StatusWriter } from './status-writer.ts';
import { prepareVolumes, VolumeError } from './volumes.ts';
import { doubling, wait } from './waiting.ts';

/** Back-off of volumes and networks that fail, in milliseconds. */
const RETRY = { first: 100, cap: 5000 };

/** PodWorker lives as long as one Pod is on a node: it starts it, watches over it and takes it away again. */
export class PodWorker {
  readonly #context: KubeletContext;
  readonly #view: PodView;
  readonly #stopping = new AbortController();
  readonly #gone = new AbortController();
  readonly #status: StatusWriter;
  readonly #surroundings: PodSurroundings;
  readonly #init: ContainerWorker[];
  readonly #containers: ContainerWorker[];
  #pod: Pod;
  #network: PodNetwork | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #finished = false;

  constructor(context: KubeletContext, pod: Pod) {
    this.#context = context;
    this.#pod = pod;
    const { initContainers = [], containers } = pod.spec;
    const waiting = initContainers.length > 0 ? 'PodInitializing' : 'ContainerCreating';
    this.#surroundings = {
      directory: join(context.podsDirectory, identity(pod).uid),
      namespace: '',
      podIPs: [],
      references: { configMaps: new Map(), secrets: new Map() },
      volumes: new Map(),
      pod: () => this.#pod,
      changed: () => this.#status.changed(),
    };
    const worker = (reason: string, restarts: (code: number) => boolean) => (spec: Container) =>
      new ContainerWorker(context, this.#surroundings, initialView(spec, reason), restarts);
    const { restartPolicy = 'Always' } = pod.spec;
    this.#init = initContainers.map(
      worker('PodInitializing', (code) => code !== 0 && restartPolicy !== 'Never'),
    );
    this.#containers = containers.map(
      worker(waiting, (code) => restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && code !== 0)),
    );
    this.#view = {
      startTime: rfc3339(new Date()),
      hostIPs: context.hostIPs,
      podIPs: [],
      sandboxReady: false,
      init: this.#init.map(({ view }) => view),
      containers: this.#containers.map(({ view }) => view),
      ended: false,
    };
    const compute = (seen: Pod, now: string) => podStatus(seen, this.#view, now);
    this.#status = new StatusWriter(context, () => this.#pod, compute, this.#gone.signal);
  }

  /** pod is the newest that was seen. */
  get pod(): Pod {
    return this.#pod;
  }

  /** network is the name of the Pod's network namespace, once it is there. */
  get namespace(): string | undefined {
    return this.#network?.namespace;
  }

  /** podIPs are the Pod's addresses, once it has them. */
  get podIPs(): string[] {
    return this.#view.podIPs;
  }

  /** finished tells whether the Pod needs nothing of its node any more. */
  get finished(): boolean {
    return this.#finished;
  }

  /** container finds the worker of a container by name. */
  container(name: string): ContainerWorker | undefined {
    return [...this.#init, ...this.#containers].find(({ view }) => view.spec.name === name);
  }

  /** run carries the Pod through its life; it resolves when nothing of it is left but its directory. */
  async run(): Promise<void> {
    this.#startDeadline();
    this.#status.changed();
    if (this.#pod.metadata.deletionTimestamp !== undefined) this.update(this.#pod);
    try {
      if (await this.#prepare()) await this.#runContainers();
    } finally {
      clearTimeout(this.#deadline);
      await this.#end();
    }
  }

  /** update takes a newer object: its deletion is what matters. */
  update(pod: Pod): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp === undefined) return;
    this.#terminate(1000 * (pod.metadata.deletionGracePeriodSeconds ?? 30));
    if (!this.#finished || pod.metadata.deletionGracePeriodSeconds === 0) return;
    this.#confirmDeletion().catch((error) => this.#failed('Pod was not deleted', error));
  }

  /** reconcile writes the status again where the API says another one. */
  reconcile(): void {
    this.#status.reconcile();
  }

  /** removed says that the object is gone: what still runs is killed and nothing is written any more. */
  removed(): void {
    this.#gone.abort();
    this.#terminate(0);
  }

  /** evict ends the Pod as the kubelet does under node pressure. */
  evict(message: string): void {
    const reason = 'Evicted';
    this.#view.failure ??= { reason, message };
    this.#view.extraConditions = [
      {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'TerminationByKubelet',
        message,
        lastProbeTime: null,
        lastTransitionTime: rfc3339(new Date()),
        observedGeneration: this.#pod.metadata.generation ?? 1,
      },
    ];
    this.#event({ type: 'Warning', reason, message });
    this.#terminate(0);
  }

  /** kill ends every process of the Pod at once and says nothing to the API: the machine goes off. */
  kill(): void {
    this.removed();
  }

  /** clean removes the Pod's directory, its logs too. */
  async clean(): Promise<void> {
    await rm(this.#surroundings.directory, { recursive: true, force: true });
  }

  #terminate(grace: number): void {
    this.#stopping.abort();
    for (const worker of [...this.#init, ...this.#containers]) {
      worker.stop(grace).catch((error) => this.#failed('Container was not stopped', error));
    }
  }

  #startDeadline(): void {
    const seconds = this.#pod.spec.activeDeadlineSeconds;
    if (seconds === undefined) return;
    const message = 'Pod was active on the node longer than the specified deadline';
    this.#deadline = setTimeout(() => {
      this.#view.failure ??= { reason: 'DeadlineExceeded', message };
      this.#event({ type: 'Normal', reason: 'DeadlineExceeded', message });
      this.#terminate(1000 * (this.#pod.spec.terminationGracePeriodSeconds ?? 30));
    }, seconds * 1000);
  }

  /** #prepare makes volumes and network, as often as it takes; false when the Pod ended before. */
  async #prepare(): Promise<boolean> {
    const delay = doubling(RETRY.first, RETRY.cap);
    while (!this.#stopping.signal.aborted) {
      await this.#context.online();
      try {
        this.#surroundings.references = await loadReferences(this.#context.client, this.#pod);
        await this.#addNetwork();
        await this.#addVolumes();
        return !this.#stopping.signal.aborted;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        const reason = error instanceof VolumeError ? 'FailedMount' : 'FailedCreatePodSandBox';
        this.#event({ type: 'Warning', reason, message });
        await wait(delay(), this.#stopping.signal);
      }
    }
    return false;
  }

  async #addNetwork(): Promise<void> {
    if (this.#network !== undefined) return;
    this.#network = await addNetwork(this.#context, this.#pod);
    const { namespace, addresses } = this.#network;
    this.#surroundings.namespace = namespace;
    this.#surroundings.podIPs = addresses;
    this.#view.podIPs = addresses;
    this.#view.sandboxReady = true;
  }

  async #addVolumes(): Promise<void> {
    const { serviceAccountName = 'default' } = this.#pod.spec;
    const { namespace, name } = identity(this.#pod);
    this.#surroundings.volumes = await prepareVolumes(
      this.#pod,
      join(this.#surroundings.directory, 'volumes'),
      {
        ...sourcesOf(this.#context, this.#surroundings),
        root: this.#context.root,
        token: () => this.#context.token(namespace, serviceAccountName, name),
      },
    );
  }

  async #runContainers(): Promise<void> {
    const { signal } = this.#stopping;
    for (const worker of this.#init) {
      await worker.run(signal);
      this.#status.changed();
      if (signal.aborted || worker.view.state.terminated?.exitCode !== 0) return;
    }
    await Promise.all(this.#containers.map((worker) => worker.run(signal)));
  }

  async #end(): Promise<void> {
    const { signal } = this.#stopping;
    // The end of the last run may come a moment before its worker has noticed.
    await Promise.all([...this.#init, ...this.#containers].map((worker) => worker.running?.exit));
    this.#view.ended = signal.aborted;
    this.#status.changed();
    await this.#status.settled();
    this.#finished = true;
    await this.#network?.remove().catch((error) => this.#failed('Pod network was not removed', error));
    this.#view.sandboxReady = false;
    this.#status.changed();
    await this.#status.settled();
    await this.#confirmDeletion();
  }

  /** A deleted Pod's object goes away when its kubelet says that nothing of it runs any more. */
  async #confirmDeletion(): Promise<void> {
    if (this.#gone.signal.aborted || this.#pod.metadata.deletionTimestamp === undefined) return;
    const { namespace, name, uid } = identity(this.#pod);
    await this.#context.online();
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    await this.#context.client.delete(PODS, namespace, name, options).catch((error: unknown) => {
      if (!(error instanceof ApiError && (error.code === 404 || error.code === 409))) throw error;
    });
  }

  #failed(message: string, error: unknown): void {
    this.#context.log(message, { pod: this.#pod.metadata.name, error: String(error) });
  }

  #event(draft: EventDraft): void {
    this.#context.recorder.record(this.#pod, draft);
  }
}

/** refuse writes the status of a Pod that its node does not take. */
export async function refuse(context: KubeletContext, pod: Pod, { reason, message }: Refusal): Promise<void> {
  const { namespace, name } = identity(pod);
  context.recorder.record(pod, {
    type: 'Warning',
    reason,
    message: message.replace(/^Pod was rejected: /, ''),
  });
  const status = { phase: 'Failed', reason, message, startTime: rfc3339(new Date()) };
  await context.client.patch(PODS, namespace, name, { status }, 'status');
}
