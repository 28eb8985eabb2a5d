/** The writes of runs: they are made once, get an owner and a status, and go. */
import { apiVersion, kinds, labels, labelValue } from '../api/names.ts';
import type { NetworkAuditRun, OwnerReference } from '../api/v1alpha1/index.ts';
import { WaitingError } from '../control/errors.ts';
import type { CreateRun, DeleteRun, WriteRunStatus } from '../plan/actions.ts';
import { hasReason, isGone } from './api-error.ts';
import type { Caches } from './caches.ts';
import type { Client, SendOptions } from './client.ts';
import { createdByUs, deleteOptions, keep } from './created.ts';
import { runView } from './custom.ts';
import { objectAt, textOf } from './json.ts';
import { isComplete } from './observe.ts';
import { networkAuditRuns } from './resources.ts';

/** RunWriter writes runs, and what it wrote it knows. */
export class RunWriter {
  readonly #client: Client;
  readonly #caches: Caches;
  /** known are the runs that are as the cache says: written or read in this term, of which the signal is the token. */
  readonly #known = new Map<string, Promise<void>>();
  #term: AbortSignal | undefined;

  constructor(client: Client, caches: Caches) {
    this.#client = client;
    this.#caches = caches;
  }

  /** create makes a run, or finds that it was made. */
  async create({ run }: CreateRun, options: SendOptions): Promise<void> {
    const { name } = run.metadata;
    const read = () => this.#read(name, options);
    const create = () =>
      this.#client.send({ verb: 'create', resource: networkAuditRuns, body: run }, options);
    const owners = run.metadata.ownerReferences ?? [];
    keep(this.#caches.runs, await createdByUs(create, read, owners), runView);
  }

  /** delete deletes a run if it is still the same. */
  async delete({ name, uid }: DeleteRun, options: SendOptions): Promise<void> {
    const body = { ...deleteOptions, preconditions: { uid } };
    try {
      await this.#client.perform({ verb: 'delete', resource: networkAuditRuns, name, body }, options);
    } catch (error) {
      // It is gone, or another has its name: either way this one is not there any more.
      if (!isGone(error) && !hasReason(error, 'Conflict')) throw error;
    }
    this.#caches.runs.deleted((run) => run.metadata.uid === uid);
  }

  /** writeStatus replaces a run's status; a run that a person made gets its owner first. */
  async writeStatus(action: WriteRunStatus, options: SendOptions): Promise<void> {
    const { name, uid, status, adopt } = action;
    const run = this.#caches.runs.get(name);
    if (run === undefined) throw new WaitingError(`Run ${name} is not in the cache`, 1000);
    let { resourceVersion } = action;
    if (adopt) resourceVersion = await this.#adopt(run, adopt.auditUid, action, options);
    const { kind } = kinds.run;
    const body = { apiVersion, kind, metadata: { name, uid, resourceVersion }, spec: run.spec, status };
    const call = { verb: 'update', resource: networkAuditRuns, name, subresource: 'status', body } as const;
    keep(this.#caches.runs, await this.#client.send(call, options), runView);
    this.#knownIn(options.signal).set(uid, Promise.resolve());
  }

  /**
   * confirmOpen rejects if a run is over. A new leader knows a run by its watches, which may not have told yet what
   * the leader before it did: for each run that it has not written itself it asks the API server once.
   */
  confirmOpen(name: string, uid: string, options: SendOptions): Promise<void> {
    const known = this.#knownIn(options.signal);
    const confirmed = known.get(uid) ?? this.#confirm(name, uid, options);
    known.set(uid, confirmed);
    return confirmed;
  }

  async #confirm(name: string, uid: string, options: SendOptions): Promise<void> {
    try {
      const found = await this.#read(name, options);
      keep(this.#caches.runs, found, runView);
      const run = this.#caches.runs.get(name);
      if (run?.metadata.uid !== uid || isComplete(run)) throw new WaitingError(`Run ${name} is over`, 1000);
    } catch (error) {
      this.#known.delete(uid);
      throw isGone(error) ? new WaitingError(`Run ${name} is gone`, 1000) : error;
    }
  }

  #knownIn(term: AbortSignal | undefined): Map<string, Promise<void>> {
    if (term !== this.#term || this.#known.size > 1000) this.#known.clear();
    this.#term = term;
    return this.#known;
  }

  #read(name: string, options: SendOptions): Promise<unknown> {
    return this.#client.send({ verb: 'get', resource: networkAuditRuns, name }, options);
  }

  /** #adopt gives a run that a person made its owner; it resolves to the run's new resourceVersion. */
  async #adopt(
    run: NetworkAuditRun,
    auditUid: string,
    { name, uid, resourceVersion }: WriteRunStatus,
    options: SendOptions,
  ): Promise<string> {
    const { auditName } = run.spec;
    const metadata = {
      uid,
      resourceVersion,
      ownerReferences: ownersWith(run.metadata.ownerReferences ?? [], auditName, auditUid),
      labels: { [labels.audit]: labelValue(auditName) },
    };
    const call = { verb: 'patch', resource: networkAuditRuns, name, body: { metadata } } as const;
    const adopted = await this.#client.send(call, options);
    keep(this.#caches.runs, adopted, runView);
    return textOf(objectAt(adopted, 'metadata').resourceVersion);
  }
}

/** An object has one controller: where a person named another, the audit only owns the run. */
function ownersWith(
  present: readonly OwnerReference[],
  auditName: string,
  auditUid: string,
): readonly OwnerReference[] {
  const others = present.filter(({ uid }) => uid !== auditUid);
  const free = !others.some(({ controller }) => controller === true);
  const { kind } = kinds.audit;
  const owner = { apiVersion, kind, name: auditName, uid: auditUid, ...(free ? { controller: true } : {}) };
  return [...others, owner];
}
