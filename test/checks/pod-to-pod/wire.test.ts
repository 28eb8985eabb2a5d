import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  encodeWireAnswer,
  encodeWireQuestion,
  headerLength,
  largestStream,
  nonceOf,
  readWireAnswer,
  readWireQuestion,
  smallest,
  type WireQuestion,
  type WireView,
} from '../../../src/checks/pod-to-pod/wire.ts';

const question: WireQuestion = {
  length: smallest,
  nonce: '0123456789abcdef',
  kind: 'Ask',
  key: 'fedcba9876543210',
  prober: 7,
};
const view: WireView = {
  nonce: question.nonce,
  peer: '10.244.1.5',
  peerPort: 41234,
  local: '10.244.2.7',
  uid: '2f0c8a1e-0000-4000-8000-000000000001',
  pod: 'netaudit-responder-x7k2p',
  node: 'n2',
};

describe('A question on the wire', () => {
  it('has the length that it says, and comes back as it was asked', () => {
    for (const kind of ['Ask', 'Collect'] as const) {
      for (const length of [headerLength, smallest, 1472, 8000, largestStream]) {
        const bytes = encodeWireQuestion({ ...question, kind, length });
        assert.equal(bytes.length, length);
        assert.deepEqual(readWireQuestion(bytes), { ...question, kind, length });
      }
    }
  });

  it('is none when anything in its header is wrong', () => {
    const text = encodeWireQuestion(question).toString('latin1');
    for (const wrong of [
      '',
      'NAQ1',
      text.replace('NAQ1', 'NAQ2'),
      text.replace('A01', 'X01').replace('abcdefA', 'abcdefZ'),
      text.slice(0, headerLength - 1),
      ` ${text}`,
    ]) {
      assert.equal(readWireQuestion(Buffer.from(wrong, 'latin1')), undefined);
    }
  });

  it('is never an answer, nor an answer a question: two responders cannot talk to each other', () => {
    const answer = encodeWireAnswer(view, smallest);
    assert.ok(answer);
    assert.equal(readWireQuestion(answer), undefined);
    assert.equal(readWireAnswer(encodeWireQuestion(question)), undefined);
  });
});

describe('An answer on the wire', () => {
  it('has the length of its question, and says what the responder saw', () => {
    for (const length of [smallest, 1472, largestStream]) {
      const bytes = encodeWireAnswer(view, length);
      assert.equal(bytes?.length, length);
      assert.ok(bytes && nonceOf(bytes) === view.nonce);
      assert.deepEqual(bytes && readWireAnswer(bytes), view);
    }
  });

  it('carries what was heard', () => {
    const bytes = encodeWireAnswer({ ...view, heard: 'f'.repeat(200) }, smallest);
    assert.deepEqual(bytes && readWireAnswer(bytes), { ...view, heard: 'f'.repeat(200) });
  });

  it('leaves out names before anything that matters, and is none when even that does not fit', () => {
    const long = { ...view, pod: 'p'.repeat(253), node: 'n'.repeat(253) };
    const bytes = encodeWireAnswer(long, smallest);
    assert.deepEqual(bytes && readWireAnswer(bytes), { ...long, pod: '' });
    const short = encodeWireAnswer(long, 200);
    assert.deepEqual(short && readWireAnswer(short), { ...view, pod: '', node: '' });
    assert.equal(encodeWireAnswer(view, headerLength), undefined);
  });

  it('fits the largest view that can be into the smallest question', () => {
    const largest = { ...view, peer: 'f'.repeat(39), local: 'f'.repeat(39), heard: 'f'.repeat(200) };
    assert.ok(encodeWireAnswer({ ...largest, pod: 'p'.repeat(253), node: 'n'.repeat(253) }, smallest));
  });

  for (const [name, change] of [
    ['an address that is none', { peer: 'localhost' }],
    ['a port that is none', { peerPort: 70000 }],
    ['a name with a control character', { pod: '\u001b[2J' }],
    ['a name with markup', { node: '<script>' }],
    ['a uid that is no text', { uid: 7 }],
  ] as const) {
    it(`is none with ${name}`, () => {
      const { nonce, ...rest } = view;
      const json = JSON.stringify({ ...rest, ...change });
      assert.equal(readWireAnswer(Buffer.from(`NAA100000512${nonce}${json}`)), undefined);
    });
  }

  it('is only ever read or refused', () => {
    const body = fc.oneof(fc.string(), fc.json());
    fc.assert(
      fc.property(body, (text) => {
        const bytes = Buffer.from(`NAA100000512${view.nonce}${text}`);
        const read = readWireAnswer(bytes);
        if (read !== undefined) assert.equal(read.nonce, view.nonce);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        assert.equal(readWireAnswer(Buffer.from(bytes)), undefined);
        assert.equal(readWireQuestion(Buffer.from(bytes)), undefined);
      }),
    );
  });
});
