import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkTypes } from '../../src/api/v1alpha1/index.ts';
import { checkOf, registry } from '../../src/checks/registry.ts';
import { kinds } from '../../src/probe/kinds.ts';

describe('The registry of checks', () => {
  it('has every kind that the API knows, and no other', () => {
    assert.deepEqual(
      registry.map(({ type }) => type),
      checkTypes,
    );
    for (const type of checkTypes) assert.equal(checkOf(type).type, type);
  });

  it('has no kind that the probe could not carry out', () => {
    assert.deepEqual(
      kinds.map(({ type }) => type),
      registry.map(({ type }) => type),
    );
  });
});
