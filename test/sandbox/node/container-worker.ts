import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { type Container, rfc3339, type Terminated } from '../kinds.ts';
import type { EventDraft } from '../recorder.ts';
import { type Exit, type RunningContainer, start, startFailure, terminationMessage } from './container.ts';
import { containerPlan } from './container-plan.ts';
import type { KubeletContext, PodSurroundings } from './context.ts';
import { ConfigError } from './environment.ts';
import { pull } from './image-pull.ts';
import { type Image, imageID } from './images.ts';
import type { ContainerView } from './pod-status.ts';
import { startProbe } from './probe-worker.ts';
import { loadReferences } from './references.ts';
import { doubling, wait } from './waiting.ts';

/** How long a container must have run for its restarts to start again from the first back-off, in milliseconds. */
const STEADY = 600_000;
/** How often a container that cannot be configured is tried again, in milliseconds. */
const CONFIG_RETRY = 2000;

/** ContainerWorker runs one container of a Pod again and again, as its restart policy says. */
export class ContainerWorker {
  readonly view: ContainerView;
  readonly #context: KubeletContext;
  readonly #surroundings: PodSurroundings;
  readonly #restarts: (exitCode: number) => boolean;
  #running: RunningContainer | undefined;
  #directory: string | undefined;
  #previousDirectory: string | undefined;

  constructor(
    context: KubeletContext,
    surroundings: PodSurroundings,
    view: ContainerView,
    restarts: (exitCode: number) => boolean,
  ) {
    this.#context = context;
    this.#surroundings = surroundings;
    this.view = view;
    this.#restarts = restarts;
  }

  /** running is the present run, if there is one. */
  get running(): RunningContainer | undefined {
    return this.#running;
  }

  /** directory is where the log of the present or the previous run is. */
  directory(previous: boolean): string | undefined {
    return previous ? this.#previousDirectory : this.#directory;
  }

