/** Every write: the actions of a decision, carried out in order, each at most once for each time it is decided. */
import { apiVersion, kinds } from '../api/names.ts';
import { WaitingError } from '../control/errors.ts';
import type { Action, WriteAuditStatus } from '../plan/actions.ts';
import type { Caches } from './caches.ts';
import type { Client, SendOptions } from './client.ts';
import { keep } from './created.ts';
import { auditView } from './custom.ts';
import type { Events } from './events.ts';
import type { Evidence } from './evidence.ts';
import { ProbeWriter } from './probe-writer.ts';
import { networkAudits } from './resources.ts';
import { RunWriter } from './run-writer.ts';
import { groupsOf, isHarmless, isIndependent, sideBySide } from './side-by-side.ts';

/** ApplierParts are what actions are carried out with. */
export interface ApplierParts {
  readonly client: Client;
  readonly caches: Caches;
  readonly evidence: Evidence;
  readonly events: Events;
  /** jobCap bounds the probe Jobs under way of all audits together. */
  readonly jobCap: number;
  /** leads is asked before every single write: a replica that may not be the leader any more writes nothing. */
  readonly leads: () => boolean;
}

/** Applier carries actions out. */
export class Applier {
  readonly #parts: ApplierParts;
  readonly #runs: RunWriter;
  readonly #probes: ProbeWriter;

  constructor(parts: ApplierParts) {
    const { client, caches, jobCap } = parts;
    this.#parts = parts;
    this.#runs = new RunWriter(client, caches);
    this.#probes = new ProbeWriter({ client, caches, runs: this.#runs, jobCap });
  }

  /**
   * apply carries the actions out in order; neighbours of one kind that do not depend on each other go side by side.
   * It stops at the first failure, but that a single Job is refused stops nothing else; it rejects with the first
   * failure in the end. It resolves to whether something was learned that no watch will tell of, so that the same
   * audit must be looked at again. The signal is the term's: in another one, what was known counts no more.
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
      case 'ReadLog':
        return await this.#parts.evidence.readLog(action, options);
      case 'ReadRefusal':
        return await this.#parts.evidence.readRefusal(action, options);
      default:
        await this.#write(action, options);
        return false;
    }
  }

  async #write(action: Exclude<Action, { type: 'ReadLog' | 'ReadRefusal' }>, options: SendOptions) {
    switch (action.type) {
      case 'CreateRun':
        return await this.#runs.create(action, options);
      case 'DeleteRun':
        return await this.#runs.delete(action, options);
      case 'WriteRunStatus':
        return await this.#runs.writeStatus(action, options);
      case 'CreateJob':
        return await this.#probes.create(action, options);
      case 'DeleteProbes':
        return await this.#probes.deleteAll(action, options);
      case 'WriteAuditStatus':
        return await this.#writeAuditStatus(action, options);
      case 'EmitEvent':
        return await this.#parts.events.emit(action, options.signal);
    }
  }

  async #writeAuditStatus(action: WriteAuditStatus, options: SendOptions): Promise<void> {
    const { client, caches } = this.#parts;
    const { name, uid, resourceVersion, status } = action;
    const audit = caches.audits.get(name);
    if (audit === undefined) return;
    const { kind } = kinds.audit;
    const body = { apiVersion, kind, metadata: { name, uid, resourceVersion }, spec: audit.spec, status };
    const call = { verb: 'update', resource: networkAudits, name, subresource: 'status', body } as const;
    keep(caches.audits, await client.send(call, options), auditView);
  }
}
