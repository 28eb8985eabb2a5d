import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ApiError } from './errors.ts';
import type { JsonValue } from './json.ts';
import { jsonPatch, mergePatch } from './json-patch.ts';

describe('JSON merge patch', () => {
  const cases: [JsonValue, JsonValue, JsonValue][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  it('does what RFC 7386 shows', () => {
    for (const [target, patch, want] of cases) assert.deepEqual(mergePatch(target, patch), want);
  });
  it('leaves its input alone and is the same the second time', () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(json, json, (target, patch) => {
        const before: JsonValue = JSON.parse(JSON.stringify(target));
        const change: JsonValue = JSON.parse(JSON.stringify(patch));
        const once = mergePatch(before, change);
        assert.deepEqual(before, JSON.parse(JSON.stringify(target)));
        assert.deepEqual(mergePatch(once, change), once);
      }),
    );
  });
});

describe('JSON patch', () => {
  const document: JsonValue = { spec: { list: [1, 2], 'a/b': 1 }, metadata: {} };
  it('adds, removes, replaces, moves, copies and tests', () => {
    const patch = [
      { op: 'test', path: '/spec/list/0', value: 1 },
      { op: 'add', path: '/spec/list/1', value: 9 },
      { op: 'add', path: '/spec/list/-', value: 3 },
      { op: 'remove', path: '/spec/list/0' },
      { op: 'replace', path: '/spec/a~1b', value: 2 },
      { op: 'copy', from: '/spec/list', path: '/metadata/copy' },
      { op: 'move', from: '/spec/a~1b', path: '/metadata/moved' },
    ];
    assert.deepEqual(jsonPatch(document, patch), {
      spec: { list: [9, 2, 3] },
      metadata: { copy: [9, 2, 3], moved: 2 },
    });
    assert.deepEqual(document, { spec: { list: [1, 2], 'a/b': 1 }, metadata: {} });
  });
  it('refuses with 422 what does not apply', () => {
    const bad = [
      { op: 'remove', path: '/spec/none' },
      { op: 'replace', path: '/spec/none', value: 1 },
      { op: 'add', path: '/none/deep', value: 1 },
      { op: 'add', path: '/spec/list/7', value: 1 },
      { op: 'test', path: '/spec/list/0', value: 2 },
    ];
    for (const operation of bad) {
      assert.throws(
        () => jsonPatch(document, [operation]),
        (error) => error instanceof ApiError && error.code === 422,
        operation.path,
      );
    }
  });
});
