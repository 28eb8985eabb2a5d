import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import fc from 'fast-check';
import { Queue } from '../../src/control/queue.ts';

describe('the work queue', () => {
  let queue: Queue;
  let told: string[];
  let view: { depth(): number; running(): readonly number[] };

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'] });
    told = [];
    queue = new Queue({
      backoff: { baseMilliseconds: 100, capMilliseconds: 1000 },
      chance: () => 1,
      hooks: (given) => {
        view = given;
        return {
          added: () => told.push('added'),
          retried: () => told.push('retried'),
          started: () => told.push('started'),
          finished: () => told.push('finished'),
        };
      },
    });
  });
  afterEach(() => {
    queue.close();
    mock.timers.reset();
  });

  it('gives keys in the order in which they came', async () => {
    for (const key of ['a', 'b', 'c']) queue.add(key);
    assert.deepEqual([await queue.take(), await queue.take(), await queue.take()], ['a', 'b', 'c']);
  });

  it('holds a key once, however often it is added', async () => {
    for (const key of ['a', 'a', 'b', 'a']) queue.add(key);
    assert.equal(view.depth(), 2);
    assert.deepEqual([await queue.take(), await queue.take()], ['a', 'b']);
    assert.deepEqual(told, ['added', 'added', 'started', 'started']);
  });

  it('gives a key that was added while at work again, but not before that work is done', async () => {
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.add('a');
    assert.equal(view.depth(), 0);
    queue.done('a');
    assert.equal(view.depth(), 1);
    assert.equal(await queue.take(), 'a');
    queue.done('a');
    assert.equal(view.depth(), 0);
    assert.deepEqual(told, ['added', 'started', 'added', 'finished', 'started', 'finished']);
  });

  it('hands a key to a worker that already waits', async () => {
    const waiting = queue.take();
    queue.add('a');
    assert.equal(await waiting, 'a');
    assert.deepEqual(view.running().length, 1);
  });

  it('gives a key after its time, and of two times after the earlier', () => {
    queue.addAfter('a', 500);
    queue.addAfter('a', 200);
    queue.addAfter('a', 900);
    mock.timers.tick(199);
    assert.equal(view.depth(), 0);
    mock.timers.tick(1);
    assert.equal(view.depth(), 1);
  });

  it('gives a key at once whose time was already over', () => {
    const warnings: unknown[] = [];
    const warned = mock.method(process, 'emitWarning', (warning: unknown) => warnings.push(warning));
    for (const milliseconds of [0, -5]) queue.addAfter('a', milliseconds);
    mock.timers.tick(0);
    warned.mock.restore();
    assert.deepEqual([view.depth(), warnings], [1, []]);
  });

  it('drops a planned time when the key comes by itself', async () => {
    queue.addAfter('a', 200);
    queue.add('a');
    await queue.take();
    queue.done('a');
    mock.timers.tick(1000);
    assert.equal(view.depth(), 0);
  });

  it('waits longer after each failure in a row, up to the cap', () => {
    const delays = [1, 2, 3, 4, 5, 6].map(() => queue.addRateLimited('a'));
    assert.deepEqual(delays, [100, 200, 400, 800, 1000, 1000]);
    queue.forget('a');
    assert.equal(queue.addRateLimited('a'), 100);
    assert.equal(told.filter((word) => word === 'retried').length, 7);
  });

  it('lets workers go and takes no more when it is closed', async () => {
    const waiting = queue.take();
    queue.addAfter('late', 10);
    queue.close();
    queue.add('a');
    mock.timers.tick(100);
    assert.deepEqual([await waiting, await queue.take(), view.depth()], [undefined, undefined, 0]);
  });

  it('tells how long the oldest work takes', async () => {
    assert.equal(queue.oldestWorkSeconds(), 0);
    queue.add('a');
    await queue.take();
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(queue.oldestWorkSeconds() > 0);
  });

  it('never has a key at work twice and never loses one, whatever happens in which order', async () => {
    const step = fc.record({
      act: fc.constantFrom('add', 'take', 'done', 'later', 'fail', 'tick'),
      key: fc.constantFrom('a', 'b', 'c'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const each = new Queue({ chance: () => 0 });
        const working = new Set<string>();
        const owed = new Set<string>();
        const take = async () => {
          const key = await each.take();
          assert.ok(key !== undefined && !working.has(key));
          working.add(key);
          owed.delete(key);
        };
        const ready = () => [...owed].some((key) => !working.has(key));
        for (const { act, key } of steps) {
          if (act === 'add') {
            each.add(key);
            owed.add(key);
          }
          if (act === 'later') each.addAfter(key, 50);
          if (act === 'fail') each.addRateLimited(key);
          if (act === 'later' || act === 'fail') {
            mock.timers.tick(100_000);
            owed.add(key);
          }
          if (act === 'take' && ready()) await take();
          if (act === 'done' && working.delete(key)) each.done(key);
        }
        for (const key of [...working]) {
          working.delete(key);
          each.done(key);
        }
        while (owed.size > 0) await take();
        each.close();
      }),
      { numRuns: 200 },
    );
  });
});
