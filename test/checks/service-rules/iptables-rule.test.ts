import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { complement, setOf } from '../../../src/checks/service-rules/address-set.ts';
import type { Step } from '../../../src/checks/service-rules/model.ts';
import { addresses, rulesOf, stepsOf, tableOf } from './iptables-text.ts';

const nothing: Step = { action: 'nothing' };
const tcp: Step = { match: 'protocol', protocols: ['tcp'], negated: false };
const never: Step = { match: 'protocol', protocols: [], negated: false };
const ports = (match: 'sourcePort' | 'destinationPort', ...ranges: [number, number][]): Step => ({
  match,
  ranges,
  negated: false,
});
const unknown = (text: string): Step => ({ match: 'unknown', text });
const jump: Step = { action: 'jump', chain: 'iptables-nft nat/TWO' };
const negate = (text: string): Step => ({
  match: 'source',
  set: complement(setOf('IPv4', text) ?? assert.fail()),
});

/** Each rule without its chain, and its steps, in IPv4. */
const rules: readonly (readonly [string, ...Step[]])[] = [
  ['-j TWO', jump],
  ['-g TWO', { action: 'goto', chain: 'iptables-nft nat/TWO' }],
  ['-j ACCEPT', { action: 'accept' }],
  ['-j DROP', { action: 'drop' }],
  ['-j RETURN', { action: 'return' }],
  ['-j REJECT --reject-with icmp-port-unreachable', { action: 'reject' }],
  ['-s 10.0.0.0/8 -j TWO', addresses('source', '10.0.0.0/8'), jump],
  [
    '! -s 10.244.0.0/16 -d 10.96.0.1/32 -j TWO',
    negate('10.244.0.0/16'),
    addresses('destination', '10.96.0.1'),
    jump,
  ],
  ['-d 10.0.0.1/255.0.255.0 -j TWO', unknown('-d 10.0.0.1/255.0.255.0'), jump],
  ['-i cali+ -j TWO', { match: 'inInterface', name: 'cali+', negated: false }, jump],
  ['! -o eth0 -j TWO', { match: 'outInterface', name: 'eth0', negated: true }, jump],
  ['-p 132 -j TWO', { match: 'protocol', protocols: ['sctp'], negated: false }, jump],
  ['! -p udp -j TWO', { match: 'protocol', protocols: ['udp'], negated: true }, jump],
  ['! -f -j TWO', unknown('! -f'), jump],
  ['-p tcp -m tcp --dport 80 -j TWO', tcp, ports('destinationPort', [80, 80]), jump],
  [
    '-p tcp -m tcp ! --sport 1:1023 --dport 8000:8080 -j TWO',
    tcp,
    { match: 'sourcePort', ranges: [[1, 1023]], negated: true },
    ports('destinationPort', [8000, 8080]),
    jump,
  ],
  [
    '-p tcp -m multiport --dports 80,443,8000:8080 -j TWO',
    tcp,
    ports('destinationPort', [80, 80], [443, 443], [8000, 8080]),
    jump,
  ],
  ['-p tcp -m multiport --ports 80 -j TWO', tcp, unknown('multiport --ports 80'), jump],
  ['-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j TWO', tcp, jump],
  ['-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j DROP', tcp, never, { action: 'drop' }],
  ['-p tcp -m tcp --tcp-flags FIN,RST NONE -j TWO', tcp, jump],
  ['-p tcp -m tcp --tcp-option 5 -j TWO', tcp, unknown('tcp --tcp-option 5'), jump],
  [
    '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    { match: 'state', states: ['RELATED', 'ESTABLISHED'], negated: false },
    { action: 'accept' },
  ],
  ['-m state ! --state NEW -j TWO', { match: 'state', states: ['NEW'], negated: true }, jump],
  [
    '-m conntrack --ctstate NEW --ctdir ORIGINAL -j TWO',
    unknown('conntrack --ctstate NEW --ctdir ORIGINAL'),
    jump,
  ],
  [
    '-m mark ! --mark 0x4000/0x4000 -j RETURN',
    { match: 'mark', value: 0x4000, mask: 0x4000, negated: true },
    { action: 'return' },
  ],
  [
    '-m mark --mark 0xffffffff -j TWO',
    { match: 'mark', value: 0xffffffff, mask: 0xffffffff, negated: false },
    jump,
  ],
  ['-m addrtype --dst-type LOCAL -j TWO', { match: 'destinationLocal', negated: false }, jump],
  [
    '-m addrtype ! --src-type LOCAL --dst-type LOCAL -j TWO',
    { match: 'sourceLocal', negated: true },
    { match: 'destinationLocal', negated: false },
    jump,
  ],
  ['-m addrtype --src-type UNICAST -j TWO', unknown('addrtype --src-type UNICAST'), jump],
  [
    '-m addrtype --dst-type LOCAL --limit-iface-in -j TWO',
    unknown('addrtype --dst-type LOCAL --limit-iface-in'),
    jump,
  ],
  [
    '-m statistic --mode random --probability 0.33333333349 -j TWO',
    { match: 'random', probability: 0.33333333349 },
    jump,
  ],
  [
    '-m statistic --mode random ! --probability 0.25000000000 -j TWO',
    { match: 'random', probability: 0.75 },
    jump,
  ],
  [
    '-m statistic --mode nth --every 3 --packet 0 -j TWO',
    unknown('statistic --mode nth --every 3 --packet 0'),
    jump,
  ],
  ['-m iprange ! --src-range 10.0.0.1-10.0.0.9 -j TWO', negate('10.0.0.1-10.0.0.9'), jump],
  [
    '-m recent --rcheck --seconds 10800 --reap --name A --mask 255.255.255.255 --rsource -j TWO',
    { match: 'remembered', list: 'A', seconds: 10_800 },
    jump,
  ],
  [
    '-m recent --update --seconds 60 --name A --mask 255.255.255.255 --rsource -j TWO',
    { match: 'remembered', list: 'A', seconds: 60 },
    { action: 'remember', list: 'A' },
    jump,
  ],
  [
    '-m recent --set --name A --mask 255.255.255.255 --rsource -j TWO',
    { action: 'remember', list: 'A' },
    jump,
  ],
  ['-m recent --rcheck --name A --rsource -j TWO', unknown('recent --rcheck --name A --rsource'), jump],
  [
    '-m recent --rcheck --seconds 9 --hitcount 2 --name A --rsource -j TWO',
    unknown('recent --rcheck --seconds 9 --hitcount 2 --name A --rsource'),
    jump,
  ],
  [
    '-m recent --set --name A --mask 255.255.255.0 --rsource -j TWO',
    unknown('recent --set --name A --mask 255.255.255.0 --rsource'),
    jump,
  ],
  [
    '-m recent --set --name A --mask 255.255.255.255 --rdest -j TWO',
    unknown('recent --set --name A --mask 255.255.255.255 --rdest'),
    jump,
  ],
  ['-m comment --comment "a \\"b\\" -j DROP \\\\" -j TWO', jump],
  ['-m comment --comment -j -j TWO', jump],
  ['-m comment --comment "over\ntwo lines" -j TWO', jump],
  ['-m nfacct --nfacct-name  ct_state_invalid_dropped_pkts -j TWO', jump],
  ['-m set --match-set cali40s:abc src,dst -j TWO', unknown('set --match-set cali40s:abc src,dst'), jump],
  [
    '-m string --string "a -j DROP \\" b" --algo bm --to 65535 -j TWO',
    unknown('string --string "a -j DROP \\" b" --algo bm --to 65535'),
    jump,
  ],
  [
    '-m limit --limit 5/min -m mark --mark 0x1 -j TWO',
    unknown('limit --limit 5/min'),
    { match: 'mark', value: 1, mask: 0xffffffff, negated: false },
    jump,
  ],
  ['-m conntrack [unsupported revision] -j TWO', unknown('conntrack [unsupported revision]'), jump],
  ['-m comment --comment "other traffic"', nothing],
  ['-d 10.0.0.1/32', addresses('destination', '10.0.0.1'), nothing],
  ['-j MARK --set-xmark 0x4000/0x4000', { action: 'mark', and: 0xffffbfff, xor: 0x4000 }],
  ['-j MARK --set-xmark 0x4000/0x0', { action: 'mark', and: 0xffffffff, xor: 0x4000 }],
  ['-j MARK --set-mark 0x3/0x1', { action: 'mark', and: 0xfffffffc, xor: 3 }],
  ['-j MARK --or-mark 0x4000', { action: 'mark', and: 0xffffbfff, xor: 0x4000 }],
  ['-j MARK --and-mark 0xff', { action: 'mark', and: 0xff, xor: 0 }],
  ['-j MARK --xor-mark 0x80000000', { action: 'mark', and: 0xffffffff, xor: 0x80000000 }],
  ['-j DNAT --to-destination 10.0.0.1', { action: 'dnat', targets: [{ address: '10.0.0.1' }] }],
  [
    '-j DNAT --to-destination 10.0.0.1:8080',
    { action: 'dnat', targets: [{ address: '10.0.0.1', port: 8080 }] },
  ],
  [
    '-j DNAT --to-destination 10.0.0.1:8080 --random --persistent',
    { action: 'dnat', targets: [{ address: '10.0.0.1', port: 8080 }] },
  ],
  ['-j DNAT --to-destination :8080', { action: 'dnat', targets: [{ port: 8080 }] }],
  [
    '-j DNAT --to-destination 10.0.0.1-10.0.0.9',
    { action: 'unknown', text: 'DNAT --to-destination 10.0.0.1-10.0.0.9' },
  ],
  [
    '-j DNAT --to-destination 10.0.0.1:80-90',
    { action: 'unknown', text: 'DNAT --to-destination 10.0.0.1:80-90' },
  ],
  [
    '-j DNAT --to-destination 10.0.0.1:65536',
    { action: 'unknown', text: 'DNAT --to-destination 10.0.0.1:65536' },
  ],
  ['-j REDIRECT', { action: 'redirect' }],
  ['-j REDIRECT --to-ports 15001', { action: 'redirect', port: 15001 }],
  ['-j REDIRECT --to-ports 1-9', { action: 'unknown', text: 'REDIRECT --to-ports 1-9' }],
  ['-j MASQUERADE --random-fully', { action: 'masquerade' }],
  ['-j SNAT --to-source 192.0.2.1 --random-fully', { action: 'snat', text: '192.0.2.1' }],
  ['-j NOTRACK', { action: 'notrack' }],
  ['-j CT --notrack', { action: 'notrack' }],
  ['-j CT --zone 5', nothing],
  ['-j LOG --log-prefix "a -j b "', nothing],
  ['-j NFLOG --nflog-group 5', nothing],
  ['-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff', nothing],
  ['-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff', { action: 'mark', and: 0xffffff00, xor: 0 }],
  ['-j CONNMARK --restore-mark', { action: 'mark', and: 0, xor: 0 }],
  [
    '-j CONNMARK --restore-mark --something 1',
    { action: 'unknown', text: 'CONNMARK --restore-mark --something 1' },
  ],
  ['-j NFQUEUE --queue-num 0', { action: 'unknown', text: 'NFQUEUE --queue-num 0' }],
  ['-j NOWHERE', { action: 'unknown', text: 'NOWHERE' }],
  ['-g NOWHERE', { action: 'unknown', text: '-g NOWHERE' }],
  ['-j toString', { action: 'unknown', text: 'toString' }],
];

