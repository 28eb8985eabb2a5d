import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cases, tried } from './score.ts';

/** every is which part of the eleven thousand mutations is tried here: `npm run mutate` tries all. */
const every = 61;

describe('a sample of the mutations of captured rules', () => {
  for (const [number, make] of [...cases()].entries()) {
    it(`is found on ${make.title} where some packet meets something else, and only there`, () => {
      const each = make.open();
      const results = [...each.mutations()]
        .filter((_, index) => index % every === (number * 7) % every)
        .map((mutation) => tried(each, mutation));
      assert.ok(results.length >= 20);
      assert.ok(results.some(({ witness }) => witness !== undefined));
      assert.ok(results.some(({ witness }) => witness === undefined));
      const disagreements = results
        .filter(({ agreed }) => !agreed)
        .map(({ mutation, witness, findings }) => ({
          what: mutation.what,
          witness: witness?.sent,
          findings,
        }));
      assert.deepEqual(disagreements, []);
    });
  }
});
