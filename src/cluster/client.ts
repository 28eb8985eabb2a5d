/** The one way to the API server: raw JSON, bounded in time and size, with errors typed by what went wrong. */
import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { ApiError, apiErrorOf, ConnectionError } from './api-error.ts';
import { type Call, contentTypeOf, methodOf, pathOf } from './call.ts';
import type { Connection } from './connection.ts';
import { collect, once, StaleSocket } from './exchange.ts';

/** Requested is told of every request once it has an answer; `code` is 0 when there was none. */
export type Requested = (request: {
  readonly verb: string;
  readonly resource: string;
  readonly code: number;
  readonly seconds: number;
}) => void;

/** ClientOptions bound what one request may cost. */
export interface ClientOptions {
  /** timeoutMilliseconds is how long a whole request may take, and a watch until its first byte. */
  readonly timeoutMilliseconds?: number;
  readonly requested?: Requested;
  readonly userAgent?: string;
}

/** SendOptions are one request's own. */
export interface SendOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMilliseconds?: number;
  /** maxBytes is from how many bytes on an answer is refused. */
  readonly maxBytes?: number;
}

const mebibyte = 1024 * 1024;
/** A page of 500 Pods is about 10 MiB. */
const largestAnswer = 64 * mebibyte;
const largestError = 64 * 1024;

/** Client sends calls. It never retries what the server answered: when to ask again is its callers' decision. */
export class Client {
  readonly #connection: Connection;
  readonly #timeout: number;
  readonly #requested: Requested;
  readonly #userAgent: string;

  constructor(connection: Connection, options: ClientOptions = {}) {
    this.#connection = connection;
    this.#timeout = options.timeoutMilliseconds ?? 15_000;
    this.#requested = options.requested ?? (() => {});
    this.#userAgent = options.userAgent ?? 'netaudit';
  }

  /** send resolves to the answer's JSON; it rejects with an ApiError, a ConnectionError, or the signal's reason. */
  async send(call: Call, options: SendOptions = {}): Promise<unknown> {
    const text = await this.#whole(call, options, async (body) => {
      return (await collect(body, options.maxBytes ?? largestAnswer, 'refuse')).toString('utf8');
    });
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new ConnectionError(`The answer to ${describe(call)} was no JSON`, { cause: error });
    }
  }

  /** perform is send for calls whose answer does not matter and may be large, as that of a deletecollection. */
  async perform(call: Call, options: SendOptions = {}): Promise<void> {
    await this.#whole(call, options, async (body) => {
      for await (const _ of body);
    });
  }

  /** read resolves to what `reader` makes of an answer that is no JSON, as a log is not; it may leave the rest of it. */
  async read<T>(call: Call, reader: (body: Readable) => Promise<T>, options: SendOptions = {}): Promise<T> {
    return await this.#whole(call, options, reader);
  }

  /** open resolves to the stream of a watch once its headers are here; aborting the signal ends it. */
  async open(call: Call, signal: AbortSignal): Promise<Readable> {
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(timedOut(call)), this.#timeout);
    try {
      return await this.#authenticated(call, AbortSignal.any([signal, waiting.signal]), false);
    } finally {
      clearTimeout(timer);
    }
  }

  async #whole<T>(call: Call, options: SendOptions, read: (body: Readable) => Promise<T>): Promise<T> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(timedOut(call)), options.timeoutMilliseconds ?? this.#timeout);
    const signal = options.signal ? AbortSignal.any([options.signal, late.signal]) : late.signal;
    try {
      return await read(await this.#authenticated(call, signal, true));
    } catch (error) {
      // The socket was open and nothing came: its peer may be gone, and so may the peer of every other one.
      if (late.signal.aborted) this.#connection.renew();
      if (signal.aborted) throw signal.reason;
      if (error instanceof ApiError || error instanceof ConnectionError) throw error;
      throw new ConnectionError(`The answer to ${describe(call)} was cut`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  /** A 401 may only mean that the credentials on disk are newer than ours: they are read and tried once. */
  async #authenticated(call: Call, signal: AbortSignal, pooled: boolean): Promise<Readable> {
    try {
      return await this.#exchange(call, signal, pooled);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 401) throw error;
      this.#connection.reload();
      return await this.#exchange(call, signal, pooled);
    }
  }

  async #exchange(call: Call, signal: AbortSignal, pooled: boolean): Promise<Readable> {
    const started = performance.now();
    let told = false;
    const done = (code: number) => {
      if (told) return;
      told = true;
      const seconds = (performance.now() - started) / 1000;
      this.#requested({ verb: call.verb, resource: call.resource.plural, code, seconds });
    };
    try {
      const response = await this.#request(call, signal, pooled);
      const code = response.statusCode ?? 0;
      done(code);
      if (code >= 200 && code < 300) return response;
      const body = await collect(response, largestError, 'cut');
      throw apiErrorOf(code, body.toString('utf8'), response.headers['retry-after']);
    } catch (error) {
      if (error instanceof ApiError) throw error;
      done(0);
      if (signal.aborted) throw signal.reason;
      const why = error instanceof Error ? error.message : String(error);
      throw new ConnectionError(`Could not ${describe(call)}: ${why}`, { cause: error });
    }
  }

  async #request(call: Call, signal: AbortSignal, pooled: boolean): Promise<http.IncomingMessage> {
    const { secure, prefix, options } = await this.#connection.target(pooled);
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const headers = {
      ...options.headers,
      accept: call.subresource === 'log' ? '*/*' : 'application/json',
      'user-agent': this.#userAgent,
      ...(body === undefined
        ? {}
        : { 'content-type': contentTypeOf(call), 'content-length': Buffer.byteLength(body) }),
    };
    const path = prefix + pathOf(call);
    const begin = () =>
      once(
        (secure ? https : http).request({ ...options, method: methodOf(call), path, headers, signal }),
        body,
      );
    try {
      return await begin();
    } catch (error) {
      // The server closed an idle socket just as it was taken: nothing was read from it, a fresh one will do.
      if (error instanceof StaleSocket && !signal.aborted) return await begin();
      throw error;
    }
  }

  /** close ends idle sockets. */
  close(): void {
    this.#connection.close();
  }
}

function timedOut(call: Call): ConnectionError {
  return new ConnectionError(`No answer in time to ${describe(call)}`);
}

function describe(call: Call): string {
  return `${call.verb} ${pathOf(call)}`;
}
