import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { emptyClusterView } from '../../src/checks/cluster-view.ts';
import { ApiError, ConnectionError } from '../../src/cluster/api-error.ts';
import { consequenceOf, isStale, StalledError, WaitingError } from '../../src/control/errors.ts';
import { Queue } from '../../src/control/queue.ts';
import { createReconcile } from '../../src/control/reconcile.ts';
import { Terms } from '../../src/control/term.ts';
import { type Reconciled, work } from '../../src/control/worker.ts';
import type { Action } from '../../src/plan/actions.ts';
import type { World } from '../../src/plan/world.ts';
import { createKeptLog } from '../support/kept-log.ts';
import { until } from '../support/until.ts';

const conflict = new ApiError(409, 'Conflict', 'the object has been modified');

describe('consequences of errors', () => {
  for (const [name, error, want] of [
    ['an object that is somebody else’s stalls', new StalledError('no'), { kind: 'Stalled' }],
    ['a wait is a wait', new WaitingError('later', 70), { kind: 'Waiting', milliseconds: 70 }],
    ['Retry-After is a wait', new ApiError(429, '', '', 3), { kind: 'Waiting', milliseconds: 3000 }],
    ['Retry-After: 0 is a second', new ApiError(429, '', '', 0), { kind: 'Waiting', milliseconds: 1000 }],
    ['429 alone backs off', new ApiError(429, '', ''), { kind: 'Transient' }],
    ['500 backs off', new ApiError(500, '', ''), { kind: 'Transient' }],
    ['a conflict backs off', conflict, { kind: 'Transient' }],
    ['no connection backs off', new ConnectionError('reset'), { kind: 'Transient' }],
    ['what nobody threw on purpose backs off', 'a string', { kind: 'Transient' }],
  ] as const) {
    it(name, () => assert.deepEqual(consequenceOf(error), want));
  }

  it('tells a stale object from one that is there already', () => {
    assert.deepEqual([isStale(conflict), isStale(new ApiError(409, 'AlreadyExists', ''))], [true, false]);
  });
});

describe('workers', () => {
  function working(reconcile: (key: string, signal: AbortSignal) => Promise<Reconciled>, concurrency = 2) {
    const { log, lines } = createKeptLog();
    const queue = new Queue({ backoff: { baseMilliseconds: 5, capMilliseconds: 20 } });
    const stop = new AbortController();
    const outcomes: string[] = [];
    const reconciled = (outcome: string) => outcomes.push(outcome);
    const done = work({ queue, reconcile, log, concurrency, reconciled }, stop.signal);
    return { queue, lines, outcomes, stop: () => stop.abort(), done };
  }

  it('reconcile different keys side by side, and one key never twice at a time', async () => {
    const open: string[] = [];
    let most = 0;
    const seen: string[] = [];
    const { queue, stop, done } = working(async (key) => {
      assert.ok(!open.includes(key));
      open.push(key);
      most = Math.max(most, open.length);
      if (seen.length < 20) queue.add(key);
      await new Promise((resolve) => setTimeout(resolve, 2));
      open.splice(open.indexOf(key), 1);
      seen.push(key);
      return { again: false };
    });
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await until('all were seen', () => seen.length >= 20 && open.length === 0);
    stop();
    await done;
    assert.equal(most, 2);
  });

  it('come back at the time that the decision names, or at once when something was learned', async () => {
    const times: number[] = [];
    const { queue, stop, done, outcomes } = working(async () => {
      times.push(performance.now());
      if (times.length === 1) return { again: true };
      return times.length === 2 ? { again: false, afterMilliseconds: 40 } : { again: false };
    });
    queue.add('a');
    await until('three looks', () => times.length === 3);
    stop();
    await done;
    const [first = 0, second = 0, third = 0] = times;
    // What comes back at once comes before a back-off would have let it; a loaded machine is slow all the same.
    assert.ok(second - first < 5000 && third - second >= 39, String(times));
    assert.deepEqual(outcomes, ['requeue', 'success', 'success']);
  });

  it('log a failure once, back off, and begin anew after a success', async () => {
    let looks = 0;
    const { queue, stop, done, lines, outcomes } = working(async () => {
      looks += 1;
      if (looks <= 3) throw new Error('etcd has no leader', { cause: new Error('really') });
      return { again: false };
    });
    queue.add('a');
    await until('it went well', () => outcomes.includes('success'));
    stop();
    await done;
    assert.deepEqual(outcomes, ['error', 'error', 'error', 'success']);
    assert.deepEqual(
      lines.map(({ level, message, fields }) => [level, message, fields?.audit, fields?.error]),
      Array(3).fill(['warn', 'Could not reconcile the audit', 'a', 'etcd has no leader: really']),
    );
  });

  it('do not retry what is stalled until the key is added again', async () => {
    let looks = 0;
    const { queue, stop, done, lines, outcomes } = working(async () => {
      looks += 1;
      throw new StalledError('not ours');
    });
    queue.add('a');
    await until('it stalled', () => outcomes.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(looks, 1);
    queue.add('a');
    await until('it stalled again', () => outcomes.length === 2);
    stop();
    await done;
    assert.equal(lines[0]?.level, 'error');
  });

  it('look again at what is stalled when a look was due in any case', async () => {
    const { queue, stop, done, outcomes } = working(async () => {
      throw new StalledError('not ours', 5);
    });
    queue.add('a');
    await until('it stalled again', () => outcomes.length === 2);
    stop();
    await done;
  });

  it('say nothing loud about a conflict', async () => {
    let looks = 0;
    const { queue, stop, done, lines, outcomes } = working(async () => {
      looks += 1;
      if (looks === 1) throw conflict;
      return { again: false };
    });
    queue.add('a');
    await until('it went well', () => outcomes.includes('success'));
    stop();
    await done;
    assert.deepEqual(
      lines.map(({ level }) => level),
      ['debug'],
    );
  });

  it('end with the signal: nothing new is begun, what is at work is waited for', async () => {
    const ended: string[] = [];
    const { queue, stop, done, lines } = working(async (key, signal) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      ended.push(key);
      throw new Error('aborted');
    }, 1);
    queue.add('a');
    queue.add('b');
    await until('a is at work', () => queue.oldestWorkSeconds() > 0);
    stop();
    await done;
    assert.deepEqual([ended, lines], [['a'], []]);
  });
});

