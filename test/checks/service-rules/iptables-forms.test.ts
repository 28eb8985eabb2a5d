import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { printIptablesSave, savedOf } from '../../../src/checks/service-rules/iptables/save.ts';
import type { IptablesBackend } from '../../../src/checks/service-rules/iptables/table.ts';
import type { Rule } from '../../../src/checks/service-rules/model.ts';

/** rulesOf are the rules of every form that a back end prints. */
function rulesOf(backend: IptablesBackend): readonly Rule[] {
  const name = `forms-1.8.9-${backend === 'iptables-nft' ? 'nft' : 'legacy'}.txt`;
  const text = readFileSync(join(import.meta.dirname, '../../fixtures/iptables', name), 'utf8');
  const saved = savedOf(text, backend, 'IPv4');
  assert.ok(!('problem' in saved));
  assert.ok(printIptablesSave(saved) === text);
  return saved.tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules));
}

/** unknownOf is what of a rule is not understood, by the name of the match or target. */
function unknownOf({ steps }: Rule): readonly string[] {
  return steps.flatMap((step) =>
    'text' in step && ('match' in step || step.action === 'unknown') ? [step.text] : [],
  );
}

test('forms of the kernel are read alike of either back end, and printed back', () => {
  const text = (rules: readonly Rule[]) =>
    rules.map((rule) => JSON.stringify(rule).replaceAll('iptables-legacy', 'iptables-nft')).sort();
  const nft = text(rulesOf('iptables-nft'));
  assert.equal(nft.length, 86);
  assert.deepEqual(text(rulesOf('iptables-legacy')), nft);
});

test('of the forms of the kernel, these and no others are not understood', () => {
  const unknown = rulesOf('iptables-nft').flatMap(unknownOf);
  assert.deepEqual(unknown.map((text) => text.split(' ', 2).join(' ')).sort(), [
    '-f',
    'DNAT --to-destination',
    'DNAT --to-destination',
    'NETMAP --to',
    'NFQUEUE --queue-num',
    'REDIRECT --to-ports',
    'addrtype --dst-type',
    'addrtype --dst-type',
    'bpf --bytecode',
    'connlimit --connlimit-above',
    'connmark --mark',
    'conntrack --ctstatus',
    'dscp --dscp',
    'hashlimit --hashlimit-upto',
    'icmp --icmp-type',
    'length --length',
    'limit --limit',
    'mac --mac-source',
    'owner --uid-owner',
    'physdev --physdev-in',
    'pkttype --pkt-type',
    'recent !',
    'recent --update',
    'rpfilter --invert',
    'socket --transparent',
    'statistic --mode',
    'string --string',
    'time --timestart',
    'tos --tos',
    'ttl --ttl-lt',
    'u32 --u32',
  ]);
});
