/** Which endpoints Services have, first of all those that a real controller found for the same Pods. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Node, Pod } from '../kinds.ts';
import {
  type Endpoint,
  type EndpointSlice,
  MANAGED_BY,
  SERVICE_NAME,
  type Service,
} from '../service-kinds.ts';
import { portGroups } from './endpoints.ts';
import { nodeNamed, readyStatus, SPEC } from './played.ts';
import { MANAGER, slicePlan } from './slice-plan.ts';

const FOLDER = new URL('../../fixtures/kube-proxy/iptables-healthy/', import.meta.url);

function items<T>(file: string): T[] {
  const list: { items: T[] } = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));
  return list.items;
}

/** A controller goes through Pods and ports in no order. */
function sorted<T>(all: readonly T[] | null | undefined): string[] {
  return (all ?? [])
    .map((one) => JSON.stringify(Object.fromEntries(Object.entries(one ?? {}).sort())))
    .sort();
}

function comparable({ metadata, addressType, endpoints, ports }: EndpointSlice) {
  const { generateName, namespace, labels, ownerReferences } = metadata;
  const targets = (endpoints ?? []).map(({ targetRef, ...rest }): Endpoint => {
    const { kind = '', name = '', namespace: home = '', uid = '' } = targetRef ?? {};
    return { ...rest, targetRef: { kind, name, namespace: home, uid } };
  });
  return {
    metadata: { generateName, namespace, labels, ownerReferences },
    addressType,
    endpoints: sorted(targets),
    ports: sorted(ports),
  };
}

describe('the slices of Services', () => {
  const pods = items<Pod>('pods.json');
  const nodes = items<Node>('nodes.json');
  const captured = items<EndpointSlice>('endpointslices.json').filter(
    ({ metadata }) => metadata.labels?.[MANAGED_BY] === MANAGER,
  );
  const selecting = items<Service>('services.json').filter(({ spec }) => spec.selector !== undefined);

  it('are there for each Service that selects Pods', () => {
    const own = ({ metadata }: Service) => `${metadata.namespace}/${metadata.name}`;
    const of = ({ metadata }: EndpointSlice) => `${metadata.namespace}/${metadata.labels?.[SERVICE_NAME]}`;
    assert.deepEqual(captured.map(of).sort(), selecting.map(own).sort());
  });

  for (const service of selecting) {
    it(`are those of a real cluster: ${service.metadata.name}`, () => {
      const groups = portGroups(service, 'IPv4', pods, (name) =>
        nodes.find(({ metadata }) => metadata.name === name),
      );
      const { create, ...rest } = slicePlan(service, 'IPv4', groups, []);
      const real = captured.filter(
        ({ metadata }) =>
          metadata.namespace === service.metadata.namespace &&
          metadata.labels?.[SERVICE_NAME] === service.metadata.name,
      );
      assert.deepEqual(create.map(comparable), real.map(comparable));
      assert.deepEqual(rest, { update: [], remove: [] });
    });
  }
});

const LABELS = { app: 'web' };

function serviceOf(spec: Partial<Service['spec']> = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop', uid: 's' },
    spec: { selector: LABELS, ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }], ...spec },
  };
}

function podOf(name: string, more: Partial<Pod['spec']> = {}, ips = ['10.200.1.2']): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', uid: name, labels: LABELS },
    spec: { ...SPEC, nodeName: 'n1', ...more },
    status: { ...readyStatus(), podIPs: ips.map((ip) => ({ ip })) },
  };
}

const zoned = nodeNamed('n1', { labels: { 'topology.kubernetes.io/zone': 'east' } });
const endpointsOf = (service: Service, pod: Pod, family: 'IPv4' | 'IPv6' = 'IPv4') =>
  portGroups(service, family, [pod], (name) => (name === 'n1' ? zoned : undefined)).flatMap(
    ({ endpoints }) => endpoints,
  );

describe('the endpoint of a Pod', () => {
  it('has the address of its family, its node and zone, and no hostname of its own', () => {
    const both = podOf('a', {}, ['10.200.1.2', 'fd00:200:1::2']);
    const expected = (address: string) => [
      {
        addresses: [address],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: 'n1',
        targetRef: { kind: 'Pod', namespace: 'shop', name: 'a', uid: 'a' },
        zone: 'east',
      },
    ];
    assert.deepEqual(endpointsOf(serviceOf(), both), expected('10.200.1.2'));
    assert.deepEqual(endpointsOf(serviceOf(), both, 'IPv6'), expected('fd00:200:1::2'));
    assert.deepEqual(endpointsOf(serviceOf(), podOf('a'), 'IPv6'), []);
  });

  it('has a hostname when its subdomain is the Service', () => {
    const named = (subdomain: string) =>
      endpointsOf(serviceOf(), podOf('a', { hostname: 'zero', subdomain }))[0]?.hostname;
    assert.deepEqual([named('web'), named('other')], ['zero', undefined]);
  });

  it('serves while it terminates, but is not ready unless the Service says so', () => {
    const leaving = podOf('a');
    leaving.metadata.deletionTimestamp = '2026-11-22T07:00:00Z';
    const conditions = (service: Service) => endpointsOf(service, leaving)[0]?.conditions;
    assert.deepEqual(conditions(serviceOf()), { ready: false, serving: true, terminating: true });
    assert.deepEqual(conditions(serviceOf({ publishNotReadyAddresses: true })), {
      ready: true,
      serving: true,
      terminating: true,
    });
  });

  it('has hints as the traffic distribution asks', () => {
    const hints = (trafficDistribution: string) =>
      endpointsOf(serviceOf({ trafficDistribution }), podOf('a'))[0]?.hints;
    assert.deepEqual(hints('PreferClose'), { forZones: [{ name: 'east' }] });
    assert.deepEqual(hints('PreferSameZone'), { forZones: [{ name: 'east' }] });
    assert.deepEqual(hints('PreferSameNode'), { forNodes: [{ name: 'n1' }], forZones: [{ name: 'east' }] });
  });

  it('is none before the Pod has an address, after its end, or in another namespace', () => {
    const elsewhere = podOf('a');
    elsewhere.metadata.namespace = 'default';
    const ended = podOf('a');
    ended.status = { ...ended.status, phase: 'Succeeded' };
    for (const pod of [podOf('a', {}, []), ended, elsewhere])
      assert.deepEqual(endpointsOf(serviceOf(), pod), []);
  });

  it('is in the group of its own numbers where a port is named, and without ports where it has none of that name', () => {
    const named = serviceOf({ ports: [{ name: 'http', port: 80, targetPort: 'web', protocol: 'TCP' }] });
    const listening = (name: string, containerPort: number) =>
      podOf(name, { containers: [{ name: 'c', image: 'c', ports: [{ name: 'web', containerPort }] }] });
    const pods = [listening('a', 8080), listening('b', 8081), listening('c', 8080), podOf('d')];
    const groups = portGroups(named, 'IPv4', pods, () => undefined).map(({ ports, endpoints }) => [
      ports.map(({ port }) => port),
      endpoints.map(({ targetRef }) => targetRef?.name),
    ]);
    assert.deepEqual(groups, [
      [[8080], ['a', 'c']],
      [[8081], ['b']],
      [[], ['d']],
    ]);
  });
});
