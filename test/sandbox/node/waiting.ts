/** wait resolves after so many milliseconds, or as soon as the signal is aborted. */
export function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
}

/** doubling are the delays of a back-off: first, then twice as long each time, never more than `cap`. */
export function doubling(first: number, cap: number): () => number {
  let next = first;
  return () => {
    const delay = Math.min(next, cap);
    next *= 2;
    return delay;
  };
}
