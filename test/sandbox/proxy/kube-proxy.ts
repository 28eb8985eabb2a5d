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
import { FamilyProxy, type Scene } from './family-proxy.ts';
import { addCounters } from './iptables.ts';
import { servicePorts } from './service-ports.ts';

/** ProxyOptions are what one node's proxy is made of. */
export interface ProxyOptions {
  node: string;
  /** The node's network namespace. */
  namespace: string;
  nodeIPs: readonly string[];
  /** The ranges of all Pods, at most one of each family. */
  clusterCIDRs: readonly string[];
  client: Client;
  log: Log;
}

/** Milliseconds for which changes are gathered before they are written. */
const GATHER = 50;
/** Milliseconds after which a write that failed is tried again. */
const RETRY = 1000;
const FAMILIES: readonly Family[] = ['IPv4', 'IPv6'];
const ZONE = 'topology.kubernetes.io/zone';

/** KubeProxy writes the rules of one node in iptables mode, as the real one does with its default configuration. */
export class KubeProxy {
  readonly node: string;
  readonly #options: ProxyOptions;
  #work: Work | undefined;
  #counted = false;

  constructor(options: ProxyOptions) {
    this.node = options.node;
    this.#options = options;
  }

  /** start begins to follow the API; it resolves when the rules are written for the first time. */
  async start(): Promise<void> {
    if (this.#work !== undefined) return;
    if (!this.#counted) await addCounters(this.#options.namespace);
    this.#counted = true;
    this.#work = new Work(this.#options);
    await this.#work.idle();
  }

  /** stop leaves the rules as they are, whatever changes. */
  async stop(): Promise<void> {
    const work = this.#work;
    this.#work = undefined;
    await work?.stop();
  }

  /** idle resolves when every change that was there when it was called is written. */
  async idle(): Promise<void> {
    await this.#work?.idle();
  }
}

/** Work is the time from a start to a stop: what is known of the API, and the writing of it. */
class Work {
  readonly #options: ProxyOptions;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #nodes: Informer<Node>;
  readonly #families: Record<Family, FamilyProxy>;
  readonly #dirty = new Set<Family>(FAMILIES);
  #zone: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void>;
  /** Until the first write everything that comes is for it, and after the last one nothing is. */
  #state: 'starting' | 'working' | 'stopped' = 'starting';

  constructor(options: ProxyOptions) {
    this.#options = options;
    const { client, node, namespace } = options;
    this.#families = { IPv4: new FamilyProxy(namespace, 'IPv4'), IPv6: new FamilyProxy(namespace, 'IPv6') };
    this.#nodes = new Informer<Node>(client, NODES, ({ object }) => this.#place(object), {
      selector: { fieldSelector: `metadata.name=${node}` },
    });
    this.#services = new Informer<Service>(client, SERVICES, () => this.#changed(FAMILIES), {
      selector: { labelSelector: `!${PROXY_NAME}`, fieldSelector: 'spec.clusterIP!=None' },
    });
    this.#slices = new Informer<EndpointSlice>(
      client,
      ENDPOINT_SLICES,
      ({ object }) => this.#changed(FAMILIES.filter((family) => family === object.addressType)),
      { selector: { labelSelector: `!${HEADLESS}` } },
    );
    // What is there already has come when the first write begins.
    this.#running = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      if (this.#state === 'starting') this.#state = 'working';
      return this.#write();
    });
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
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#running;
  }

  #place({ metadata }: Node): void {
    const zone = metadata.labels?.[ZONE];
    if (zone === this.#zone) return;
    this.#zone = zone;
    this.#changed(FAMILIES);
  }

  #changed(families: readonly Family[]): void {
    for (const family of families) this.#dirty.add(family);
    this.#later(GATHER);
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
    const services = this.#services.all();
    const slices = this.#slices.all();
    const failed = await Promise.all(families.map((family) => this.#sync(family, services, slices)));
    if (failed.includes(true)) this.#later(RETRY);
  }

  /** Tells whether it failed. */
  async #sync(family: Family, services: Service[], slices: EndpointSlice[]): Promise<boolean> {
    const { node, nodeIPs, clusterCIDRs, log } = this.#options;
    const scene: Scene = {
      ports: servicePorts(services, slices, family),
      view: {
        family,
        node,
        zone: this.#zone,
        nodeIPs: nodeIPs.filter((ip) => familyOf(ip) === family),
        clusterCIDR: clusterCIDRs.find((range) => familyOf(range) === family),
      },
    };
    try {
      await this.#families[family].sync(scene);
      return false;
    } catch (error) {
      this.#dirty.add(family);
      log('Rules were not written', { node, family, error: String(error) });
      return true;
    }
  }
}
