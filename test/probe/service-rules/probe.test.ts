import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestsOf } from '../../../src/checks/service-rules/digest.ts';
import { readEvidence } from '../../../src/checks/service-rules/evidence-reader.ts';
import { ExpectedTables } from '../../../src/checks/service-rules/expected/expected.ts';
import { serviceRulesProbe } from '../../../src/checks/service-rules/probe.ts';
import { kinds } from '../../../src/probe/kinds.ts';
import { capturedFacts, capturedServices } from '../../checks/service-rules/captured-cluster.ts';
import { capturedNode, probed } from './captured-node.ts';

const iptables = capturedNode('iptables-healthy', 'n1');

test('the probe can carry out ServiceRules, and no other task', async () => {
  assert.ok(kinds.includes(serviceRulesProbe));
  const context = {
    signal: new AbortController().signal,
    podAddresses: [],
    node: 'n1',
    check: 'rules',
    progress: () => {},
    print: () => Promise.resolve(),
  };
  await assert.rejects(serviceRulesProbe.probe({ version: 2 }, context), /the task is none of ServiceRules/);
});

for (const capture of ['iptables-healthy', 'nftables-healthy']) {
  test(`each node of ${capture} reports the table that the API asks for`, async () => {
    const expected = new ExpectedTables(capturedServices(capture));
    for (const name of ['n1', 'n2', 'n3']) {
      const facts = capturedFacts(capture, name);
      const { evidence, lines } = await probed(capturedNode(capture, name), [facts.primary.IPv4 ?? '']);
      const digests = digestsOf(evidence.digests);
      assert.ok(digests);
      assert.deepEqual(expected.digests(facts, 'IPv4').differing(digests), [], name);
      assert.deepEqual(readEvidence(JSON.parse(JSON.stringify(evidence))), { ok: true, evidence });
      assert.ok(
        lines.length > 20 && lines.every((line) => /^netaudit-bucket rules \d+ [\w+/=]+$/.test(line)),
      );
      const { digests: _digests, proxy: _proxy, config: _config, rows: _rows, ...rest } = evidence;
      const mode = capture.startsWith('nftables') ? 'nftables' : 'iptables';
      assert.deepEqual(rest, {
        version: 1,
        mode,
        modeSource: 'proxy',
        backends: [mode === 'nftables' ? 'nftables' : 'iptables-nft'],
        unreadable: [],
        host: [...facts.host],
        families: ['IPv4'],
        missingJumps: [],
        guards: [],
        foreign: [],
      });
    }
  });
}

test('a jump that is gone, and a rule of others that takes packets, are reported beside the table', async () => {
  const text = String(iptables.tools['iptables-nft-save']);
  const jump = '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES\n';
  const drop = '-A FORWARD -p tcp -j DROP\n';
  assert.ok(text.includes(jump));
  const saved = text.replace(jump, '').replace('-A FORWARD', `${drop}-A FORWARD`);
  const { evidence } = await probed({
    ...iptables,
    tools: { ...iptables.tools, 'iptables-nft-save': saved },
  });
  assert.deepEqual(evidence.missingJumps, ['nat/PREROUTING → KUBE-SERVICES']);
  assert.deepEqual(
    evidence.foreign.map(({ rule }) => rule),
    [drop.trim()],
  );
});

test('without kube-proxy the kernel tells the mode, and no configuration is known', async () => {
  const { evidence } = await probed({ ...iptables, ports: {} });
  const { mode, modeSource, config, proxy, rows } = evidence;
  assert.deepEqual(
    { mode, modeSource, config, healthError: proxy.healthError },
    { mode: 'iptables', modeSource: 'kernel', config: undefined, healthError: 'refused' },
  );
  assert.ok(rows > 0);
});

test('a node without any rules, one whose rules cannot be read, and one in mode ipvs are told apart', async () => {
  const empty = { ...iptables.tools, 'iptables-nft-save': '' };
  const told = async (node: typeof iptables) => {
    const { evidence, lines } = await probed(node);
    const { mode, backends, digests, unreadable } = evidence;
    return {
      mode,
      backends,
      traced: digests !== '',
      unreadable: unreadable.map(({ tool }) => tool),
      lines: lines.length,
    };
  };
  const nothing = { backends: [], traced: false, unreadable: [], lines: 0 };
  assert.deepEqual(await told({ ...iptables, ports: {}, tools: empty }), { ...nothing, mode: 'none' });
  // kube-proxy runs and its rules are gone: all of them are missing.
  assert.deepEqual(await told({ ...iptables, tools: empty }), { ...nothing, mode: 'iptables', traced: true });
  const failing = { ...empty, 'iptables-nft-save': { problem: 'SIGSEGV ended it' } };
  assert.deepEqual(await told({ ...iptables, ports: {}, tools: failing }), {
    ...nothing,
    mode: 'unknown',
    unreadable: ['iptables-nft-save'],
  });
  const ipvs = { ...iptables.ports, '10249/proxyMode': 'ipvs' };
  const { lines, traced, mode } = await told({ ...iptables, ports: ipvs });
  assert.deepEqual({ lines, traced, mode }, { lines: 0, traced: false, mode: 'ipvs' });
});

test('without the addresses of the node nothing can be traced', async () => {
  const tools = { ...iptables.tools, 'ip -j addr': { problem: 'it could not be run: ENOENT' } };
  const { evidence } = await probed({ ...iptables, tools });
  assert.deepEqual(
    [evidence.unreadable, evidence.digests, evidence.host],
    [[{ tool: 'ip addr', problem: 'it could not be run: ENOENT' }], '', []],
  );
});

test('a family that the Pod has is traced, also where kube-proxy wrote nothing for it', async () => {
  const { evidence, asked } = await probed(iptables, ['10.89.0.11', 'fd00::11']);
  assert.deepEqual(evidence.families, ['IPv4', 'IPv6']);
  assert.ok(asked.includes('ip -j -6 route') && asked.includes('ip6tables-nft-save'));
});
