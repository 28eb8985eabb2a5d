import assert from 'node:assert/strict';
import { it } from 'node:test';
import { clusterDomainOf } from '../../src/control/cluster-domain.ts';

for (const [name, text, domain] of [
  [
    'the one that the kubelet wrote',
    'nameserver 10.96.0.10\nsearch netaudit.svc.k8s.example svc.k8s.example k8s.example corp.example\noptions ndots:5\n',
    'k8s.example',
  ],
  [
    'the one without its final dot',
    'search netaudit.svc.k8s.example. svc.k8s.example. k8s.example.\n',
    'k8s.example',
  ],
  [
    'the usual one where a Pod asks the node’s servers',
    'nameserver 192.0.2.1\nsearch corp.example\n',
    'cluster.local',
  ],
  ['the usual one where there is no search list', '', 'cluster.local'],
] as const) {
  it(`the cluster’s domain is ${name}`, () => assert.equal(clusterDomainOf(text), domain));
}
