import type { Client } from '../client.ts';
import { identity, JOBS, type Job, keyOf } from '../kinds.ts';
import type { Controller, ControllerLog } from './controller.ts';
import { Informer } from './informer.ts';
import { finishedCondition } from './job-conditions.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { unlessMissing } from './refusals.ts';

/** expiresIn is after how many milliseconds a Job is to be deleted; undefined when it stays. Pure. */
export function expiresIn({ metadata, spec, status }: Job, now: number): number | undefined {
  const finished = finishedCondition(status)?.lastTransitionTime;
  const ttl = spec.ttlSecondsAfterFinished;
  if (finished === undefined || ttl === undefined || metadata.deletionTimestamp !== undefined)
    return undefined;
  return Math.max(Date.parse(finished) + ttl * 1000 - now, 0);
}

/** JobTTL deletes finished Jobs, their Pods first, when their time is over (pkg/controller/ttlafterfinished). */
export class JobTTL implements Controller {
  readonly #client: Client;
  readonly #queue: KeyedQueue;
  readonly #jobs: Informer<Job>;

  constructor(client: Client, log: ControllerLog) {
    this.#client = client;
    this.#queue = new KeyedQueue(
      (key) => this.#expire(key),
      (key, error) => log('Job was not deleted', { job: key, error: String(error) }),
    );
    this.#jobs = new Informer<Job>(client, JOBS, ({ object }) => this.#queue.add(keyOf(object)));
  }

  async stop(): Promise<void> {
    this.#jobs.stop();
    await this.#queue.stop();
  }

  async #expire(key: string): Promise<void> {
    const job = this.#jobs.get(key);
    const delay = job === undefined ? undefined : expiresIn(job, Date.now());
    if (job === undefined || delay === undefined) return;
    if (delay > 0) {
      this.#queue.addAfter(key, delay);
      return;
    }
    const { namespace, name, uid } = identity(job);
    const options = { propagationPolicy: 'Foreground', preconditions: { uid } } as const;
    await this.#client.delete(JOBS, namespace, name, options).catch(unlessMissing);
  }
}
