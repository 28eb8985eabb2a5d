import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { keyOf, type RecordSet, type Records } from './records.ts';
import { updates } from './update.ts';

const ZONES = ['cluster.local.', '96.10.in-addr.arpa.'];

function records(...sets: [name: string, type: string, ...data: string[]][]): Records {
  return new Map(sets.map(([name, type, ...data]) => [keyOf({ name, type }), { name, type, ttl: 5, data }]));
}

describe('an update of the records', () => {
  it('is none where nothing changed', () => {
    const same = () => records(['a.cluster.local.', 'A', '10.0.0.1']);
    assert.deepEqual(updates(same(), same(), ZONES), []);
  });

  it('replaces a set in one message', () => {
    const before = records(['a.cluster.local.', 'A', '10.0.0.1']);
    const after = records(['a.cluster.local.', 'A', '10.0.0.2', '10.0.0.3']);
    assert.deepEqual(updates(before, after, ZONES), [
      [
        'zone cluster.local.',
        'update delete a.cluster.local. A',
        'update add a.cluster.local. 5 A 10.0.0.2',
        'update add a.cluster.local. 5 A 10.0.0.3',
        'send',
        'answer',
        '',
      ].join('\n'),
    ]);
  });

  it('deletes what a name had before an alias takes its place', () => {
    const before = records(['a.cluster.local.', 'A', '10.0.0.1'], ['a.cluster.local.', 'AAAA', 'fd00::1']);
    const after = records(['a.cluster.local.', 'CNAME', 'b.example.']);
    assert.deepEqual(updates(before, after, ZONES)[0]?.split('\n').slice(1, 4), [
      'update delete a.cluster.local. A',
      'update delete a.cluster.local. AAAA',
      'update add a.cluster.local. 5 CNAME b.example.',
    ]);
  });

  it('speaks of each zone in messages of its own, and of no other zone', () => {
    const after = records(
      ['a.cluster.local.', 'A', '10.0.0.1'],
      ['1.0.96.10.in-addr.arpa.', 'PTR', 'a.cluster.local.'],
      ['a.example.', 'A', '10.0.0.1'],
    );
    assert.deepEqual(
      updates(new Map(), after, ZONES).map((message) => message.split('\n')[0]),
      ['zone cluster.local.', 'zone 96.10.in-addr.arpa.'],
    );
  });

  it('turns any state into any other one, whatever is in a message and however many there are', () => {
    const set = fc.record({
      name: fc.nat({ max: 150 }).map((n) => `n${n}.cluster.local.`),
      type: fc.constantFrom('A', 'AAAA', 'TXT'),
      ttl: fc.constantFrom(5, 30),
      data: fc.uniqueArray(fc.nat({ max: 5 }).map(String), { minLength: 1, maxLength: 4 }),
    });
    const state = fc
      .array(set, { maxLength: 300 })
      .map((sets) => new Map(sets.map((one) => [keyOf(one), one])));
    fc.assert(
      fc.property(state, state, (before, after) => {
        assert.deepEqual(applied(before, updates(before, after, ZONES)), sorted(after));
      }),
    );
  });
});

function sorted(state: Records): RecordSet[] {
  const sets = [...state.values()].map((set) => ({ ...set, data: [...set.data].sort() }));
  return sets.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** What a server has after it was told. */
function applied(before: Records, messages: string[]): RecordSet[] {
  const state = new Map([...before].map(([key, set]) => [key, { ...set, data: [...set.data] }]));
  for (const line of messages.join('').split('\n')) {
    const [, verb, name = '', ...rest] = line.split(' ');
    if (verb === 'delete') state.delete(keyOf({ name, type: rest[0] ?? '' }));
    if (verb !== 'add') continue;
    const [ttl, type = '', data = ''] = rest;
    const set = state.get(keyOf({ name, type })) ?? { name, type, ttl: Number(ttl), data: [] };
    set.data.push(data);
    state.set(keyOf(set), set);
  }
  return sorted(state);
}
