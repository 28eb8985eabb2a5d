import { isDeepStrictEqual } from 'node:util';
import type { Client, WatchEvent } from '../client.ts';
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
import type { Failures } from './job-backoff.ts';
import { finishedCondition, finishedStatus } from './job-conditions.ts';
import { planJob } from './job-plan.ts';
import { isTracked, settled, TRACKING, uidOf } from './job-tally.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { OwnedPods } from './owned-pods.ts';
import { controllerKey } from './owner.ts';
import { releasePod } from './tracking.ts';

/** The pauses after a Pod was refused (DefaultJobApiBackOff, MaxJobApiBackOff). */
const BACK_OFF = { first: 1000, most: 60_000 };

/** JobController makes, counts and ends the Pods of Jobs. Indexed Jobs it leaves alone, and says so. */
export class JobController implements Controller {
  readonly #client: Client;
  readonly #recorder: Recorder;
  readonly #log: ControllerLog;
  readonly #queue: KeyedQueue;
  readonly #jobs: Informer<Job>;
  readonly #pods: Informer<Pod>;
  readonly #owned: OwnedPods;
  readonly #failures = new Map<string, Failures>();

  /** batch is how long changes of Pods are gathered, in milliseconds. */
  constructor(client: Client, log: ControllerLog, batch = 0) {
    this.#client = client;
    this.#log = log;
    this.#recorder = new Recorder(client, { component: 'job-controller' }, (error) =>
      log('Event was not written', { error: String(error) }),
    );
    this.#queue = new KeyedQueue(
      (key) => this.#sync(key),
      (key, error) => log('Job was not reconciled', { job: key, error: String(error) }),
    );
    this.#jobs = new Informer<Job>(client, JOBS, (event, before) => this.#seen(event, before));
    const changed = ({ object }: WatchEvent<Pod>) => {
      const key = controllerKey(object, 'Job');
      if (key === undefined) return;
      if (batch === 0) this.#queue.add(key);
      else this.#queue.addAfter(key, batch);
    };
    this.#pods = new Informer<Pod>(client, PODS, changed, { group: controllerOf });
    const options = { backOff: BACK_OFF, finalizers: [TRACKING] };
    this.#owned = new OwnedPods(client, this.#recorder, this.#pods, options);
  }

  async stop(): Promise<void> {
    this.#jobs.stop();
    this.#pods.stop();
    await this.#queue.stop();
    await this.#recorder.idle();
  }

  /** A status is this controller's own work: it is no reason to look again, least of all while Pods are refused. */
  #seen({ type, object }: WatchEvent<Job>, before: Job | undefined): void {
    const { uid, generation, deletionTimestamp } = object.metadata;
    if (type === 'DELETED') this.#failures.delete(uid ?? '');
    const same = before?.metadata.uid === uid && before?.metadata.generation === generation;
    if (type !== 'MODIFIED' || !same || before?.metadata.deletionTimestamp !== deletionTimestamp)
      this.#queue.add(keyOf(object));
  }

  async #sync(key: string): Promise<void> {
    const job = this.#jobs.get(key);
    if (job === undefined || finishedCondition(job.status) !== undefined) return;
    if (job.spec.completionMode === 'Indexed') {
      this.#log('Indexed Jobs are not known here', { job: key });
      return;
    }
    const { uid } = identity(job);
    const plan = planJob(job, this.#pods.grouped(uid), this.#failures.get(uid), new Date());
    await Promise.all(plan.remove.map((pod) => this.#owned.remove(job, pod)));
    for (const pod of plan.drop) {
      await releasePod(this.#client, this.#pods, pod);
      await this.#owned.remove(job, pod);
    }
    const templates = Array.from({ length: plan.create }, () => job.spec.template);
    const { made, refused } = await this.#owned.create(job, templates);
    const { active = 0, ...rest } = plan.status;
    const left = active - (plan.create - made);
    const current = await this.#write(job, left > 0 ? { ...rest, active: left } : rest);
    if (plan.failures !== undefined) this.#failures.set(uid, plan.failures);
    await this.#count(current, plan.release);
    if (plan.again !== undefined) this.#queue.addAfter(key, plan.again);
    if (refused !== undefined) throw refused;
  }

  /** Finalizers go, what they held is counted, and the Job ends if that was all. */
  async #count(job: Job, release: Pod[]): Promise<void> {
    await Promise.all(release.map((pod) => releasePod(this.#client, this.#pods, pod)));
    const open = new Set(this.#pods.grouped(identity(job).uid).filter(isTracked).map(uidOf));
    const counted = settled(job.status ?? {}, open);
    await this.#write(job, finishedStatus(counted, new Date()));
  }

  async #write(job: Job, status: JobStatus): Promise<Job> {
    if (isDeepStrictEqual(status, job.status ?? {})) return job;
    const written = await this.#client.updateStatus<Job>(JOBS, { ...job, status });
    this.#jobs.remember(written);
    this.#tell(job, status);
    return written;
  }

  #tell(job: Job, status: JobStatus): void {
    const suspended = conditionOf(status.conditions, 'Suspended');
    if (
      suspended !== undefined &&
      suspended.status !== conditionOf(job.status?.conditions, 'Suspended')?.status
    ) {
      const reason = suspended.status === 'True' ? 'Suspended' : 'Resumed';
      this.#recorder.record(job, { type: 'Normal', reason, message: suspended.message ?? '' });
    }
    const finished = finishedCondition(status);
    if (finished === undefined) return;
    const { type, reason = '', message = '' } = finished;
    if (type === 'Failed') {
      this.#recorder.record(job, { type: 'Warning', reason, message });
      return;
    }
    if ((status.succeeded ?? 0) > (job.spec.completions ?? Number.POSITIVE_INFINITY)) {
      const surplus = 'Too many succeeded pods running after completion count reached';
      this.#recorder.record(job, { type: 'Warning', reason: 'TooManySucceededPods', message: surplus });
    }
    this.#recorder.record(job, { type: 'Normal', reason: 'Completed', message: 'Job completed' });
  }
}
