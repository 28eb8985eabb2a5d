/** The keyed work queue: a key is at work once at a time, is queued once, and comes back later when it failed. */
import { type Backoff, delayOf } from '../cluster/backoff.ts';
import type { QueueHooks } from '../metrics/controller.ts';

/** QueueOptions are the queue's back-off and who follows it. */
export interface QueueOptions {
  readonly backoff?: Backoff;
  readonly hooks?: (queue: { depth(): number; running(): readonly number[] }) => QueueHooks;
  /** chance is a random number in [0, 1). */
  readonly chance?: () => number;
}

/** A conflict is over in a moment, an API server that is gone is not back for a while. */
const defaultBackoff: Backoff = { baseMilliseconds: 250, capMilliseconds: 60_000 };

const noHooks: QueueHooks = { added() {}, retried() {}, started() {}, finished() {} };

/**
 * Queue holds keys that are due. A key that is added while it is at work becomes due again when that work is done, so
 * that no change is missed and no two workers ever have the same key. Times are milliseconds.
 */
export class Queue {
  /** ready holds the keys that are due, with the time since which they are. */
  readonly #ready = new Map<string, number>();
  /** working holds the keys at work, with the time since which they are. */
  readonly #working = new Map<string, number>();
  readonly #again = new Set<string>();
  readonly #later = new Map<string, { readonly at: number; readonly timer: NodeJS.Timeout }>();
  readonly #failures = new Map<string, number>();
  readonly #waiting: ((key: string | undefined) => void)[] = [];
  readonly #backoff: Backoff;
  readonly #hooks: QueueHooks;
  readonly #chance: () => number;
  #closed = false;

  constructor(options: QueueOptions = {}) {
    this.#backoff = options.backoff ?? defaultBackoff;
    this.#chance = options.chance ?? Math.random;
    const running = () => [...this.#working.values()].map((since) => (performance.now() - since) / 1000);
    this.#hooks = options.hooks?.({ depth: () => this.#ready.size, running }) ?? noHooks;
  }

  /** add makes a key due now. */
  add(key: string): void {
    if (this.#closed) return;
    this.#cancel(key);
    if (this.#working.has(key)) {
      if (this.#again.has(key)) return;
      this.#again.add(key);
      this.#hooks.added();
      return;
    }
    if (this.#ready.has(key)) return;
    this.#hooks.added();
    this.#offer(key);
  }

  /** addAfter makes a key due after a time; of several times the earliest holds. */
  addAfter(key: string, milliseconds: number): void {
    if (this.#closed || this.#ready.has(key) || this.#again.has(key)) return;
    const delay = Math.max(0, milliseconds);
    const at = performance.now() + delay;
    const planned = this.#later.get(key);
    if (planned && planned.at <= at) return;
    this.#cancel(key);
    // Timers of Node hold 31 bits of milliseconds; being early only costs a look.
    const timer = setTimeout(() => this.add(key), Math.min(delay, 2 ** 31 - 1));
    this.#later.set(key, { at, timer });
  }

  /** addRateLimited makes a key due after a back-off that grows with its failures in a row; it returns the delay. */
  addRateLimited(key: string): number {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    this.#hooks.retried();
    const delay = delayOf(this.#backoff, failures, this.#chance());
    this.addAfter(key, delay);
    return delay;
  }

  /** forget ends a key's row of failures. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** take resolves to a key that is due, once there is one; undefined when the queue was closed. */
  take(): Promise<string | undefined> {
    const [key] = this.#ready.keys();
    if (this.#closed) return Promise.resolve(undefined);
    if (key !== undefined) return Promise.resolve(this.#start(key));
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** done gives back a key that was taken. */
  done(key: string): void {
    const since = this.#working.get(key);
    if (since === undefined) return;
    this.#working.delete(key);
    this.#hooks.finished((performance.now() - since) / 1000);
    if (this.#again.delete(key) && !this.#closed) this.#offer(key);
  }

  /** oldestWorkSeconds is how long the longest work in progress takes already; 0 when there is none. */
  oldestWorkSeconds(): number {
    const oldest = Math.min(...this.#working.values());
    return Number.isFinite(oldest) ? (performance.now() - oldest) / 1000 : 0;
  }

  /** close forgets all that is due and lets every worker go; work in progress goes on. */
  close(): void {
    this.#closed = true;
    for (const key of [...this.#later.keys()]) this.#cancel(key);
    this.#ready.clear();
    this.#again.clear();
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
  }

  #offer(key: string): void {
    this.#ready.set(key, performance.now());
    const worker = this.#waiting.shift();
    worker?.(this.#start(key));
  }

  #start(key: string): string {
    const now = performance.now();
    this.#hooks.started((now - (this.#ready.get(key) ?? now)) / 1000);
    this.#ready.delete(key);
    this.#working.set(key, now);
    return key;
  }

  #cancel(key: string): void {
    clearTimeout(this.#later.get(key)?.timer);
    this.#later.delete(key);
  }
}
