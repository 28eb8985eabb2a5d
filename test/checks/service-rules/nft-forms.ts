/**
 * Rules in every form that nftables has for what packets to Services meet, with what each means. `inet t` holds those of
 * both families; its rules are read as IPv4 here.
 */
import { type AddressSet, complement, setOf } from '../../../src/checks/service-rules/address-set.ts';
import type { ElementSet, Step, Verdict } from '../../../src/checks/service-rules/model.ts';

/** Form is a rule as it is given to nft, and the rules that it is read as. */
export interface Form {
  readonly rule: string;
  readonly read: readonly (readonly Step[])[];
}

const accept: Verdict = { action: 'accept' };
const drop: Verdict = { action: 'drop' };
const jump: Verdict = { action: 'jump', chain: 'nftables inet t/a' };
const back: Verdict = { action: 'return' };
const tcp: Step = { match: 'protocol', protocols: ['tcp'], negated: false };
const udp: Step = { match: 'protocol', protocols: ['udp'], negated: false };

/** addresses is the union of ranges that are given in ascending order and do not touch. */
function addresses(...texts: readonly string[]): AddressSet {
  return {
    family: 'IPv4',
    bounds: texts.flatMap((text) => setOf('IPv4', text)?.bounds ?? []),
  };
}

function from(...texts: readonly string[]): Step {
  return { match: 'source', set: addresses(...texts) };
}

function notFrom(...texts: readonly string[]): Step {
  return { match: 'source', set: complement(addresses(...texts)) };
}

function to(...texts: readonly string[]): Step {
  return { match: 'destination', set: addresses(...texts) };
}

function port(...ranges: readonly (readonly [number, number])[]): Step {
  return { match: 'destinationPort', ranges, negated: false };
}

function notPort(...ranges: readonly (readonly [number, number])[]): Step {
  return { match: 'destinationPort', ranges, negated: true };
}

function mark(mask: number, value: number, negated = false): Step {
  return { match: 'mark', mask, value, negated };
}

function state(...states: readonly string[]): Step {
  return { match: 'state', states, negated: false };
}

function inside(name: string): Step {
  return { match: 'inInterface', name, negated: false };
}

function unknown(text: string): Step {
  return { match: 'unknown', text };
}

const all = 0xffffffff;

/** setup is what the rules of `inet t` refer to, in the words of nft. */
export const setup = `table inet t {
  set addresses { type ipv4_addr; flags interval; elements = { 1.2.3.4, 10.0.0.0/8, 192.168.1.1-192.168.1.9 }; }
  set recent { type ipv4_addr; flags dynamic,timeout; timeout 3h; }
  set ports { type inet_service; elements = { 80, 90 }; }
  set interfaces { type ifname; elements = { "eth0", "wlan0" }; }
  set pairs { type ipv4_addr . inet_service; flags interval; elements = { 1.1.1.1 . 443, 10.0.0.0/8 . 80-90 }; }
  map verdicts {
    type ipv4_addr . inet_proto . inet_service : verdict
    elements = { 1.2.3.4 . tcp . 80 : jump a, 1.2.3.4 . sctp . 80 comment "x" : drop, 1.2.3.4 . udp . 53 : continue }
  }
  chain a {
    reject
  }
}`;

/** elements are what the sets hold that can be looked into, by name. */
export const elements: readonly Omit<ElementSet, 'timeoutSeconds'>[] = [
  {
    id: 'nftables inet t/addresses',
    elements: new Map([['1.2.3.4', undefined]]),
    addresses: addresses('1.2.3.4', '10.0.0.0/8', '192.168.1.1-192.168.1.9'),
  },
  { id: 'nftables inet t/pairs', elements: new Map([['1.1.1.1 443', undefined]]), partial: true },
  {
    id: 'nftables inet t/verdicts',
    elements: new Map<string, Verdict>([
      ['1.2.3.4 tcp 80', jump],
      ['1.2.3.4 sctp 80', drop],
    ]),
  },
];

