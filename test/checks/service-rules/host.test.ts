import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { holds, setOf } from '../../../src/checks/service-rules/address-set.ts';
import { addressText } from '../../../src/checks/service-rules/address-text.ts';
import { type HostNetwork, readHost } from '../../../src/checks/service-rules/host/host.ts';

const captures = join(import.meta.dirname, '../../fixtures/kube-proxy');
const usual = rules({ priority: 0, table: 'local' }, { priority: 32_766, table: 'main' });

function rules(...listed: readonly object[]): string {
  return JSON.stringify(listed.map((rule) => ({ src: 'all', ...rule })));
}

function addresses(...locals: readonly string[]): string {
  return JSON.stringify([{ ifname: 'eth0', addr_info: locals.map((local) => ({ local })) }]);
}

function host(routes: readonly object[], rule = usual): HostNetwork {
  const read = readHost({ addr: addresses('192.0.2.1'), route: JSON.stringify(routes), rule });
  assert.ok(read);
  return read;
}

test("A captured node's addresses and routes are read", () => {
  for (const [node, own] of [
    ['n1', 1],
    ['n2', 2],
    ['n3', 3],
  ] as const) {
    const file = (name: string) =>
      readFileSync(join(captures, 'nftables-healthy', `${node}.${name}.json`), 'utf8');
    const read = readHost({ addr: file('ip-addr'), route: file('ip-route'), rule: usual });
    assert.deepEqual(read?.addresses, [`10.99.0.1${own}`, `10.244.${own}.1`]);
    assert.deepEqual(read?.uplink, { IPv4: 'eth0' });
    assert.equal(read?.outInterface(`10.244.${own}.77`), 'cni0');
    assert.equal(read?.outInterface(`10.244.${(own % 3) + 1}.77`), 'eth0');
    assert.equal(read?.outInterface('203.0.113.9'), 'eth0');
    assert.equal(read?.outInterface(`10.244.${own}.1`), 'lo');
    assert.equal(read?.outInterface('127.0.0.9'), 'lo');
    assert.equal(read?.outInterface('fd00::1'), undefined);
  }
});

test('Addresses are canonical, in order, once, and neither loopback nor link-local', () => {
  const addr = addresses(
    'fd00:0::2',
    '10.0.0.9',
    '127.0.0.1',
    'FD00::1',
    '::1',
    '10.0.0.10',
    'fe80::1',
    '169.254.20.10',
    '10.0.0.9',
    'febf::1',
    'nonsense',
  );
  const read = readHost({ addr, route: '[]', rule: usual });
  assert.deepEqual(read?.addresses, ['10.0.0.9', '10.0.0.10', 'fd00::1', 'fd00::2']);
  assert.equal(read?.outInterface('169.254.20.10'), 'lo');
});

test('The longest prefix decides, and of two alike the smaller metric', () => {
  const { outInterface, uplink } = host([
    { dst: 'default', dev: 'slow', metric: 100, flags: [] },
    { dst: 'default', dev: 'fast', metric: 50, flags: [] },
    { dst: '10.0.0.0/8', dev: 'wide', flags: [] },
    { dst: '10.1.0.0/16', dev: 'narrow', flags: [] },
    { dst: '10.1.2.3', dev: 'exact', flags: [] },
  ]);
  assert.deepEqual(['10.1.2.3', '10.1.2.4', '10.2.0.0', '11.0.0.0'].map(outInterface), [
    'exact',
    'narrow',
    'wide',
    'fast',
  ]);
  assert.deepEqual(uplink, { IPv4: 'fast' });
});

