import { ApiError } from '../api/errors.ts';
import type { Client, KubeObject } from '../client.ts';
import { identity, PODS, type Pod, type PodTemplate } from '../kinds.ts';
import type { Recorder } from '../recorder.ts';
import type { Informer } from './informer.ts';
import { RetryLater } from './keyed-queue.ts';
import { podOf } from './pod-template.ts';

/** The first pause after a Pod could not be created, in milliseconds. */
const CREATE_RETRY = 100;

/** OwnedPods makes and removes the Pods of one kind of owner, with the events that its controller writes. */
export class OwnedPods {
  readonly #client: Client;
  readonly #recorder: Recorder;
  readonly #pods: Informer<Pod>;

  constructor(client: Client, recorder: Recorder, pods: Informer<Pod>) {
    this.#client = client;
    this.#recorder = recorder;
    this.#pods = pods;
  }

  /** create makes one Pod; a refusal becomes a FailedCreate event and a RetryLater. */
  async create(owner: KubeObject, template: PodTemplate): Promise<void> {
    try {
      const pod = await this.#client.create<Pod>(PODS, podOf(owner, template));
      this.#pods.remember(pod);
      const message = `Created pod: ${pod.metadata.name}`;
      this.#recorder.record(owner, { type: 'Normal', reason: 'SuccessfulCreate', message });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const message = `Error creating: ${error.message}`;
      this.#recorder.record(owner, { type: 'Warning', reason: 'FailedCreate', message });
      throw new RetryLater(CREATE_RETRY, { cause: error });
    }
  }

  /** remove deletes one Pod; one that is gone already is as good. */
  async remove(owner: KubeObject, pod: Pod): Promise<void> {
    const { namespace, name, uid } = identity(pod);
    try {
      await this.#client.delete(PODS, namespace, name, { preconditions: { uid } });
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return;
      throw error;
    }
    const message = `Deleted pod: ${name}`;
    this.#recorder.record(owner, { type: 'Normal', reason: 'SuccessfulDelete', message });
  }
}
