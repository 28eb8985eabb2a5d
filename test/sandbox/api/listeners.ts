/** The server's listening sockets: its own, and those that another network namespace bound and handed over. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttps, type Server as HttpsServer } from 'node:https';
import { createServer, Server, type Socket } from 'node:net';
import type { KeyPair } from './certificates.ts';

/** Listen is where to listen: an address, a bound server, or the descriptor of a listening socket. */
export type Listen = Server | { host: string; port: number } | { fd: number };

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

interface Place {
  server: Server;
  /** where to listen again after a stop; undefined for a socket that is somebody else's. */
  own: { host: string; port: number } | undefined;
}

/** Listeners terminate TLS for every socket of the server. */
export class Listeners {
  readonly #tls: HttpsServer;
  readonly #places: Place[] = [];
  readonly #sockets = new Set<Socket>();
  #stopped = false;

  constructor(pair: KeyPair, caPem: string, handler: Handler) {
    const options = {
      key: pair.keyPem,
      cert: pair.certPem,
      ca: caPem,
      requestCert: true,
      rejectUnauthorized: false,
    };
    this.#tls = createHttps({ ...options, keepAliveTimeout: 90_000, requestTimeout: 0 }, handler);
    this.#tls.on('tlsClientError', (_error, socket) => socket.destroy());
    this.#tls.on('clientError', (_error, socket) => socket.destroy());
  }

  readonly #accept = (socket: Socket): void => {
    if (this.#stopped) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setNoDelay(true);
    this.#tls.emit('connection', socket);
  };

  /** add starts to serve a place; it resolves to the port. */
  async add(listen: Listen): Promise<number> {
    const given = listen instanceof Server;
    const server = given ? listen : createServer();
    server.on('connection', this.#accept);
    if (!given) await listening(server, listen);
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const own = !given && 'host' in listen ? { host: listen.host, port } : undefined;
    this.#places.push({ server, own });
    return port;
  }

  /** stop closes what it may close, cuts every connection and takes no new one. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const closing = this.#places
      .filter(({ own }) => own)
      .map(({ server }) => new Promise((done) => server.close(done)));
    this.cut();
    await Promise.all(closing);
  }

  /** start listens again where it listened before. */
  async start(): Promise<void> {
    for (const { server, own } of this.#places) if (own && !server.listening) await listening(server, own);
    this.#stopped = false;
  }

  /** cut destroys every open connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** close ends everything, sockets that were handed over too. */
  async close(): Promise<void> {
    await this.stop();
    for (const { server, own } of this.#places) {
      server.off('connection', this.#accept);
      if (!own && server.listening) server.close();
    }
  }
}

function listening(server: Server, where: { host: string; port: number } | { fd: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
