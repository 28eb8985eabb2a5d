import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeAnswer, longestMessage } from '../../../src/checks/answer.ts';
import {
  type Deviation,
  type Evidence,
  localOf,
  parseEvidence,
  type SeenView,
} from '../../../src/checks/pod-to-pod/evidence.ts';

const view: SeenView = [2, '', 41234, '', '10.0.0.1', 0, '', '', '', ''];
const deviation: Deviation = {
  t: 400,
  n: 3,
  v: [view],
  c: 'fd00::9',
  l: [[20, 3]],
  f: [1472, 6],
  g: [8000, 6],
  s: [20000, 3, 'timeout'],
};
const evidence: Evidence = {
  version: 1,
  local: ['10.244.1.5', 'fd00::5'],
  mtu: 1500,
  results: [400, 0, deviation, { t: 0, n: 0, u: [3, 'timeout'] }],
  heard: 'f0',
};

describe('The evidence of PodToPod', () => {
  it('is read as it was written', () => {
    assert.deepEqual(parseEvidence(JSON.parse(JSON.stringify(evidence)), 4, 2), { ok: true, evidence });
    assert.equal(localOf(evidence, 'IPv6'), 'fd00::5');
    assert.equal(localOf({ ...evidence, local: [] }, 'IPv6'), '');
  });

  it('loses the fields that nobody knows', () => {
    const extra = JSON.parse('{"t": 0, "n": 0, "z": 1, "__proto__": {"u": 1}}');
    const more = { ...evidence, results: [...evidence.results.slice(0, 3), extra], more: 1 };
    const read = parseEvidence(more, 4, 2);
    assert.deepEqual(read.ok && read.evidence.results[3], { t: 0, n: 0 });
    assert.ok(read.ok && !('more' in read.evidence));
  });

  const nth = (result: unknown) => ({ ...evidence, results: [400, 0, deviation, result] });
  for (const [name, value, problem] of [
    ['nothing', undefined, 'is not a JSON object'],
    ['a list', [], 'is not a JSON object'],
    ['another version', { ...evidence, version: '1' }, 'has another version than 1'],
    ['a name for an address', { ...evidence, local: ['localhost'] }, 'names no addresses of its own'],
    [
      'two addresses of a family',
      { ...evidence, local: ['10.0.0.1', '10.0.0.2'] },
      'names two own addresses of one family',
    ],
    ['an MTU beyond all', { ...evidence, mtu: 1e9 }, 'has an MTU out of range'],
    ['too few results', { ...evidence, results: [400] }, 'does not have one result for each of 4 questions'],
    [
      'no results',
      { ...evidence, results: { length: 4 } },
      'does not have one result for each of 4 questions',
    ],
    ['a negative time', nth(-1), 'has a wrong result for question 3'],
    ['a fraction', nth(0.5), 'has a wrong result for question 3'],
    ['a time beyond all', nth(1e12), 'has a wrong result for question 3'],
    ['null', nth(null), 'has a wrong result for question 3'],
    ['an error with markup', nth({ t: 0, n: 0, u: [3, '<b>'] }), 'has a wrong result for question 3'],
    ['too many views', nth({ t: 0, n: 0, v: Array(5).fill(view) }), 'has a wrong result for question 3'],
    [
      'a view with a name for an address',
      nth({ t: 0, n: 0, v: [[2, 'x', 1, '', '', 0, '', '', '', '']] }),
      'has a wrong result for question 3',
    ],
    [
      'a view with a control character',
      nth({ t: 0, n: 0, v: [[2, '', 1, '', '', 0, '', '\u001b[2J', '', '']] }),
      'has a wrong result for question 3',
    ],
    [
      'a port beyond all',
      nth({ t: 0, n: 0, v: [[2, '', 65536, '', '', 0, '', '', '', '']] }),
      'has a wrong result for question 3',
    ],
    ['more lost than sent', nth({ t: 0, n: 0, l: [[20, 21]] }), 'has a wrong result for question 3'],
    ['a bitmap of other probers', { ...evidence, heard: 'fff' }, 'says what was heard in a wrong form'],
    ['a bitmap of other digits', { ...evidence, heard: 'xx' }, 'says what was heard in a wrong form'],
  ] as const) {
    it(`is broken with ${name}`, () => {
      assert.deepEqual(parseEvidence(value, 4, 2), { ok: false, problem: `the evidence ${problem}` });
    });
  }

  it('says so when the probe failed', () => {
    const failed = { version: 1, problem: 'no such thing' };
    assert.deepEqual(parseEvidence(failed, 4, 2), { ok: false, problem: 'the probe failed: no such thing' });
  });

  it('is only ever read or refused', () => {
    const anything = fc.jsonValue({ maxDepth: 4 });
    const nearly = fc.record({
      version: fc.constant(1),
      local: fc.constant([]),
      mtu: fc.constant(0),
      results: fc.array(anything, { maxLength: 2 }),
    });
    fc.assert(
      fc.property(fc.oneof(anything, nearly), (value) => {
        const read = parseEvidence(value, 1, 1);
        assert.ok(read.ok ? read.evidence.results.length === 1 : read.problem.length > 0);
      }),
    );
  });
});

describe('The size of evidence', () => {
  /** entropy stands for times that compress as badly as real ones. */
  let state = 42;
  const next = (most: number) => {
    state = (state * 48271) % 2147483647;
    return 1 + (state % most);
  };
  const fits = (results: Evidence['results']) => {
    const all = {
      version: 1,
      local: ['10.244.200.5', 'fd00:244:200::5'],
      mtu: 1450,
      results,
      heard: '3'.repeat(50),
    };
    const answer = {
      version: 1,
      run: '2f0c8a1e-0000-4000-8000-000000000001',
      question: '0123456789abcdef',
      complete: true,
      results: [{ check: 'pods', evidence: all }],
    } as const;
    const { message, line } = encodeAnswer(answer);
    return line === undefined ? Buffer.byteLength(message) : line.length;
  };
  const healthy = (questions: number) => Array.from({ length: questions }, () => 150 + next(3000));
  const translated = (): Deviation => ({
    t: 150 + next(3000),
    n: 2,
    v: [[2, '', 32768 + next(28000), '', '10.0.0.7', 1024 + next(60000), '', '', '', '']],
  });

  it('lets 50 peers over TCP and UDP into a termination message, healthy, and in both families', () => {
    assert.ok(fits(healthy(100)) <= longestMessage);
    assert.ok(fits(healthy(200)) <= longestMessage);
  });

  it('lets 50 peers in when half of them are translated with random ports, or silent', () => {
    const half = (broken: () => Deviation) =>
      healthy(100).map((time, index) => (index % 2 === 0 ? time : broken()));
    assert.ok(fits(half(translated)) <= longestMessage);
    assert.ok(fits(half(() => ({ t: 0, n: 0, u: [3, 'timeout'] }))) <= longestMessage);
  });
});
