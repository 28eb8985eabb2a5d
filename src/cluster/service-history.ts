/**
 * When what counts of Services and their endpoints last changed: from the watch, while it is followed, and at first sight
 * from what the objects carry themselves. A verdict must not blame a node for what was changing while it looked.
 */
import { isDeepStrictEqual } from 'node:util';
import { type EndpointView, servicePortKey } from '../checks/cluster-view.ts';
import { EndedTimes, rememberedMilliseconds } from './ended-times.ts';
import type { ServiceEntry } from './service-view.ts';

/** Times are what is known of one Service. */
export interface Times {
  readonly changedTime: string;
  readonly endpointTimes: ReadonlyMap<string, string>;
  readonly restlessSince?: string;
}

interface Record {
  service?: ServiceEntry;
  changed: number;
  /** endpoints are by address; several slices may hold one and the same, and not always alike. */
  endpoints: ReadonlyMap<string, EndpointView | readonly EndpointView[]>;
  readonly times: Map<string, number>;
  /** restless is since when changes followed each other within the settle window, last is the newest change. */
  restless: number;
  last: number;
}

/** ServiceHistory remembers. */
export class ServiceHistory {
  readonly #records = new Map<string, Record>();
  readonly #removed = new EndedTimes();
  readonly #formerPorts = new EndedTimes();
  readonly #settleMilliseconds: number;

  constructor(settleMilliseconds: number) {
    this.#settleMilliseconds = settleMilliseconds;
  }

  /** service takes a Service that came, changed, or, when it is undefined, went, at a moment in milliseconds. */
  service(key: string, service: ServiceEntry | undefined, at: number): void {
    const previous = this.#records.get(key)?.service;
    if (service === undefined) {
      this.#records.delete(key);
      this.#removed.ended(key, at);
      this.#ports(previous, undefined, at);
      return;
    }
    this.#removed.back(key);
    const record = this.#recordOf(key);
    if (previous !== undefined && isDeepStrictEqual(previous, service)) return;
    record.service = service;
    this.#ports(previous, service, at);
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
    const now = byAddress(endpoints);
    const touched = [...new Set([...record.endpoints.keys(), ...now.keys()])].filter(
      (address) => !isDeepStrictEqual(record.endpoints.get(address), now.get(address)),
    );
    record.endpoints = now;
    for (const address of touched) record.times.set(address, at);
    if (touched.length > 0) this.#note(record, at);
    for (const [address, time] of record.times) {
      if (!now.has(address) && time < at - rememberedMilliseconds) record.times.delete(address);
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
    return this.#removed.view(now);
  }

  /** formerPorts are what packets to Services were sent to and no longer are, by `servicePortKey`, with when that ended. */
  formerPorts(now: number): ReadonlyMap<string, string> {
    return this.#formerPorts.view(now);
  }

  #ports(previous: ServiceEntry | undefined, next: ServiceEntry | undefined, at: number): void {
    const kept = new Set(next === undefined ? [] : portKeysOf(next));
    for (const key of previous === undefined ? [] : portKeysOf(previous)) {
      if (!kept.has(key)) this.#formerPorts.ended(key, at);
    }
    for (const key of kept) this.#formerPorts.back(key);
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

function byAddress(endpoints: readonly EndpointView[]): Record['endpoints'] {
  const found = new Map<string, EndpointView | readonly EndpointView[]>();
  for (const endpoint of endpoints) {
    const before = found.get(endpoint.address);
    found.set(endpoint.address, before === undefined ? endpoint : [before, endpoint].flat());
  }
  return found;
}

/** portKeysOf are what kube-proxy takes packets to for a Service (pkg/proxy/util/utils.go, ShouldSkipService). */
function portKeysOf(service: ServiceEntry): readonly string[] {
  const { clusterIPs, externalIPs, loadBalancerIPs, ports } = service;
  if (clusterIPs.length === 0 || service.type === 'ExternalName' || service.proxyName !== undefined)
    return [];
  return [
    ...clusterIPs.map((address) => servicePortKey(address, 'TCP', 0)),
    ...ports.flatMap(({ protocol, port, nodePort }) => [
      ...[...clusterIPs, ...externalIPs, ...loadBalancerIPs].map((address) =>
        servicePortKey(address, protocol, port),
      ),
      ...(nodePort === undefined ? [] : [servicePortKey('', protocol, nodePort)]),
    ]),
  ];
}

function textOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
