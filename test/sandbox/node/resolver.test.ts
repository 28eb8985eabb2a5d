import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod, PodSpec } from '../kinds.ts';
import { type DnsSettings, resolvConf } from './resolver.ts';

const SETTINGS: DnsSettings = {
  clusterDNS: ['10.96.0.10'],
  clusterDomain: 'cluster.local',
  nodeResolvConf:
    '# of the node\nnameserver 192.0.2.53\nsearch old.example\nsearch example.com corp.example\noptions timeout:1 rotate\n',
};

function written(spec: Partial<PodSpec>, settings: Partial<DnsSettings> = {}): string[] {
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'team' },
    spec: { containers: [], ...spec },
  };
  return resolvConf(pod, { ...SETTINGS, ...settings })
    .split('\n')
    .slice(0, -1);
}

const CLUSTER = [
  'search team.svc.cluster.local svc.cluster.local cluster.local example.com corp.example',
  'nameserver 10.96.0.10',
  'options ndots:5',
];
const NODE = ['search example.com corp.example', 'nameserver 192.0.2.53', 'options timeout:1 rotate'];

describe('a Pod’s resolv.conf', () => {
  it('leads to the cluster’s DNS by default, with the node’s searches but not its options', () => {
    assert.deepEqual(written({}), CLUSTER);
    assert.deepEqual(written({ dnsPolicy: 'ClusterFirst' }), CLUSTER);
  });

  it('names every server that the kubelet was told, but no more than three', () => {
    const clusterDNS = ['10.96.0.10', 'fd00:96::a', '10.96.0.11', '10.96.0.12'];
    const servers = ['nameserver 10.96.0.10', 'nameserver fd00:96::a', 'nameserver 10.96.0.11'];
    assert.deepEqual(written({}, { clusterDNS }), [CLUSTER[0], ...servers, CLUSTER[2]]);
  });

  it('is the node’s on the host’s network, unless the policy says otherwise', () => {
    assert.deepEqual(written({ hostNetwork: true }), NODE);
    assert.deepEqual(written({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }), CLUSTER);
    assert.deepEqual(written({ dnsPolicy: 'Default' }), NODE);
  });

  it('is the node’s where the kubelet knows no DNS of the cluster', () => {
    assert.deepEqual(written({}, { clusterDNS: [] }), NODE);
  });

  it('is the Pod’s own alone with the policy None', () => {
    const dnsConfig = { nameservers: ['192.0.2.1'], searches: ['a.example'], options: [{ name: 'edns0' }] };
    assert.deepEqual(written({ dnsPolicy: 'None', dnsConfig }), [
      'search a.example',
      'nameserver 192.0.2.1',
      'options edns0',
    ]);
  });

  it('takes in what the Pod adds, each thing once, and its options before the policy’s', () => {
    const dnsConfig = {
      nameservers: ['10.96.0.10', '192.0.2.1'],
      searches: ['cluster.local', 'a.example'],
      options: [{ name: 'ndots', value: '2' }, { name: 'single-request-reopen' }],
    };
    assert.deepEqual(written({ dnsConfig }), [
      `${CLUSTER[0]} a.example`,
      'nameserver 10.96.0.10',
      'nameserver 192.0.2.1',
      'options ndots:2 single-request-reopen',
    ]);
  });

  it('has at most 32 searches of 2,048 characters, none of them longer than a name can be', () => {
    const list = (searches: string[]) =>
      written({ dnsPolicy: 'None', dnsConfig: { nameservers: ['192.0.2.1'], searches } })[0]
        ?.split(' ')
        .slice(1);
    const many = Array.from({ length: 40 }, (_, i) => `d${i}.example`);
    assert.deepEqual(list(many), many.slice(0, 32));
    const long = Array.from({ length: 12 }, (_, i) => `${i}`.padStart(253, 'x'));
    // Eight of them and the spaces between have 2,031 characters.
    assert.deepEqual(list(long), long.slice(0, 8));
    assert.deepEqual(list(['a.example', 'x'.repeat(254), 'b.example']), ['a.example', 'b.example']);
  });

  it('has the kubelet’s number of dots, which only a fault changes', () => {
    assert.deepEqual(written({}, { ndots: 1 }), [...CLUSTER.slice(0, 2), 'options ndots:1']);
  });
});
