import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isObject } from '../../src/checks/shape.ts';
import { type Behaviour, honestly, own, probed, standIn, taskFor } from './stand-in.ts';

const mute: Behaviour = () => {};

describe('A task of PodToPod', () => {
  it('is carried out in its order, with the addresses that were asked from', async () => {
    await using responder = await standIn(honestly, mute);
    const task = taskFor(responder, ['TCP', 'UDP'], {
      targets: [
        ['uid-2', responder.address],
        ['uid-2', '127.0.88.3'],
      ],
    });
    const { version, local, mtu, results, heard } = await probed(task);
    assert.deepEqual([version, local, mtu > 0, heard], [1, [own], true, 'f']);
    assert.deepEqual(
      results.map((result) => (typeof result === 'number' ? 'fine' : result.u?.[1])),
      ['timeout', 'fine', 'ECONNREFUSED', 'ECONNREFUSED'],
    );
  });

  it('says that the Pod has no address of a family', async () => {
    await using responder = await standIn(honestly);
    const task = taskFor(responder, ['UDP'], { targets: [['uid-2', 'fd00:88::2']], own: -1 });
    const { results, heard } = await probed(task);
    assert.deepEqual(results, [{ t: 0, n: 0, u: [1, 'NoAddress'] }]);
    assert.equal(heard, undefined);
  });

  it('waits for what its responder should hear, and no longer than it may', async () => {
    let collected = 0;
    await using responder = await standIn((honest, reply, question, view) => {
      if (question.kind === 'Collect') collected += 1;
      const late = question.kind === 'Collect' && collected < 3 ? view.heard?.replace('f', '1') : view.heard;
      reply(Buffer.from(honest.toString().replace(`"heard":"f"`, `"heard":"${late}"`)));
    });
    const patient = await probed(taskFor(responder, ['UDP'], { heardWaitMilliseconds: 60_000 }));
    assert.deepEqual([patient.heard, collected], ['f', 3]);
    collected = -1000;
    const start = performance.now();
    const impatient = await probed(taskFor(responder, ['UDP'], { heardWaitMilliseconds: 100 }));
    assert.equal(impatient.heard, '1');
    assert.ok(performance.now() - start < 10_000);
  });

  it('tells of its progress, question by question', async () => {
    await using responder = await standIn(honestly);
    const told: unknown[] = [];
    await probed(taskFor(responder, ['TCP', 'UDP']), new AbortController().signal, (evidence) =>
      told.push(evidence),
    );
    const done = told.map((evidence) =>
      isObject(evidence) && Array.isArray(evidence.results)
        ? evidence.results.filter((result) => result !== 0).length
        : -1,
    );
    assert.deepEqual(done, [1, 2]);
  });

  it('ends when it is told to, with what was asked to the end', async () => {
    await using responder = await standIn(mute, honestly);
    const stop = new AbortController();
    const task = taskFor(responder, ['TCP', 'UDP'], { timeoutMilliseconds: 60_000 });
    const { results } = await probed(task, stop.signal, () => stop.abort());
    assert.equal(typeof results[0], 'number');
    assert.notEqual(results[0], 0);
    assert.equal(results[1], 0);
  });

  it('is refused when it is none', async () => {
    await assert.rejects(probed({ key: 'nonsense' }), /the task is none of PodToPod/);
  });
});
