/** One term of leadership: a queue of its own, fed by changes, and workers until the Lease is lost. */
import type { Log } from './log.ts';
import { Queue, type QueueOptions } from './queue.ts';
import { type Reconciled, type WorkOptions, work } from './worker.ts';

/** TermParts are what every term works with. */
export interface TermParts {
  readonly log: Log;
  readonly queue: QueueOptions;
  readonly concurrency: number;
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<Reconciled>;
  readonly reconciled?: NonNullable<WorkOptions['reconciled']>;
  /** synced resolves when the caches are filled, or the signal is aborted. */
  readonly synced: (signal: AbortSignal) => Promise<void>;
  /** keys are all that may need work: a new leader looks at everything once. */
  readonly keys: () => Iterable<string>;
}

/** Terms feeds the present term's queue; between terms, changes need no keeping, since a term begins with all keys. */
export class Terms {
  readonly #parts: TermParts;
  #queue: Queue | undefined;

  constructor(parts: TermParts) {
    this.#parts = parts;
  }

  /** wake makes a key due after a time, if there is a term. */
  wake(key: string, milliseconds: number): void {
    if (milliseconds <= 0) this.#queue?.add(key);
    else this.#queue?.addAfter(key, milliseconds);
  }

  /** oldestWorkSeconds is how long the longest work in progress takes already. */
  oldestWorkSeconds(): number {
    return this.#queue?.oldestWorkSeconds() ?? 0;
  }

  /** serve works until the signal is aborted, and resolves when all work is put down. */
  async serve(signal: AbortSignal): Promise<void> {
    const { synced, keys, log, queue: options, concurrency, reconcile, reconciled } = this.#parts;
    await synced(signal);
    const queue = new Queue(options);
    this.#queue = queue;
    for (const key of keys()) queue.add(key);
    const told = reconciled === undefined ? {} : { reconciled };
    await work({ queue, reconcile, log, concurrency, ...told }, signal);
    this.#queue = undefined;
  }
}
