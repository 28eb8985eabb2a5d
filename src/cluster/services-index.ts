/** Services with their endpoints, and what else checks may know of the cluster: kept up to date, made a view when asked. */
import type {
  ClusterNodeView,
  ClusterView,
  Corefile,
  EndpointView,
  ServiceView,
} from '../checks/cluster-view.ts';
import type { NodeView } from '../plan/world.ts';
import { dnsServicesOf } from './dns-services.ts';
import { ServiceHistory } from './service-history.ts';
import type { Dated, ServiceEntry, SliceEntry } from './service-view.ts';
import type { Store } from './store.ts';

/** IndexedStores are what the index follows. */
export interface IndexedStores {
  readonly services: Store<Dated<ServiceEntry>>;
  readonly slices: Store<Dated<SliceEntry>>;
  /** cachePods are the Pods of NodeLocal DNSCache: the node of each that is ready. */
  readonly cachePods: Store<string>;
  readonly corefiles: Store<Corefile>;
  readonly nodes: Store<NodeView>;
}

/** IndexSettings are the operator's own choices. */
export interface IndexSettings {
  readonly settleSeconds: number;
  readonly clusterDomain: string;
  /** dnsService is `namespace/name` of the cluster's DNS Service; empty to find it. */
  readonly dnsService: string;
  readonly podNamespace: string;
}

/** ServicesIndex follows the stores; a look costs what has changed since the last one. */
export class ServicesIndex {
  readonly #stores: IndexedStores;
  readonly #settings: IndexSettings;
  readonly #history: ServiceHistory;
  readonly #now: () => number;
  readonly #services = new Map<string, ServiceEntry>();
  readonly #slices = new Map<string, Set<SliceEntry>>();
  readonly #views = new Map<string, ServiceView>();
  readonly #stale = new Set<string>();
  #watchedSince: string | undefined;
  #allViews: ReadonlyMap<string, ServiceView> = new Map();
  #dnsServices: readonly string[] = [];
  #nodes: ReadonlyMap<string, ClusterNodeView> | undefined;

  constructor(stores: IndexedStores, settings: IndexSettings, now: () => number = () => Date.now()) {
    this.#stores = stores;
    this.#settings = settings;
    this.#now = now;
    this.#history = new ServiceHistory(settings.settleSeconds * 1000);
    stores.services.onChange((previous, next) => this.#service(previous, next));
    stores.slices.onChange((previous, next) => this.#slice(previous, next));
    stores.nodes.onChange(() => {
      this.#nodes = undefined;
    });
  }

  /** view is the cluster as it is known now. */
  view(): ClusterView {
    const { services, slices, cachePods, corefiles } = this.#stores;
    if (services.synced && slices.synced) this.#watchedSince ??= new Date(this.#now()).toISOString();
    if (this.#stale.size > 0) this.#refresh();
    const [corefile] = corefiles.views();
    this.#nodes ??= new Map(this.#stores.nodes.views().map((node) => [node.name, nodeOf(node)]));
    return {
      domain: this.#settings.clusterDomain,
      ownNamespace: this.#settings.podNamespace,
      services: this.#allViews,
      removedServices: this.#history.removed(this.#now()),
      dnsServices: this.#dnsServices,
      cachingNodes: new Set(cachePods.views()),
      nodes: this.#nodes,
      formerPorts: this.#history.formerPorts(this.#now()),
      ...(corefile === undefined ? {} : { corefile }),
      ...(this.#watchedSince === undefined ? {} : { watchedSince: this.#watchedSince }),
    };
  }

  #service(previous: Dated<ServiceEntry> | undefined, next: Dated<ServiceEntry> | undefined): void {
    const entry = next?.entry ?? previous?.entry;
    if (entry === undefined) return;
    const key = `${entry.namespace}/${entry.name}`;
    if (next === undefined) this.#services.delete(key);
    else this.#services.set(key, next.entry);
    this.#history.service(key, next?.entry, this.#momentOf(this.#stores.services, next));
    // A Service that is made anew under the same name keeps the endpoints of its slices.
    if (next !== undefined)
      this.#history.endpoints(key, this.#endpointsOf(key), this.#momentOf(this.#stores.services, next));
    this.#stale.add(key);
  }

  #slice(previous: Dated<SliceEntry> | undefined, next: Dated<SliceEntry> | undefined): void {
    const touched = new Set<string>();
    if (previous !== undefined) {
      this.#slices.get(previous.entry.service)?.delete(previous.entry);
      touched.add(previous.entry.service);
    }
    if (next !== undefined) {
      const { service } = next.entry;
      const all = this.#slices.get(service) ?? new Set();
      this.#slices.set(service, all.add(next.entry));
      touched.add(service);
    }
    for (const key of touched) {
      if (this.#slices.get(key)?.size === 0) this.#slices.delete(key);
      this.#history.endpoints(key, this.#endpointsOf(key), this.#momentOf(this.#stores.slices, next));
      this.#stale.add(key);
    }
  }

  /** What a first list shows was written when the object says; what a watch shows, or a later list, changed now. */
  #momentOf(store: { readonly synced: boolean }, dated: Dated<unknown> | undefined): number {
    const written = Date.parse(dated?.writtenTime ?? '');
    return store.synced || Number.isNaN(written) ? this.#now() : Math.min(this.#now(), written);
  }

  #endpointsOf(key: string): readonly EndpointView[] {
    return [...(this.#slices.get(key) ?? [])].flatMap(({ endpoints }) => endpoints);
  }

  #refresh(): void {
    for (const key of this.#stale) {
      const entry = this.#services.get(key);
      if (entry === undefined) this.#views.delete(key);
      else this.#views.set(key, viewOf(entry, this.#endpointsOf(key), this.#history.times(key)));
    }
    this.#stale.clear();
    this.#allViews = new Map(this.#views);
    this.#dnsServices = dnsServicesOf(this.#services.values(), this.#settings.dnsService);
  }
}

function viewOf(
  { dns: _, ...service }: ServiceEntry,
  endpoints: readonly EndpointView[],
  times: ReturnType<ServiceHistory['times']>,
): ServiceView {
  return { ...service, endpoints, ...times };
}

function nodeOf({ labels, podCIDRs = [] }: NodeView): ClusterNodeView {
  const zone = labels['topology.kubernetes.io/zone'];
  return { ...(zone === undefined ? {} : { zone }), podCIDRs };
}
