/** The probe, but for so much to say that no termination message holds it: its answers are in the log. */
import { randomBytes } from 'node:crypto';
import { kinds } from '../../../src/probe/kinds.ts';
import { runProbe } from '../../../src/probe/run.ts';

/** Noise does not compress, and nobody who judges evidence reads a field that it does not know. */
const noise = () => randomBytes(8_192).toString('base64');

const talkative = kinds.map(({ type, probe }): (typeof kinds)[number] => ({
  type,
  probe: async (task, context) => Object.assign({}, await probe(task, context), { noise: noise() }),
}));

const print = (line: string) =>
  new Promise<void>((resolve, reject) => {
    process.stdout.write(line, (error) => (error ? reject(error) : resolve()));
  });

const stop = new AbortController().signal;
runProbe({ env: process.env, kinds: talkative, stop, now: Date.now(), print }).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  },
);
