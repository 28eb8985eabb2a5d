import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { conflict } from '../api/errors.ts';
import { KeyedQueue, RetryLater } from './keyed-queue.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the queue of a controller', () => {
  it('makes one reconciliation of many events of one moment', async () => {
    const keys: string[] = [];
    const queue = new KeyedQueue(async (key) => void keys.push(key), assert.fail);
    for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
    await turn();
    assert.deepEqual(keys, ['a', 'b']);
    await queue.stop();
  });

  it('never reconciles one key twice at a time, and once more when it was added meanwhile', async () => {
    let running = 0;
    let most = 0;
    let times = 0;
    const gate = Promise.withResolvers<void>();
    const queue = new KeyedQueue(async () => {
      running += 1;
      times += 1;
      most = Math.max(most, running);
      await gate.promise;
      running -= 1;
    }, assert.fail);
    queue.add('a');
    await turn();
    queue.add('a');
    queue.add('a');
    gate.resolve();
    await turn();
    assert.deepEqual([most, times], [1, 2]);
    await queue.stop();
  });

  it('tries a key that fails again, after longer and longer pauses, until it succeeds', async (context) => {
    const { timers } = context.mock;
    timers.enable({ apis: ['setTimeout', 'Date'] });
    const failed: string[] = [];
    let outcomes = [5, 10, 20].map(() => new Error('refused'));
    let times = 0;
    const queue = new KeyedQueue(
      async () => {
        times += 1;
        const error = outcomes.shift();
        if (error !== undefined) throw error;
      },
      (key, error) => failed.push(`${key}: ${error}`),
    );
    queue.add('a');
    for (const [i, pause] of [5, 10, 20].entries()) {
      await turn();
      timers.tick(pause - 1);
      await turn();
      assert.equal(times, i + 1);
      timers.tick(1);
    }
    await turn();
    assert.equal(times, 4);
    assert.deepEqual(failed, Array(3).fill('a: Error: refused'));
    // It begins with the shortest pause again.
    outcomes = [new Error('refused')];
    queue.add('a');
    await turn();
    timers.tick(5);
    await turn();
    assert.equal(times, 6);
    await queue.stop();
  });

  it('tries again after a conflict without a word', async (context) => {
    const { timers } = context.mock;
    timers.enable({ apis: ['setTimeout', 'Date'] });
    const outcomes = [conflict({ group: 'batch', plural: 'jobs' }, 'a')];
    let times = 0;
    const queue = new KeyedQueue(async () => {
      times += 1;
      const error = outcomes.shift();
      if (error !== undefined) throw error;
    }, assert.fail);
    queue.add('a');
    await turn();
    timers.tick(5);
    await turn();
    assert.equal(times, 2);
    await queue.stop();
  });

  it('lets a failure name its own pauses', async (context) => {
    const { timers } = context.mock;
    timers.enable({ apis: ['setTimeout', 'Date'] });
    let times = 0;
    const queue = new KeyedQueue(
      async () => {
        times += 1;
        throw new RetryLater({ first: 1000, most: 1500 });
      },
      () => {},
    );
    queue.add('a');
    for (const pause of [1000, 1500, 1500]) {
      await turn();
      const before = times;
      timers.tick(pause - 1);
      await turn();
      assert.equal(times, before);
      timers.tick(1);
    }
    await turn();
    assert.equal(times, 4);
    await queue.stop();
  });

  it('keeps the earliest appointment of a key, and none after it has stopped', async (context) => {
    const { timers } = context.mock;
    timers.enable({ apis: ['setTimeout', 'Date'] });
    const keys: string[] = [];
    const queue = new KeyedQueue(async (key) => void keys.push(key), assert.fail);
    queue.addAfter('a', 500);
    queue.addAfter('a', 100);
    queue.addAfter('a', 900);
    timers.tick(100);
    await turn();
    assert.deepEqual(keys, ['a']);
    queue.addAfter('a', 100);
    await queue.stop();
    queue.add('b');
    queue.addAfter('b', 1);
    timers.tick(1000);
    await turn();
    assert.deepEqual(keys, ['a']);
  });
});
