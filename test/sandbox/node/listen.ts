/** Run in a network namespace, this opens a listening socket there and hands it to its parent over IPC. */
import { createServer } from 'node:net';

const [port, ...addresses] = process.argv.slice(2);

for (const address of addresses) {
  const server = createServer({ pauseOnConnect: true });
  server.listen(Number(port), address, () => process.send?.(address, server));
}

// The parent says when it has them all: a child that lived on would accept connections meant for the parent.
process.on('message', () => process.exit(0));
process.on('disconnect', () => process.exit(0));
