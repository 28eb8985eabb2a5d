/** A small, strict API server that fails in every way on demand. */
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import type { Permission } from '../../../src/cluster/permissions.ts';
import { createKeyPair, type KeyPair } from '../tls.ts';
import { authorize } from './authorize.ts';
import { type Change, Objects, Refusal, type Stored } from './objects.ts';
import { type Asked, askedOf, at, collectionOf, selected } from './request.ts';

/** Fault is something that goes wrong with the next requests that match. */
export interface Fault {
  readonly matches: (asked: Asked) => boolean;
  /** times is how often it happens; for ever without it. */
  times?: number;
  /** act is what happens; `lost` carries the request out and cuts the connection instead of answering. */
  readonly act:
    | 'reset'
    | 'hang'
    | 'html'
    | 'cut'
    | 'lost'
    | { readonly code: number; readonly retryAfter?: string };
}

/** ServerOptions choose what kind of server it is. */
export interface ServerOptions {
  readonly tls?: boolean;
  /** permissions are enforced when given: what they do not name is 403, and `used` tells which were needed. */
  readonly permissions?: readonly Permission[];
  readonly token?: string;
  readonly bookmarkMilliseconds?: number;
}

interface OpenWatch {
  readonly asked: Asked;
  readonly response: http.ServerResponse;
  frozen: boolean;
}

let keyPair: KeyPair | undefined;

/** ApiServer listens on 127.0.0.1 until closed; it can go away and come back on the same port. */
export class ApiServer {
  readonly objects = new Objects();
  readonly requests: Asked[] = [];
  readonly faults: Fault[] = [];
  /** used are the permissions that requests needed, as `apiGroup resource verb namespace`. */
  readonly used = new Set<string>();
  /** logs are Pod logs by `namespace/name`. */
  readonly logs = new Map<string, string>();
  token: string | undefined;
  readonly #permissions: readonly Permission[] | undefined;
  readonly #tls: KeyPair | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #watches = new Set<OpenWatch>();
  readonly #bookmarks: number;
  #server: http.Server;
  #port = 0;

  constructor(options: ServerOptions = {}) {
    if (options.tls ?? true) keyPair ??= createKeyPair();
    this.#tls = (options.tls ?? true) ? keyPair : undefined;
    this.#permissions = options.permissions;
    this.token = options.token;
    this.#bookmarks = options.bookmarkMilliseconds ?? 60_000;
    this.#server = this.#create();
  }

  /** url is where it is reached. */
  get url(): string {
    return `${this.#tls ? 'https' : 'http'}://127.0.0.1:${this.#port}`;
  }

  get watches(): number {
    return this.#watches.size;
  }

