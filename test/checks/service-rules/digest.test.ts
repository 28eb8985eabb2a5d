import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fullSet } from '../../../src/checks/service-rules/address-set.ts';
import { bucketCount, bucketOf, Digests, digestsOf } from '../../../src/checks/service-rules/digest.ts';
import type { Destination, Entry } from '../../../src/checks/service-rules/entry.ts';

const destinations = fc.record({
  family: fc.constant('IPv4' as const),
  kind: fc.constant('Address' as const),
  address: fc.ipV4(),
  protocol: fc.constantFrom('tcp', 'udp', 'sctp'),
  port: fc.integer({ min: 1, max: 65_535 }),
});

describe('the buckets of destinations', () => {
  it('are whole numbers from 0 to 127 for whatever destination', () => {
    fc.assert(
      fc.property(destinations, (destination) => {
        const bucket = bucketOf(destination);
        assert.ok(Number.isInteger(bucket) && bucket >= 0 && bucket < bucketCount, String(bucket));
      }),
    );
  });

  it('are all used, none by more than its share and half of it again', () => {
    const counts = new Map<number, number>();
    for (let index = 0; index < 25_600; index += 1) {
      const bucket = bucketOf(at(`10.96.${index >> 8}.${index & 255}`));
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
    assert.equal(counts.size, bucketCount);
    assert.ok(Math.max(...counts.values()) <= 300, String(Math.max(...counts.values())));
  });
});

describe('digests', () => {
  it('differ in the bucket of each row that one table has and the other has not', () => {
    fc.assert(
      fc.property(fc.uniqueArray(destinations, { minLength: 1, maxLength: 20 }), (all) => {
        const whole = new Digests();
        for (const destination of all) whole.add(rowOf(destination));
        for (const destination of all) {
          const other = whole.copy();
          other.add(rowOf(destination));
          assert.deepEqual(whole.differing(other), [bucketOf(destination)]);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('do not depend on the order of rows, and are read as they were written', () => {
    const [one, other] = [new Digests(), new Digests()];
    const rows = ['10.96.0.1', '10.96.0.2', '10.96.0.3'].map((address) => rowOf(at(address)));
    for (const row of rows) one.add(row);
    for (const row of rows.toReversed()) other.add(row);
    assert.equal(one.text(), other.text());
    assert.deepEqual(digestsOf(one.text())?.bytes, one.bytes);
    assert.equal(digestsOf(one.text().slice(4)), undefined);
  });
});

function at(address: string): Destination {
  return { family: 'IPv4', kind: 'Address', address, protocol: 'tcp', port: 80 };
}

function rowOf(destination: Destination): Entry {
  const outcome = {
    kind: 'Reject' as const,
    endpoint: '',
    sources: fullSet('IPv4'),
    masqueraded: { family: 'IPv4' as const, bounds: [] },
  };
  return { destination, entering: [outcome], node: [outcome] };
}
