import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { longestMessage, readAnswer } from '../../src/checks/answer.ts';
import type { ProbeKind } from '../../src/checks/probe.ts';
import { encodeQuestion, questionHash } from '../../src/checks/question.ts';
import { runProbe } from '../../src/probe/run.ts';
import { TerminationMessage } from '../../src/probe/termination.ts';

let folder = '';
let log = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'probe-'));
  log = join(folder, 'termination-log');
});
after(() => rmSync(folder, { recursive: true }));

const now = Date.parse('2026-11-22T08:20:00Z');

function questionFor(node: string, checks: readonly string[] = ['pods']): string {
  const encoded = encodeQuestion({
    version: 1,
    run: { name: 'run', uid: 'run-uid' },
    node,
    place: 'pod',
    deadlineTime: '2026-11-22T08:22:50Z',
    tasks: checks.map((check) => ({ check, type: 'PodToPod', task: { check } })),
  });
  assert.ok(encoded.ok);
  return encoded.text;
}

/** run runs the probe with one kind, and gives what kubelet and the operator would find. */
async function run(
  probe: ProbeKind['probe'],
  changes: { env?: object; stop?: AbortSignal; checks?: string[]; now?: number } = {},
) {
  writeFileSync(log, '');
  const question = questionFor('n1', changes.checks);
  const env = {
    NETAUDIT_QUESTION: question,
    NETAUDIT_TERMINATION_LOG: log,
    NODE_NAME: 'n1',
    POD_IPS: '10.244.1.5,fd00::5',
    ...changes.env,
  };
  let printed = '';
  const code = await runProbe({
    env,
    kinds: [{ type: 'PodToPod', probe }],
    stop: changes.stop ?? new AbortController().signal,
    now: changes.now ?? now,
    print: async (line) => {
      printed += line;
    },
  });
  const message = readFileSync(log, 'utf8');
  return {
    code,
    message,
    get printed() {
      return printed;
    },
    read: readAnswer(message, { run: 'run-uid', question: questionHash(question) }, printed),
  };
}

type Result = { readonly check: string; readonly evidence: unknown };

const answered = (complete: boolean, ...results: readonly Result[]) => ({
  kind: 'Answer',
  answer: { version: 1, run: 'run-uid', question: questionHash(questionFor('n1')), complete, results },
});

const answeredTo = (checks: readonly string[], ...results: readonly Result[]) => ({
  kind: 'Answer',
  answer: { ...answered(true, ...results).answer, question: questionHash(questionFor('n1', checks)) },
});

