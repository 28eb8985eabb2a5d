/** A reporter that says one line in the end: the runner's own counts, for whoever reads only the last line. */
import type { TestEvent } from 'node:test/reporters';

/** summary yields the counts of the whole run, in the runner's words. */
export default async function* summary(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    // Each file has a summary too; that of the run has no file.
    if (event.type !== 'test:summary' || event.data.file !== undefined) continue;
    const { counts, duration_ms } = event.data;
    const { tests, passed, cancelled, skipped, todo } = counts;
    const failed = tests - passed - cancelled - skipped - todo;
    const seconds = (duration_ms / 1000).toFixed(1);
    yield `tests ${tests} pass ${passed} fail ${failed} cancelled ${cancelled} skipped ${skipped} todo ${todo} duration ${seconds} s\n`;
  }
}
