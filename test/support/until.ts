/** Waiting for a condition instead of for a time. */

/** until resolves when the condition holds; it rejects when it does not within the time. */
export async function until(what: string, holds: () => boolean, milliseconds = 10_000): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`Not within ${milliseconds} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
