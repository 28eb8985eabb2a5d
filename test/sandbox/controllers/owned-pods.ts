import { ApiError } from '../api/errors.ts';
import type { Client, KubeObject } from '../client.ts';
import { identity, PODS, type Pod, type PodTemplate } from '../kinds.ts';
import type { Recorder } from '../recorder.ts';
import type { Informer } from './informer.ts';
import { type BackOff, RetryLater } from './keyed-queue.ts';
import { podOf } from './pod-template.ts';
import { isTerminatingNamespace, unlessMissing } from './refusals.ts';

/** OwnedPodsOptions are what differs between kinds of owners. */
export interface OwnedPodsOptions {
  /** The pauses after a Pod was refused. */
  backOff: BackOff;
  /** Finalizers of every new Pod. */
  finalizers?: string[];
}

/** Created says how many Pods were made, and what refused the next one. */
export interface Created {
  made: number;
  refused?: RetryLater;
}

/** OwnedPods makes and removes the Pods of one kind of owner, with the events that its controller writes. */
export class OwnedPods {
  readonly #client: Client;
  readonly #recorder: Recorder;
  readonly #pods: Informer<Pod>;
  readonly #options: OwnedPodsOptions;

  constructor(client: Client, recorder: Recorder, pods: Informer<Pod>, options: OwnedPodsOptions) {
    this.#client = client;
    this.#recorder = recorder;
    this.#pods = pods;
    this.#options = options;
  }

  /** create makes one Pod of each template, up to the first that is refused: that one becomes a FailedCreate event. */
  async create(owner: KubeObject, templates: PodTemplate[]): Promise<Created> {
    for (const [made, template] of templates.entries()) {
      try {
        const pod = podOf(owner, template, this.#options.finalizers);
        const created = await this.#client.create<Pod>(PODS, pod);
        this.#pods.remember(created);
        const message = `Created pod: ${created.metadata.name}`;
        this.#recorder.record(owner, { type: 'Normal', reason: 'SuccessfulCreate', message });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (isTerminatingNamespace(error)) return { made };
        const message = `Error creating: ${error.message}`;
        this.#recorder.record(owner, { type: 'Warning', reason: 'FailedCreate', message });
        return { made, refused: new RetryLater(this.#options.backOff, { cause: error }) };
      }
    }
    return { made: templates.length };
  }

  /** remove deletes one Pod; one that is gone already is as good. */
  async remove(owner: KubeObject, pod: Pod): Promise<void> {
    const { namespace, name, uid } = identity(pod);
    await this.#client.delete(PODS, namespace, name, { preconditions: { uid } }).catch(unlessMissing);
    const message = `Deleted pod: ${name}`;
    this.#recorder.record(owner, { type: 'Normal', reason: 'SuccessfulDelete', message });
  }
}
