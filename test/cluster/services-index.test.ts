import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Corefile } from '../../src/checks/cluster-view.ts';
import type { JsonObject } from '../../src/cluster/json.ts';
import {
  type Dated,
  type ServiceEntry,
  type SliceEntry,
  serviceEntry,
  sliceEntry,
} from '../../src/cluster/service-view.ts';
import { ServicesIndex } from '../../src/cluster/services-index.ts';
import { Store } from '../../src/cluster/store.ts';
import { nodeView } from '../../src/cluster/views.ts';
import type { NodeView } from '../../src/plan/world.ts';

const settings = {
  settleSeconds: 60,
  clusterDomain: 'cluster.local',
  dnsService: '',
  podNamespace: 'netaudit',
};
const written = '2026-01-01T00:00:00.000Z';
const watched = '2026-01-02T00:00:00.000Z';

function service(name: string, spec: JsonObject): Dated<ServiceEntry> {
  return serviceEntry({
    metadata: { name, namespace: 'shop', uid: name, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { type: 'ClusterIP', ports: [{ port: 80 }], ...spec },
  });
}

function slice(of: string, addresses: readonly string[]): Dated<SliceEntry> {
  const entry = sliceEntry({
    metadata: {
      namespace: 'shop',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { 'kubernetes.io/service-name': of },
    },
    ports: [{ port: 8080 }],
    endpoints: addresses.map((address) => ({ addresses: [address] })),
  });
  assert.ok(entry !== undefined);
  return entry;
}

const entryOf = <View>(key: string, view: View) => ({ key, uid: key, view });

describe('the view of Services', () => {
  let stores: {
    readonly services: Store<Dated<ServiceEntry>>;
    readonly slices: Store<Dated<SliceEntry>>;
    readonly cachePods: Store<string>;
    readonly corefiles: Store<Corefile>;
    readonly nodes: Store<NodeView>;
  };
  let index: ServicesIndex;
  let now: number;

  beforeEach(() => {
    now = Date.parse(watched);
    stores = {
      services: new Store(),
      slices: new Store(),
      cachePods: new Store(),
      corefiles: new Store(),
      nodes: new Store(),
    };
    index = new ServicesIndex(stores, settings, () => now);
  });

  const list = (entries: ReadonlyMap<string, Dated<ServiceEntry>>) =>
    stores.services.replace(
      [...entries].map(([key, view]) => entryOf(key, view)),
      performance.now(),
    );
  const listSlices = (entries: ReadonlyMap<string, Dated<SliceEntry>>) =>
    stores.slices.replace(
      [...entries].map(([key, view]) => entryOf(key, view)),
      performance.now(),
    );
  const addressesOf = (key: string) =>
    index
      .view()
      .services.get(key)
      ?.endpoints.map(({ address }) => address);
  const timesOf = (key: string) => Object.fromEntries(index.view().services.get(key)?.endpointTimes ?? []);

  it('knows nothing, and of no watch, before the first lists', () => {
    assert.deepEqual(index.view(), {
      domain: 'cluster.local',
      ownNamespace: 'netaudit',
      services: new Map(),
      removedServices: new Map(),
      dnsServices: [],
      cachingNodes: new Set(),
      nodes: new Map(),
      formerPorts: new Map(),
    });
  });

  it('has Services with the endpoints of all their slices, dated by what the objects say', () => {
    listSlices(
      new Map([
        ['shop/web-1', slice('web', ['10.1.0.1'])],
        ['shop/web-2', slice('web', ['10.1.0.2'])],
        ['shop/stray', slice('nobody', ['10.1.0.3'])],
      ]),
    );
    list(new Map([['shop/web', service('web', { clusterIPs: ['10.96.0.20'] })]]));
    stores.cachePods.replace([entryOf('kube-system/node-local-dns-a', 'n1')], performance.now());
    stores.corefiles.replace(
      [entryOf('kube-system/coredns', { configMap: 'kube-system/coredns', text: '.:53 {\n}\n' })],
      performance.now(),
    );
    const ports = [{ name: '', protocol: 'TCP', port: 8080 }];
    const one = { ready: true, serving: true, terminating: false, ports };
    assert.deepEqual(index.view(), {
      domain: 'cluster.local',
      ownNamespace: 'netaudit',
      services: new Map([
        [
          'shop/web',
          {
            namespace: 'shop',
            name: 'web',
            uid: 'web',
            type: 'ClusterIP',
            clusterIPs: ['10.96.0.20'],
            headless: false,
            ports: [{ name: '', protocol: 'TCP', port: 80 }],
            externalIPs: [],
            loadBalancerIPs: [],
            sourceRanges: [],
            externalLocal: false,
            internalLocal: false,
            endpoints: [
              { address: '10.1.0.1', ...one },
              { address: '10.1.0.2', ...one },
            ],
            changedTime: written,
            endpointTimes: new Map([
              ['10.1.0.1', written],
              ['10.1.0.2', written],
            ]),
            restlessSince: written,
          },
        ],
      ]),
      removedServices: new Map(),
      dnsServices: [],
      cachingNodes: new Set(['n1']),
      nodes: new Map(),
      formerPorts: new Map(),
      corefile: { configMap: 'kube-system/coredns', text: '.:53 {\n}\n' },
      watchedSince: watched,
    });
  });

  it('dates what a watch shows by the moment', () => {
    listSlices(new Map([['shop/web-1', slice('web', ['10.1.0.1'])]]));
    list(new Map([['shop/web', service('web', {})]]));
    index.view();
    now += 1000;
    stores.slices.upsert(entryOf('shop/web-1', slice('web', ['10.1.0.1', '10.1.0.2'])));
    assert.deepEqual(addressesOf('shop/web'), ['10.1.0.1', '10.1.0.2']);
    assert.deepEqual(timesOf('shop/web'), { '10.1.0.1': written, '10.1.0.2': '2026-01-02T00:00:01.000Z' });
    now += 1000;
    stores.slices.remove('shop/web-1', 'shop/web-1');
    assert.deepEqual(addressesOf('shop/web'), []);
    assert.deepEqual(timesOf('shop/web'), {
      '10.1.0.1': '2026-01-02T00:00:02.000Z',
      '10.1.0.2': '2026-01-02T00:00:02.000Z',
    });
  });

  it('dates what a later list shows by the moment, for nobody saw when it came about', () => {
    listSlices(new Map());
    list(new Map([['shop/web', service('web', {})]]));
    now += 5000;
    list(new Map([['shop/api', service('api', {})]]));
    const { services, removedServices, watchedSince } = index.view();
    assert.deepEqual(
      [...services].map(([key, { changedTime }]) => [key, changedTime]),
      [['shop/api', '2026-01-02T00:00:05.000Z']],
    );
    assert.deepEqual(removedServices, new Map([['shop/web', '2026-01-02T00:00:05.000Z']]));
    assert.equal(watchedSince, '2026-01-02T00:00:05.000Z');
  });

  it('moves endpoints with a slice that is given to another Service', () => {
    listSlices(new Map([['shop/s', slice('web', ['10.1.0.1'])]]));
    list(
      new Map([
        ['shop/web', service('web', {})],
        ['shop/api', service('api', {})],
      ]),
    );
    stores.slices.upsert(entryOf('shop/s', slice('api', ['10.1.0.1'])));
    assert.deepEqual([addressesOf('shop/web'), addressesOf('shop/api')], [[], ['10.1.0.1']]);
  });

  it('has of each node its zone and the ranges of its Pods, as they are now', () => {
    const node = (name: string, labels: JsonObject, spec: JsonObject) =>
      entryOf(name, nodeView({ metadata: { name, uid: name, labels }, spec }));
    stores.nodes.replace(
      [
        node('n1', { 'topology.kubernetes.io/zone': 'a' }, { podCIDRs: ['10.244.0.0/24', 'fd00:1::/64'] }),
        node('n2', {}, { podCIDR: '10.244.1.0/24' }),
      ],
      performance.now(),
    );
    const { nodes } = index.view();
    assert.deepEqual(
      nodes,
      new Map([
        ['n1', { zone: 'a', podCIDRs: ['10.244.0.0/24', 'fd00:1::/64'] }],
        ['n2', { podCIDRs: ['10.244.1.0/24'] }],
      ]),
    );
    assert.equal(index.view().nodes, nodes);
    stores.nodes.upsert(node('n2', { 'topology.kubernetes.io/zone': 'b' }, {}));
    assert.deepEqual(index.view().nodes.get('n2'), { zone: 'b', podCIDRs: [] });
  });

  it('remembers what packets were sent to before a Service was deleted', () => {
    listSlices(new Map());
    list(new Map([['shop/web', service('web', { clusterIPs: ['10.96.0.20'] })]]));
    stores.services.remove('shop/web', 'shop/web');
    assert.deepEqual(
      index.view().formerPorts,
      new Map([
        ['10.96.0.20 tcp 0', watched],
        ['10.96.0.20 tcp 80', watched],
      ]),
    );
  });

  it('is the same object for as long as nothing changes, so that a look costs nothing', () => {
    listSlices(new Map());
    list(new Map([['shop/web', service('web', {})]]));
    const { services } = index.view();
    const web = services.get('shop/web');
    assert.equal(index.view().services, services);
    stores.services.upsert(entryOf('shop/api', service('api', {})));
    const after = index.view().services;
    assert.deepEqual([...after.keys()], ['shop/web', 'shop/api']);
    assert.equal(after.get('shop/web'), web);
  });
});
