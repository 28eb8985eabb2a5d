import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../api/errors.ts';
import type { Client } from '../client.ts';
import {
  conditionOf,
  controllerOf,
  identity,
  JOBS,
  type Job,
  type JobStatus,
  keyOf,
  PODS,
  type Pod,
} from '../kinds.ts';
import { Recorder } from '../recorder.ts';
import type { Controller, ControllerLog } from './controller.ts';
import { Informer } from './informer.ts';
import { countedStatus, finishedCondition, finishedStatus, planJob, TRACKING } from './job-status.ts';
import { KeyedQueue, RetryLater } from './keyed-queue.ts';
import { podOf } from './pod-template.ts';

/** The first pause after a Pod could not be created, in milliseconds. */
const CREATE_RETRY = 1000;

/** JobController makes, counts and ends the Pods of Jobs. Indexed Jobs it leaves alone, and says so. */
export class JobController implements Controller {
  readonly #client: Client;
  readonly #recorder: Recorder;
  readonly #log: ControllerLog;
  readonly #queue: KeyedQueue;
  readonly #jobs: Informer<Job>;
  readonly #pods: Informer<Pod>;

  constructor(client: Client, log: ControllerLog) {
    this.#client = client;
    this.#log = log;
    this.#recorder = new Recorder(client, { component: 'job-controller' }, (error) =>
      log('Event was not written', { error: String(error) }),
    );
    this.#queue = new KeyedQueue(
      (key) => this.#sync(key),
      (key, error) => log('Job was not reconciled', { job: key, error: String(error) }),
    );
    this.#jobs = new Informer<Job>(client, JOBS, ({ object }) => this.#queue.add(keyOf(object)));
    this.#pods = new Informer<Pod>(client, PODS, ({ object }) => {
      const owner = object.metadata.ownerReferences?.find(
        ({ kind, controller }) => kind === 'Job' && controller,
      );
      if (owner !== undefined) this.#queue.add(`${object.metadata.namespace}/${owner.name}`);
    });
  }

  async stop(): Promise<void> {
    this.#jobs.stop();
    this.#pods.stop();
    await this.#queue.stop();
    await this.#recorder.idle();
  }

  async #sync(key: string): Promise<void> {
    const job = this.#jobs.get(key);
    await this.#releaseOrphans(key, job);
    if (job === undefined) return;
    const pods = this.#podsOf(job);
    const finished = finishedCondition(job.status);
    if (finished !== undefined) {
      await Promise.all(pods.map((pod) => this.#release(pod)));
      await this.#expire(job, finished.lastTransitionTime ?? '');
      return;
    }
    if (job.spec.completionMode === 'Indexed') {
      this.#log('Indexed Jobs are not known here', { job: key });
      return;
    }
    await this.#step(job, pods);
  }

  async #step(job: Job, pods: Pod[]): Promise<void> {
    const key = keyOf(job);
    const plan = planJob(job, pods, new Date());
    const removed = await this.#remove(job, plan.remove);
    const { made, failure } = await this.#create(job, plan.create);
    const lost = plan.create - made;
    const { active = 0, ...rest } = plan.interim;
    const interim = active - lost > 0 ? { ...rest, active: active - lost } : rest;
    let current = await this.#write(job, interim);
    // Pods that the API server removed at once left with their finalizer: they are counted all the same.
    await Promise.all([...plan.count, ...removed].map((pod) => this.#release(pod)));
    if (plan.count.length > 0) {
      const counted = countedStatus(current.status ?? {});
      // Pods that still terminate keep the Job's end waiting; else counting and ending are one write.
      current = await this.#write(current, finishedStatus(counted, new Date()));
    } else {
      current = await this.#write(current, finishedStatus(current.status ?? {}, new Date()));
    }
    if (plan.again !== undefined) this.#queue.addAfter(key, plan.again);
    if (failure !== undefined) throw new RetryLater(CREATE_RETRY, { cause: failure });
  }

  #podsOf(job: Job): Pod[] {
    const { uid } = identity(job);
    return this.#pods.all().filter((pod) => controllerOf(pod) === uid);
  }

  async #write(job: Job, status: JobStatus): Promise<Job> {
    if (isDeepStrictEqual(status, job.status ?? {})) return job;
    const before = finishedCondition(job.status);
    this.#tellSuspension(job, status);
    const written = await this.#client.updateStatus<Job>(JOBS, { ...job, status });
    this.#jobs.remember(written);
    const after = finishedCondition(status);
    if (before === undefined && after !== undefined) {
      const { type, reason = '', message = '' } = after;
      if (type === 'Complete') {
        this.#recorder.record(job, { type: 'Normal', reason: 'Completed', message: 'Job completed' });
      } else this.#recorder.record(job, { type: 'Warning', reason, message });
    }
    return written;
  }

  #tellSuspension(job: Job, status: JobStatus): void {
    const suspended = conditionOf(status.conditions, 'Suspended');
    if (
      suspended === undefined ||
      suspended.status === conditionOf(job.status?.conditions, 'Suspended')?.status
    )
      return;
    const reason = suspended.status === 'True' ? 'Suspended' : 'Resumed';
    this.#recorder.record(job, { type: 'Normal', reason, message: suspended.message ?? '' });
  }

  async #create(job: Job, count: number): Promise<{ made: number; failure?: unknown }> {
    for (let made = 0; made < count; made += 1) {
      try {
        const pod = await this.#client.create<Pod>(
          PODS,
          podOf(job, job.spec.template, { finalizers: [TRACKING] }),
        );
        this.#pods.remember(pod);
        const message = `Created pod: ${pod.metadata.name}`;
        this.#recorder.record(job, { type: 'Normal', reason: 'SuccessfulCreate', message });
      } catch (error) {
        // A namespace that is being deleted takes its Jobs with it: nothing to say.
        if (!(error instanceof ApiError)) throw error;
        const message = `Error creating: ${error.message}`;
        this.#recorder.record(job, { type: 'Warning', reason: 'FailedCreate', message });
        return { made, failure: error };
      }
    }
    return { made: count };
  }

  async #remove(job: Job, pods: Pod[]): Promise<Pod[]> {
    for (const pod of pods) {
      const { namespace, name, uid } = identity(pod);
      await this.#client.delete(PODS, namespace, name, { preconditions: { uid } }).catch(ignoreMissing);
      this.#recorder.record(job, {
        type: 'Normal',
        reason: 'SuccessfulDelete',
        message: `Deleted pod: ${name}`,
      });
    }
    return job.spec.suspend === true ? pods : [];
  }

  async #release(pod: Pod): Promise<void> {
    const { namespace, name } = identity(pod);
    const newest = this.#pods.get(`${namespace}/${name}`) ?? pod;
    const finalizers = newest.metadata.finalizers ?? [];
    if (!finalizers.includes(TRACKING)) return;
    const kept = finalizers.filter((finalizer) => finalizer !== TRACKING);
    const patch = { metadata: { finalizers: kept.length > 0 ? kept : null } };
    try {
      this.#pods.remember(await this.#client.patch<Pod>(PODS, namespace, name, patch));
    } catch (error) {
      ignoreMissing(error);
    }
  }

  /** Pods whose Job is gone or another one by now have nobody who counts them. */
  async #releaseOrphans(key: string, job: Job | undefined): Promise<void> {
    const orphans = this.#pods.all().filter((pod) => {
      const owner = pod.metadata.ownerReferences?.find(
        ({ kind, controller }) => kind === 'Job' && controller,
      );
      if (owner === undefined || `${pod.metadata.namespace}/${owner.name}` !== key) return false;
      return owner.uid !== job?.metadata.uid;
    });
    await Promise.all(orphans.map((pod) => this.#release(pod)));
  }

  async #expire(job: Job, finishedAt: string): Promise<void> {
    const { ttlSecondsAfterFinished } = job.spec;
    if (ttlSecondsAfterFinished === undefined || job.metadata.deletionTimestamp !== undefined) return;
    const due = Date.parse(finishedAt) + ttlSecondsAfterFinished * 1000 - Date.now();
    if (due > 0) {
      this.#queue.addAfter(keyOf(job), due);
      return;
    }
    const { namespace, name, uid } = identity(job);
    const options = { propagationPolicy: 'Foreground', preconditions: { uid } } as const;
    await this.#client.delete(JOBS, namespace, name, options).catch(ignoreMissing);
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof ApiError && error.code === 404)) throw error;
}
