/** Leader election on a coordination.k8s.io/v1 Lease, by client-go's rules (tools/leaderelection). */
import { errorText, type Log } from '../control/log.ts';
import { hasReason, isGone } from './api-error.ts';
import { pause } from './backoff.ts';
import type { Client } from './client.ts';
import { type JsonObject, numberOf, objectAt, textOf } from './json.ts';
import { givenBack, holderOf, madeBy, takenBy } from './lease-record.ts';
import { leases } from './resources.ts';

/** LeaseTimes are client-go's defaults; renewal must be given up well before others may take over. */
export interface LeaseTimes {
  readonly leaseMilliseconds: number;
  readonly renewDeadlineMilliseconds: number;
  readonly retryMilliseconds: number;
}

/** defaultLeaseTimes are client-go's: 15 s, 10 s and 2 s. */
export const defaultLeaseTimes: LeaseTimes = {
  leaseMilliseconds: 15_000,
  renewDeadlineMilliseconds: 10_000,
  retryMilliseconds: 2_000,
};

/** ElectorOptions say for which Lease, as whom, and who is told. */
export interface ElectorOptions {
  readonly client: Client;
  readonly namespace: string;
  readonly name: string;
  /** identity must differ between any two processes, also of the same Pod. */
  readonly identity: string;
  readonly times?: LeaseTimes;
  readonly log: Log;
  /** leading is called each time the Lease was won; the signal is aborted when it is lost, or on the way out. */
  readonly leading: (signal: AbortSignal) => Promise<void>;
  /** monotonic is a clock in milliseconds that only goes forward. */
  readonly monotonic?: () => number;
}

/**
 * Elector takes part in the election until it is stopped. Clocks of other replicas do not matter: a Lease is over
 * when it did not change for its duration by this process' own monotonic clock.
 */
export class Elector {
  readonly #options: ElectorOptions;
  readonly #times: LeaseTimes;
  readonly #monotonic: () => number;
  readonly #stopping = new AbortController();
  /** seen is the Lease as it was last read or written, and since when it is so by our clock. */
  #seen: { readonly lease: JsonObject; readonly version: string; readonly at: number } | undefined;
  /** renewed is when the request began that last renewed our Lease: it holds from then, not from its answer. */
  #renewed = Number.NEGATIVE_INFINITY;

  constructor(options: ElectorOptions) {
    this.#options = options;
    this.#times = options.times ?? defaultLeaseTimes;
    this.#monotonic = options.monotonic ?? (() => performance.now());
  }

  /** leads tells whether this process may act now; it turns false by itself, even if nothing runs that could say so. */
  leads(): boolean {
    return this.#monotonic() - this.#renewed < this.#times.renewDeadlineMilliseconds;
  }