const emptyWorld: World = {
  runs: [],
  nodes: [],
  responders: [],
  jobs: [],
  probePods: [],
  otherRuns: new Map(),
  policies: [],
  cluster: emptyClusterView,
  otherJobs: 0,
  otherProbes: 0,
};

describe('a reconcile', () => {
  const world = emptyWorld;
  const now = new Date('2026-01-01T00:00:00Z');
  const event: Action = {
    type: 'EmitEvent',
    about: { kind: 'NetworkAudit', name: 'a', uid: 'u' },
    eventType: 'Normal',
    reason: 'R',
    message: 'm',
    action: 'Plan',
  };

  it('observes, decides from what was observed and the time, and applies what was decided', async () => {
    const steps: unknown[] = [];
    const reconcile = createReconcile({
      now: () => now,
      observe: async (audit, at) => {
        steps.push(['observe', audit, at]);
        return world;
      },
      decide: (seen, at) => {
        steps.push(['decide', seen, at]);
        return { actions: [event], again: '2026-01-01T00:00:07Z' };
      },
      apply: async (actions) => {
        steps.push(['apply', actions]);
        return false;
      },
    });
    assert.deepEqual(await reconcile('a', new AbortController().signal), {
      again: false,
      afterMilliseconds: 7000,
    });
    assert.deepEqual(steps, [
      ['observe', 'a', now],
      ['decide', world, now],
      ['apply', [event]],
    ]);
  });

  it('looks again at once when something was learned, and never earlier than now', async () => {
    const parts = { now: () => now, observe: async () => world, apply: async () => true };
    const late = createReconcile({
      ...parts,
      decide: () => ({ actions: [], again: '2025-01-01T00:00:00Z' }),
    });
    const open = createReconcile({ ...parts, decide: () => ({ actions: [] }) });
    const { signal } = new AbortController();
    assert.deepEqual(await late('a', signal), { again: true, afterMilliseconds: 0 });
    assert.deepEqual(await open('a', signal), { again: true });
  });
});

describe('a reconcile that stalls', () => {
  const stalling = (again?: string) =>
    createReconcile({
      now: () => new Date('2026-01-01T00:00:00Z'),
      observe: async () => ({ ...emptyWorld }),
      decide: () => ({ actions: [], ...(again === undefined ? {} : { again }) }),
      apply: async () => {
        throw new StalledError('Job j belongs to somebody else');
      },
    })('a', new AbortController().signal);

  it('says when a look is due in any case, since a run has its end', async () => {
    await assert.rejects(
      stalling('2026-01-01T00:00:07Z'),
      new StalledError('Job j belongs to somebody else', 7000),
    );
    await assert.rejects(stalling(), new StalledError('Job j belongs to somebody else'));
  });
});

describe('a term of leadership', () => {
  it('waits for the caches, looks at everything once, and takes changes only while it lasts', async () => {
    const { log } = createKeptLog();
    const seen: string[] = [];
    let fill = () => {};
    const terms = new Terms({
      log,
      queue: {},
      concurrency: 1,
      synced: () => new Promise((resolve) => (fill = resolve)),
      keys: () => ['a', 'b'],
      reconcile: async (key) => {
        seen.push(key);
        return { again: false };
      },
    });
    terms.wake('before', 0);
    for (const round of [1, 2]) {
      const stop = new AbortController();
      const served = terms.serve(stop.signal);
      assert.equal(seen.length, 3 * (round - 1));
      fill();
      await until('all keys were seen', () => seen.length === 3 * round - 1);
      terms.wake('change', 1);
      await until('the change was seen', () => seen.length === 3 * round);
      stop.abort();
      await served;
      terms.wake('between', 0);
    }
    assert.deepEqual(seen, ['a', 'b', 'change', 'a', 'b', 'change']);
    assert.equal(terms.oldestWorkSeconds(), 0);
  });
});
