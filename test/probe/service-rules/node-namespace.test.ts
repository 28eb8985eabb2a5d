import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Evidence } from '../../../src/checks/service-rules/evidence.ts';
import type { ReadEvidence } from '../../../src/checks/service-rules/evidence-reader.ts';
import { obstacle } from '../../sandbox/requirements.ts';
import { capturedFile } from './captured-node.ts';
import { address, NodeNamespace } from './node-namespace.ts';

const skip = (await obstacle()) ?? false;

/** The counters of nfacct are no part of rules, and are made by another tool. */
const iptables = capturedFile('iptables-healthy/n1.iptables-save.txt').replaceAll(
  / -m nfacct --nfacct-name +\S+/g,
  '',
);
const nftables = capturedFile('nftables-healthy/n1.nft.txt');
const legacy = '*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n-A KUBE-SERVICES -j RETURN\nCOMMIT\n';

function evidenceOf(read: ReadEvidence): Evidence {
  assert.ok(read.ok, read.ok ? '' : read.problem);
  return read.evidence;
}

/** shown is what these tests look at. */
function shown({ mode, backends, rows, host, unreadable, guards, foreign }: Evidence) {
  return { mode, backends, rows, host, unreadable, guards, foreign };
}

const sound = { host: [address], unreadable: [], guards: [], foreign: [] };

/** changed are the commands that do not print the same, to the byte. */
function changed(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>) {
  assert.equal(Object.keys(before).length, 10);
  return Object.keys(before).filter((command) => before[command] !== after[command]);
}

describe('the probe of Service rules in the network of a node', { skip }, () => {
  it('reads both back ends with NET_ADMIN and NET_RAW alone, and changes nothing', async () => {
    await using node = await NodeNamespace.up();
    await node.run(['iptables-nft-restore'], iptables);
    await node.run(['iptables-legacy-restore'], legacy);
    const before = await node.rules();
    assert.equal(before['cat /proc/net/ip_tables_names'], 'nat\n');
    const evidence = evidenceOf(await node.probe('net_admin', 'net_raw'));
    assert.deepEqual(changed(before, await node.rules()), []);
    assert.deepEqual(shown(evidence), {
      ...sound,
      mode: 'iptables',
      backends: ['iptables-nft', 'iptables-legacy'],
      rows: 31,
    });
  });

  it('makes no table where there are none', async () => {
    await using node = await NodeNamespace.up();
    const before = await node.rules();
    const empty = Object.entries(before).filter(([command]) => /legacy|nft -a|names/.test(command));
    assert.deepEqual(
      empty.map(([, text]) => text),
      ['', '', '', '', ''],
    );
    const evidence = evidenceOf(await node.probe('net_admin', 'net_raw'));
    assert.deepEqual(changed(before, await node.rules()), []);
    assert.deepEqual(shown(evidence), { ...sound, mode: 'none', backends: [], rows: 0 });
  });

  it('reads what kube-proxy wrote in mode nftables, and changes nothing', async () => {
    await using node = await NodeNamespace.up();
    await node.run(['nft', '-f', '-'], nftables);
    const before = await node.rules();
    const evidence = evidenceOf(await node.probe('net_admin', 'net_raw'));
    assert.deepEqual(changed(before, await node.rules()), []);
    assert.deepEqual(shown(evidence), { ...sound, mode: 'nftables', backends: ['nftables'], rows: 49 });
  });

  it('says that it may not read, and not that there are no rules', async () => {
    await using node = await NodeNamespace.up();
    await node.run(['iptables-nft-restore'], iptables);
    await node.run(['iptables-legacy-restore'], legacy);
    const problems = async (...capabilities: readonly string[]) => {
      const { mode, unreadable } = evidenceOf(await node.probe(...capabilities));
      return [
        mode,
        ...unreadable.map(
          ({ tool, problem }) => `${tool}: ${problem.replace(/^(it ended with \d): .*: /, '$1 … ')}`,
        ),
      ];
    };
    const nft = 'iptables-nft-save: it ended with 4 … Permission denied (you must be root)';
    const old = 'iptables-legacy-save: it ended with 1 … Permission denied (you must be root)';
    const native = 'nft: it ended with 1: Operation not permitted (you must be root)';
    assert.deepEqual(await problems('net_admin'), ['iptables', old]);
    assert.deepEqual(await problems('net_raw'), ['unknown', nft, old, native]);
  });
});
