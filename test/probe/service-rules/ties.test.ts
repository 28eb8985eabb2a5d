import assert from 'node:assert/strict';
import { test } from 'node:test';
import { destinationText } from '../../../src/checks/service-rules/entry.ts';
import { readIptablesSave } from '../../../src/checks/service-rules/iptables/save.ts';
import type { Ruleset } from '../../../src/checks/service-rules/model.ts';
import { traced } from '../../../src/probe/service-rules/traced.ts';
import { capturedNode } from './captured-node.ts';

const healthy = String(capturedNode('iptables-healthy', 'n1').tools['iptables-nft-save']);
const dns = '4 Address 10.96.0.10 udp 53';

/** legacy is what another proxy once left behind: DNS by UDP, sent elsewhere, after a priority of its own or none. */
const legacy = `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m udp --dport 53 -j DNAT --to-destination 10.244.9.9:53
COMMIT
`;

function read(text: string, backend: 'iptables-nft' | 'iptables-legacy'): readonly Ruleset[] {
  const reading = readIptablesSave(text, backend, 'IPv4');
  assert.ok(reading.kind === 'Read');
  return reading.rulesets;
}

function rowsOf(rulesets: readonly Ruleset[]) {
  const network = { addresses: [], uplink: {}, outInterface: () => undefined };
  const { rows } = traced({ families: ['IPv4'], rulesets, primary: {}, host: [], network });
  return new Map(rows.map((row) => [destinationText(row.entry.destination), row]));
}

test('where two back ends send packets apart, nobody knows which one the kernel asks first', () => {
  const alone = rowsOf(read(healthy, 'iptables-nft'));
  const both = rowsOf([...read(healthy, 'iptables-nft'), ...read(legacy, 'iptables-legacy')]);
  const kindsOf = (row: ReturnType<typeof alone.get>) => row?.entry.entering.map(({ kind }) => kind);
  assert.deepEqual(kindsOf(alone.get(dns)), ['Endpoint', 'Endpoint']);
  assert.deepEqual(kindsOf(both.get(dns)), ['Unknown']);
  // The node's own packets meet the one alone, and all that the other does not send elsewhere is as it was.
  assert.deepEqual(both.get(dns)?.entry.node, alone.get(dns)?.entry.node);
  for (const [key, row] of alone) if (key !== dns) assert.deepEqual(both.get(key)?.entry, row.entry, key);
  assert.equal(both.size, alone.size);
});

test('rules that two back ends have alike are known, whichever comes first', () => {
  const alone = rowsOf(read(healthy, 'iptables-nft'));
  const both = rowsOf([...read(healthy, 'iptables-nft'), ...read(healthy, 'iptables-legacy')]);
  assert.deepEqual(both.get(dns)?.entry, alone.get(dns)?.entry);
});
