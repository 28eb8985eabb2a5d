/** What stands before the real server when answers shall be late or no answers at all. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Faults } from './fault.ts';
import { garbageFor } from './garbage.ts';

const PORT = 53;

/** RelayOptions say what the relay does with questions. */
export interface RelayOptions extends Pick<Faults, 'delay' | 'garbage'> {
  /** The port of the real server on the loopback. */
  behind: number;
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => address)
    .filter((address) => !address.startsWith('fe80:'));
}

/** Relay takes questions on port 53 of every address of the Pod. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #sockets: Socket[] = [];
  readonly #servers: Server[] = [];
  #stopped = false;

  private constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** start resolves when the relay listens. */
  static async start(options: RelayOptions): Promise<Relay> {
    const relay = new Relay(options);
    await Promise.all(ownAddresses().map((address) => relay.#listen(address)));
    return relay;
  }

  /** stop closes everything; who still waits for an answer waits in vain. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const socket of this.#sockets) socket.close();
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  async #listen(address: string): Promise<void> {
    // Each address has a socket of its own, so that answers come from where the question went.
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.on('message', (question, { port, address: from }) => {
      const answer = (data: Buffer) => {
        if (!this.#stopped) socket.send(data, port, from);
      };
      if (this.#options.garbage !== undefined) return answer(garbageFor(question, this.#options.garbage));
      this.#ask(question, answer);
    });
    socket.on('error', (error) => console.error(`[ERROR] relay: ${error.message}`));
    socket.bind(PORT, address);
    const server = createServer({ allowHalfOpen: true }, (asker) => {
      asker.on('error', () => asker.destroy());
      if (this.#options.garbage !== undefined) {
        const { garbage } = this.#options;
        asker.once('data', (question) => asker.end(garbageFor(Buffer.from(question), garbage)));
        return;
      }
      const real = connect(this.#options.behind, '127.0.0.1');
      real.on('error', () => asker.destroy());
      asker.pipe(real);
      const late: (() => void)[] = [];
      real.on('data', (data) => late.push(this.#later(() => asker.write(data))));
      real.on('end', () => late.push(this.#later(() => asker.end())));
      asker.on('close', () => {
        for (const forget of late) forget();
        real.destroy();
      });
    });
    server.listen(PORT, address);
    this.#sockets.push(socket);
    this.#servers.push(server);
    await Promise.all([once(socket, 'listening'), once(server, 'listening')]);
  }

  #ask(question: Buffer, answer: (data: Buffer) => void): void {
    const real = createSocket('udp4');
    const forget = this.#later(() => real.close(), 2 * this.#options.delay + 5000);
    real.on('message', (data) => {
      forget();
      real.close();
      this.#later(() => answer(data));
    });
    real.send(question, this.#options.behind, '127.0.0.1');
  }

  #later(work: () => void, after = this.#options.delay): () => void {
    const timer = setTimeout(work, after);
    return () => clearTimeout(timer);
  }
}
