/** The probe's entry point: the process in a Job's Pod that asks, answers and ends. */
import { kinds } from './probe/kinds.ts';
import { runProbe } from './probe/run.ts';

const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort());

const print = (line: string) =>
  new Promise<void>((resolve, reject) => {
    process.stdout.write(line, (error) => (error ? reject(error) : resolve()));
  });

runProbe({ env: process.env, kinds, stop: stopping.signal, now: Date.now(), print })
  .then((code) => process.exit(code))
  .catch((error: unknown) => {
    process.stderr.write(`Failed to report: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