  /** run resolves when the container has come to its end, or when `signal` is aborted and nothing runs any more. */
  async run(signal: AbortSignal): Promise<void> {
    const { first, cap } = this.#context.backOff;
    let backOff = doubling(first, cap);
    while (!signal.aborted) {
      const image = await this.#image(signal);
      if (image === undefined) return;
      const begun = Date.now();
      const exit = await this.#once(image, signal);
      if (exit === undefined) continue;
      if (signal.aborted || !this.#restarts(exit.code)) return;
      if (Date.now() - begun > STEADY) backOff = doubling(first, cap);
      await this.#backOff(this.view.restartCount === 0 ? 0 : backOff(), signal);
      if (signal.aborted) return;
      this.#context.log('Restarted a container', {
        pod: this.#surroundings.pod().metadata.name,
        code: exit.code,
      });
      this.view.restartCount += 1;
    }
  }

  /** stop ends the present run: SIGTERM first, SIGKILL after so many milliseconds. */
  async stop(grace: number, message = `Stopping container ${this.view.spec.name}`): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#event({ type: 'Normal', reason: 'Killing', message });
    await running.started;
    running.signal(grace === 0 ? 'SIGKILL' : 'SIGTERM');
    const late = setTimeout(() => running.signal('SIGKILL'), grace);
    await running.exit;
    clearTimeout(late);
  }

  #image(signal: AbortSignal): Promise<Image | undefined> {
    const waiting = (reason: string, message: string) => this.#waiting(reason, message);
    const handlers = { waiting, event: (draft: EventDraft) => this.#event(draft) };
    return pull(this.#context.images, this.view.spec, this.#context.backOff, handlers, signal);
  }

  async #once(image: Image, signal: AbortSignal): Promise<Exit | undefined> {
    await this.#context.online();
    const { spec } = this.view;
    try {
      const plan = await containerPlan(
        this.#context,
        this.#surroundings,
        spec,
        image,
        this.view.restartCount,
      );
      if (signal.aborted) return undefined;
      if (this.#directory !== plan.directory) {
        await this.#forgetPrevious();
        this.#previousDirectory = this.#directory;
        this.#directory = plan.directory;
      }
      this.#running = await start(plan);
      const { uid, gid, groups } = plan.identity;
      this.view.user = { uid, gid, supplementalGroups: groups };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      await this.#misconfigured(error, signal);
      return undefined;
    }
    return this.#watch(this.#running, signal);
  }

  async #misconfigured(error: ConfigError, signal: AbortSignal): Promise<void> {
    this.#waiting('CreateContainerConfigError', error.message);
    this.#event({ type: 'Warning', reason: 'Failed', message: `Error: ${error.message}` });
    await wait(CONFIG_RETRY, signal);
    if (signal.aborted) return;
    Object.assign(
      this.#surroundings.references,
      await loadReferences(this.#context.client, this.#surroundings.pod()),
    );
  }

  async #watch(running: RunningContainer, signal: AbortSignal): Promise<Exit> {
    const { view } = this;
    const { spec } = view;
    view.containerID = `containerd://${randomBytes(32).toString('hex')}`;
    view.imageID = imageID(spec.image);
    this.#event({ type: 'Normal', reason: 'Created', message: 'Container created' });
    await running.started;
    const startedAt = rfc3339(new Date());
    if (view.state.terminated) view.lastState = { terminated: view.state.terminated };
    view.state = { running: { startedAt } };
    view.started = spec.startupProbe === undefined;
    view.ready = view.started && spec.readinessProbe === undefined;
    this.#event({ type: 'Normal', reason: 'Started', message: 'Container started' });
    this.#surroundings.changed();
    const endProbes = this.#probes(running);
    if (signal.aborted) void this.stop(0);
    const exit = await running.exit;
    endProbes();
    this.#running = undefined;
    view.state = { terminated: await this.#terminated(running, exit, startedAt) };
    view.ready = false;
    view.started = false;
    this.#surroundings.changed();
    return exit;
  }

  async #terminated({ plan }: RunningContainer, { code }: Exit, startedAt: string): Promise<Terminated> {
    const { spec, containerID = '' } = this.view;
    const finishedAt = rfc3339(new Date());
    const failure = await startFailure(plan.directory, code);
    if (failure !== undefined) {
      const message = `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "${plan.argv[0]}": ${failure}`;
      this.#event({ type: 'Warning', reason: 'Failed', message: `Error: ${message}` });
      return { containerID, exitCode: 128, finishedAt, message, reason: 'StartError', startedAt };
    }
    const fallback = spec.terminationMessagePolicy === 'FallbackToLogsOnError' && code !== 0;
    const message = await terminationMessage(plan.directory, fallback);
    return {
      containerID,
      exitCode: code,
      finishedAt,
      ...(message === '' ? {} : { message }),
      reason: code === 0 ? 'Completed' : 'Error',
      startedAt,
    };
  }

  async #backOff(delay: number, signal: AbortSignal): Promise<void> {
    if (delay === 0) return;
    const { view } = this;
    const { name, namespace, uid } = this.#surroundings.pod().metadata;
    const pod = `${name}_${namespace}(${uid})`;
    if (view.state.terminated) view.lastState = { terminated: view.state.terminated };
    const message = `back-off ${delay / 1000}s restarting failed container=${view.spec.name} pod=${pod}`;
    this.#waiting('CrashLoopBackOff', message);
    const told = `Back-off restarting failed container ${view.spec.name} in pod ${pod}`;
    this.#event({ type: 'Warning', reason: 'BackOff', message: told });
    await wait(delay, signal);
  }

  #probes(running: RunningContainer): () => void {
    const { spec } = this.view;
    const { startupProbe, readinessProbe, livenessProbe } = spec;
    const target = { spec, running, podIP: this.#surroundings.podIPs[0] ?? '', asker: this.#context.asker };
    const ends: (() => void)[] = [];
    const failed = (message: string) => this.#event({ type: 'Warning', reason: 'Unhealthy', message });
    const kill = (kind: string) => {
      const message = `Container ${spec.name} failed ${kind} probe, will be restarted`;
      void this.stop(1000 * (this.#surroundings.pod().spec.terminationGracePeriodSeconds ?? 30), message);
    };
    const begin = () => {
      if (livenessProbe !== undefined) {
        const changed = (success: boolean) => success || kill('liveness');
        ends.push(startProbe('Liveness', livenessProbe, target, { changed, failed }));
      }
      if (readinessProbe === undefined) return;
      const changed = (success: boolean) => this.#ready(success);
      ends.push(startProbe('Readiness', readinessProbe, target, { changed, failed }));
    };
    if (startupProbe === undefined) begin();
    else {
      const changed = (success: boolean) => {
        if (!success) return kill('startup');
        for (const end of ends.splice(0)) end();
        this.view.started = true;
        this.#ready(readinessProbe === undefined);
        begin();
      };
      ends.push(startProbe('Startup', startupProbe, target, { changed, failed }));
    }
    return () => {
      for (const end of ends) end();
    };
  }

  #ready(ready: boolean): void {
    this.view.ready = ready;
    this.#surroundings.changed();
  }

  #waiting(reason: string, message: string): void {
    const { view } = this;
    if (view.state.terminated) view.lastState = { terminated: view.state.terminated };
    view.state = { waiting: { reason, message } };
    this.#surroundings.changed();
  }

  #event(draft: EventDraft): void {
    const init = this.#surroundings.pod().spec.initContainers?.includes(this.view.spec) === true;
    const fieldPath = `spec.${init ? 'initContainers' : 'containers'}{${this.view.spec.name}}`;
    this.#context.recorder.record(this.#surroundings.pod(), { ...draft, fieldPath });
  }

  async #forgetPrevious(): Promise<void> {
    if (this.#previousDirectory !== undefined)
      await rm(this.#previousDirectory, { recursive: true, force: true });
  }
}

/** initialView is a container that has not been started yet. */
export function initialView(spec: Container, reason: string): ContainerView {
  return {
    spec,
    state: { waiting: { reason } },
    lastState: {},
    restartCount: 0,
    ready: false,
    started: false,
    imageID: '',
  };
}
