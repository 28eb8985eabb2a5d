/** The rules are those that a real kube-proxy wrote for the same Services, EndpointSlices and node. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Node } from '../kinds.ts';
import type { EndpointSlice, Family, Service } from '../service-kinds.ts';
import { fullChange, held, restoreText, ruleset } from './ruleset.ts';
import { savedChains } from './saved.ts';
import { servicePorts } from './service-ports.ts';

const FOLDER = new URL('../../fixtures/kube-proxy/iptables-healthy/', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, FOLDER), 'utf8');

function items<T>(file: string): T[] {
  const list: { items: T[] } = JSON.parse(read(file));
  return list.items;
}

const services = items<Service>('services.json');
const slices = items<EndpointSlice>('endpointslices.json');
const nodes = items<Node>('nodes.json');

/** kube-proxy goes through its Services in no order, and so the capture has them in another one. */
const UNORDERED = /^(nat|filter) KUBE-(SERVICES|NODEPORTS|EXTERNAL-SERVICES|PROXY-FIREWALL)$/;

function comparable(chains: Record<string, string[]>): Record<string, string[]> {
  const entries = Object.entries(chains).map(([name, rules]) => [
    name,
    UNORDERED.test(name) ? [...rules].sort() : rules,
  ]);
  return Object.fromEntries(entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
}

function written(node: string, family: Family): Record<string, string[]> {
  const own = nodes.find(({ metadata }) => metadata.name === node);
  const rules = ruleset(servicePorts(services, slices, family), {
    family,
    node,
    zone: own?.metadata.labels?.['topology.kubernetes.io/zone'],
    nodeIPs: (own?.status?.addresses ?? [])
      .filter(({ type }) => type === 'InternalIP')
      .map(({ address }) => address),
    clusterCIDR: family === 'IPv4' ? '10.244.0.0/16' : undefined,
  });
  const text = restoreText(fullChange(rules, held('')));
  const builtIn =
    '*mangle\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\n*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n*nat\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\n';
  // What is put before everything else stands in the other order in the end.
  const lines = text.split('\n');
  const first = lines.filter((line) => line.startsWith('-I ')).reverse();
  const appended = (table: string) => {
    const from = lines.indexOf(`*${table}`);
    const section = lines.slice(from, lines.indexOf('COMMIT', from));
    return [
      ...section,
      ...first.filter((line) => section.includes(line)).map((line) => line.replace('-I', '-A')),
    ];
  };
  return savedChains([builtIn, ...['mangle', 'filter', 'nat'].flatMap(appended)].join('\n'));
}

describe('the rules of a node', () => {
  for (const node of ['n1', 'n2', 'n3']) {
    it(`are those of ${node} in a real cluster`, () => {
      assert.deepEqual(
        comparable(written(node, 'IPv4')),
        comparable(savedChains(read(`${node}.iptables-save.txt`))),
      );
      assert.deepEqual(
        comparable(written(node, 'IPv6')),
        comparable(savedChains(read(`${node}.ip6tables-save.txt`))),
      );
    });
  }
});
