import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Gate } from '../../src/probe/flows/gate.ts';

/** deferred is a flow that ends when it is told to. */
function deferred() {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { ended, end };
}

/** begin notes that a flow was let through, and ends with it. */
function begin<T>(begun: T[], name: T, ended: Promise<void>): Promise<void> {
  begun.push(name);
  return ended;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('A gate', () => {
  it('lets no more through at once than it has places, and everybody in the end', async () => {
    const gate = new Gate(2);
    const flows = Array.from({ length: 5 }, deferred);
    const begun: number[] = [];
    const all = flows.map(({ ended }, index) => gate.through(() => begin(begun, index, ended)));
    for (const [index, { end }] of flows.entries()) {
      await turn();
      assert.equal(begun.length, Math.min(5, index + 2));
      end();
    }
    await Promise.all(all);
    assert.deepEqual(begun, [0, 1, 2, 3, 4]);
  });

  it('gives the place of a flow that fails to the next', async () => {
    const gate = new Gate(1);
    await assert.rejects(
      gate.through(() => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(await gate.through(async () => 'next'), 'next');
  });

  it('does not wait for the silent', async () => {
    const gate = new Gate(1, 5);
    const silent = deferred();
    const first = gate.through(() => silent.ended);
    assert.equal(await gate.through(async () => 'second'), 'second');
    silent.end();
    await first;
    // The place that was given up is not given back twice.
    const third = deferred();
    const begun: string[] = [];
    const held = gate.through(() => begin(begun, 'third', third.ended));
    const fourth = gate.through(async () => begun.push('fourth'));
    await turn();
    assert.deepEqual(begun, ['third']);
    third.end();
    await Promise.all([held, fourth]);
  });
});
