/** The operator's HTTP server: metrics for Prometheus, health for the kubelet, and nothing else. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';

/** ServeOptions say where to listen and what to answer with. */
export interface ServeOptions {
  /** host is an address to listen at, or '' for all addresses of both families. */
  readonly host: string;
  /** port may be 0: the system chooses one, and the answer says which. */
  readonly port: number;
  readonly registry: Registry;
  /** healthy tells whether the process does its work; false makes the kubelet start it anew. */
  readonly healthy: () => boolean;
  /** ready tells whether the caches are filled: true on a replica that only waits for the Lease, too. */
  readonly ready: () => boolean;
}

/** Serving is a server that listens. */
export interface Serving {
  readonly host: string;
  readonly port: number;
  /** close stops listening, ends every connection, and resolves when the port is free. */
  readonly close: () => Promise<void>;
}

/** serve listens until closed; it rejects when the address cannot be had. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const server = createServer(bounds, (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      send(
        response,
        500,
        plain,
        `Could not collect metrics: ${error instanceof Error ? error.message : error}\n`,
      );
    });
  });
  server.maxConnections = 64;
  await listen(server, options);
  const bound = server.address();
  // A string is the path of a Unix socket, which listen was not asked for.
  if (bound === null || typeof bound === 'string') throw new Error('Could not learn the address');
  return { host: bound.address, port: bound.port, close: () => close(server) };
}

const plain = 'text/plain; charset=utf-8';
/** Whoever can reach the port can hold a connection no longer, and send a header no larger, than a scrape needs. */
const bounds = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 15_000,
  maxHeaderSize: 8_192,
};

async function answer(options: ServeOptions, request: IncomingMessage, response: ServerResponse) {
  const path = (request.url ?? '/').split('?', 1)[0];
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return send(response, 405, plain, 'Only GET and HEAD are answered\n');
  }
  switch (path) {
    case '/metrics':
      return send(response, 200, options.registry.contentType, await options.registry.metrics());
    case '/healthz':
      return sayWhether(response, options.healthy());
    case '/readyz':
      return sayWhether(response, options.ready());
    default:
      return send(response, 404, plain, 'Not found: /metrics, /healthz and /readyz are here\n');
  }
}

function sayWhether(response: ServerResponse, well: boolean): void {
  send(response, well ? 200 : 503, plain, well ? 'ok\n' : 'not yet\n');
}

function send(response: ServerResponse, code: number, type: string, body: string): void {
  response.writeHead(code, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function listen(server: Server, { host, port }: ServeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === '' ? {} : { host }) }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
