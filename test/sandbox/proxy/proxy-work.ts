import type { Client } from '../client.ts';
import { Informer } from '../controllers/informer.ts';
import { NODES, type Node } from '../kinds.ts';
import type { Log } from '../node/context.ts';
import {
  ENDPOINT_SLICES,
  type EndpointSlice,
  type Family,
  familyOf,
  HEADLESS,
  PROXY_NAME,
  SERVICES,
  type Service,
} from '../service-kinds.ts';
import type { ProxyMode, ProxySettings } from './config.ts';
import { type FamilyProxy, FULL_PERIOD, IptablesProxy, type Scene } from './family-proxy.ts';
import { NftProxy } from './nft-proxy.ts';
import { servicePorts } from './service-ports.ts';
import type { SyncRecord } from './sync-record.ts';

/** ProxyOptions are what one node's proxy is made of. */
export interface ProxyOptions {
  node: string;
  /** The node's network namespace. */
  namespace: string;
  nodeIPs: readonly string[];
  /** The ranges of all Pods, at most one of each family. */
  clusterCIDRs: readonly string[];
  /** The ranges of all Services, at most one of each family. */
  serviceCIDRs: readonly string[];
  mode?: ProxyMode | undefined;
  /** Milliseconds between two looks whether the rules were flushed: 30 seconds without a word. */
  syncPeriod?: number | undefined;
  client: Client;
  log: Log;
}

/** GATHER is the milliseconds for which changes are gathered before they are written. */
export const GATHER = 50;
/** Milliseconds after which a write that failed is tried again. */
const RETRY = 1000;
const FAMILIES: readonly Family[] = ['IPv4', 'IPv6'];
const ZONE = 'topology.kubernetes.io/zone';
/** The taint of nodes that are about to go: load balancers shall not send there. */
const LEAVING = 'ToBeDeletedByClusterAutoscaler';

function familyProxy(mode: ProxyMode, namespace: string, family: Family): FamilyProxy {
  return mode === 'iptables' ? new IptablesProxy(namespace, family) : new NftProxy(namespace, family);
}

/** ProxyWork is the time from a start to a stop: what is known of the API, and the writing of it. */
export class ProxyWork {
  readonly #options: ProxyOptions;
  readonly #record: SyncRecord;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #nodes: Informer<Node>;
  readonly #families: Record<Family, FamilyProxy>;
  readonly #dirty = new Set<Family>(FAMILIES);
  readonly #periods: NodeJS.Timeout[];
  #zone: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #running: Promise<void>;
  /** Until the first write everything that comes is for it, and after the last one nothing is. */
  #state: 'starting' | 'working' | 'stopped' = 'starting';

