/** What tests do to the server: stop it, cut its watches, make its next answers fail. */
import type { Call } from './call.ts';

/** Failure makes requests fail until it is used up. */
export interface Failure {
  /** match tells which requests; all of them without it. */
  match?: (call: Call) => boolean;
  code: number;
  /** seconds, for the Retry-After header. */
  retryAfter?: number;
  /** how many requests fail; one by default. */
  times?: number;
}

/** Faults holds what is broken now. It concerns HTTPS only: the sandbox's own components go on. */
export class Faults {
  #failures: { failure: Failure; left: number }[] = [];

  /** failNext makes the next matching requests fail. */
  failNext(failure: Failure): void {
    this.#failures.push({ failure, left: failure.times ?? 1 });
  }

  /** take is the failure of a request, counted as used. */
  take(call: Call): Failure | undefined {
    const found = this.#failures.find(({ failure }) => failure.match?.(call) ?? true);
    if (!found) return undefined;
    found.left -= 1;
    if (found.left <= 0) this.#failures = this.#failures.filter((other) => other !== found);
    return found.failure;
  }

  /** mend forgets failures that were not used. */
  mend(): void {
    this.#failures = [];
  }
}

/** The reason that goes with a code, where Kubernetes has one. */
export const reasons: Record<number, string> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};
