import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { coverageOf, type RotationSizes, rotationOrder, turnOf } from '../../src/plan/rotation.ts';
import { nodeNames } from './make.ts';

const clusters = fc.record({
  count: fc.integer({ min: 1, max: 23 }),
  perRun: fc.integer({ min: 1, max: 8 }),
  peersPerNode: fc.integer({ min: 1, max: 8 }),
  start: fc.nat(500),
});

/** gaps is the longest stretch of runs in which something did not happen, over so many runs. */
function longestGap(runs: number, start: number, happens: (run: number) => boolean): number {
  let longest = 0;
  let since = 0;
  for (let run = start; run < start + runs; run++) {
    since = happens(run) ? 0 : since + 1;
    longest = Math.max(longest, since);
  }
  return longest;
}

/** checkCoverage plays runs and holds what happened against what `coverageOf` states. */
function checkCoverage(
  count: number,
  sizes: RotationSizes,
  start: number,
  first: ((run: number) => readonly string[]) | undefined,
): void {
  const order = rotationOrder(nodeNames(count));
  const stated = coverageOf(count, count, sizes, first !== undefined);
  const runs = stated.pairsEveryRuns * 2;
  const turns = new Map(
    Array.from({ length: runs }, (_, index) => {
      const run = start + index;
      const { probers, targets } = turnOf(order, order, sizes, run, first?.(run));
      return [run, { probers: new Set(probers), targets: new Set(targets) }] as const;
    }),
  );
  for (const from of order) {
    const gap = longestGap(runs, start, (run) => turns.get(run)?.probers.has(from) === true);
    assert.ok(
      gap < stated.nodesEveryRuns,
      `${from} did not probe for ${gap} runs, ${stated.nodesEveryRuns} stated`,
    );
    for (const to of order) {
      const tried = (run: number) => {
        const turn = turns.get(run);
        return turn?.probers.has(from) === true && turn.targets.has(to);
      };
      const wait = longestGap(runs, start, tried);
      assert.ok(
        wait < stated.pairsEveryRuns,
        `${from} → ${to} waited ${wait} runs, ${stated.pairsEveryRuns} stated`,
      );
    }
  }
}

describe('the rotation', () => {
  it('lets each node probe, and tries each ordered pair, within the numbers that it states', () => {
    fc.assert(
      fc.property(clusters, ({ count, start, ...sizes }) => checkCoverage(count, sizes, start, undefined)),
      { numRuns: 150 },
    );
  });

  it('keeps what it states when nodes with something to try again take half of the places in every run', () => {
    const pressing = fc.array(fc.integer({ min: 1, max: 23 }), { maxLength: 23 });
    fc.assert(
      fc.property(clusters, pressing, fc.boolean(), ({ count, start, ...sizes }, nodes, always) => {
        const names = nodes.map((node) => `n${node}`);
        checkCoverage(count, sizes, start, (run) => (always || run % 3 !== 0 ? names : []));
      }),
      { numRuns: 150 },
    );
  });

  it('gives every run exactly its places, and takes no more than half of them for nodes whose turn it is not', () => {
    const some = fc.array(fc.integer({ min: 1, max: 23 }), { maxLength: 23 });
    fc.assert(
      fc.property(clusters, some, ({ count, start, ...sizes }, nodes) => {
        const order = rotationOrder(nodeNames(count));
        const pressing = nodes.map((node) => `n${node}`);
        const turn = turnOf(order, order, sizes, start, pressing);
        const places = Math.min(count, sizes.perRun);
        assert.equal(new Set(turn.probers).size, places);
        assert.equal(new Set(turn.targets).size, Math.min(count, sizes.peersPerNode));
        const regular = new Set(turnOf(order, order, sizes, start).probers);
        const extra = turn.probers.filter((name) => !regular.has(name));
        assert.ok(extra.length <= places / 2);
        assert.ok(extra.every((name) => pressing.includes(name)));
      }),
    );
  });

  it('lets the most pressing nodes probe whoever’s turn it is, none of them in the place of another', () => {
    const some = fc.uniqueArray(fc.integer({ min: 1, max: 23 }), { maxLength: 23 });
    fc.assert(
      fc.property(clusters, some, ({ count, start, ...sizes }, nodes) => {
        const order = rotationOrder(nodeNames(count));
        const pressing = nodes.filter((node) => node <= count).map((node) => `n${node}`);
        const { probers } = turnOf(order, order, sizes, start, pressing);
        const most = pressing.slice(0, Math.floor(Math.min(count, sizes.perRun) / 2));
        assert.deepEqual(
          most.filter((name) => !probers.includes(name)),
          [],
        );
      }),
    );
  });

  it('is the same for the same number', () => {
    const order = rotationOrder(nodeNames(100));
    const sizes = { perRun: 7, peersPerNode: 5 };
    assert.deepEqual(turnOf(order, order, sizes, 41), turnOf(order.slice(), order, sizes, 41));
    assert.notDeepEqual(turnOf(order, order, sizes, 41), turnOf(order, order, sizes, 42));
  });

  it('moves no node past another when nodes join or leave', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 })), fc.nat(), (names, seed) => {
        const gone = names[seed % Math.max(1, names.length)];
        const rest = names.filter((name) => name !== gone).reverse();
        assert.deepEqual(
          rotationOrder(rest),
          rotationOrder(names).filter((name) => name !== gone),
        );
      }),
    );
  });

  it('states one run for all of a cluster that fits into one, whatever is tried again', () => {
    assert.deepEqual(coverageOf(3, 3, { perRun: 50, peersPerNode: 50 }, true), {
      nodesEveryRuns: 1,
      pairsEveryRuns: 1,
    });
    assert.deepEqual(coverageOf(120, 120, { perRun: 50, peersPerNode: 50 }, false), {
      nodesEveryRuns: 3,
      pairsEveryRuns: 9,
    });
    assert.deepEqual(coverageOf(0, 0, { perRun: 50, peersPerNode: 50 }, false), {
      nodesEveryRuns: 1,
      pairsEveryRuns: 1,
    });
  });
});
