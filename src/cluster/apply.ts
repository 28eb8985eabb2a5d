/** Every write: the actions of a decision, carried out in order, each at most once for each time it is decided. */
import { apiVersion, kinds, labels, labelValue } from '../api/names.ts';
import type { NetworkAuditRun } from '../api/v1alpha1/index.ts';
import { StalledError, WaitingError } from '../control/errors.ts';
import type {
  Action,
  CreateJob,
  CreateRun,
  DeleteProbes,
  DeleteRun,
  WriteAuditStatus,
  WriteRunStatus,
} from '../plan/actions.ts';
import { hasReason, isGone } from './api-error.ts';
import { type Caches, jobEntry } from './caches.ts';
import type { Client, SendOptions } from './client.ts';
import { auditView, runView } from './custom.ts';
import type { Events } from './events.ts';
import type { Evidence } from './evidence.ts';
import { isObject, type JsonObject, objectAt, objectsOf, textOf } from './json.ts';
import { entryOf } from './reflector.ts';
import { jobs, networkAuditRuns, networkAudits } from './resources.ts';
import { groupsOf, isHarmless, isIndependent, sideBySide } from './side-by-side.ts';
import type { Store } from './store.ts';

/** ApplierParts are what actions are carried out with. */
export interface ApplierParts {
  readonly client: Client;
  readonly caches: Caches;
  readonly evidence: Evidence;
  readonly events: Events;
  /** leads is asked before every single write: a replica that may not be the leader any more writes nothing. */
  readonly leads: () => boolean;
}

/** Applier carries actions out. */
export class Applier {
  readonly #parts: ApplierParts;

  constructor(parts: ApplierParts) {
    this.#parts = parts;
  }

  /**
   * apply carries the actions out in order; neighbours of one kind that do not depend on each other go side by side.
   * It stops at the first failure, but that a single Job is refused stops nothing else; it rejects with the first
   * failure in the end. It resolves to whether something was learned that no watch will tell of, so that the same
   * audit must be looked at again.
   */
  async apply(actions: readonly Action[], signal?: AbortSignal): Promise<boolean> {
    const failures: unknown[] = [];
    let learned = false;
    for (const group of groupsOf(actions)) {
      const done = await sideBySide(group, (action) => this.#one(action, { signal }));
      learned ||= done.results.includes(true);
      failures.push(...done.failures);
      if (done.failures.some((error) => !isIndependent(group[0]) || !isHarmless(error))) break;
    }
    if (failures.length > 0) throw failures[0];
    return learned;
  }

  async #one(action: Action, options: SendOptions): Promise<boolean> {
    options.signal?.throwIfAborted();
    if (!this.#parts.leads()) throw new WaitingError('This replica does not lead any more', 1000);
    switch (action.type) {
      case 'CreateRun':
        return await this.#createRun(action, options);
      case 'DeleteRun':
        return await this.#deleteRun(action, options);
      case 'WriteRunStatus':
        return await this.#writeRunStatus(action, options);
      case 'CreateJob':
        return await this.#createJob(action, options);
      case 'DeleteProbes':
        return await this.#deleteProbes(action, options);
      case 'ReadLog':
        return await this.#parts.evidence.readLog(action, options);
      case 'ReadRefusal':
        return await this.#parts.evidence.readRefusal(action, options);
      case 'WriteAuditStatus':
        return await this.#writeAuditStatus(action, options);
      case 'EmitEvent':
        await this.#parts.events.emit(action, options.signal);
        return false;
    }
  }

  async #createRun({ run }: CreateRun, options: SendOptions): Promise<boolean> {
    const { client, caches } = this.#parts;
    const { name } = run.metadata;
    const read = () => client.send({ verb: 'get', resource: networkAuditRuns, name }, options);
    const create = () => client.send({ verb: 'create', resource: networkAuditRuns, body: run }, options);
    keep(caches.runs, await createdByUs(create, read, run.metadata.ownerReferences ?? []), runView);
    return false;
  }

