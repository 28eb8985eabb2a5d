import type { Client } from '../client.ts';
import { controllerOf, identity, JOBS, type Job, keyOf, PODS, type Pod } from '../kinds.ts';
import type { Controller, ControllerLog } from './controller.ts';
import { Informer } from './informer.ts';
import { finishedCondition } from './job-conditions.ts';
import { isTracked, TRACKING } from './job-tally.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { unlessMissing } from './refusals.ts';

/** releasePod takes the Job's finalizer off a Pod; a Pod that is gone is as good. */
export async function releasePod(client: Client, pods: Informer<Pod>, pod: Pod): Promise<void> {
  const { namespace, name } = identity(pod);
  const newest = pods.get(keyOf(pod)) ?? pod;
  if (!isTracked(newest)) return;
  const kept = (newest.metadata.finalizers ?? []).filter((finalizer) => finalizer !== TRACKING);
  const patch = { metadata: { finalizers: kept.length > 0 ? kept : null } };
  try {
    pods.remember(await client.patch<Pod>(PODS, namespace, name, patch));
  } catch (error) {
    unlessMissing(error);
  }
}

/** OrphanTracking takes the finalizer off Pods that nobody counts: their Job is gone, has ended or let go of them. */
export class OrphanTracking implements Controller {
  readonly #client: Client;
  readonly #queue: KeyedQueue;
  readonly #jobs: Informer<Job>;
  readonly #pods: Informer<Pod>;

  constructor(client: Client, log: ControllerLog) {
    this.#client = client;
    this.#queue = new KeyedQueue(
      (key) => this.#release(key),
      (key, error) => log('Pod was not released', { pod: key, error: String(error) }),
    );
    this.#pods = new Informer<Pod>(client, PODS, ({ object }) => this.#queue.add(keyOf(object)), {
      group: controllerOf,
    });
    this.#jobs = new Informer<Job>(
      client,
      JOBS,
      ({ type, object }) => {
        if (type !== 'DELETED' && finishedCondition(object.status) === undefined) return;
        for (const pod of this.#pods.grouped(identity(object).uid)) this.#queue.add(keyOf(pod));
      },
      { group: ({ metadata }) => metadata.uid },
    );
  }

  async stop(): Promise<void> {
    this.#jobs.stop();
    this.#pods.stop();
    await this.#queue.stop();
  }

  async #release(key: string): Promise<void> {
    const pod = this.#pods.get(key);
    if (pod === undefined || !isTracked(pod)) return;
    const [job] = this.#jobs.grouped(controllerOf(pod) ?? '');
    if (job === undefined || finishedCondition(job.status) !== undefined)
      await releasePod(this.#client, this.#pods, pod);
  }
}
