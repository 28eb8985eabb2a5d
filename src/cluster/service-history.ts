/**
 * When what counts of Services and their endpoints last changed: from the watch, while it is followed, and at first sight
 * from what the objects carry themselves. A verdict must not blame a node for what was changing while it looked.
 */
import { isDeepStrictEqual } from 'node:util';
import type { EndpointView } from '../checks/cluster-view.ts';
import type { ServiceEntry } from './service-view.ts';

/** removedForMilliseconds is how long a Service or an endpoint that is gone is remembered. */
const removedForMilliseconds = 30 * 60_000;

/** Times are what is known of one Service. */
export interface Times {
  readonly changedTime: string;
  readonly endpointTimes: ReadonlyMap<string, string>;
  readonly restlessSince?: string;
}

interface Record {
  service?: ServiceEntry;
  changed: number;
  endpoints: ReadonlyMap<string, EndpointView>;
  readonly times: Map<string, number>;
  /** restless is since when changes followed each other within the settle window, last is the newest change. */
  restless: number;
  last: number;
}

/** ServiceHistory remembers. */
export class ServiceHistory {
  readonly #records = new Map<string, Record>();
  readonly #removed = new Map<string, number>();
  readonly #settleMilliseconds: number;

  constructor(settleMilliseconds: number) {
    this.#settleMilliseconds = settleMilliseconds;
  }

  /** service takes a Service that came, changed, or, when it is undefined, went, at a moment in milliseconds. */
  service(key: string, service: ServiceEntry | undefined, at: number): void {
    if (service === undefined) {
      this.#records.delete(key);
      this.#removed.delete(key);
      this.#removed.set(key, at);
      this.#forget(at);
      return;
    }
    this.#removed.delete(key);
    const record = this.#recordOf(key);
    if (record.service !== undefined && isDeepStrictEqual(record.service, service)) return;
    record.service = service;
    record.changed = Math.max(record.changed, at);
    this.#note(record, at);
  }

  /** endpoints takes all endpoints of a Service as they are at a moment in milliseconds. */
  endpoints(key: string, endpoints: readonly EndpointView[], at: number): void {
    // Slices outlive their Service for a moment, and may come before it; nothing is kept of what has neither.
    if (endpoints.length === 0 && this.#records.get(key)?.service === undefined) {
      this.#records.delete(key);
      return;
    }
    const record = this.#recordOf(key);
    const now = new Map(endpoints.map((endpoint) => [endpoint.address, endpoint]));
    const touched = [...new Set([...record.endpoints.keys(), ...now.keys()])].filter(
      (address) => !isDeepStrictEqual(record.endpoints.get(address), now.get(address)),
    );
    record.endpoints = now;
    for (const address of touched) record.times.set(address, at);
    if (touched.length > 0) this.#note(record, at);
    for (const [address, time] of record.times) {
      if (!now.has(address) && time < at - removedForMilliseconds) record.times.delete(address);
    }
  }

  /** times are what is known of a Service. */
  times(key: string): Times {
    const record = this.#records.get(key);
    if (record === undefined) return { changedTime: textOf(0), endpointTimes: new Map() };
    return {
      changedTime: textOf(record.changed),
      endpointTimes: new Map([...record.times].map(([address, time]) => [address, textOf(time)])),
      ...(record.last === 0 ? {} : { restlessSince: textOf(record.restless) }),
    };
  }

  /** removed are the Services that were deleted of late, with when. */
  removed(now: number): ReadonlyMap<string, string> {
    this.#forget(now);
    return new Map([...this.#removed].map(([key, time]) => [key, textOf(time)]));
  }

  /** The removed are in the order in which they went. */
  #forget(now: number): void {
    for (const [key, time] of this.#removed) {
      if (time >= now - removedForMilliseconds) return;
      this.#removed.delete(key);
    }
  }

  #recordOf(key: string): Record {
    const known = this.#records.get(key);
    if (known !== undefined) return known;
    const made: Record = { changed: 0, endpoints: new Map(), times: new Map(), restless: 0, last: 0 };
    this.#records.set(key, made);
    return made;
  }

  #note(record: Record, at: number): void {
    if (record.last < at - this.#settleMilliseconds) record.restless = at;
    record.last = Math.max(record.last, at);
  }
}

function textOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
