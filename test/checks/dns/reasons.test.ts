import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { reasons } from '../../../src/checks/dns/reasons.ts';

describe('The reasons of DNS', () => {
  it('are CamelCase, and each says in sentences what it means and what to do', () => {
    for (const [name, { means, remedy }] of Object.entries(reasons)) {
      assert.match(name, /^[A-Z][A-Za-z]+$/);
      assert.match(means, /^[A-Z].*\.$/);
      assert.match(remedy, /^[A-Z].*[.`]$/);
    }
  });
});
