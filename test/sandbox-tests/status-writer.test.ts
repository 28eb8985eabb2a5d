import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiError } from '../sandbox/api/errors.ts';
import type { Client, JsonValue } from '../sandbox/client.ts';
import type { Pod } from '../sandbox/kinds.ts';
import { StatusWriter, type StatusWriterContext } from '../sandbox/node/status-writer.ts';

const POD: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', namespace: 'default', uid: 'u' },
  spec: { containers: [] },
};

/** A writer whose status is the value of `message`, and what it wrote. */
function writer(fail: (attempt: number) => Error | undefined = () => undefined) {
  const written: unknown[] = [];
  const state = { message: 'first', attempts: 0 };
  const patch = async (_resource: object, _namespace: string, _name: string, body: JsonValue) => {
    const error = fail(state.attempts++);
    if (error !== undefined) throw error;
    written.push(Object(Object(body).status).message);
    return {};
  };
  const client: Pick<Client, 'patch'> = { patch: patch as Client['patch'] };
  const over = new AbortController();
  const context: StatusWriterContext = { client, online: async () => {}, log: () => {} };
  const compute = () => ({ message: state.message });
  return { writer: new StatusWriter(context, () => POD, compute, over.signal), written, state, over };
}

describe('a writer of Pod status', () => {
  it('writes what changed while it was writing, whatever the moment', async () => {
    // A change in each of the turns in which a write comes to its end.
    for (let turns = 0; turns < 20; turns += 1) {
      const { writer: status, written, state } = writer();
      status.changed();
      for (let i = 0; i < turns; i += 1) await Promise.resolve();
      state.message = 'second';
      status.changed();
      await status.settled();
      assert.equal(written.at(-1), 'second', `a change after ${turns} turns was lost`);
    }
  });

  it('writes nothing twice', async () => {
    const { writer: status, written } = writer();
    status.changed();
    await status.settled();
    status.changed();
    await status.settled();
    assert.deepEqual(written, ['first']);
  });

  it('tries again when the API server fails, and not when the Pod is gone', async () => {
    const failing = writer((attempt) => (attempt < 2 ? new ApiError(500, 'InternalError', 'no') : undefined));
    failing.writer.changed();
    await failing.writer.settled();
    assert.deepEqual([failing.written, failing.state.attempts], [['first'], 3]);
    const gone = writer(() => new ApiError(404, 'NotFound', 'gone'));
    gone.writer.changed();
    await gone.writer.settled();
    assert.deepEqual([gone.written, gone.state.attempts], [[], 1]);
  });
});
