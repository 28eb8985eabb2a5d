/** How long to wait before something that failed is tried again. */

/** Backoff is exponential, capped and jittered: replicas that fail together must not come back together. */
export interface Backoff {
  readonly baseMilliseconds: number;
  readonly capMilliseconds: number;
}

/** delayOf is the wait after so many failures in a row (1 for the first); `chance` in [0, 1) spreads it by half. */
export function delayOf(backoff: Backoff, failures: number, chance: number): number {
  const exponential = backoff.baseMilliseconds * 2 ** Math.min(failures - 1, 30);
  return Math.min(exponential, backoff.capMilliseconds) * (0.5 + chance / 2);
}

/** pause resolves after a time, or as soon as the signal is aborted. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end, { once: true });
  });
}
