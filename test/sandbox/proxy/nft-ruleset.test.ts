/** The table is the one that a real kube-proxy wrote for the same Services, EndpointSlices and node. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Node } from '../kinds.ts';
import type { EndpointSlice, Family, Service } from '../service-kinds.ts';
import { words } from './nft-fixed.ts';
import { NftGarbage } from './nft-garbage.ts';
import { type Listed, listedTable } from './nft-listed.ts';
import { nftEndpoint, nftPortChains } from './nft-names.ts';
import { type NftRuleset, nftFull, nftPartial, nftRuleset } from './nft-ruleset.ts';
import { servicePorts } from './service-ports.ts';

const FOLDER = new URL('../../fixtures/kube-proxy/nftables-healthy/', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, FOLDER), 'utf8');

function items<T>(file: string): T[] {
  const list: { items: T[] } = JSON.parse(read(file));
  return list.items;
}

const services = items<Service>('services.json');
const slices = items<EndpointSlice>('endpointslices.json');
const nodes = items<Node>('nodes.json');

function written(node: string, family: Family, of = services): NftRuleset {
  const own = nodes.find(({ metadata }) => metadata.name === node);
  const isIPv4 = family === 'IPv4';
  const nodeIPs = (own?.status?.addresses ?? [])
    .filter(({ type, address }) => type === 'InternalIP' && address.includes(':') !== isIPv4)
    .map(({ address }) => address);
  return nftRuleset(servicePorts(of, slices, family), {
    family,
    node,
    zone: own?.metadata.labels?.['topology.kubernetes.io/zone'],
    nodeIPs,
    clusterCIDR: isIPv4 ? '10.244.0.0/16' : undefined,
    serviceCIDRs: isIPv4 ? ['10.96.0.0/16'] : [],
  });
}

/** What nft makes of it when it lists it again: this version leaves out what is translated, and counts in minutes. */
function asListed(text: string): string {
  return text.replace(' addr . port to ', ' to ').replace('timeout 600s', 'timeout 10m');
}

function table({ sets, chains, ports, elements }: NftRuleset): Listed {
  const all = [...ports.values()];
  return {
    chains: Object.fromEntries(
      [...chains, ...all.flatMap((port) => [...port.chains])].map(([name, { head, rules }]) => [
        name,
        [...head, ...rules].map(asListed),
      ]),
    ),
    sets: Object.fromEntries(
      [...sets, ...all.flatMap((port) => [...port.clients])].map(([name, { body }]) => [
        name,
        {
          body: body.map(asListed),
          elements: [...(elements.get(name) ?? [])].map(([key, value]) => `${key}${value}`).sort(),
        },
      ]),
    ),
  };
}

describe('the table of a node', () => {
  for (const node of ['n1', 'n2', 'n3'])
    for (const family of ['IPv4', 'IPv6'] as const)
      it(`is that of ${node} in a real cluster for ${family}`, () => {
        const real = listedTable(read(`${node}.nft.txt`), words(family).ip);
        assert.ok(Object.keys(real?.chains ?? {}).length >= 15);
        assert.deepEqual(table(written(node, family)), real);
      });
});

describe('names in nftables mode', () => {
  // The vectors of Kubernetes' own tests.
  it('are those of kube-proxy', () => {
    assert.equal(nftPortChains('ns1/svc1:p80', 'tcp').cluster, 'service-ULMVA6XW-ns1/svc1/tcp/p80');
    assert.equal(nftPortChains('default/plain', 'tcp').local, 'local-N4AI6NVD-default/plain/tcp/');
    assert.deepEqual(nftEndpoint('ns5/svc5:p80', 'tcp', '10.180.0.3', '80'), {
      chain: 'endpoint-GTK6MW7G-ns5/svc5/tcp/p80__10.180.0.3/80',
      clients: 'affinity-GTK6MW7G-ns5/svc5/tcp/p80__10.180.0.3/80',
    });
  });
});

describe('a transaction', () => {
  const before = written('n1', 'IPv4');
  const without = services.filter(({ metadata: { name } }) => name !== 'sticky');
  const none = { chains: [], sets: [] };

  it('is empty when nothing has changed', () => {
    assert.deepEqual(nftPartial(written('n1', 'IPv4'), before, none), { text: '', stale: none });
  });

  it('takes away the elements of a Service that is gone, and leaves its chains empty for a later one', () => {
    const rules = written('n1', 'IPv4', without);
    const { text, stale } = nftPartial(rules, before, none);
    const deleted = text.split('\n').filter((line) => line.startsWith('delete'));
    assert.deepEqual(deleted, [
      'delete element ip kube-proxy cluster-ips { 10.96.217.146 }',
      'delete element ip kube-proxy service-ips { 10.96.217.146 . tcp . 80 }',
    ]);
    assert.deepEqual([stale.chains.length, stale.sets.length], [5, 4]);
    assert.equal(text.match(/^flush chain /gm)?.length, 5);
    const later = nftPartial(rules, rules, stale).text;
    assert.equal(later.match(/^delete chain /gm)?.length, 5);
    assert.equal(later.match(/^delete set ip kube-proxy affinity-/gm)?.length, 4);
  });

  it('that is full removes what others left of Services, and nothing that is no Service’s', () => {
    const gone = 'service-ABCDEFGH-shop/gone/tcp/';
    const text = nftFull(before, { chains: [gone, 'somebodys'], sets: [] });
    assert.match(text, new RegExp(`^delete chain ip kube-proxy ${gone}$`, 'm'));
    assert.doesNotMatch(text, /somebodys/);
  });
});

describe('a chain that nothing leads to', () => {
  const full = written('n1', 'IPv4');
  const without = written(
    'n1',
    'IPv4',
    services.filter(({ metadata: { name } }) => name !== 'db'),
  );
  const chain = 'service-LZY2KYJC-shop/db/tcp/';

  /** What a proxy deletes that goes from ruleset to ruleset, each at a time of its own. */
  const deleted = (...steps: [NftRuleset, number][]) => {
    const garbage = new NftGarbage();
    let before = full;
    return steps.map(([rules, now]) => {
      const due = garbage.due(before, rules, now);
      garbage.deleted(due, nftPartial(rules, before, due).stale, now);
      before = rules;
      return due.chains;
    });
  };

  it('is deleted by the first sync that comes a second later', () => {
    assert.deepEqual(deleted([without, 0], [without, 999], [without, 1000], [without, 2000]), [
      [],
      [],
      [chain],
      [],
    ]);
  });

  it('is deleted once, although it was used again and left again in between', () => {
    const steps = deleted(
      [without, 0],
      [full, 500],
      [without, 1500],
      [without, 2000],
      [without, 2500],
      [without, 4000],
    );
    assert.deepEqual(steps, [[], [], [], [], [chain], []]);
  });
});