/** forms are the rules of chain `inet t/forms`, which hangs at forward. */
export const forms: readonly Form[] = [
  { rule: 'accept', read: [[accept]] },
  { rule: 'counter drop', read: [[drop]] },
  { rule: 'log prefix "seen"', read: [[]] },
  { rule: 'return comment "why"', read: [[back]] },
  { rule: 'reject with icmpx port-unreachable', read: [[{ action: 'reject' }]] },
  { rule: 'reject with tcp reset', read: [[tcp, { action: 'reject' }]] },
  { rule: 'jump a', read: [[jump]] },
  { rule: 'goto a', read: [[{ action: 'goto', chain: 'nftables inet t/a' }]] },
  { rule: 'ip saddr 10.0.0.1 accept', read: [[from('10.0.0.1'), accept]] },
  { rule: 'ip saddr != 10.0.0.0/8 drop', read: [[notFrom('10.0.0.0/8'), drop]] },
  { rule: 'ip saddr 10.0.0.1-10.0.0.9 drop', read: [[from('10.0.0.1-10.0.0.9'), drop]] },
  {
    rule: 'ip saddr { 10.3.0.1-10.3.0.9, 10.0.0.1, 10.1.0.0/16 } drop',
    read: [[from('10.0.0.1', '10.1.0.0/16', '10.3.0.1-10.3.0.9'), drop]],
  },
  { rule: 'ip saddr != { 10.0.0.1, 10.1.0.2 } drop', read: [[notFrom('10.0.0.1', '10.1.0.2'), drop]] },
  {
    rule: 'ip saddr @addresses drop',
    read: [[from('1.2.3.4', '10.0.0.0/8', '192.168.1.1-192.168.1.9'), drop]],
  },
  {
    rule: 'ip saddr != @addresses drop',
    read: [[notFrom('1.2.3.4', '10.0.0.0/8', '192.168.1.1-192.168.1.9'), drop]],
  },
  { rule: 'ip daddr & 255.255.255.0 == 10.0.0.0 accept', read: [[to('10.0.0.0/24'), accept]] },
  { rule: 'ip6 saddr fd00::1 accept', read: [] },
  { rule: 'ip6 daddr != fd00::/8 accept', read: [] },
  {
    rule: 'ip saddr @recent accept',
    read: [[{ match: 'remembered', list: 'nftables inet t/recent', seconds: 10_800 }, accept]],
  },
  { rule: 'update @recent { ip saddr }', read: [[{ action: 'remember', list: 'nftables inet t/recent' }]] },
  {
    rule: 'add @recent { ip saddr timeout 5m }',
    read: [[{ action: 'remember', list: 'nftables inet t/recent for 300' }]],
  },
  {
    rule: 'ip saddr . tcp dport @pairs accept',
    read: [
      [
        tcp,
        {
          match: 'element',
          key: ['source', 'destinationPort'],
          set: 'nftables inet t/pairs',
          negated: false,
        },
        accept,
      ],
    ],
  },
  {
    rule: 'ip daddr . meta l4proto . th dport vmap @verdicts',
    read: [
      [
        {
          action: 'lookup',
          key: ['destination', 'protocol', 'destinationPort'],
          map: 'nftables inet t/verdicts',
        },
      ],
    ],
  },
  {
    rule: 'ip saddr vmap { 10.0.0.0/8 : accept, 1.1.1.1 : drop }',
    read: [
      [from('1.1.1.1'), drop],
      [from('10.0.0.0/8'), accept],
    ],
  },
  {
    rule: 'tcp dport vmap { 80 : accept, 90-100 : jump a }',
    read: [
      [tcp, port([80, 80]), accept],
      [tcp, port([90, 100]), jump],
    ],
  },
  {
    rule: 'ct state vmap { invalid : drop, new : jump a }',
    read: [
      [state('INVALID'), drop],
      [state('NEW'), jump],
    ],
  },
  { rule: 'meta l4proto tcp accept', read: [[tcp, accept]] },
  {
    rule: 'meta l4proto { tcp, udp } th dport { 80, 90-100 } accept',
    read: [
      [{ match: 'protocol', protocols: ['tcp', 'udp'], negated: false }, port([80, 80], [90, 100]), accept],
    ],
  },
  {
    rule: 'meta l4proto != { tcp, udp } accept',
    read: [[{ match: 'protocol', protocols: ['tcp', 'udp'], negated: true }, accept]],
  },
  { rule: 'ip protocol udp accept', read: [[udp, accept]] },
  { rule: 'tcp dport @ports accept', read: [[tcp, port([80, 80], [90, 90]), accept]] },
  { rule: 'tcp dport != 80 accept', read: [[tcp, notPort([80, 80]), accept]] },
  { rule: 'tcp dport != { 80, 81 } accept', read: [[tcp, notPort([80, 80], [81, 81]), accept]] },
  { rule: 'udp dport 53-60 accept', read: [[udp, port([53, 60]), accept]] },
  { rule: 'tcp dport < 1024 accept', read: [[tcp, port([0, 1023]), accept]] },
  { rule: 'tcp dport >= 1024 accept', read: [[tcp, port([1024, 65_535]), accept]] },
  {
    rule: 'tcp sport 80 accept',
    read: [[tcp, { match: 'sourcePort', ranges: [[80, 80]], negated: false }, accept]],
  },
  { rule: 'meta mark & 0x4000 != 0 accept', read: [[mark(0x4000, 0, true), accept]] },
  { rule: 'meta mark & 0x4000 == 0x4000 accept', read: [[mark(0x4000, 0x4000), accept]] },
  { rule: 'meta mark 0xf0000001 accept', read: [[mark(all, 0xf0000001), accept]] },
  { rule: 'meta mark != 0x1 accept', read: [[mark(all, 1, true), accept]] },
  { rule: 'meta mark != { 0x1, 0x2 } accept', read: [[mark(all, 1, true), mark(all, 2, true), accept]] },
  {
    rule: 'meta mark set meta mark | 0x4000',
    read: [[{ action: 'mark', and: 0xffffbfff, xor: 0x4000 }]],
  },
  { rule: 'meta mark set meta mark & 0xffffbfff', read: [[{ action: 'mark', and: 0xffffbfff, xor: 0 }]] },
  { rule: 'meta mark set meta mark ^ 0x4000', read: [[{ action: 'mark', and: all, xor: 0x4000 }]] },
  {
    rule: 'meta mark set (meta mark & 0xffff0000) | 0x12',
    read: [[{ action: 'mark', and: 0xffff0000, xor: 0x12 }]],
  },
  {
    rule: 'meta mark set meta mark and 0xffff0000 xor 0x12',
    read: [[{ action: 'mark', and: 0xffff0000, xor: 0x12 }]],
  },
  { rule: 'meta mark set 0x12', read: [[{ action: 'mark', and: 0, xor: 0x12 }]] },
  { rule: 'ct mark set meta mark', read: [[]] },
  { rule: 'ct state new accept', read: [[state('NEW'), accept]] },
  { rule: 'ct state established,new accept', read: [[state('ESTABLISHED', 'NEW'), accept]] },
  { rule: 'ct state { established, new } accept', read: [[state('ESTABLISHED', 'NEW'), accept]] },
  {
    rule: 'ct state != new accept',
    read: [[{ match: 'state', states: ['NEW'], negated: true }, accept]],
  },
  { rule: 'ct status dnat accept', read: [[state('DNAT'), accept]] },
  { rule: 'iifname "eth0" accept', read: [[inside('eth0'), accept]] },
  { rule: 'iifname "eth*" accept', read: [[inside('eth*'), accept]] },
  {
    rule: 'iifname { "eth0", "veth*" } drop',
    read: [
      [inside('eth0'), drop],
      [inside('veth*'), drop],
    ],
  },
  {
    rule: 'iifname @interfaces drop',
    read: [
      [inside('eth0'), drop],
      [inside('wlan0'), drop],
    ],
  },
  { rule: 'iif "lo" accept', read: [[inside('lo'), accept]] },
  {
    rule: 'oifname != "eth0" accept',
    read: [[{ match: 'outInterface', name: 'eth0', negated: true }, accept]],
  },
  { rule: 'fib saddr type local accept', read: [[{ match: 'sourceLocal', negated: false }, accept]] },
  { rule: 'fib daddr type != local accept', read: [[{ match: 'destinationLocal', negated: true }, accept]] },
  {
    rule: 'fib daddr type { local, broadcast } accept',
    read: [[{ match: 'destinationLocal', negated: false }, accept]],
  },
  { rule: 'meta nfproto ipv4 accept', read: [[accept]] },
  { rule: 'meta nfproto ipv6 accept', read: [] },
  {
    rule: 'meta random & 2147483647 < 715827883 accept',
    read: [[{ match: 'random', probability: 715_827_883 / 2 ** 31 }, accept]],
  },
  { rule: 'numgen random mod 4 < 3 accept', read: [[{ match: 'random', probability: 0.75 }, accept]] },
  {
    rule: 'numgen random mod 2 vmap { 0 : jump a, 1 : return }',
    read: [[{ action: 'choose', branches: [jump, back] }]],
  },
  {
    rule: 'numgen inc mod 3 vmap { 0 : jump a, 1 : jump a, 2 : drop }',
    read: [[{ action: 'choose', branches: [jump, jump, drop] }]],
  },
  {
    rule: 'numgen random mod 4 vmap { 0 : jump a, 1 : return }',
    read: [
      [
        { match: 'random', probability: 0.5 },
        { action: 'choose', branches: [jump, back] },
      ],
    ],
  },
  {
    rule: 'limit rate 10/second accept',
    read: [[unknown('{"limit":{"rate":10,"burst":5,"per":"second"}}'), accept]],
  },
  {
    rule: 'fib saddr . iif oif missing drop',
    read: [
      [
        unknown(
          '{"match":{"op":"==","left":{"fib":{"result":"oif","flags":["saddr","iif"]}},"right":false}}',
        ),
        drop,
      ],
    ],
  },
  {
    rule: 'ct original ip daddr 1.2.3.4 accept',
    read: [
      [
        unknown('{"match":{"op":"==","left":{"ct":{"key":"ip daddr","dir":"original"}},"right":"1.2.3.4"}}'),
        accept,
      ],
    ],
  },
  {
    rule: 'tcp flags syn accept',
    read: [
      [
        tcp,
        unknown('{"op":"in","left":{"payload":{"protocol":"tcp","field":"flags"}},"right":"syn"}'),
        accept,
      ],
    ],
  },
  {
    rule: 'meta mark { 0x1, 0x2 } accept',
    read: [[unknown('{"match":{"op":"==","left":{"meta":{"key":"mark"}},"right":{"set":[1,2]}}}'), accept]],
  },
  {
    rule: 'meta mark set ct mark',
    read: [
      [
        {
          action: 'unknown',
          text: '{"mangle":{"key":{"meta":{"key":"mark"}},"value":{"ct":{"key":"mark"}}}}',
        },
      ],
    ],
  },
  {
    rule: 'ip daddr set 1.2.3.4',
    read: [
      [
        {
          action: 'unknown',
          text: '{"mangle":{"key":{"payload":{"protocol":"ip","field":"daddr"}},"value":"1.2.3.4"}}',
        },
      ],
    ],
  },
  { rule: 'ip dscp set cs1', read: [[]] },
];

