import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Answered } from '../../src/probe/flows/flow.ts';
import { Sightings } from '../../src/probe/pod-to-pod/sightings.ts';

const expected = { local: '10.244.1.5', address: '10.244.2.7', uid: 'uid-2' };

function answered(changes: Partial<Answered['view']> = {}, more: Partial<Answered> = {}): Answered {
  const local = more.local ?? { address: '10.244.1.5', port: 41234 };
  const view = {
    nonce: 'n',
    peer: local.address,
    peerPort: local.port,
    local: '10.244.2.7',
    uid: 'uid-2',
    pod: 'r',
    node: 'n2',
  };
  return { view: { ...view, ...changes }, local, from: '10.244.2.7', microseconds: 400, ...more };
}

const seenOf = (...answers: readonly Answered[]) => {
  const seen = new Sightings(expected);
  for (const answer of answers) seen.add([answer], true);
  return seen;
};

describe('Sightings', () => {
  it('are one number when all was as expected', () => {
    assert.equal(seenOf(answered(), answered()).result({}), 400);
    assert.equal(seenOf(answered()).unexpected, 0);
  });

  it('take the median, the lower one of two', () => {
    const times = (...all: readonly number[]) =>
      seenOf(...all.map((microseconds) => answered({}, { microseconds }))).result({});
    assert.equal(times(9000, 400, 500), 500);
    assert.equal(times(9000, 400), 400);
  });

  it('do not time what is large', () => {
    const seen = seenOf(answered());
    seen.add([answered({}, { microseconds: 90_000 })], false);
    assert.equal(seen.result({}), 400);
    assert.equal(seen.answered, 2);
  });

  for (const [name, answer, view] of [
    ['another peer', answered({ peer: '10.0.0.1' }), [1, '', 41234, '', '10.0.0.1', 0, '', '', '', '']],
    ['another port', answered({ peerPort: 99 }), [1, '', 41234, '', '', 99, '', '', '', '']],
    [
      'another address of arrival',
      answered({ local: '10.244.3.7' }),
      [1, '', 41234, '', '', 0, '10.244.3.7', '', 'r', 'n2'],
    ],
    [
      'another Pod',
      answered({ uid: 'uid-3', pod: 'web', node: 'n3' }),
      [1, '', 41234, '', '', 0, '', 'uid-3', 'web', 'n3'],
    ],
    ['a Pod without a uid', answered({ uid: '' }), [1, '', 41234, '', '', 0, '', 'none', 'r', 'n2']],
    [
      'an answer from elsewhere',
      answered({}, { from: '10.0.0.9' }),
      [1, '', 41234, '10.0.0.9', '', 0, '', '', '', ''],
    ],
    [
      'another own address',
      answered({}, { local: { address: '10.9.9.9', port: 41234 } }),
      [1, '10.9.9.9', 41234, '', '', 0, '', '', '', ''],
    ],
  ] as const) {
    it(`spell out ${name}, and nothing else`, () => {
      assert.deepEqual(seenOf(answer).result({}), { t: 400, n: 1, v: [view] });
    });
  }

  it('count what is alike but for the ports, and keep what differs apart', () => {
    const seen = seenOf(
      answered({ peer: '10.0.0.1', peerPort: 1 }),
      answered({ peer: '10.0.0.1', peerPort: 2 }),
      answered({ uid: 'x' }),
      answered(),
    );
    assert.deepEqual(seen.result({}), {
      t: 400,
      n: 4,
      v: [
        [2, '', 41234, '', '10.0.0.1', 1, '', '', '', ''],
        [1, '', 41234, '', '', 0, '', 'x', 'r', 'n2'],
      ],
    });
    assert.equal(seen.unexpected, 3);
  });

  it('count a flow once, however many datagrams it had', () => {
    const seen = new Sightings(expected);
    seen.add(
      Array.from({ length: 20 }, () => answered({ peer: '10.0.0.1' })),
      true,
    );
    assert.deepEqual(seen.result({}), {
      t: 400,
      n: 1,
      v: [[1, '', 41234, '', '10.0.0.1', 0, '', '', '', '']],
    });
  });

  it('are bounded, whatever a liar says', () => {
    const seen = seenOf(...Array.from({ length: 100 }, (_, index) => answered({ uid: `uid-${index}-x` })));
    const result = seen.result({});
    assert.equal(typeof result === 'object' && result.v?.length, 4);
    assert.equal(seen.unexpected, 100);
  });

  it('carry what the stages found', () => {
    assert.deepEqual(seenOf(answered()).result({ g: [8000, 6] }), { t: 400, n: 1, g: [8000, 6] });
    assert.deepEqual(new Sightings(expected).result({ u: [3, 'timeout'] }), {
      t: 0,
      n: 0,
      u: [3, 'timeout'],
    });
  });
});