  constructor(
    options: ProxyOptions,
    { mode, syncPeriod }: ProxySettings,
    record: SyncRecord,
    ready: Promise<void>,
  ) {
    this.#options = options;
    this.#record = record;
    const { client, node, namespace } = options;
    this.#families = {
      IPv4: familyProxy(mode, namespace, 'IPv4'),
      IPv6: familyProxy(mode, namespace, 'IPv6'),
    };
    this.#nodes = new Informer<Node>(
      client,
      NODES,
      ({ type, object }) => this.#place(object, type === 'DELETED'),
      { selector: { fieldSelector: `metadata.name=${node}` } },
    );
    this.#services = new Informer<Service>(
      client,
      SERVICES,
      () => {
        record.changed('service');
        this.#changed(FAMILIES);
      },
      { selector: { labelSelector: `!${PROXY_NAME}`, fieldSelector: 'spec.clusterIP!=None' } },
    );
    this.#slices = new Informer<EndpointSlice>(
      client,
      ENDPOINT_SLICES,
      ({ object }) => {
        record.changed('endpoint');
        this.#changed(FAMILIES.filter((family) => family === object.addressType));
      },
      { selector: { labelSelector: `!${HEADLESS}` } },
    );
    this.#periods = [
      setInterval(() => this.#monitor(), syncPeriod),
      setInterval(() => this.#changed(FAMILIES), FULL_PERIOD),
    ];
    for (const period of this.#periods) period.unref();
    this.#running = this.#begin(ready);
  }

  async idle(): Promise<void> {
    // Changes of just now are told in this turn.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#timer !== undefined) this.#now();
    await this.#running;
  }

  async stop(): Promise<void> {
    this.#state = 'stopped';
    for (const informer of [this.#services, this.#slices, this.#nodes]) informer.stop();
    for (const period of this.#periods) clearInterval(period);
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#running;
  }

  async #begin(ready: Promise<void>): Promise<void> {
    await ready;
    await Promise.all(FAMILIES.map((family) => this.#families[family].clean()));
    // What is there already has come when the first write begins.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#state === 'starting') this.#state = 'working';
    await this.#write();
  }

  #place({ metadata, spec }: Node, deleted: boolean): void {
    const leaving = spec?.taints?.some(({ key }) => key === LEAVING) === true;
    this.#record.nodeEligible = !deleted && metadata.deletionTimestamp === undefined && !leaving;
    const zone = metadata.labels?.[ZONE];
    if (zone === this.#zone) return;
    this.#zone = zone;
    this.#changed(FAMILIES);
  }

  #changed(families: readonly Family[]): void {
    for (const family of families) {
      this.#dirty.add(family);
      this.#record.families[family].queued(Date.now());
    }
    this.#later(GATHER);
  }

  #monitor(): void {
    // On a busy machine a look may last longer than the period: looks must not queue up before syncs.
    if (this.#looking) return;
    this.#looking = true;
    // A sync that is under way may be about to make the chains that are looked for.
    this.#running = this.#running
      .then(() => this.#look())
      .finally(() => {
        this.#looking = false;
      });
  }

  async #look(): Promise<void> {
    if (this.#state !== 'working') return;
    const found = await Promise.all(FAMILIES.map((family) => this.#families[family].lost()));
    const lost = FAMILIES.filter((_, i) => found[i]);
    if (lost.length > 0) this.#changed(lost);
  }

  #later(delay: number): void {
    if (this.#state === 'working') this.#timer ??= setTimeout(() => this.#now(), delay);
  }

  #now(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running = this.#running.then(() => this.#write());
  }

  async #write(): Promise<void> {
    const families = [...this.#dirty];
    this.#dirty.clear();
    this.#record.taken();
    const services = this.#services.all();
    const slices = this.#slices.all();
    const failed = await Promise.all(families.map((family) => this.#sync(family, services, slices)));
    if (failed.includes(true)) this.#later(RETRY);
  }

  /** Tells whether it failed. */
  async #sync(family: Family, services: Service[], slices: EndpointSlice[]): Promise<boolean> {
    const { node, log } = this.#options;
    const record = this.#record.families[family];
    const begun = Date.now();
    const full = this.#families[family].isFull(begun);
    try {
      const written = await this.#families[family].sync(this.#scene(family, services, slices));
      record.synced(written, begun, Date.now());
      return false;
    } catch (error) {
      record.failed(full);
      this.#dirty.add(family);
      log('Rules were not written', { node, family, error: String(error) });
      return true;
    }
  }

  #scene(family: Family, services: Service[], slices: EndpointSlice[]): Scene {
    const { node, nodeIPs, clusterCIDRs, serviceCIDRs } = this.#options;
    const ofFamily = (words: readonly string[]) => words.filter((word) => familyOf(word) === family);
    return {
      ports: servicePorts(services, slices, family),
      view: {
        family,
        node,
        zone: this.#zone,
        nodeIPs: ofFamily(nodeIPs),
        clusterCIDR: ofFamily(clusterCIDRs)[0],
        serviceCIDRs: ofFamily(serviceCIDRs),
      },
    };
  }
}
