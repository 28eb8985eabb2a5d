import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dnsServicesOf } from '../../src/cluster/dns-services.ts';
import type { ServiceEntry } from '../../src/cluster/service-view.ts';

function service(key: string, more: Partial<ServiceEntry> = {}): ServiceEntry {
  const [namespace = '', name = ''] = key.split('/');
  return {
    namespace,
    name,
    uid: key,
    type: 'ClusterIP',
    clusterIPs: ['10.96.0.10'],
    headless: false,
    ports: [{ name: 'dns', protocol: 'UDP', port: 53 }],
    externalIPs: [],
    loadBalancerIPs: [],
    sourceRanges: [],
    externalLocal: false,
    internalLocal: false,
    dns: false,
    ...more,
  };
}

describe('the cluster’s DNS Service', () => {
  for (const key of [
    'kube-system/kube-dns',
    'kube-system/coredns',
    'kube-system/rke2-coredns-rke2-coredns',
    'openshift-dns/dns-default',
    'kube-system/my-dns',
  ]) {
    it(`is found as ${key}`, () => {
      assert.deepEqual(dnsServicesOf([service('default/kubernetes'), service(key)], ''), [key]);
    });
  }

  it('is found by its label in kube-system, whatever its name', () => {
    assert.deepEqual(dnsServicesOf([service('kube-system/names', { dns: true })], ''), ['kube-system/names']);
  });

  it('is the likeliest of several, whatever their order', () => {
    const keys = [
      'kube-system/another-dns',
      'openshift-dns/dns-default',
      'kube-system/coredns',
      'kube-system/kube-dns',
    ];
    const services = [...keys.map((key) => service(key)), service('kube-system/labelled', { dns: true })];
    const expected = [
      'kube-system/kube-dns',
      'kube-system/coredns',
      'openshift-dns/dns-default',
      'kube-system/labelled',
      'kube-system/another-dns',
    ];
    assert.deepEqual(dnsServicesOf(services, ''), expected);
    assert.deepEqual(dnsServicesOf(services.toReversed(), ''), expected);
  });

  it('is never NodeLocal DNSCache’s way to the servers, nor one of another namespace, port or without address', () => {
    const services = [
      service('kube-system/kube-dns-upstream', { dns: true }),
      service('shop/kube-dns', { dns: true }),
      service('kube-system/dns-metrics', { ports: [{ name: 'metrics', protocol: 'TCP', port: 9153 }] }),
      service('kube-system/dns-headless', { clusterIPs: [], headless: true }),
    ];
    assert.deepEqual(dnsServicesOf(services, ''), []);
  });

  it('is the operator’s own choice alone, though it may not be there', () => {
    assert.deepEqual(dnsServicesOf([service('kube-system/kube-dns')], 'names/dns'), ['names/dns']);
  });
});