  /** kubeConfig is a configuration that leads here. */
  kubeConfig(): KubeConfig {
    const config = new KubeConfig();
    const ca = this.#tls === undefined ? {} : { caData: Buffer.from(this.#tls.cert).toString('base64') };
    const cluster = { name: 'test', server: this.url, skipTLSVerify: this.#tls === undefined, ...ca };
    const user = this.token === undefined ? { name: 'test' } : { name: 'test', token: this.token };
    config.loadFromClusterAndUser(cluster, user);
    return config;
  }

  /** listen begins, or begins again on the same port. */
  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** leave resets every connection and refuses new ones, as a server that died. */
  async leave(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
    this.#server = this.#create();
  }

  /** close is leave for good. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** endWatches closes every watch as servers do every few minutes, or tells each of an error before. */
  endWatches(error?: { code: number; reason: string; message: string }): void {
    for (const watch of this.#watches) {
      const { response } = watch;
      watch.frozen = true;
      if (error) response.write(line('ERROR', { kind: 'Status', status: 'Failure', ...error }));
      response.end();
    }
  }

  /** resetWatches cuts the connection of every watch. */
  resetWatches(): void {
    for (const { response } of this.#watches) this.#reset(response);
  }

  /** freezeWatches makes every present watch a half-open connection: nothing comes any more, and nothing ends it. */
  freezeWatches(): void {
    for (const watch of this.#watches) watch.frozen = true;
  }

  /** count is how many requests there were of a verb and resource. */
  count(verb: string, resource: string): number {
    return this.requests.filter((asked) => asked.verb === verb && asked.resource === resource).length;
  }

  /** A TLS socket cannot be reset, the one beneath it can. */
  #reset({ socket }: http.ServerResponse): void {
    for (const raw of this.#sockets) if (raw.remotePort === socket?.remotePort) raw.resetAndDestroy();
  }

  #create(): http.Server {
    const listener = (request: http.IncomingMessage, response: http.ServerResponse) => {
      this.#answer(request, response).catch((error: unknown) => {
        const refusal = error instanceof Refusal ? error : new Refusal(500, 'InternalError', String(error));
        if (!response.headersSent) sendStatus(response, refusal);
      });
    };
    const server = this.#tls ? https.createServer(this.#tls, listener) : http.createServer(listener);
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    return server;
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = await readAll(request);
    const asked = askedOf(request);
    if (asked === undefined)
      throw new Refusal(404, 'NotFound', 'the server could not find the requested resource');
    this.requests.push(asked);
    const fault = this.#fault(asked);
    if (fault !== undefined && fault.act !== 'lost') return this.#fail(fault, response);
    if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`) {
      throw new Refusal(401, 'Unauthorized', 'Unauthorized');
    }
    if (this.#permissions) authorize(this.#permissions, asked, body, this.used);
    if (asked.verb === 'watch') return this.#watch(asked, response);
    if (asked.subresource === 'log') return this.#log(asked, response);
    const [code, answer] = this.#carryOut(asked, body === '' ? {} : JSON.parse(body));
    if (fault?.act === 'lost') this.#reset(response);
    else send(response, code, answer);
  }

  #fault(asked: Asked): Fault | undefined {
    const fault = this.faults.find((each) => each.times !== 0 && each.matches(asked));
    if (fault?.times !== undefined) fault.times -= 1;
    return fault;
  }

  #fail(fault: Fault, response: http.ServerResponse): void {
    if (fault.act === 'hang' || fault.act === 'lost') return;
    if (fault.act === 'reset') this.#reset(response);
    else if (fault.act === 'html') response.writeHead(200).end('<html>a proxy</html>');
    else if (fault.act === 'cut') {
      response.writeHead(200, { 'content-length': 1000 }).write('{"items": [');
      setTimeout(() => response.socket?.destroy(), 10);
    } else {
      const { code, retryAfter } = fault.act;
      if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter);
      sendStatus(response, new Refusal(code, reasonOf(code), `made to fail with ${code}`));
    }
  }

  #log({ namespace, name, query }: Asked, response: http.ServerResponse): void {
    const log = this.logs.get(`${namespace}/${name}`);
    if (log === undefined) throw new Refusal(404, 'NotFound', `pods "${name}" not found`);
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end(log.slice(0, Number(query.get('limitBytes') ?? log.length)));
  }

  #watch(asked: Asked, response: http.ServerResponse): void {
    const from = Number(asked.query.get('resourceVersion') ?? 0);
    if (from < this.objects.compacted) throw new Refusal(410, 'Expired', `too old resource version: ${from}`);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const watch = { asked, response, frozen: false };
    const tell = (change: Change) => {
      if (watch.frozen || change.collection !== collectionOf(asked)) return;
      const { namespace } = change.object.metadata;
      if (asked.namespace !== undefined && namespace !== asked.namespace) return;
      if (selected(asked.query, change.object)) response.write(line(change.type, change.object));
    };
    for (const change of this.objects.since(from)) tell(change);
    const unlisten = this.objects.listen(tell);
    this.#watches.add(watch);
    const bookmarks = setInterval(() => {
      const metadata = { resourceVersion: String(this.objects.version) };
      if (!watch.frozen) response.write(line('BOOKMARK', { metadata }));
    }, this.#bookmarks);
    const seconds = Number(asked.query.get('timeoutSeconds') ?? 300);
    const timeout = setTimeout(() => watch.frozen || response.end(), seconds * 1000);
    response.once('close', () => {
      clearInterval(bookmarks);
      clearTimeout(timeout);
      unlisten();
      this.#watches.delete(watch);
    });
  }

  #carryOut(asked: Asked, body: Partial<Stored>): [number, unknown] {
    const collection = collectionOf(asked);
    const { verb, namespace, name = '' } = asked;
    switch (verb) {
      case 'list':
        return [200, this.#list(asked)];
      case 'get':
        return [200, this.objects.get(collection, namespace, name)];
      case 'create':
        return [201, this.objects.create(collection, namespace, body)];
      case 'update':
      case 'patch':
        return [200, this.#write(asked, body)];
      case 'delete': {
        const present = this.objects.get(collection, namespace, name);
        const wanted = at(body, 'preconditions', 'uid');
        if (wanted !== undefined && wanted !== present.metadata.uid)
          throw new Refusal(409, 'Conflict', 'uid differs');
        this.objects.delete(collection, present);
        return [200, { kind: 'Status', status: 'Success' }];
      }
      default: {
        const gone = this.objects.all(collection, namespace).filter((each) => selected(asked.query, each));
        for (const object of gone) this.objects.delete(collection, object);
        return [200, { kind: 'List', items: gone }];
      }
    }
  }

  #list(asked: Asked): unknown {
    const all = this.objects
      .all(collectionOf(asked), asked.namespace)
      .filter((each) => selected(asked.query, each));
    const limit = Number(asked.query.get('limit') ?? 0) || all.length;
    const [version = '', offset = '0'] = (asked.query.get('continue') ?? '').split(':');
    if (version !== '' && Number(version) < this.objects.compacted) {
      throw new Refusal(410, 'Expired', 'The provided continue parameter is too old');
    }
    const begin = Number(offset);
    const resourceVersion = version || String(this.objects.version);
    const more = begin + limit < all.length ? { continue: `${resourceVersion}:${begin + limit}` } : {};
    return { kind: 'List', metadata: { resourceVersion, ...more }, items: all.slice(begin, begin + limit) };
  }

  #write(asked: Asked, body: Partial<Stored>): Stored {
    const collection = collectionOf(asked);
    const present = this.objects.get(collection, asked.namespace, asked.name ?? '');
    const patched = asked.verb === 'patch' ? merge(present, body) : body;
    const metadata = {
      ...present.metadata,
      ...(typeof patched.metadata === 'object' ? patched.metadata : {}),
    };
    if (asked.verb === 'patch') metadata.resourceVersion = body.metadata?.resourceVersion ?? '';
    if (asked.subresource === 'status') {
      return this.objects.replace(
        collection,
        present,
        { ...present, status: patched.status, metadata },
        false,
      );
    }
    const status = 'status' in present ? { status: present.status } : {};
    const changed = JSON.stringify(patched.spec) !== JSON.stringify(present.spec);
    return this.objects.replace(collection, present, { ...patched, ...status, metadata }, changed);
  }
}

function merge(target: Stored, patch: Partial<Stored>): Partial<Stored> {
  const merged: Record<string, unknown> = { ...target };
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete merged[field];
    else if (isPlain(value) && isPlain(merged[field])) merged[field] = { ...merged[field], ...value };
    else merged[field] = value;
  }
  return merged;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function line(type: string, object: unknown): string {
  return `${JSON.stringify({ type, object })}\n`;
}

function sendStatus(response: http.ServerResponse, { code, reason, message }: Refusal): void {
  send(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message });
}

function send(response: http.ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function readAll(request: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function reasonOf(code: number): string {
  const reasons: Record<number, string> = {
    409: 'Conflict',
    410: 'Expired',
    429: 'TooManyRequests',
    403: 'Forbidden',
  };
  return reasons[code] ?? 'InternalError';
}
