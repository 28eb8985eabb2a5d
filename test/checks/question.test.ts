import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  decodeQuestion,
  encodeQuestion,
  longestQuestion,
  type Question,
  questionHash,
} from '../../src/checks/question.ts';

const question: Question = {
  version: 1,
  run: { name: 'cluster-29412350', uid: '2f0c8a1e-0000-4000-8000-000000000001' },
  node: 'n1',
  place: 'pod',
  deadlineTime: '2026-11-22T08:20:00Z',
  tasks: [{ check: 'pods', type: 'PodToPod', task: { key: 'ü$(HOME)', targets: [] } }],
};

function encoded(asked: Question): string {
  const result = encodeQuestion(asked);
  assert.ok(result.ok);
  return result.text;
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('The question of a probe', () => {
  it('comes back as it was asked', () => {
    assert.deepEqual(decodeQuestion(encoded(question)), { ok: true, question });
  });

  it('has nothing in it that kubelet would expand', () => {
    assert.match(encoded(question), /^[A-Za-z0-9_-]+$/);
  });

  it('is the same text whatever the order of its fields', () => {
    const { version, ...rest } = question;
    assert.equal(encoded({ ...rest, version }), encoded(question));
  });

  it('is named by a hash of 16 digits, another for another question', () => {
    const hash = questionHash(encoded(question));
    assert.match(hash, /^[0-9a-f]{16}$/);
    assert.notEqual(questionHash(encoded({ ...question, node: 'n2' })), hash);
  });

  it('is refused with a sentence when it does not fit into a Job', () => {
    const task = { key: 'x'.repeat(longestQuestion) };
    const result = encodeQuestion({ ...question, tasks: [{ check: 'pods', type: 'PodToPod', task }] });
    assert.equal(result.ok, false);
    assert.match(
      result.ok ? '' : result.problem,
      /^the question for n1 has \d+ characters, at most 98304 fit/,
    );
  });

  for (const [name, text, problem] of [
    ['nothing', '', 'the question is not base64url'],
    ['another alphabet', 'ab+/', 'the question is not base64url'],
    ['no JSON', Buffer.from('{"version":1,').toString('base64url'), 'the question is not JSON'],
    ['another version', base64url({ ...question, version: 2 }), 'the question has another version than 1'],
    ['a list', base64url([question]), 'the question lacks a field or has a wrong one'],
    [
      'no deadline',
      base64url({ ...question, deadlineTime: 'soon' }),
      'the question lacks a field or has a wrong one',
    ],
    [
      'a wrong place',
      base64url({ ...question, place: 'moon' }),
      'the question lacks a field or has a wrong one',
    ],
    [
      'a task that is none',
      base64url({ ...question, tasks: [1] }),
      'the question lacks a field or has a wrong one',
    ],
    ['too much', 'a'.repeat(longestQuestion + 1), 'the question is too long'],
    [
      'a tower of brackets',
      Buffer.from('['.repeat(50_000)).toString('base64url'),
      'the question is not JSON',
    ],
  ] as const) {
    it(`is not read out of ${name}`, () => {
      assert.deepEqual(decodeQuestion(text), { ok: false, problem });
    });
  }

  it('is never more than refused, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.json().map(base64url)), (text) => {
        const read = decodeQuestion(text);
        assert.equal(read.ok ? read.question.version : 1, 1);
      }),
    );
  });
});
