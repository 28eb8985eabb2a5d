/** The responder's entry point: one on each node, in an ordinary Pod without privileges. */
import { Responder } from './responder/responder.ts';
import { responderSettings } from './responder/settings.ts';

const responder = new Responder(responderSettings(process.env), (message, fields) => {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), message, ...fields })}\n`);
});

// A log that nobody reads any more is no reason to stop answering.
process.stderr.on('error', () => {});
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void responder.stop().then(() => process.exit(0)));
}
void responder.start();
