/** Leader election: who holds the Lease works, the others wait for it, and each can stop at any time. */
import { pause } from './backoff.ts';
import { defaultLeaseTimes, LeaseHold, type LeaseHoldOptions, type LeaseTimes } from './lease-hold.ts';

/** ElectorOptions say for which Lease, as whom, and who is told. */
export interface ElectorOptions extends Omit<LeaseHoldOptions, 'times' | 'monotonic'> {
  readonly times?: LeaseTimes;
  /** leading is called each time the Lease was won; the signal is aborted when it is lost, or on the way out. */
  readonly leading: (signal: AbortSignal) => Promise<void>;
  readonly monotonic?: () => number;
}

/** Elector takes part in the election until it is stopped. */
export class Elector {
  readonly #options: ElectorOptions;
  readonly #times: LeaseTimes;
  readonly #hold: LeaseHold;
  readonly #stopping = new AbortController();

  constructor(options: ElectorOptions) {
    const { times = defaultLeaseTimes, monotonic = () => performance.now() } = options;
    this.#options = options;
    this.#times = times;
    this.#hold = new LeaseHold({ ...options, times, monotonic });
  }

  /** leads tells whether this process may act now; it turns false by itself, even if nothing runs that could say so. */
  leads(): boolean {
    return this.#hold.holds();
  }

  /** holder is who holds the Lease, as last seen. */
  get holder(): string {
    return this.#hold.holder;
  }

  /** run takes part until stop is called; it never rejects by reason of the API server. */
  async run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      if (await this.#hold.take(signal)) await this.#lead();
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
    const ended = AbortSignal.any([lost.signal, stopping]);
    const work = leading(ended);
    const guard = this.#watchdog(lost);
    while (!ended.aborted) {
      await pause(this.#times.retryMilliseconds, ended);
      if (!ended.aborted) await this.#hold.take(ended);
      if (this.#hold.isTakenByOther) lost.abort(new Error('Another replica holds the Lease'));
    }
    clearInterval(guard);
    await work;
    if (stopping.aborted && this.leads()) await this.#hold.release();
    this.#hold.drop();
    log.info('Is not the leader any more', { identity, holder: this.holder });
  }

  /** A renewal may hang for as long as a request may; the end of our time does not wait for it. */
  #watchdog(lost: AbortController): NodeJS.Timeout {
    const step = Math.max(10, Math.min(250, this.#times.retryMilliseconds / 4));
    return setInterval(() => {
      if (!this.leads()) lost.abort(new Error('The Lease could not be renewed in time'));
    }, step);
  }
}
