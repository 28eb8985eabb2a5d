/** Run in a network namespace, this opens listening sockets there and hands them to its parent over IPC. */
import { createServer } from 'node:net';

/** Arguments are pairs of a port and an address. */
const words = process.argv.slice(2);

for (let i = 0; i < words.length; i += 2) {
  const server = createServer({ pauseOnConnect: true });
  server.listen(Number(words[i]), words[i + 1], () => process.send?.(i / 2, server));
}

// The parent says when it has them all: a child that lived on would accept connections meant for the parent.
process.on('message', () => process.exit(0));
process.on('disconnect', () => process.exit(0));
