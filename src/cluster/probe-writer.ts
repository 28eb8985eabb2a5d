/** The writes of probe Jobs: never for a run that is over, and never more under way than the cap of all audits. */
import { labels } from '../api/names.ts';
import { StalledError, WaitingError } from '../control/errors.ts';
import type { CreateJob, DeleteProbes } from '../plan/actions.ts';
import { type Caches, jobEntry } from './caches.ts';
import type { Client, SendOptions } from './client.ts';
import { createdByUs, deleteOptions, keep } from './created.ts';
import { objectsOf, textOf } from './json.ts';
import { jobs } from './resources.ts';
import type { RunWriter } from './run-writer.ts';

/** ProbeWriterParts are what Jobs are written with. */
export interface ProbeWriterParts {
  readonly client: Client;
  readonly caches: Caches;
  readonly runs: RunWriter;
  /** jobCap bounds the Jobs under way of all audits: several decisions at once each see the room of all. */
  readonly jobCap: number;
}

/** ProbeWriter makes and deletes Jobs. */
export class ProbeWriter {
  readonly #parts: ProbeWriterParts;
  /** creating counts the Jobs that are asked for just now. */
  #creating = 0;

  constructor(parts: ProbeWriterParts) {
    this.#parts = parts;
  }

  /** create makes a Job, or finds that it was made. */
  async create({ job }: CreateJob, options: SendOptions): Promise<void> {
    const { client, caches, runs, jobCap } = this.#parts;
    const { name, namespace, ownerReferences } = job.metadata;
    const store = caches.jobs.get(namespace);
    if (store === undefined) throw new StalledError(`No Job of ours belongs in namespace ${namespace}`);
    if (this.#underWay() >= jobCap)
      throw new WaitingError('As many probe Jobs as may be are under way', 1000);
    const create = () => client.send({ verb: 'create', resource: jobs, namespace, body: job }, options);
    const read = () => client.send({ verb: 'get', resource: jobs, namespace, name }, options);
    this.#creating += 1;
    try {
      for (const run of objectsOf(ownerReferences)) {
        await runs.confirmOpen(textOf(run.name), textOf(run.uid), options);
      }
      keep(store, await createdByUs(create, read, ownerReferences), jobEntry);
    } finally {
      this.#creating -= 1;
    }
  }

  /** deleteAll deletes all Jobs of a run in one namespace. */
  async deleteAll({ namespace, runUid }: DeleteProbes, options: SendOptions): Promise<void> {
    const { client, caches } = this.#parts;
    const query = { labelSelector: `${labels.runUid}=${runUid}` };
    const call = { verb: 'deletecollection', resource: jobs, namespace, query, body: deleteOptions } as const;
    await client.perform(call, options);
    caches.jobs.get(namespace)?.deleted(({ view }) => view.runUid === runUid);
  }

  #underWay(): number {
    const kept = [...this.#parts.caches.jobs.values()].flatMap((store) => store.views());
    return this.#creating + kept.filter(({ view }) => view.finished === undefined).length;
  }
}
