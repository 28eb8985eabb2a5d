import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { cut, plain } from '../../src/plan/text.ts';

describe('text that others had a hand in', () => {
  it('stands on one line', () => {
    assert.equal(plain('exec failed:\n\tno such\u2028file'), 'exec failed: no such file');
  });

  it('moves no cursor and turns no direction', () => {
    assert.equal(plain('\u001B[2Jn1\u0000 \u202Egnihton\u009B'), '\uFFFD[2Jn1\uFFFD \uFFFDgnihton\uFFFD');
  });

  it('is otherwise as it was, in any script', () => {
    for (const text of ['n1 → n2 UDP IPv6', 'узел не отвечает', '节点', '👩‍👩‍👧'])
      assert.equal(plain(text), text);
  });

  it('is never longer than it may be, nor cut within a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, longest) => {
        const short = cut(text, longest);
        assert.ok(short.length <= longest);
        assert.doesNotMatch(short, /[\uD800-\uDBFF](?![\uDC00-\uDFFF])/);
        assert.equal(cut(short, longest), short);
      }),
    );
  });
});
