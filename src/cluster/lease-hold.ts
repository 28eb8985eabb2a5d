/** What one process knows of the Lease, and its writes of it: by client-go's rules (tools/leaderelection). */
import { errorText, type Log } from '../control/log.ts';
import { hasReason, isGone } from './api-error.ts';
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

/** LeaseHoldOptions say which Lease, and who wants it. */
export interface LeaseHoldOptions {
  readonly client: Client;
  readonly namespace: string;
  readonly name: string;
  /** identity must differ between any two processes, also of the same Pod. */
  readonly identity: string;
  readonly times: LeaseTimes;
  readonly log: Log;
  /** monotonic is a clock in milliseconds that only goes forward. */
  readonly monotonic: () => number;
}

/**
 * LeaseHold takes, renews and gives back one Lease. Clocks of other replicas do not matter: a Lease is over when it did
 * not change for its duration by this process' own monotonic clock.
 */
export class LeaseHold {
  readonly #options: LeaseHoldOptions;
  /** seen is the Lease as it was last read or written, and since when it is so by our clock. */
  #seen: { readonly lease: JsonObject; readonly version: string; readonly at: number } | undefined;
  /** renewed is when the request began that last renewed our Lease: it holds from then, not from its answer. */
  #renewed = Number.NEGATIVE_INFINITY;

  constructor(options: LeaseHoldOptions) {
    this.#options = options;
  }

  /** holds tells whether this process may act now; it turns false by itself, even if nothing runs that could say so. */
  holds(): boolean {
    const { monotonic, times } = this.#options;
    return monotonic() - this.#renewed < times.renewDeadlineMilliseconds;
  }

  /** holder is who holds the Lease, as last seen. */
  get holder(): string {
    return holderOf(this.#seen?.lease);
  }

  /** isTakenByOther tells that somebody else holds it, as last seen. */
  get isTakenByOther(): boolean {
    return this.holder !== '' && this.holder !== this.#options.identity;
  }

  /** take takes or renews the Lease if it may; false when it is another's or the API server could not be asked. */
  async take(signal: AbortSignal): Promise<boolean> {
    const { client, namespace, name, log, times, monotonic } = this.#options;
    const limits = { timeoutMilliseconds: times.renewDeadlineMilliseconds / 2, signal };
    const began = monotonic();
    try {
      if (!(await this.#writeSeen(limits))) {
        this.#observe(await client.send({ verb: 'get', resource: leases, namespace, name }, limits));
        if (!this.#mayTake()) return false;
        await this.#write(limits);
      }
      this.#renewed = began;
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (isGone(error)) return await this.#create(began, limits);
      // Somebody else was quicker: what the Lease says now is read at the next try.
      if (hasReason(error, 'Conflict')) this.#seen = undefined;
      else log.warn('Could not take or renew the Lease', { error: errorText(error) });
      return false;
    }
  }

  /** While it is ours, a renewal is one write: nobody else may have written it (client-go's fast path). */
  async #writeSeen(limits: Limits): Promise<boolean> {
    if (this.holder !== this.#options.identity || !this.holds()) return false;
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
    this.#seen = { lease: objectAt(lease), version, at: this.#options.monotonic() };
  }

  #mayTake(): boolean {
    const holder = this.holder;
    if (this.#seen === undefined || holder === '' || holder === this.#options.identity) return true;
    const seconds = numberOf(objectAt(this.#seen.lease, 'spec').leaseDurationSeconds);
    const duration = seconds === undefined ? this.#options.times.leaseMilliseconds : seconds * 1000;
    return this.#options.monotonic() - this.#seen.at >= duration;
  }

  async #write(limits: Limits): Promise<void> {
    const { client, namespace, name, identity } = this.#options;
    const body = takenBy(
      identity,
      this.#seen?.lease ?? {},
      this.#options.times.leaseMilliseconds,
      new Date(),
    );
    this.#observe(await client.send({ verb: 'update', resource: leases, namespace, name, body }, limits));
  }

  async #create(began: number, limits: Limits): Promise<boolean> {
    const { client, namespace, name, identity, log } = this.#options;
    const body = madeBy(identity, { name, namespace }, this.#options.times.leaseMilliseconds, new Date());
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

  /** release gives the Lease back: an empty holder and a second's duration let the next one take it at once. */
  async release(): Promise<void> {
    const { client, namespace, name, log } = this.#options;
    const body = givenBack(this.#seen?.lease ?? {}, new Date());
    try {
      const limits = { timeoutMilliseconds: this.#options.times.retryMilliseconds };
      this.#observe(await client.send({ verb: 'update', resource: leases, namespace, name, body }, limits));
    } catch (error) {
      log.warn('Could not give the Lease back', { error: errorText(error) });
    }
  }

  /** drop ends holding at once, whatever the Lease says. */
  drop(): void {
    this.#renewed = Number.NEGATIVE_INFINITY;
  }
}

interface Limits {
  readonly timeoutMilliseconds: number;
  readonly signal: AbortSignal;
}
