import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ServiceView } from '../../src/checks/cluster-view.ts';
import { isObject } from '../../src/cluster/json.ts';
import { serviceEntry, sliceEntry } from '../../src/cluster/service-view.ts';

const metadata = {
  name: 'web',
  namespace: 'shop',
  uid: 'u1',
  creationTimestamp: '2026-01-01T00:00:00Z',
};

/** plain is what of a Service is the same for most. */
const plain = {
  externalIPs: [],
  loadBalancerIPs: [],
  sourceRanges: [],
  externalLocal: false,
  internalLocal: false,
} satisfies Partial<ServiceView>;

describe('a Service as it is kept', () => {
  it('has its addresses in canonical form, its ports, and the newest time that it was written', () => {
    const managedFields = [
      { manager: 'kubectl', time: '2026-01-02T00:00:00Z' },
      { manager: 'cloud', subresource: 'status', time: '2026-01-09T00:00:00Z' },
    ];
    const ports = [{ name: 'dns', protocol: 'UDP', port: 53, targetPort: 'dns' }, { port: 80 }];
    const spec = { type: 'ClusterIP', clusterIPs: ['10.96.0.10', 'FD00:0::0A'], ports, selector: { a: 'b' } };
    const labels = { 'k8s-app': 'kube-dns' };
    assert.deepEqual(serviceEntry({ metadata: { ...metadata, labels, managedFields }, spec }), {
      writtenTime: '2026-01-02T00:00:00Z',
      entry: {
        namespace: 'shop',
        name: 'web',
        uid: 'u1',
        type: 'ClusterIP',
        clusterIPs: ['10.96.0.10', 'fd00::a'],
        headless: false,
        ports: [
          { name: 'dns', protocol: 'UDP', port: 53 },
          { name: '', protocol: 'TCP', port: 80 },
        ],
        ...plain,
        dns: true,
      },
    });
  });

  it('has all that kube-proxy writes rules by', () => {
    const managedFields = [
      { manager: 'kubectl', time: '2026-01-02T00:00:00Z' },
      { manager: 'cloud', subresource: 'status', time: '2026-01-09T00:00:00Z' },
    ];
    const labels = { 'service.kubernetes.io/service-proxy-name': 'other' };
    const spec = {
      type: 'LoadBalancer',
      clusterIPs: ['10.96.0.10'],
      externalIPs: ['192.0.2.7', '2001:DB8::0:7', 'nonsense'],
      loadBalancerSourceRanges: [' 10.0.0.0/8', '192.168.0.0/16 '],
      externalTrafficPolicy: 'Local',
      internalTrafficPolicy: 'Local',
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 600 } },
      ports: [{ port: 80, nodePort: 30080 }, { port: 81 }],
    };
    const ingress = [
      { ip: '198.51.100.1' },
      { ip: '198.51.100.2', ipMode: 'VIP' },
      { ip: '198.51.100.3', ipMode: 'Proxy' },
      { hostname: 'lb.example' },
    ];
    const given = {
      metadata: { ...metadata, labels, managedFields },
      spec,
      status: { loadBalancer: { ingress } },
    };
    assert.deepEqual(serviceEntry(given), {
      // Where packets are sent to is in the status.
      writtenTime: '2026-01-09T00:00:00Z',
      entry: {
        namespace: 'shop',
        name: 'web',
        uid: 'u1',
        type: 'LoadBalancer',
        clusterIPs: ['10.96.0.10'],
        headless: false,
        ports: [
          { name: '', protocol: 'TCP', port: 80, nodePort: 30080 },
          { name: '', protocol: 'TCP', port: 81 },
        ],
        proxyName: 'other',
        externalIPs: ['192.0.2.7', '2001:db8::7'],
        loadBalancerIPs: ['198.51.100.1', '198.51.100.2'],
        sourceRanges: ['10.0.0.0/8', '192.168.0.0/16'],
        externalLocal: true,
        internalLocal: true,
        affinitySeconds: 600,
        dns: false,
      },
    });
  });

  it('keeps to a client for three hours where it does not say how long', () => {
    const { entry } = serviceEntry({ metadata, spec: { sessionAffinity: 'ClientIP' } });
    assert.equal(entry.affinitySeconds, 10_800);
  });

  it('is headless, or a name elsewhere, and then has no address', () => {
    const headless = serviceEntry({
      metadata,
      spec: { type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'] },
    });
    assert.deepEqual([headless.entry.headless, headless.entry.clusterIPs], [true, []]);
    const elsewhere = serviceEntry({ metadata, spec: { type: 'ExternalName', externalName: 'a.example' } });
    assert.deepEqual(elsewhere.entry, {
      namespace: 'shop',
      name: 'web',
      uid: 'u1',
      type: 'ExternalName',
      clusterIPs: [],
      headless: false,
      externalName: 'a.example',
      ports: [],
      ...plain,
      dns: false,
    });
    const former = serviceEntry({ metadata, spec: { clusterIPs: ['10.96.0.9'], externalName: 'left.over' } });
    assert.equal(former.entry.externalName, undefined);
  });
});

describe('an EndpointSlice as it is kept', () => {
  const labelled = { ...metadata, name: 'web-x1', labels: { 'kubernetes.io/service-name': 'web' } };
  const ports = [{ name: 'http', protocol: 'TCP', port: 8080 }];

  it('has of each endpoint the first address, its conditions, its node and its Pod', () => {
    const endpoints = [
      {
        addresses: ['10.1.0.1', '10.1.0.9'],
        conditions: { ready: true, serving: true, terminating: false },
        hostname: 'web-0',
        nodeName: 'n1',
        targetRef: { kind: 'Pod', name: 'web-0', uid: 'p' },
        zone: 'a',
        hints: { forZones: [{ name: 'a' }, { name: 'b' }], forNodes: [{ name: 'n1' }] },
      },
      { addresses: ['10.1.0.2'], conditions: { ready: false, serving: true, terminating: true } },
      { addresses: ['2001:DB8:0::1'], targetRef: { kind: 'Node', name: 'n1' } },
      { addresses: [] },
    ];
    assert.deepEqual(sliceEntry({ metadata: labelled, addressType: 'IPv4', endpoints, ports }), {
      writtenTime: '2026-01-01T00:00:00Z',
      entry: {
        service: 'shop/web',
        endpoints: [
          {
            address: '10.1.0.1',
            ready: true,
            serving: true,
            terminating: false,
            hostname: 'web-0',
            node: 'n1',
            pod: 'web-0',
            zoneHints: ['a', 'b'],
            nodeHints: ['n1'],
            ports,
          },
          { address: '10.1.0.2', ready: false, serving: true, terminating: true, ports },
          { address: '2001:db8::1', ready: true, serving: true, terminating: false, ports },
        ],
      },
    });
  });

  it('is left out when it belongs to no Service, or holds names', () => {
    assert.equal(sliceEntry({ metadata, addressType: 'IPv4', endpoints: [], ports }), undefined);
    assert.equal(sliceEntry({ metadata: labelled, addressType: 'FQDN', endpoints: [], ports }), undefined);
  });
});

it('whatever an API server gives is reduced without a throw', () => {
  fc.assert(
    fc.property(
      fc.object({ key: fc.constantFrom('metadata', 'spec', 'ports', 'endpoints', 'labels') }),
      (given) => {
        assert.ok(isObject(given));
        serviceEntry(given);
        sliceEntry({ ...given, metadata: { labels: { 'kubernetes.io/service-name': 'x' } } });
      },
    ),
  );
});