for (const [rule, ...steps] of rules) {
  test(`${JSON.stringify(rule)} has its steps`, () => assert.deepEqual(stepsOf(rule), steps));
}

test('addresses of IPv6 are read, and written in canonical form', () => {
  const dnat = (target: object): Step => ({ action: 'dnat', targets: [target] });
  const steps = (rule: string) => stepsOf(rule, 'IPv6');
  assert.deepEqual(steps('-d fd00::1/128 -j TWO'), [addresses('destination', 'fd00::1', 'IPv6'), jump]);
  assert.deepEqual(steps('-j DNAT --to-destination [fd00:0:0::5]:8080'), [
    dnat({ address: 'fd00::5', port: 8080 }),
  ]);
  assert.deepEqual(steps('-j DNAT --to-destination fd00::5'), [dnat({ address: 'fd00::5' })]);
  assert.deepEqual(steps('-j DNAT --to-destination [fd00::5]'), [
    { action: 'unknown', text: 'DNAT --to-destination [fd00::5]' },
  ]);
  assert.deepEqual(
    steps('-m recent --set --name A --mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff --rsource -j TWO'),
    [{ action: 'remember', list: 'A' }, jump],
  );
});

test('matches in any number and order give their steps in that order', () => {
  const [target, ...rest] = [...rules].reverse();
  assert.ok(target);
  const extensions = rest.flatMap(([text, ...steps]) => {
    const match = /^(-m .*) -j TWO$/s.exec(text);
    return match?.[1] === undefined ? [] : [{ text: match[1], steps: steps.slice(0, -1) }];
  });
  assert.ok(extensions.length > 20);
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...extensions), { maxLength: 8 }), (chosen) => {
      const rule = ['-A ONE', ...chosen.map(({ text }) => text), '-j TWO'].join(' ');
      const [only] = rulesOf(tableOf(rule));
      assert.deepEqual(only, { raw: rule, steps: [...chosen.flatMap(({ steps }) => steps), jump] });
    }),
  );
});

test('any comment is passed over, in the form that iptables gives it', () => {
  const comments = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(comments, (comment) => {
      const quoted = /^[\w-]+$/.test(comment) ? comment : `"${comment.replaceAll(/["\\']/g, '\\$&')}"`;
      const rule = `-A ONE -p tcp -m comment --comment ${quoted} -m tcp --dport 80 -j TWO`;
      assert.deepEqual(rulesOf(tableOf(rule)), [
        { raw: rule, steps: [tcp, ports('destinationPort', [80, 80]), jump] },
      ]);
    }),
  );
});
