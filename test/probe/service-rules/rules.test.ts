import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backendsOf, kernelMode } from '../../../src/probe/service-rules/kernel-mode.ts';
import { readRules } from '../../../src/probe/service-rules/rules.ts';
import { capturedNode, meansOn, type Node } from './captured-node.ts';

const iptables = capturedNode('iptables-healthy', 'n1');
const nftables = capturedNode('nftables-healthy', 'n1');
const rules = iptables.tools['iptables-nft-save'] ?? '';

/** read reads a node that differs from a captured one; `tools` may be there or be taken out. */
async function read(node: Node, families: readonly ('IPv4' | 'IPv6')[] = ['IPv4']) {
  const means = meansOn(node);
  const found = await readRules(families, means);
  return { ...found, asked: means.asked };
}

test('only families of the Pod are read, and the legacy tool is not run where it has no tables', async () => {
  const { asked, rulesets } = await read(iptables);
  assert.deepEqual(asked, ['iptables-nft-save', 'nft -j list tables']);
  assert.deepEqual(
    rulesets.map(({ family }) => family),
    ['IPv4'],
  );
  const dual = await read({ ...iptables, files: { '/proc/net/ip_tables_names': '\n' } }, ['IPv4', 'IPv6']);
  assert.deepEqual(dual.asked, ['iptables-nft-save', 'ip6tables-nft-save', 'nft -j list tables']);
  assert.deepEqual(
    dual.rulesets.map(({ family }) => family),
    ['IPv4', 'IPv6'],
  );
});

test('where the legacy back end has tables it is read too, and never asked for one of them', async () => {
  const node = {
    ...iptables,
    tools: { ...iptables.tools, 'iptables-legacy-save': rules, 'iptables-nft-save': '' },
    files: { '/proc/net/ip_tables_names': 'nat\nfilter\n' },
  };
  const { asked, rulesets, unreadable } = await read(node);
  assert.deepEqual(asked, ['iptables-nft-save', 'iptables-legacy-save', 'nft -j list tables']);
  assert.deepEqual([backendsOf(rulesets), unreadable], [['iptables-legacy'], []]);
  const both = await read({ ...node, tools: { ...node.tools, 'iptables-nft-save': rules } });
  assert.deepEqual(backendsOf(both.rulesets), ['iptables-nft', 'iptables-legacy']);
});

test('tables of nftables are listed one by one, those of iptables and of other families left out', async () => {
  const tables = [
    'ip nat',
    'ip6 mangle',
    'ip kube-proxy',
    'inet firewall',
    'ip6 other',
    'arp filter',
    'bridge x',
  ];
  const listed = tables.map((text) => {
    const [family = '', name = ''] = text.split(' ');
    return { table: { family, name } };
  });
  const metainfo = { metainfo: { json_schema_version: 1 } };
  const table = (family: string, name: string) =>
    JSON.stringify({ nftables: [metainfo, { table: { family, name } }] });
  const node = {
    ...nftables,
    tools: {
      ...nftables.tools,
      'nft -j list tables': JSON.stringify({ nftables: [metainfo, ...listed] }),
      'nft -j list table inet firewall': table('inet', 'firewall'),
    },
  };
  const { asked, rulesets, unreadable } = await read(node);
  assert.deepEqual(
    asked.filter((line) => line.startsWith('nft')),
    ['nft -j list tables', 'nft -j list table ip kube-proxy', 'nft -j list table inet firewall'],
  );
  assert.deepEqual([backendsOf(rulesets), unreadable], [['nftables'], []]);
  assert.ok(rulesets.every(({ family }) => family === 'IPv4'));
});

test('a tool that fails leaves its rules unknown, and the others readable', async () => {
  const problem = 'it ended with 4: Permission denied';
  const node = {
    ...iptables,
    tools: { ...iptables.tools, 'iptables-nft-save': { problem }, 'nft -j list tables': { problem } },
  };
  const { rulesets, unreadable } = await read(node);
  assert.deepEqual(rulesets, []);
  assert.deepEqual(unreadable, [
    { tool: 'iptables-nft-save', problem },
    { tool: 'nft', problem },
  ]);
  const cut = {
    ...iptables,
    tools: { ...iptables.tools, 'iptables-nft-save': rules.toString().slice(0, 9000) },
  };
  const [broken] = (await read(cut)).unreadable;
  assert.equal(broken?.tool, 'iptables-nft-save');
  const gone = { ...nftables.tools, 'nft -j list table ip kube-proxy': { problem: 'it ended with 1' } };
  assert.deepEqual((await read({ ...nftables, tools: gone })).unreadable, [
    { tool: 'nft', problem: 'table ip kube-proxy: it ended with 1' },
  ]);
  assert.deepEqual((await read({ ...nftables, tools: { ...gone, 'nft -j list tables': '{}' } })).unreadable, [
    { tool: 'nft', problem: 'the list of tables is none' },
  ]);
});

