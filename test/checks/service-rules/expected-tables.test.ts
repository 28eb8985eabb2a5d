import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Digests } from '../../../src/checks/service-rules/digest.ts';
import { entryOf, entryText } from '../../../src/checks/service-rules/entry.ts';
import { ExpectedTables } from '../../../src/checks/service-rules/expected/expected.ts';
import { capturedFacts, capturedServices } from './captured-cluster.ts';
import { endpoint, facts, service } from './made-services.ts';
import { nodesByChance, servicesByChance } from './random-services.ts';
import { allBuckets, rowsOf } from './row-shape.ts';

const families = ['IPv4', 'IPv6'] as const;

describe('the digests of expected tables', () => {
  it('are those of the rows, for every node that shares what was made for others', () => {
    fc.assert(
      fc.property(
        servicesByChance,
        fc.array(nodesByChance, { minLength: 1, maxLength: 6 }),
        (services, nodes) => {
          const tables = new ExpectedTables(services);
          for (const node of nodes) {
            for (const family of families) {
              const rows = [...tables.rows(node, family, allBuckets).values()];
              const digests = new Digests();
              for (const { entry } of rows) digests.add(entry);
              assert.equal(tables.digests(node, family).text(), digests.text());
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('are a node’s own to change, and the same when they are asked for again', () => {
    const tables = new ExpectedTables([service()]);
    const first = tables.digests(facts(), 'IPv4');
    const text = first.text();
    first.addHash(3, new Uint8Array([1, 2, 3, 4, 5, 6]));
    assert.equal(tables.digests(facts(), 'IPv4').text(), text);
    assert.notEqual(tables.digests(facts({ mode: 'nftables' }), 'IPv4').text(), text);
  });

  it('do not depend on the order in which Services come', () => {
    fc.assert(
      fc.property(servicesByChance, nodesByChance, (services, node) => {
        const [one, other] = [services, services.toReversed()].map((each) =>
          new ExpectedTables(each).digests(node, 'IPv4').text(),
        );
        assert.equal(one, other);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the rows of expected tables', () => {
  it('are read as they were written, and each has something to say', () => {
    fc.assert(
      fc.property(servicesByChance, nodesByChance, (services, node) => {
        const tables = new ExpectedTables(services);
        for (const family of families) {
          for (const { entry } of tables.rows(node, family, allBuckets).values()) {
            const text = entryText(entry);
            const read = entryOf(text);
            assert.ok(read);
            assert.equal(entryText(read), text);
            assert.ok(entry.entering.length + entry.node.length > 0);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('of some buckets are those of all that are in them', () => {
    const tables = new ExpectedTables(capturedServices('nftables-healthy'));
    const node = capturedFacts('nftables-healthy', 'n1');
    const whole = tables.rows(node, 'IPv4', allBuckets);
    const parts = [...allBuckets].map((bucket) => tables.rows(node, 'IPv4', new Set([bucket])));
    assert.deepEqual(parts.flatMap((part) => [...part.keys()]).sort(), [...whole.keys()].sort());
  });

  it('name the Service and its port', () => {
    const tables = new ExpectedTables([service()]);
    const rows = tables.rows(facts({ mode: 'nftables' }), 'IPv4', allBuckets);
    assert.deepEqual(
      [...rows].map(([key, { service: name, portName }]) => [key, name, portName]),
      [
        ['4 Address 10.96.0.7 tcp 80', 'shop/web', 'http'],
        ['4 OtherPorts 10.96.0.7 tcp 0', 'shop/web', ''],
      ],
    );
  });
});

describe('an address that two Services claim', () => {
  const claims = { externalIPs: ['198.51.100.7'] };
  const first = service({ ...claims, name: 'a', endpoints: [endpoint('10.244.1.5', 'n1')] });
  const second = service({ ...claims, name: 'b', clusterIPs: ['10.96.0.8'], endpoints: [] });

  it('is expected as the first by name has it, and what the other wants is as good', () => {
    const rows = new ExpectedTables([second, first]).rows(facts(), 'IPv4', allBuckets);
    const row = rows.get('4 Address 198.51.100.7 tcp 80');
    assert.equal(row?.service, 'shop/a');
    assert.deepEqual(
      row.alternatives?.map(({ entering }) => entering.map(({ kind }) => kind)),
      [['Reject']],
    );
    const alone = rowsOf([first], facts())['Address 198.51.100.7:80/tcp'];
    assert.deepEqual(rowsOf([second, first], facts())['Address 198.51.100.7:80/tcp'], alone);
  });

  it('has no alternatives where one Service names it twice', () => {
    const twice = service({ externalIPs: ['198.51.100.7'], loadBalancerIPs: ['198.51.100.7'] });
    const rows = new ExpectedTables([twice]).rows(facts(), 'IPv4', allBuckets);
    assert.equal(rows.get('4 Address 198.51.100.7 tcp 80')?.alternatives, undefined);
  });
});
