import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import {
  type Answer,
  encodeAnswer,
  encodeProblem,
  largestAnswer,
  longestMessage,
  readAnswer,
} from '../../src/checks/answer.ts';

const expected = { run: 'run-uid', question: '0123456789abcdef' };
const answer: Answer = {
  version: 1,
  ...expected,
  complete: true,
  results: [{ check: 'pods', evidence: { seen: 'nothing' } }],
};

/** withText is an answer whose evidence compresses not at all, or very well. */
function withText(length: number, character?: string): Answer {
  let state = 1;
  const next = () => {
    state = (state * 48271) % 2147483647;
    return String.fromCharCode(33 + (state % 90));
  };
  const text = Array.from({ length }, () => character ?? next()).join('');
  return { ...answer, results: [{ check: 'pods', evidence: text }] };
}

const packed = (value: unknown) => gzipSync(JSON.stringify(value)).toString('base64');

describe('The answer of a probe', () => {
  it('is plain JSON when that fits into a termination message', () => {
    const { message, line } = encodeAnswer(answer);
    assert.equal(message, `${JSON.stringify(answer)}\n`);
    assert.equal(line, undefined);
    assert.deepEqual(readAnswer(message, expected), { kind: 'Answer', answer });
  });

  it('is compressed when it does not', () => {
    const large = withText(20_000, 'a');
    const { message, line } = encodeAnswer(large);
    assert.ok(Buffer.byteLength(message) <= longestMessage);
    assert.match(message, /^H4sI/);
    assert.equal(line, undefined);
    assert.deepEqual(readAnswer(message, expected), { kind: 'Answer', answer: large });
  });

  it('goes to stdout when neither fits, named by length and hash', () => {
    const huge = withText(20_000);
    const { message, line = '' } = encodeAnswer(huge);
    assert.match(message, /^\{"version":1,"stdout":\{"length":\d+,"sha256":"[0-9a-f]{64}"\}\}\n$/);
    assert.deepEqual(readAnswer(message, expected), { kind: 'InLog', length: line?.length });
    const log = `a warning of the runtime\n${line}\nanother one\n`;
    assert.deepEqual(readAnswer(message, expected, log), { kind: 'Answer', answer: huge });
  });

  it('is broken when its line is cut, changed or not there', () => {
    const { message, line = '' } = encodeAnswer(withText(20_000));
    const problem = `the log has no line of ${line.length} characters with the hash that the answer names`;
    for (const log of [
      '',
      line.slice(1),
      line.replace('H4sI', 'H4sJ'),
      `${line.slice(0, 99)}\n${line.slice(99)}`,
    ]) {
      assert.deepEqual(readAnswer(message, expected, log), { kind: 'Broken', problem });
    }
  });

  it('fits at the last byte, and not at the next', () => {
    const sizes = new Set<boolean>();
    for (let length = 3900; length < 4100; length += 1) {
      const { message } = encodeAnswer(withText(length, 'a'));
      assert.ok(Buffer.byteLength(message) <= longestMessage);
      sizes.add(message.startsWith('{"version":1,"run"'));
    }
    assert.deepEqual(sizes, new Set([true, false]));
  });

  it('ends with its first line, whatever an older and longer one has left behind', () => {
    assert.deepEqual(readAnswer(`${encodeAnswer(answer).message}]}}"older`, expected), {
      kind: 'Answer',
      answer,
    });
  });

  it('says so when the probe could not even read its question', () => {
    const problem = 'the probe could not answer: the question is not JSON';
    assert.deepEqual(readAnswer(encodeProblem('the question is not JSON'), expected), {
      kind: 'Broken',
      problem,
    });
  });

  for (const [name, message, problem] of [
    ['nothing', '', 'the probe left no answer behind'],
    ['blank lines', '\n \n', 'the probe left no answer behind'],
    ['JSON that is cut', '{"version":1,"run":"run-u', 'the answer is cut or is not JSON'],
    ['a stack trace', 'Error: Cannot find module', 'the answer is neither JSON nor base64'],
    ['base64 of something else', 'aGVsbG8=', 'the answer cannot be decompressed: Z_DATA_ERROR'],
    [
      'compression that is cut',
      packed(answer).slice(0, 40),
      'the answer cannot be decompressed: Z_BUF_ERROR',
    ],
    ['a compressed list', packed([1]), 'the answer is not a JSON object'],
    ['another version', JSON.stringify({ ...answer, version: 2 }), 'the answer has another version than 1'],
    ['another run', JSON.stringify({ ...answer, run: 'other' }), 'the answer is about another run'],
    ['another question', JSON.stringify({ ...answer, question: 'f' }), 'the answer is to another question'],
    ['a maybe', JSON.stringify({ ...answer, complete: 1 }), 'the answer does not say whether it is complete'],
    ['no results', JSON.stringify({ ...answer, results: {} }), 'the answer has no list of results'],
    [
      'too many results',
      JSON.stringify({ ...answer, results: Array(65).fill(answer.results[0]) }),
      'the answer has no list of results',
    ],
    [
      'no evidence',
      JSON.stringify({ ...answer, results: [{ check: 'pods' }] }),
      'the answer has no list of results',
    ],
    [
      'two results for one check',
      JSON.stringify({ ...answer, results: [...answer.results, ...answer.results] }),
      'the answer has two results for one check',
    ],
    [
      'a pointer to nowhere',
      '{"version":1,"stdout":{"length":-1}}',
      'the answer says that it is in the log, and not where',
    ],
    [
      'a tower of brackets',
      `{"version":1,"run":${'['.repeat(2000)}${']'.repeat(2000)}}`,
      'the answer is cut or is not JSON',
    ],
  ] as const) {
    it(`is broken when there is ${name}`, () => {
      assert.deepEqual(readAnswer(message, expected, ''), { kind: 'Broken', problem });
    });
  }

  it('is broken when it would be a gigabyte, without being one first', () => {
    const bomb = gzipSync(Buffer.alloc(192 * 1024 * 1024, ' '), { level: 9 }).toString('base64');
    const before = process.memoryUsage().rss;
    const problem = `the answer cannot be decompressed: it has more than ${largestAnswer} bytes`;
    assert.deepEqual(readAnswer(bomb, expected), { kind: 'Broken', problem });
    assert.ok(process.memoryUsage().rss - before < 64 * 1024 * 1024);
  });

  it('leaves keys of prototypes alone', () => {
    const message = `{"__proto__":{"complete":true},"version":1,"run":"run-uid","question":"${expected.question}","results":[]}`;
    const problem = 'the answer does not say whether it is complete';
    assert.deepEqual(readAnswer(message, expected), { kind: 'Broken', problem });
    assert.equal(Object.hasOwn(Object.prototype, 'complete'), false);
  });

  it('comes back as it was given, whatever the evidence', () => {
    const json = fc.jsonValue({ maxDepth: 6 });
    fc.assert(
      fc.property(json, fc.boolean(), (evidence, complete) => {
        const given: Answer = { version: 1, ...expected, complete, results: [{ check: 'pods', evidence }] };
        const { message, line } = encodeAnswer(given);
        const read = readAnswer(message, expected, line);
        // JSON has no -0.
        assert.deepEqual(read, { kind: 'Answer', answer: JSON.parse(JSON.stringify(given)) });
      }),
    );
  });

  it('is never more than broken, whatever the message', () => {
    const base64 = fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64'));
    const cut = fc.nat(300).map((length) => encodeAnswer(answer).message.slice(0, length));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), base64, cut), fc.string(), (message, log) => {
        const { kind } = readAnswer(message, expected, log);
        assert.ok(kind === 'Broken' || kind === 'Answer');
      }),
    );
  });
});