test('Where packets go nowhere, or over several interfaces, there is no one interface', () => {
  const { outInterface } = host([
    { dst: 'default', dev: 'eth0', flags: [] },
    { type: 'blackhole', dst: '10.9.0.0/16', flags: [] },
    { dst: '10.8.0.0/16', flags: [], nexthops: [{ dev: 'a' }, { dev: 'b' }] },
    {
      dst: '10.7.0.0/16',
      flags: [],
      nexthops: [
        { dev: 'a', via: '1' },
        { dev: 'a', via: '2' },
      ],
    },
    { dst: '10.6.0.0/16', flags: [], nexthops: [{ dev: 'a' }, { dev: 'b', flags: ['dead'] }] },
    { dst: '10.5.0.0/16', dev: 'a', flags: ['dead', 'linkdown'] },
    { type: 'throw', dst: '10.4.0.0/16', flags: [] },
  ]);
  const asked = ['10.9.0.1', '10.8.0.1', '10.7.0.1', '10.6.0.1', '10.5.0.1', '10.4.0.1'];
  assert.deepEqual(asked.map(outInterface), [undefined, undefined, 'a', 'a', 'eth0', 'eth0']);
});

test('With rules for some packets the destination alone decides no more', () => {
  const routes = [{ dst: 'default', dev: 'eth0', flags: [] }];
  const also = rules(
    { priority: 0, table: 'local' },
    { priority: 100, src: '10.0.0.0', srclen: 8, table: '7' },
    { priority: 32_766, table: 'main' },
    { priority: 32_767, table: 'default' },
  );
  assert.equal(host(routes).outInterface('203.0.113.9'), 'eth0');
  for (const rule of [also, '', 'Broken', rules({ priority: 32_766, table: 'main', fwmark: '0x1' })]) {
    const read = host(routes, rule);
    assert.equal(read.outInterface('203.0.113.9'), undefined, rule);
    assert.deepEqual(read.uplink, {}, rule);
    assert.equal(read.outInterface('192.0.2.1'), 'lo', rule);
  }
});

test('IPv6 has its own routes', () => {
  const route6 = JSON.stringify([
    { dst: 'fd00:1::/64', dev: 'cni0', metric: 256 },
    { dst: 'default', gateway: 'fd00::2', dev: 'eth1', metric: 1024 },
  ]);
  const read = readHost({ addr: addresses('fd00::1'), route: '[]', rule: usual, route6, rule6: usual });
  assert.deepEqual(
    ['fd00:1::9', 'fd00:2::9', 'fd00::1'].map((each) => read?.outInterface(each)),
    ['cni0', 'eth1', 'lo'],
  );
  assert.deepEqual(read?.uplink, { IPv6: 'eth1' });
});

test('Without addresses there is no reading', () => {
  for (const addr of ['', '[]', '{}', '[', 'Error: no permission']) {
    assert.equal(readHost({ addr, route: '[]', rule: usual }), undefined, addr);
  }
});

test('The interface is that of the longest of all prefixes that hold the address', () => {
  const address = fc.integer({ min: 0, max: 0xffffffff }).map(addressText);
  const prefixes = fc.array(fc.tuple(fc.integer({ min: 0, max: 0x1f }), fc.integer({ min: 1, max: 32 })), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(prefixes, address, (drawn, asked) => {
      // Few first bits, so that prefixes hold one another.
      const listed = drawn.map(([bits, length], index) => {
        const size = 2 ** (32 - length);
        const first = Math.floor((bits * 2 ** 27) / size) * size;
        return { dst: `${addressText(first)}/${length}`, length, dev: `dev${index}`, metric: index };
      });
      const holding = listed.filter(({ dst }) => {
        const [set, bound] = [setOf('IPv4', dst), setOf('IPv4', asked)?.bounds[0]];
        return set !== undefined && bound !== undefined && holds(set, bound);
      });
      const [best] = holding.sort((one, other) => other.length - one.length || one.metric - other.metric);
      const expected = asked.startsWith('127.') || asked === '192.0.2.1' ? 'lo' : best?.dev;
      assert.equal(host(listed).outInterface(asked), expected);
    }),
  );
});

test('Whatever is printed, reading does not throw', () => {
  const text = fc.oneof(fc.string(), fc.json(), fc.constant(usual));
  fc.assert(
    fc.property(text, text, text, (addr, route, rule) => {
      readHost({ addr, route, rule, route6: route, rule6: rule })?.outInterface('10.0.0.1');
    }),
  );
});
