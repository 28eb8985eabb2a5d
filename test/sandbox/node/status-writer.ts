import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../api/errors.ts';
import type { Client, JsonValue } from '../client.ts';
import { identity, PODS, type Pod, type PodStatus, rfc3339 } from '../kinds.ts';
import type { KubeletContext } from './context.ts';
import { doubling, wait } from './waiting.ts';

/** Fields that a merge patch must name to remove them. */
const REMOVABLE = ['reason', 'message'] as const;

function asJson(status: PodStatus): JsonValue {
  const text: JsonValue = JSON.parse(JSON.stringify(status));
  return text;
}

/** StatusWriterContext is the part of a kubelet that a writer needs. */
export type StatusWriterContext = Pick<KubeletContext, 'online' | 'log'> & { client: Pick<Client, 'patch'> };

/** StatusWriter brings a Pod's status to the API: the newest one, each once, in order, whatever the API server does. */
export class StatusWriter {
  readonly #context: StatusWriterContext;
  readonly #pod: () => Pod;
  readonly #compute: (pod: Pod, now: string) => PodStatus;
  readonly #over: AbortSignal;
  #last: PodStatus;
  #dirty = false;
  #busy = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    context: StatusWriterContext,
    pod: () => Pod,
    compute: (pod: Pod, now: string) => PodStatus,
    /** Aborted when the Pod object is gone: nothing is written any more. */
    over: AbortSignal,
  ) {
    this.#context = context;
    this.#pod = pod;
    this.#compute = compute;
    this.#over = over;
    this.#last = pod().status ?? {};
  }

  /** changed asks for the status to be written soon. */
  changed(): void {
    this.#dirty = true;
    if (this.#busy) return;
    this.#busy = true;
    this.#writing = this.#drain();
  }

  /** reconcile compares with what the API says now, as others may have written meanwhile, and writes what differs. */
  reconcile(): void {
    this.#last = this.#pod().status ?? {};
    this.changed();
  }

  /** settled resolves when everything that was asked for is written, or can not be any more. */
  async settled(): Promise<void> {
    while (this.#busy) await this.#writing;
  }

  async #drain(): Promise<void> {
    const delay = doubling(50, 2000);
    while (this.#dirty && !this.#over.aborted) await this.#writeNewest(delay);
    // No await lies between the last look at #dirty and this: a change after it starts a new drain.
    this.#busy = false;
  }

  async #writeNewest(delay: () => number): Promise<void> {
    await this.#context.online();
    this.#dirty = false;
    const pod = this.#pod();
    try {
      const seen = { ...pod, status: { ...pod.status, ...this.#last } };
      const status = this.#compute(seen, rfc3339(new Date()));
      if (isDeepStrictEqual(status, this.#last)) return;
      await this.#write(pod, status);
      this.#last = status;
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return;
      this.#context.log('Pod status was not written', { pod: pod.metadata.name, error: String(error) });
      this.#dirty = true;
      await wait(delay(), this.#over);
    }
  }

  async #write(pod: Pod, status: PodStatus): Promise<void> {
    const { namespace, name, uid } = identity(pod);
    const removed = Object.fromEntries(
      REMOVABLE.filter((key) => status[key] === undefined).map((key) => [key, null]),
    );
    const patch = { metadata: { uid }, status: { ...removed, ...Object(asJson(status)) } };
    await this.#context.client.patch(PODS, namespace, name, patch, 'status');
  }
}
