import { isConflict } from './refusals.ts';

/** The pauses of a key that fails again and again. */
const RETRY = { first: 5, most: 10_000 };

/** BackOff is how long the first pause is, which doubles, and how long it gets at most, in milliseconds. */
export interface BackOff {
  first: number;
  most: number;
}

/** RetryLater says that a key shall be tried again after its own back-off. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  readonly backOff: BackOff;
  constructor(backOff: BackOff, options?: ErrorOptions) {
    super(`again after at least ${backOff.first} ms`, options);
    this.backOff = backOff;
  }
}

/**
 * KeyedQueue reconciles keys: never one key twice at a time, and once more when it was added meanwhile. A conflict is
 * tried again like every failure, but is none to be told.
 */
export class KeyedQueue {
  readonly #reconcile: (key: string) => Promise<void>;
  readonly #failed: (key: string, error: unknown) => void;
  readonly #running = new Set<string>();
  readonly #again = new Set<string>();
  readonly #timers = new Map<string, { due: number; timer: NodeJS.Timeout }>();
  readonly #failures = new Map<string, number>();
  readonly #idle = new Set<Promise<void>>();
  #stopped = false;

  constructor(reconcile: (key: string) => Promise<void>, failed: (key: string, error: unknown) => void) {
    this.#reconcile = reconcile;
    this.#failed = failed;
  }

  /** add has a key reconciled now, or when it comes out of the reconciliation that is under way. */
  add(key: string): void {
    if (this.#stopped) return;
    if (this.#running.has(key)) {
      this.#again.add(key);
      return;
    }
    this.#running.add(key);
    const work = this.#work(key).finally(() => this.#idle.delete(work));
    this.#idle.add(work);
  }

  /** addAfter adds a key after so many milliseconds; an earlier appointment of the same key stands. */
  addAfter(key: string, delay: number): void {
    const due = Date.now() + delay;
    const known = this.#timers.get(key);
    if (this.#stopped || (known !== undefined && known.due <= due)) return;
    clearTimeout(known?.timer);
    const fire = () => {
      this.#timers.delete(key);
      this.add(key);
    };
    this.#timers.set(key, { due, timer: setTimeout(fire, Math.min(Math.max(delay, 0), 2_147_483_647)) });
  }

  /** stop forgets all appointments and resolves when no reconciliation is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    await Promise.all(this.#idle);
  }

  async #work(key: string): Promise<void> {
    // A burst of events about one key, all of this tick, is one reconciliation.
    await Promise.resolve();
    do {
      this.#again.delete(key);
      try {
        await this.#reconcile(key);
        this.#failures.delete(key);
      } catch (error) {
        this.#retry(key, error);
      }
    } while (this.#again.has(key) && !this.#stopped);
    this.#running.delete(key);
  }

  #retry(key: string, error: unknown): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const { first, most } = error instanceof RetryLater ? error.backOff : RETRY;
    if (!isConflict(error)) this.#failed(key, error);
    this.addAfter(key, Math.min(first * 2 ** failures, most));
  }
}
