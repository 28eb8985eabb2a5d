/** The parts of kube-proxy's rules that the captured cluster does not show. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { endpointChain, portChains } from './names.ts';
import { probability, type View } from './port-rules.ts';
import { fullChange, held, partialChange, restoreText, ruleset } from './ruleset.ts';
import type { ProxyEndpoint, ServicePort } from './service-ports.ts';
import { reachable } from './topology.ts';
import { endedFlows } from './udp-flows.ts';

const VIEW: View = {
  family: 'IPv4',
  node: 'n1',
  zone: 'east',
  nodeIPs: ['10.199.0.11'],
  clusterCIDR: '10.200.0.0/16',
  large: false,
};

function endpoint(address: string, more: Partial<ProxyEndpoint> = {}): ProxyEndpoint {
  return {
    text: `${address}:53`,
    address,
    nodeName: 'n2',
    ready: true,
    serving: true,
    terminating: false,
    forNodes: [],
    forZones: [],
    ...more,
  };
}

function port(endpoints: ProxyEndpoint[], more: Partial<ServicePort> = {}): ServicePort {
  return {
    name: 'kube-system/kube-dns:dns',
    protocol: 'udp',
    clusterIP: '10.96.0.10',
    port: 53,
    nodePort: 0,
    healthCheckNodePort: 0,
    externalIPs: [],
    loadBalancerIPs: [],
    sourceRanges: [],
    internalLocal: false,
    externalLocal: false,
    affinity: undefined,
    endpoints,
    ...more,
  };
}

const [a, b] = [endpoint('10.200.1.2', { nodeName: 'n1' }), endpoint('10.200.2.2')];
const leaving = endpoint('10.200.3.2', { ready: false, terminating: true });
const texts = (endpoints: ProxyEndpoint[]) => endpoints.map(({ address }) => address);

describe('names of chains', () => {
  // The vectors of Kubernetes' own tests.
  it('are those of kube-proxy', () => {
    assert.equal(portChains('ns1/svc1:p80', 'tcp').cluster, 'KUBE-SVC-XPGD46QRK7WJZT7O');
    assert.equal(portChains('ns1/svc1', 'tcp').local, 'KUBE-SVL-AQI2S6QIMU7PVVRP');
    assert.equal(portChains('kube-system/kube-dns:dns', 'udp').external, 'KUBE-EXT-TCOU7JCQXEZGVUNU');
    assert.equal(endpointChain('ns1/svc1:p80', 'tcp', '10.180.0.1:80'), 'KUBE-SEP-SXIVWICOYRO3J4NJ');
  });
});

describe('a probability', () => {
  it('is what the kernel makes of it', () => {
    assert.deepEqual([2, 3, 5, 7, 1000].map(probability), [
      '0.50000000000',
      '0.33333333349',
      '0.20000000019',
      '0.14285714272',
      '0.00100000016',
    ]);
  });
});

describe('the endpoints that a node uses', () => {
  it('are those that terminate when no other is left', () => {
    assert.deepEqual(texts(reachable(port([a, b, leaving]), VIEW).cluster), texts([a, b]));
    assert.deepEqual(texts(reachable(port([leaving]), VIEW).cluster), texts([leaving]));
  });

  it('are its own where the policy is Local, and none where it has none', () => {
    assert.deepEqual(texts(reachable(port([a, b], { internalLocal: true }), VIEW).all), texts([a]));
    const { local, any } = reachable(port([b], { internalLocal: true }), VIEW);
    assert.deepEqual([local, any], [[], true]);
  });

  it('are those that hints give to it, unless one has no hints', () => {
    const hinted = [
      endpoint('10.200.1.3', { forZones: ['east'] }),
      endpoint('10.200.2.3', { forZones: ['west'] }),
    ];
    assert.deepEqual(texts(reachable(port(hinted), VIEW).cluster), ['10.200.1.3']);
    assert.deepEqual(texts(reachable(port([...hinted, b]), VIEW).cluster).length, 3);
  });
});

describe('a write', () => {
  const before = ruleset([port([a, b])], VIEW);
  const chain = endpointChain('kube-system/kube-dns:dns', 'udp', a.text);

  it('touches no chain of a port that is as it was', () => {
    const text = restoreText(partialChange(ruleset([port([a, b])], VIEW), before));
    assert.doesNotMatch(text, /^(:|-A |-X )KUBE-(SVC|SEP)-/m);
    assert.match(text, /^-A KUBE-SERVICES -d 10\.96\.0\.10\/32 /m);
  });

  it('removes the chain of an endpoint that is gone', () => {
    const text = restoreText(partialChange(ruleset([port([b])], VIEW), before));
    assert.match(text, new RegExp(`^-X ${chain}$`, 'm'));
  });

  it('that is full removes what is left from before, and makes only the jumps that are missing', () => {
    const saved = `*nat\n:${chain} - [0:0]\n:KUBE-SEP-OLD - [0:0]\n-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING\n`;
    const { stale, jumps } = fullChange(before, held(saved));
    assert.deepEqual(stale, ['KUBE-SEP-OLD']);
    assert.equal(jumps.length, 13);
    assert.ok(jumps.every((jump) => jump.chain !== 'POSTROUTING'));
  });
});

describe('UDP flows', () => {
  it('end with their endpoint, not before', () => {
    assert.deepEqual(endedFlows([port([a, b])], [port([a, b])]), []);
    assert.deepEqual(endedFlows([port([a, b])], [port([b])]), [
      ['--orig-dst', '10.96.0.10', '--orig-port-dst', '53', '--dst-nat', '10.200.1.2'],
    ]);
    assert.deepEqual(endedFlows([port([a], { protocol: 'tcp' })], []), []);
  });
});