  /** holder is who holds the Lease, as last seen. */
  get holder(): string {
    return holderOf(this.#seen?.lease);
  }

  /** run takes part until stop is called; it never rejects by reason of the API server. */
  async run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      if (await this.#try()) await this.#lead();
      else await pause(this.#times.retryMilliseconds * (1 + Math.random() * 0.2), signal);
    }
  }

  /** stop ends taking part; the work of a leader is ended first, and the Lease is given back for others to take. */
  stop(): void {
    this.#stopping.abort();
  }

  async #lead(): Promise<void> {
    const { log, identity, leading } = this.#options;
    log.info('Became the leader', { identity });
    const lost = new AbortController();
    const stopping = this.#stopping.signal;
    const work = leading(AbortSignal.any([lost.signal, stopping]));
    const guard = this.#watchdog(lost);
    while (!stopping.aborted && !lost.signal.aborted) {
      await pause(this.#times.retryMilliseconds, AbortSignal.any([lost.signal, stopping]));
      if (!stopping.aborted && !lost.signal.aborted) await this.#try(lost.signal);
      if (this.#isTakenByOther()) lost.abort(new Error('Another replica holds the Lease'));
    }
    clearInterval(guard);
    await work;
    if (stopping.aborted && this.leads()) await this.#release();
    this.#renewed = Number.NEGATIVE_INFINITY;
    log.info('Is not the leader any more', { identity, holder: this.holder });
  }

  /** A renewal may hang for as long as a request may; the end of our time does not wait for it. */
  #watchdog(lost: AbortController): NodeJS.Timeout {
    const step = Math.max(10, Math.min(250, this.#times.retryMilliseconds / 4));
    return setInterval(() => {
      if (!this.leads()) lost.abort(new Error('The Lease could not be renewed in time'));
    }, step);
  }

  /** #try takes or renews the Lease if it may; false when it is another's or the API server could not be asked. */
  async #try(signal?: AbortSignal): Promise<boolean> {
    const { client, namespace, name, log } = this.#options;
    const limits = {
      timeoutMilliseconds: this.#times.renewDeadlineMilliseconds / 2,
      signal: signal ? AbortSignal.any([signal, this.#stopping.signal]) : this.#stopping.signal,
    };
    const began = this.#monotonic();
    try {
      if (!(await this.#writeSeen(limits))) {
        this.#observe(await client.send({ verb: 'get', resource: leases, namespace, name }, limits));
        if (!this.#mayTake()) return false;
        await this.#write(limits);
      }
      this.#renewed = began;
      return true;
    } catch (error) {
      if (limits.signal.aborted) return false;
      if (isGone(error)) return await this.#create(began, limits);
      // Somebody else was quicker: what the Lease says now is read at the next try.
      if (hasReason(error, 'Conflict')) this.#seen = undefined;
      else log.warn('Could not take or renew the Lease', { error: errorText(error) });
      return false;
    }
  }

  /** While it is ours, a renewal is one write: nobody else may have written it (client-go's fast path). */
  async #writeSeen(limits: Limits): Promise<boolean> {
    if (this.holder !== this.#options.identity || !this.leads()) return false;
    try {
      await this.#write(limits);
      return true;
    } catch (error) {
      if (!hasReason(error, 'Conflict')) throw error;
      return false;
    }
  }

  #observe(lease: unknown): void {
    const version = textOf(objectAt(lease, 'metadata').resourceVersion);
    if (this.#seen?.version === version) return;
    this.#seen = { lease: objectAt(lease), version, at: this.#monotonic() };
  }

  #mayTake(): boolean {
    const holder = this.holder;
    if (this.#seen === undefined || holder === '' || holder === this.#options.identity) return true;
    const seconds = numberOf(objectAt(this.#seen.lease, 'spec').leaseDurationSeconds);
    const duration = seconds === undefined ? this.#times.leaseMilliseconds : seconds * 1000;
    return this.#monotonic() - this.#seen.at >= duration;
  }

  #isTakenByOther(): boolean {
    return this.holder !== '' && this.holder !== this.#options.identity;
  }

  async #write(limits: Limits): Promise<void> {
    const { client, namespace, name, identity } = this.#options;
    const body = takenBy(identity, this.#seen?.lease ?? {}, this.#times.leaseMilliseconds, new Date());
    this.#observe(await client.send({ verb: 'update', resource: leases, namespace, name, body }, limits));
  }

  async #create(began: number, limits: Limits): Promise<boolean> {
    const { client, namespace, name, identity, log } = this.#options;
    const body = madeBy(identity, { name, namespace }, this.#times.leaseMilliseconds, new Date());
    try {
      this.#observe(await client.send({ verb: 'create', resource: leases, namespace, body }, limits));
      this.#renewed = began;
      return true;
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists') && !limits.signal.aborted) {
        log.warn('Could not create the Lease', { error: errorText(error) });
      }
      return false;
    }
  }

  /** An empty holder and a second's duration let the next one take it at once. */
  async #release(): Promise<void> {
    const { client, namespace, name, log } = this.#options;
    const body = givenBack(this.#seen?.lease ?? {}, new Date());
    try {
      const limits = { timeoutMilliseconds: this.#times.retryMilliseconds };
      this.#observe(await client.send({ verb: 'update', resource: leases, namespace, name, body }, limits));
    } catch (error) {
      log.warn('Could not give the Lease back', { error: errorText(error) });
    }
  }
}

interface Limits {
  readonly timeoutMilliseconds: number;
  readonly signal: AbortSignal;
}