  async #deleteRun({ name, uid }: DeleteRun, options: SendOptions): Promise<boolean> {
    const body = { ...deleteOptions, preconditions: { uid } };
    try {
      await this.#parts.client.perform({ verb: 'delete', resource: networkAuditRuns, name, body }, options);
    } catch (error) {
      // It is gone, or another has its name: either way this one is not there any more.
      if (!isGone(error) && !hasReason(error, 'Conflict')) throw error;
    }
    this.#parts.caches.runs.deleted((run) => run.metadata.uid === uid);
    return false;
  }

  async #writeRunStatus(action: WriteRunStatus, options: SendOptions): Promise<boolean> {
    const { client, caches } = this.#parts;
    const { name, uid, status, adopt } = action;
    const run = caches.runs.get(name);
    if (run === undefined) throw new WaitingError(`Run ${name} is not in the cache`, 1000);
    let { resourceVersion } = action;
    if (adopt) resourceVersion = await this.#adopt(run, adopt.auditUid, action, options);
    const { kind } = kinds.run;
    const body = { apiVersion, kind, metadata: { name, uid, resourceVersion }, spec: run.spec, status };
    const call = { verb: 'update', resource: networkAuditRuns, name, subresource: 'status', body } as const;
    keep(caches.runs, await client.send(call, options), runView);
    return false;
  }

  /** #adopt gives a run that a person made its owner; it resolves to the run's new resourceVersion. */
  async #adopt(
    run: NetworkAuditRun,
    auditUid: string,
    { name, uid, resourceVersion }: WriteRunStatus,
    options: SendOptions,
  ): Promise<string> {
    const { client, caches } = this.#parts;
    const { auditName } = run.spec;
    const owner = { apiVersion, kind: kinds.audit.kind, name: auditName, uid: auditUid, controller: true };
    const others = (run.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== auditUid);
    const metadata = {
      uid,
      resourceVersion,
      ownerReferences: [...others, owner],
      labels: { [labels.audit]: labelValue(auditName) },
    };
    const call = { verb: 'patch', resource: networkAuditRuns, name, body: { metadata } } as const;
    const adopted = await client.send(call, options);
    keep(caches.runs, adopted, runView);
    return textOf(objectAt(adopted, 'metadata').resourceVersion);
  }

  async #createJob({ job }: CreateJob, options: SendOptions): Promise<boolean> {
    const { client, caches } = this.#parts;
    const { name, namespace, ownerReferences } = job.metadata;
    const store = caches.jobs.get(namespace);
    if (store === undefined) throw new StalledError(`No Job of ours belongs in namespace ${namespace}`);
    const create = () => client.send({ verb: 'create', resource: jobs, namespace, body: job }, options);
    const read = () => client.send({ verb: 'get', resource: jobs, namespace, name }, options);
    keep(store, await createdByUs(create, read, ownerReferences), jobEntry);
    return false;
  }

  /** A plain deletion of Jobs would orphan their Pods; Background leaves them to the garbage collector. */
  async #deleteProbes({ namespace, runUid }: DeleteProbes, options: SendOptions): Promise<boolean> {
    const query = { labelSelector: `${labels.runUid}=${runUid}` };
    const call = { verb: 'deletecollection', resource: jobs, namespace, query, body: deleteOptions } as const;
    await this.#parts.client.perform(call, options);
    this.#parts.caches.jobs.get(namespace)?.deleted(({ view }) => view.runUid === runUid);
    return false;
  }

  async #writeAuditStatus(action: WriteAuditStatus, options: SendOptions): Promise<boolean> {
    const { client, caches } = this.#parts;
    const { name, uid, resourceVersion, status } = action;
    const audit = caches.audits.get(name);
    if (audit === undefined) return false;
    const { kind } = kinds.audit;
    const body = { apiVersion, kind, metadata: { name, uid, resourceVersion }, spec: audit.spec, status };
    const call = { verb: 'update', resource: networkAudits, name, subresource: 'status', body } as const;
    keep(caches.audits, await client.send(call, options), auditView);
    return false;
  }
}

const deleteOptions = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };

/** createdByUs resolves to the created object, or to the one that is there already if its owner is the same. */
async function createdByUs(
  create: () => Promise<unknown>,
  read: () => Promise<unknown>,
  owners: readonly object[],
): Promise<unknown> {
  try {
    return await create();
  } catch (error) {
    if (!hasReason(error, 'AlreadyExists')) throw error;
  }
  const present = await read();
  const metadata = objectAt(present, 'metadata');
  const wanted = owners.map((owner) => textOf(objectAt(owner).uid));
  const found = objectsOf(metadata.ownerReferences).map(({ uid }) => textOf(uid));
  if (wanted.every((uid) => found.includes(uid))) return present;
  throw new StalledError(
    `${textOf(objectAt(present).kind)} ${textOf(metadata.name)} belongs to somebody else`,
  );
}

function keep<View>(
  store: Store<View>,
  object: unknown,
  view: (object: JsonObject) => View | undefined,
): void {
  const entry = isObject(object) ? entryOf(object, view) : undefined;
  if (entry) store.wrote(entry);
}
