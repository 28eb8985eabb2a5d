import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ApiError } from './errors.ts';
import { Resources } from './resources.ts';
import { matchesLabelSelector, parseFieldSelector, parseLabelSelector } from './selectors.ts';

const podResource = new Resources().find({ group: '', version: 'v1', plural: 'pods' });
assert.ok(podResource);

describe('label selectors', () => {
  const labels = { app: 'web', tier: 'front', empty: '' };
  const cases: [string, boolean][] = [
    ['', true],
    ['app=web', true],
    ['app==web,tier=front', true],
    ['app=web,tier=back', false],
    ['app!=web', false],
    ['missing!=web', true],
    ['app in (web, db)', true],
    ['app notin (web,db)', false],
    ['missing notin (web)', true],
    ['app', true],
    ['!app', false],
    ['!missing,tier in (front)', true],
    ['empty=', true],
  ];
  for (const [selector, want] of cases) {
    it(`"${selector}" is ${want}`, () => assert.equal(parseLabelSelector(selector)(labels), want));
  }

  it('refuses what is no selector', () => {
    for (const bad of ['a b', '=x', 'app in web', 'app=we b', 'a,,b', 'x/y/z=1']) {
      assert.throws(
        () => parseLabelSelector(bad),
        (error) => error instanceof ApiError && error.code === 400,
        bad,
      );
    }
  });

  it('never both takes and leaves an object: in and notin are opposites', () => {
    const value = fc.constantFrom('a', 'b', 'c');
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('x', 'y'), value),
        fc.uniqueArray(value, { minLength: 1 }),
        (subject, values) => {
          const inside = parseLabelSelector(`x in (${values.join(',')})`)(subject);
          assert.equal(parseLabelSelector(`x notin (${values.join(',')})`)(subject), !inside);
          const operator = { key: 'x', operator: 'In', values };
          assert.equal(matchesLabelSelector({ matchExpressions: [operator] }, subject), inside);
        },
      ),
    );
  });
});

describe('field selectors', () => {
  const pod = { metadata: { name: 'p' }, spec: { nodeName: 'n1' }, status: { phase: 'Running' } };

  it('looks at the fields that a real server knows', () => {
    assert.equal(parseFieldSelector(podResource, 'spec.nodeName=n1,status.phase!=Failed').test(pod), true);
    assert.equal(parseFieldSelector(podResource, 'spec.nodeName=').test(pod), false);
    assert.equal(parseFieldSelector(podResource, 'metadata.name=p').name, 'p');
  });

  it('refuses every other field', () => {
    assert.throws(
      () => parseFieldSelector(podResource, 'spec.hostname=x'),
      /field label not supported: spec.hostname/,
    );
  });
});
