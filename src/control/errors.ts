/** Errors by their consequence: what happens next is decided where an error is understood, not where it ends. */
import { ApiError } from '../cluster/api-error.ts';

/**
 * Consequence is what follows from a failed reconcile.
 *
 * - `Stalled`: nothing helps until an object changes, which brings the key back; so does the time that was due anyway.
 * - `Waiting`: it is known when to ask again; failures are not counted.
 * - `Transient`: asking again helps, nobody knows when; the queue backs off.
 */
export type Consequence =
  | { readonly kind: 'Stalled'; readonly milliseconds?: number }
  | { readonly kind: 'Waiting'; readonly milliseconds: number }
  | { readonly kind: 'Transient' };

/** StalledError gives up until something changes, or until the time at which a look was due in any case. */
export class StalledError extends Error {
  override readonly name = 'StalledError';
  readonly milliseconds: number | undefined;

  constructor(message: string, milliseconds?: number) {
    super(message);
    this.milliseconds = milliseconds;
  }
}

/** WaitingError asks again after a known time. */
export class WaitingError extends Error {
  override readonly name = 'WaitingError';
  readonly milliseconds: number;

  constructor(message: string, milliseconds: number) {
    super(message);
    this.milliseconds = milliseconds;
  }
}

/** consequenceOf reads an error's consequence; whatever is not known to be more is transient. */
export function consequenceOf(error: unknown): Consequence {
  if (error instanceof StalledError) {
    const { milliseconds } = error;
    return { kind: 'Stalled', ...(milliseconds === undefined ? {} : { milliseconds }) };
  }
  if (error instanceof WaitingError) return { kind: 'Waiting', milliseconds: error.milliseconds };
  if (error instanceof ApiError && error.retryAfterSeconds !== undefined) {
    // A server that says `0` still wants not to be asked at once by everyone.
    return { kind: 'Waiting', milliseconds: Math.max(error.retryAfterSeconds * 1000, 1000) };
  }
  return { kind: 'Transient' };
}

/** isStale tells the one failure that is daily business: somebody wrote the object between our read and our write. */
export function isStale(error: unknown): boolean {
  return error instanceof ApiError && error.code === 409 && error.reason === 'Conflict';
}
