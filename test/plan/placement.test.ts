import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { misplaced } from '../../src/plan/placement.ts';
import type { NodeTerm } from '../../src/plan/world.ts';
import { makeNode } from './make.ts';

const leftOut = 'The affinity of the responder DaemonSet leaves the node out';

describe('a responder belongs on a node', () => {
  const node = makeNode('n1', { labels: { zone: 'a', cores: '16' } });
  const onNode = (...terms: readonly Partial<NodeTerm>[]) =>
    misplaced(node, {
      nodeSelector: {},
      tolerations: [],
      terms: terms.map((term) => ({ labels: [], fields: [], ...term })),
    });

  for (const [name, term, wanted] of [
    [
      'whose label is among the values',
      { labels: [{ key: 'zone', operator: 'In', values: ['a', 'b'] }] },
      true,
    ],
    ['whose label is not', { labels: [{ key: 'zone', operator: 'In', values: ['b'] }] }, false],
    [
      'that lacks a label that may not be there',
      { labels: [{ key: 'gpu', operator: 'DoesNotExist' }] },
      true,
    ],
    ['of more than so many cores', { labels: [{ key: 'cores', operator: 'Gt', values: ['8'] }] }, true],
    ['of fewer', { labels: [{ key: 'cores', operator: 'Lt', values: ['8'] }] }, false],
    ['whose label is no number', { labels: [{ key: 'zone', operator: 'Gt', values: ['8'] }] }, false],
    ['of that name', { fields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }, true],
    ['of another name', { fields: [{ key: 'metadata.name', operator: 'NotIn', values: ['n1'] }] }, false],
    ['of which a term asks nothing', {}, false],
  ] as const) {
    it(`${name}: ${wanted ? 'yes' : 'no'}`, () => {
      assert.equal(onNode(term), wanted ? undefined : leftOut);
    });
  }

  it('that meets one of several terms, and only if there is one', () => {
    const [no, yes] = [{}, { labels: [{ key: 'zone', operator: 'Exists' }] }];
    assert.equal(onNode(no, yes), undefined);
    assert.equal(onNode(), leftOut);
    assert.equal(misplaced(node, { nodeSelector: {}, tolerations: [] }), undefined);
  });
});
