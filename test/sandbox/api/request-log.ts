/** What was asked of the server: bounded, for tests that count requests and for people who look for one. */
import { EventEmitter } from 'node:events';
import type { Call } from './call.ts';

/** RequestEntry is one request, written down when it is over (a watch: when it begins). */
export interface RequestEntry {
  user: string;
  verb: string;
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  code: number;
  /** how long the answer took, in milliseconds. */
  ms: number;
  userAgent: string;
}

const most = 20_000;

/** RequestLog keeps the last entries, and emits `request` for each. */
export class RequestLog extends EventEmitter<{ request: [RequestEntry] }> {
  #entries: RequestEntry[] = [];

  /** entries are the requests so far, oldest first. */
  get entries(): readonly RequestEntry[] {
    return this.#entries;
  }

  /** clear forgets them. */
  clear(): void {
    this.#entries = [];
  }

  /** record writes a call down. */
  record(call: Call, code: number, started: number): void {
    const { group, plural } = call.resource;
    const entry: RequestEntry = {
      user: call.user.name,
      verb: call.verb,
      group,
      resource: plural,
      subresource: call.subresource,
      namespace: call.namespace,
      name: call.name,
      code,
      ms: performance.now() - started,
      userAgent: call.userAgent,
    };
    this.#entries.push(entry);
    if (this.#entries.length > most * 2) this.#entries = this.#entries.slice(-most);
    this.emit('request', entry);
  }
}
