import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { corefile } from '../manifests.ts';
import { domainOf } from './corefile.ts';
import { lying, together } from './fault.ts';
import { garbageFor } from './garbage.ts';
import { type NamedOptions, namedConf, zoneFiles } from './named-conf.ts';
import { isName, reverseName, reverseZone, zoneOf } from './names.ts';

describe('names of the DNS server', () => {
  it('of addresses are the ones that are looked up', () => {
    assert.equal(reverseName('10.96.0.1'), '1.0.96.10.in-addr.arpa.');
    const ones = '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.0.d.f.ip6.arpa.';
    assert.equal(reverseName('fd00:96::1'), ones);
    assert.equal(reverseName('FD00:96:0:0:0:0:0:1'), ones);
  });

  it('of ranges are the zones of their addresses', () => {
    const zones = ['10.96.0.0/16', '10.200.1.0/24', 'fd00:200::/32'].map(reverseZone);
    assert.deepEqual(zones, ['96.10.in-addr.arpa.', '1.200.10.in-addr.arpa.', '0.0.2.0.0.0.d.f.ip6.arpa.']);
    assert.throws(() => reverseZone('10.96.0.0/12'), /No zone holds just the addresses of 10.96.0.0\/12/);
    assert.ok(reverseName('fd00:96::ffff').endsWith(`.${reverseZone('fd00:96::/108')}`));
  });

  it('belong to the longest zone', () => {
    const zones = ['local.', 'cluster.local.'];
    assert.deepEqual(
      ['a.cluster.local.', 'cluster.local.', 'b.local.', 'xlocal.'].map((name) => zoneOf(name, zones)),
      ['cluster.local.', 'cluster.local.', 'local.', undefined],
    );
  });

  it('are names, and no commands', () => {
    const good = ['a.', '_http._tcp.a-b.c.', 'fd00--1.x.'];
    const bad = [
      'a',
      '',
      '.',
      'a..b.',
      'a b.',
      'a\nsend\n.',
      `${'x'.repeat(64)}.`,
      'ä.',
      `${'a.'.repeat(128)}`,
    ];
    assert.deepEqual(
      good.map(isName),
      good.map(() => true),
    );
    assert.deepEqual(
      bad.map(isName),
      bad.map(() => false),
    );
  });

  it('of the cluster are read from the Corefile', () => {
    assert.equal(domainOf(corefile('Cluster.Local')), 'cluster.local.');
    assert.throws(() => domainOf('.:53 {\n  forward . 192.0.2.1\n}\n'), /no plugin kubernetes/);
  });
});

describe('the configuration of the DNS server', () => {
  const options: NamedOptions = {
    directory: '/tmp/named',
    zones: ['cluster.local.', '96.10.in-addr.arpa.'],
    address: '10.96.0.10',
    ttl: 5,
    port: 53,
    hidden: false,
    refuse: false,
    broken: [],
  };
  const lines = (more: Partial<NamedOptions>, wanted: RegExp) =>
    namedConf({ ...options, ...more })
      .split('\n')
      .filter((line) => wanted.test(line))
      .map((line) => line.trim());
  const zone = (name: string, file: string, update: string) =>
    `zone "${name}" { type primary; file "zone-${file}"; allow-update { ${update}; }; };`;

  it('has the cluster’s zones, which only the Pod itself may change, and no file for any other name', () => {
    assert.deepEqual(lines({}, /^zone/), [
      zone('cluster.local.', 'cluster.local', '127.0.0.1'),
      zone('96.10.in-addr.arpa.', '96.10.in-addr.arpa', '127.0.0.1'),
      zone('.', 'root', 'none'),
    ]);
    assert.deepEqual(zoneFiles(options), {
      'zone-cluster.local':
        '$TTL 5\n@ SOA ns.dns.cluster.local. hostmaster.cluster.local. 1 7200 1800 86400 5\n@ NS ns.dns.cluster.local.\nns.dns A 10.96.0.10\n',
      'zone-96.10.in-addr.arpa':
        '$TTL 5\n@ SOA ns.dns.cluster.local. hostmaster.cluster.local. 1 7200 1800 86400 5\n@ NS ns.dns.cluster.local.\n',
    });
  });

  it('has no file for a zone that is broken', () => {
    const broken = ['96.10.in-addr.arpa.'];
    assert.deepEqual(lines({ broken }, /^zone/).slice(1), [
      zone('.', 'root', 'none'),
      zone('96.10.in-addr.arpa.', '96.10.in-addr.arpa', 'none'),
    ]);
    assert.deepEqual(Object.keys(zoneFiles({ ...options, broken })), ['zone-cluster.local']);
  });

  it('listens everywhere, or behind what stands before it', () => {
    assert.deepEqual(lines({}, /listen-on/), [
      'listen-on port 53 { any; };',
      'listen-on-v6 port 53 { any; };',
    ]);
    assert.deepEqual(lines({ hidden: true, port: 5353 }, /listen-on/), [
      'listen-on port 5353 { 127.0.0.1; };',
      'listen-on-v6 port 5353 { none; };',
    ]);
  });

  it('refuses questions only when it shall', () => {
    assert.deepEqual(lines({}, /allow-query/), []);
    assert.deepEqual(lines({ refuse: true }, /allow-query/), ['allow-query { 127.0.0.1; };']);
  });
});

describe('faults of a DNS server', () => {
  it('are nothing without any', () => {
    assert.deepEqual(together([]), { refuse: false, broken: [], delay: 0, garbage: undefined });
  });

  it('add up', () => {
    const faults = [
      { refuse: true },
      { broken: ['A.example'] },
      { broken: ['a.example.', 'b.'] },
      { delay: 5 },
      { delay: 3 },
    ];
    assert.deepEqual(together([...faults, { garbage: 'cut' }]), {
      refuse: true,
      broken: ['a.example.', 'b.'],
      delay: 5,
      garbage: 'cut',
    });
  });

  it('say something else than the truth, or nothing', () => {
    const truth = new Map([
      ['a. A', { name: 'a.', type: 'A', ttl: 5, data: ['10.0.0.1'] }],
      ['b. A', { name: 'b.', type: 'A', ttl: 5, data: ['10.0.0.2'] }],
    ]);
    const records = [
      { name: 'A', type: 'A', data: ['10.6.6.6'] },
      { name: 'b.', type: 'A', data: [] },
      { name: 'c.', type: 'TXT', data: ['"x"'] },
    ];
    assert.deepEqual(
      lying(truth, [{ records }], 5),
      new Map([
        ['a. A', { name: 'a.', type: 'A', ttl: 5, data: ['10.6.6.6'] }],
        ['c. TXT', { name: 'c.', type: 'TXT', ttl: 5, data: ['"x"'] }],
      ]),
    );
    assert.equal(truth.size, 2);
  });

  it('answer with what is no DNS, though it may have the right id', () => {
    const question = Buffer.from('abcd01000001', 'hex');
    const kinds = (['noise', 'cut', 'large'] as const).map((kind) => garbageFor(question, kind));
    const seen = kinds.map((answer) => [answer.length, answer.subarray(0, 4).toString('hex')]);
    assert.deepEqual(seen, [
      [64, '6e6f2073'],
      [10, 'abcd8180'],
      [60_002, 'abcd6e6f'],
    ]);
  });
});