describe('The process of a probe', () => {
  it('carries its tasks out in order and leaves the answer behind', async () => {
    const { code, read } = await run(async (task, { node, podAddresses }) => ({ task, node, podAddresses }), {
      checks: ['a', 'b'],
    });
    assert.equal(code, 0);
    const seen = { node: 'n1', podAddresses: ['10.244.1.5', 'fd00::5'] };
    assert.deepEqual(read.kind === 'Answer' && read.answer.results, [
      { check: 'a', evidence: { task: { check: 'a' }, ...seen } },
      { check: 'b', evidence: { task: { check: 'b' }, ...seen } },
    ]);
    assert.equal(read.kind === 'Answer' && read.answer.complete, true);
  });

  it('reports that a task failed, and goes on to the next', async () => {
    const { code, read } = await run(
      async ({ check }) => {
        if (check === 'a') throw new Error('no luck');
        return 'fine';
      },
      { checks: ['a', 'b'] },
    );
    assert.equal(code, 0);
    assert.deepEqual(read.kind === 'Answer' && read.answer.results, [
      { check: 'a', evidence: { version: 1, problem: 'no luck' } },
      { check: 'b', evidence: 'fine' },
    ]);
  });

  it('rewrites its answer as it goes', async () => {
    const written = await new Promise<string>((resolve) => {
      void run(async (_, { progress }) => {
        progress('so far');
        while (readFileSync(log, 'utf8') === '') await new Promise((next) => setTimeout(next, 5));
        resolve(readFileSync(log, 'utf8'));
        return 'at last';
      });
    });
    const expected = { run: 'run-uid', question: questionHash(questionFor('n1')) };
    assert.deepEqual(readAnswer(written, expected), answered(false, { check: 'pods', evidence: 'so far' }));
  });

  it('writes what it has when it is told to end, and ends well', async () => {
    const stop = new AbortController();
    const { code, read } = await run(
      async (_, { signal, progress }) => {
        progress('so far');
        stop.abort();
        assert.equal(signal.aborted, true);
        return 'a bit more';
      },
      { stop: stop.signal, checks: ['pods'] },
    );
    assert.equal(code, 0);
    assert.deepEqual(read, answered(false, { check: 'pods', evidence: 'a bit more' }));
  });

  it('leaves a task behind that does not end when it is told to', async () => {
    const stop = new AbortController();
    const { code, read } = await run(
      (_, { progress }) => {
        progress('so far');
        stop.abort();
        return new Promise(() => {});
      },
      { stop: stop.signal },
    );
    assert.equal(code, 0);
    assert.deepEqual(read, answered(false, { check: 'pods', evidence: 'so far' }));
  });

  for (const [name, late, seconds] of [
    ['five seconds before the deadline of its question', 0, 165],
    ['after ten seconds at least, for a clock that is wrong or a Pod that came late', 3_600_000, 10],
    ['after an hour at most', -86_400_000, 3600],
  ] as const) {
    it(`ends ${name}`, async ({ mock }) => {
      mock.timers.enable({ apis: ['setTimeout'] });
      let aborted = false;
      const ending = run(
        (_, { signal }) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', () => {
              aborted = true;
              resolve('in time');
            });
          }),
        { now: now + late },
      );
      mock.timers.tick(seconds * 1000 - 1);
      assert.equal(aborted, false);
      mock.timers.tick(1);
      assert.equal(aborted, true);
      assert.deepEqual((await ending).read, answered(false, { check: 'pods', evidence: 'in time' }));
    });
  }

  it('puts what does not fit on stdout, and says where it is', async () => {
    let state = 1;
    const evidence = Array.from({ length: 3000 }, () => {
      state = (state * 48271) % 2147483647;
      return state;
    });
    const { code, message, printed, read } = await run(async () => evidence);
    assert.equal(code, 0);
    assert.match(message, /"stdout"/);
    assert.ok(message.length <= longestMessage);
    assert.match(printed, /^[A-Za-z0-9+/=]+\n$/);
    assert.deepEqual(read, answered(true, { check: 'pods', evidence }));
  });

  it('prints the lines of its tasks whole and in order, before the answer', async () => {
    const evidence = Array.from({ length: 3000 }, (_, index) => Math.imul(index, 2654435761));
    const { printed, read } = await run(
      async (_, { print, check }) => {
        await print(`mark ${check} 1`);
        await print(`mark ${check} 2`);
        return check === 'b' ? evidence : 'fine';
      },
      { checks: ['a', 'b'] },
    );
    assert.deepEqual(printed.split('\n').slice(0, 4), ['mark a 1', 'mark a 2', 'mark b 1', 'mark b 2']);
    assert.deepEqual(
      read,
      answeredTo(['a', 'b'], { check: 'a', evidence: 'fine' }, { check: 'b', evidence }),
    );
  });

  it('prints nothing more of a task that was left behind', async () => {
    const stop = new AbortController();
    const late = Promise.withResolvers<void>();
    const left = await run(
      async (_, { print }) => {
        await print('in time');
        stop.abort();
        await late.promise;
        await print('too late');
      },
      { stop: stop.signal },
    );
    late.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(left.printed, 'in time\n');
  });

  for (const [name, env, problem] of [
    ['there is no question', { NETAUDIT_QUESTION: undefined }, 'the question is not base64url'],
    [
      'the question is cut',
      { NETAUDIT_QUESTION: questionFor('n1').slice(0, 50) },
      'the question is not JSON',
    ],
    ['it runs on another node', { NODE_NAME: 'n2' }, 'the question is for node n1, and the probe runs on n2'],
    [
      'it is not told its node',
      { NODE_NAME: undefined },
      'the question is for node n1, and the probe runs on no named node',
    ],
  ] as const) {
    it(`refuses to answer, and says why, when ${name}`, async () => {
      const { code, read } = await run(async () => assert.fail('asked'), { env });
      assert.equal(code, 1);
      assert.deepEqual(read, { kind: 'Broken', problem: `the probe could not answer: ${problem}` });
    });
  }

  it('says so when it does not know a kind of check', async () => {
    const question = questionFor('n1');
    const env = { NETAUDIT_QUESTION: question, NETAUDIT_TERMINATION_LOG: log, NODE_NAME: 'n1' };
    const stop = new AbortController().signal;
    await runProbe({ env, kinds: [], stop, now, print: async () => {} });
    const evidence = { version: 1, problem: 'the probe does not know this kind of check' };
    const read = readAnswer(readFileSync(log, 'utf8'), { run: 'run-uid', question: questionHash(question) });
    assert.deepEqual(read, answered(true, { check: 'pods', evidence }));
  });
});

describe('The termination message', () => {
  it('is replaced whole, a longer one by a shorter one, too', () => {
    const message = new TerminationMessage(log);
    for (const text of ['short\n', `${'long'.repeat(900)}\n`, 'short again\n']) {
      message.write(text);
      assert.equal(readFileSync(log, 'utf8'), text);
    }
  });

  it('is made where there is none', () => {
    const path = join(folder, 'new');
    new TerminationMessage(path).write('text\n');
    assert.equal(readFileSync(path, 'utf8'), 'text\n');
  });

  it('is not overwritten by what a task says after the end', async ({ mock }) => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const message = new TerminationMessage(log);
    const answer = { version: 1, run: 'r', question: 'q', complete: true, results: [] } as const;
    await message.finish(answer, async () => {});
    const last = readFileSync(log, 'utf8');
    message.progress({ ...answer, complete: false });
    mock.timers.tick(10_000);
    assert.equal(readFileSync(log, 'utf8'), last);
  });
});
