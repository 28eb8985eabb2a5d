/** Workers: take a due key, reconcile it, and let its outcome decide when it comes back. */
import type { ReconcileOutcome } from '../metrics/controller.ts';
import { consequenceOf, isStale } from './errors.ts';
import { errorText, type Log } from './log.ts';
import type { Queue } from './queue.ts';

/** Reconciled is what a reconcile that went well says of the next one. */
export interface Reconciled {
  /** afterMilliseconds is when to look again at the latest, even if nothing changes. */
  readonly afterMilliseconds?: number;
  /** again says that there is more to do at once. */
  readonly again: boolean;
}

/** WorkOptions are the parts of a worker. */
export interface WorkOptions {
  readonly queue: Queue;
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<Reconciled>;
  readonly log: Log;
  readonly reconciled?: (outcome: ReconcileOutcome, seconds: number) => void;
  /** concurrency is how many keys are at work at a time. */
  readonly concurrency: number;
}

/** work runs the workers until the signal is aborted, and resolves when the last of them has put its key down. */
export async function work(options: WorkOptions, signal: AbortSignal): Promise<void> {
  const { queue } = options;
  const close = () => queue.close();
  if (signal.aborted) close();
  signal.addEventListener('abort', close, { once: true });
  const lane = async () => {
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
      await one(key, options, signal);
      queue.done(key);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, lane));
}

async function one(key: string, options: WorkOptions, signal: AbortSignal): Promise<void> {
  const { queue, reconcile, reconciled = () => {} } = options;
  const began = performance.now();
  const told = (outcome: ReconcileOutcome) => reconciled(outcome, (performance.now() - began) / 1000);
  try {
    const { again, afterMilliseconds } = await reconcile(key, signal);
    queue.forget(key);
    told(again ? 'requeue' : 'success');
    if (again) queue.add(key);
    else if (afterMilliseconds !== undefined) queue.addAfter(key, afterMilliseconds);
  } catch (error) {
    if (!signal.aborted) told(handle(key, error, options));
  }
}

/** The one place where a failed reconcile is logged, and its consequence drawn. */
function handle(key: string, error: unknown, { queue, log }: WorkOptions): ReconcileOutcome {
  const consequence = consequenceOf(error);
  const fields = { audit: key, error: errorText(error) };
  switch (consequence.kind) {
    case 'Stalled':
      queue.forget(key);
      if (consequence.milliseconds !== undefined) queue.addAfter(key, consequence.milliseconds);
      log.error('Could not reconcile the audit until something changes', fields);
      return 'stalled';
    case 'Waiting':
      queue.addAfter(key, consequence.milliseconds);
      log.info('Reconcile has to wait', { ...fields, milliseconds: consequence.milliseconds });
      return 'waiting';
    case 'Transient': {
      const milliseconds = Math.round(queue.addRateLimited(key));
      if (isStale(error)) log.debug('Read an object that was written since', { ...fields, milliseconds });
      else log.warn('Could not reconcile the audit', { ...fields, milliseconds });
      return 'error';
    }
  }
}