test('names of legacy tables that may not be read are told', async () => {
  const means = meansOn(iptables);
  const refused = Object.assign(new Error('permission denied'), { code: 'EACCES' });
  const { unreadable } = await readRules(['IPv4'], { ...means, read: () => Promise.reject(refused) });
  assert.deepEqual(unreadable, [
    { tool: 'iptables-legacy-save', problem: '/proc/net/ip_tables_names cannot be read: EACCES' },
  ]);
});

/** A filter table as nft lists it, with a rule of its own and a jump. */
const filter = JSON.stringify({
  nftables: [
    { metainfo: { json_schema_version: 1 } },
    { table: { family: 'ip', name: 'filter', handle: 1 } },
    {
      chain: {
        family: 'ip',
        table: 'filter',
        name: 'FORWARD',
        type: 'filter',
        hook: 'forward',
        prio: 0,
        policy: 'drop',
      },
    },
    { chain: { family: 'ip', table: 'filter', name: 'KUBE-SERVICES' } },
    {
      rule: {
        family: 'ip',
        table: 'filter',
        chain: 'FORWARD',
        expr: [{ jump: { target: 'KUBE-SERVICES' } }],
      },
    },
    { rule: { family: 'ip', table: 'filter', chain: 'KUBE-SERVICES', expr: [{ drop: null }] } },
  ],
});

test('a table that iptables cannot show is read by nft, under the names of iptables', async () => {
  const note = "# Table `filter' is incompatible, use 'nft' tool.\n";
  const text = `*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n${note}`;
  const tools = { ...iptables.tools, 'iptables-nft-save': text, 'nft -j list table ip filter': filter };
  const { rulesets, unreadable } = await read({ ...iptables, tools });
  assert.deepEqual(unreadable, []);
  assert.deepEqual(
    rulesets.flatMap(({ bases }) => bases.map(({ chain, policy }) => `${chain} ${policy}`)),
    ['iptables-nft nat/PREROUTING accept', 'iptables-nft filter/FORWARD drop'],
  );
  const chains = new Map(rulesets.flatMap(({ chains }) => [...chains]));
  assert.deepEqual(
    chains.get('iptables-nft filter/FORWARD')?.rules.map(({ steps }) => steps),
    [[{ action: 'jump', chain: 'iptables-nft filter/KUBE-SERVICES' }]],
  );
  assert.deepEqual(backendsOf(rulesets), ['iptables-nft']);
  const without = { ...tools, 'nft -j list table ip filter': { problem: 'SIGSEGV ended it' } };
  assert.deepEqual((await read({ ...iptables, tools: without })).unreadable, [
    { tool: 'iptables-nft-save', problem: 'table filter is incompatible; nft: SIGSEGV ended it' },
  ]);
});

test('what iptables shows of a table that nft must show whole is not kept beside it', async () => {
  const note = "# Table `filter' contains incompatible base-chains, use 'nft' tool to list them.\n";
  const text = `${note}*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\nCOMMIT\n`;
  const tools = { ...iptables.tools, 'iptables-nft-save': text, 'nft -j list table ip filter': filter };
  const { rulesets } = await read({ ...iptables, tools });
  assert.deepEqual(
    rulesets.flatMap(({ bases }) => bases.map(({ chain, policy }) => `${chain} ${policy}`)),
    ['iptables-nft filter/FORWARD drop'],
  );
});

test('the mode is what the kernel shows where kube-proxy does not say', async () => {
  const [ip, nft] = [(await read(iptables)).rulesets, (await read(nftables)).rulesets];
  const signs = { virtualServers: undefined, addresses: '[]' };
  const servers = 'IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n';
  assert.equal(kernelMode(ip, signs), 'iptables');
  assert.equal(kernelMode(nft, signs), 'nftables');
  assert.equal(kernelMode([], signs), undefined);
  assert.equal(kernelMode(ip, { ...signs, addresses: '[{"ifname":"kube-ipvs0"}]' }), 'ipvs');
  assert.equal(kernelMode(ip, { ...signs, virtualServers: servers }), 'iptables');
  assert.equal(kernelMode(ip, { ...signs, virtualServers: `${servers}TCP  0A600001:01BB rr\n` }), 'ipvs');
  assert.equal(kernelMode([], { ...signs, virtualServers: `${servers}TCP  0A600001:01BB rr\n` }), undefined);
});