const one = { address: '10.0.0.1', port: 80 };
const two = { address: '10.0.0.2', port: 80 };

/** natForms are the rules of `ip n/pre`, of type nat at prerouting. */
export const natForms: readonly Form[] = [
  { rule: 'dnat to 1.2.3.4', read: [[{ action: 'dnat', targets: [{ address: '1.2.3.4' }] }]] },
  { rule: 'meta l4proto tcp dnat to 10.0.0.1:80', read: [[tcp, { action: 'dnat', targets: [one] }]] },
  {
    rule: 'tcp dport 80 dnat to :8080',
    read: [[tcp, port([80, 80]), { action: 'dnat', targets: [{ port: 8080 }] }]],
  },
  {
    rule: 'meta l4proto tcp dnat ip addr . port to numgen random mod 2 map { 0 : 10.0.0.1 . 80, 1 : 10.0.0.2 . 80 }',
    read: [[tcp, { action: 'dnat', targets: [one, two] }]],
  },
  {
    rule: 'meta l4proto tcp dnat ip addr . port to numgen inc mod 2 map { 0 : 10.0.0.1 . 80, 1 : 10.0.0.2 . 80 }',
    read: [[tcp, { action: 'dnat', targets: [one, two] }]],
  },
  {
    rule: 'meta l4proto tcp dnat ip addr . port to numgen random mod 2 offset 5 map { 5 : 10.0.0.1 . 80, 6 : 10.0.0.2 . 80 }',
    read: [[tcp, { action: 'dnat', targets: [one, two] }]],
  },
  {
    rule: 'meta l4proto tcp dnat ip addr . port to numgen random mod 4 map { 0-1 : 10.0.0.1 . 80, 2 : 10.0.0.2 . 80 }',
    read: [[tcp, { match: 'random', probability: 0.75 }, { action: 'dnat', targets: [one, one, two] }]],
  },
  {
    rule: 'dnat to numgen random mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }',
    read: [[{ action: 'dnat', targets: [{ address: '10.0.0.1' }, { address: '10.0.0.2' }] }]],
  },
  {
    rule: 'dnat ip addr . port to tcp dport map { 80 : 10.0.0.1 . 80, 81 : 10.0.0.2 . 80 }',
    read: [
      [tcp, port([80, 80]), { action: 'dnat', targets: [one] }],
      [tcp, port([81, 81]), { action: 'dnat', targets: [two] }],
    ],
  },
  { rule: 'redirect', read: [[{ action: 'redirect' }]] },
  { rule: 'meta l4proto tcp redirect to :8080', read: [[tcp, { action: 'redirect', port: 8080 }]] },
  {
    rule: 'meta l4proto tcp dnat to 1.2.3.4:80-90',
    read: [[tcp, { action: 'unknown', text: '{"dnat":{"addr":"1.2.3.4","port":{"range":[80,90]}}}' }]],
  },
];

/** sourceForms are the rules of `ip n/post`, of type nat at postrouting. */
export const sourceForms: readonly Form[] = [
  { rule: 'masquerade', read: [[{ action: 'masquerade' }]] },
  { rule: 'masquerade fully-random', read: [[{ action: 'masquerade' }]] },
  { rule: 'meta l4proto tcp masquerade to :1024-2000', read: [[tcp, { action: 'masquerade' }]] },
  { rule: 'snat to 1.2.3.4', read: [[{ action: 'snat', text: '{"addr":"1.2.3.4"}' }]] },
];

/** script is all of it in the words of nft. */
export const script = `${setup}
table inet t {
  chain forms {
    type filter hook forward priority filter; policy accept;
${forms.map(({ rule }) => `    ${rule}\n`).join('')}  }
}
table ip n {
  chain pre {
    type nat hook prerouting priority dstnat - 5; policy accept;
${natForms.map(({ rule }) => `    ${rule}\n`).join('')}  }
  chain post {
    type nat hook postrouting priority srcnat; policy drop;
${sourceForms.map(({ rule }) => `    ${rule}\n`).join('')}  }
}
`;
