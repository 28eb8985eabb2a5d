import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Deviation, Result } from '../../src/checks/pod-to-pod/evidence.ts';
import { encodeWireAnswer } from '../../src/checks/pod-to-pod/wire.ts';
import { type Behaviour, honestly, probed, standIn, taskFor } from './stand-in.ts';

/** over asks a responder that behaves so over one protocol, and gives the result of the question. */
async function over(protocol: 'TCP' | 'UDP', behaviour: Behaviour): Promise<Result> {
  await using responder = protocol === 'UDP' ? await standIn(behaviour) : await standIn(honestly, behaviour);
  const { results } = await probed(taskFor(responder, [protocol]));
  assert.equal(results.length, 1);
  return results[0] ?? 0;
}

/** deviation asserts that a result is one. */
function deviation(result: Result): Deviation {
  assert.ok(typeof result === 'object', String(result));
  return result;
}

describe('The probe of PodToPod', () => {
  for (const protocol of ['TCP', 'UDP'] as const) {
    it(`finds nothing in an honest responder over ${protocol}`, async () => {
      const result = await over(protocol, honestly);
      assert.ok(typeof result === 'number' && result > 0, JSON.stringify(result));
    });

    it(`takes no answer to another question for one over ${protocol}`, async () => {
      const liar: Behaviour = (_, reply, question, view) =>
        reply(encodeWireAnswer({ ...view, nonce: '0000000000000000' }, question.length) ?? Buffer.alloc(0));
      const error = protocol === 'TCP' ? 'EPROTO' : 'timeout';
      assert.deepEqual(await over(protocol, liar), { t: 0, n: 0, u: [3, error] });
    });

    it(`takes no answer that says nonsense for one over ${protocol}`, async () => {
      const liar: Behaviour = (honest, reply) =>
        reply(Buffer.from(honest.toString().replace('"peer"', '"beer"')));
      const error = protocol === 'TCP' ? 'EPROTO' : 'timeout';
      assert.deepEqual(await over(protocol, liar), { t: 0, n: 0, u: [3, error] });
    });

    it(`reports what a liar says it saw over ${protocol}, once it has said it twice`, async () => {
      const liar: Behaviour = (_, reply, question, view) =>
        reply(encodeWireAnswer({ ...view, peer: '10.0.0.1' }, question.length) ?? Buffer.alloc(0));
      const { n, v = [] } = deviation(await over(protocol, liar));
      assert.equal(n, 2);
      assert.deepEqual(
        v.map(([times, , , , peer]) => [times, peer]),
        [[2, '10.0.0.1']],
      );
    });

    it(`asks again when one flow looked wrong over ${protocol}, and says how many did`, async () => {
      let first = true;
      const once: Behaviour = (honest, reply, question, view) => {
        reply(first ? (encodeWireAnswer({ ...view, uid: 'uid-3' }, question.length) ?? honest) : honest);
        first = false;
      };
      const { n, v = [] } = deviation(await over(protocol, once));
      assert.ok(n > 2);
      assert.deepEqual(
        v.map(([times, , , , , , , uid]) => [times, uid]),
        [[1, 'uid-3']],
      );
    });

    it(`ignores what comes too late over ${protocol}`, async () => {
      const timers: NodeJS.Timeout[] = [];
      const late: Behaviour = (honest, reply) => timers.push(setTimeout(() => reply(honest), 280));
      assert.deepEqual(await over(protocol, late), { t: 0, n: 0, u: [3, 'timeout'] });
      for (const timer of timers) clearTimeout(timer);
    });
  }

  it('counts an answer that comes twice once', async () => {
    const stutter: Behaviour = (honest, reply) => {
      reply(honest);
      reply(honest);
    };
    assert.equal(typeof (await over('UDP', stutter)), 'number');
  });

  it('finds the right answer in a flood, and ends', async () => {
    const noise = Buffer.alloc(512, 'NAA1');
    const flood: Behaviour = (honest, reply) => {
      for (let datagram = 0; datagram < 50; datagram += 1) reply(noise);
      reply(honest);
    };
    assert.equal(typeof (await over('UDP', flood)), 'number');
  });

  it('ends a stream that is longer than its question', async () => {
    const endless: Behaviour = (honest, reply) => reply(Buffer.concat([honest, Buffer.alloc(100_000)]));
    assert.deepEqual(await over('TCP', endless), { t: 0, n: 0, u: [3, 'EPROTO'] });
  });

  it('waits no longer than its timeout for a stream that never ends', async () => {
    const half: Behaviour = (honest, reply) => reply(honest.subarray(0, 100));
    assert.deepEqual(await over('TCP', half), { t: 0, n: 0, u: [3, 'timeout'] });
  });

  it('does not fail a pair for a datagram that is lost now and then', async () => {
    let count = 0;
    const lossy: Behaviour = (honest, reply) => {
      count += 1;
      if (count % 14 !== 1) reply(honest);
    };
    assert.equal(typeof (await over('UDP', lossy)), 'number');
  });

  it('asks a second, longer round before it reports lost datagrams', async () => {
    let count = 0;
    const lossy: Behaviour = (honest, reply, question) => {
      count += 1;
      if (question.length > 512 || count % 2 === 0) reply(honest);
    };
    const { u, l = [] } = deviation(await over('UDP', lossy));
    assert.equal(u, undefined);
    assert.deepEqual(
      l.map(([sent]) => sent),
      [20, 60],
    );
    for (const [sent, lost] of l) assert.ok(Math.abs(lost - sent / 2) <= 1, `${lost} of ${sent}`);
  });

  it('takes a path that loses nearly everything for a lossy one, not for a dead one', async () => {
    let count = 0;
    const lossy: Behaviour = (honest, reply) => {
      count += 1;
      if (count % 7 === 0) reply(honest);
    };
    const { u, l = [] } = deviation(await over('UDP', lossy));
    assert.equal(u, undefined);
    assert.ok(l.every(([sent, lost]) => lost > sent / 2));
  });

  it('tells which size is lost', async () => {
    const upTo =
      (least: number, most: number): Behaviour =>
      (honest, reply) => {
        if (honest.length < least || honest.length > most) reply(honest);
      };
    // The loopback's MTU is beyond jumbo frames, whose size is the largest that is tried.
    const full = deviation(await over('UDP', upTo(9000, 9999)));
    assert.deepEqual([full.f, full.g], [[9188, 6], undefined]);
    const fragments = deviation(await over('UDP', upTo(8000, 8000)));
    assert.deepEqual([fragments.f, fragments.g], [undefined, [8000, 6]]);
    assert.deepEqual(deviation(await over('TCP', upTo(1300, 20_000))).s, [20_000, 3, 'timeout']);
  });

  it('hears that a port is closed', async () => {
    const { port, address, [Symbol.asyncDispose]: close } = await standIn(honestly);
    await close();
    const { results, heard } = await probed(
      taskFor({ port, address, [Symbol.asyncDispose]: close }, ['TCP', 'UDP']),
    );
    const refused = { t: 0, n: 0, u: [3, 'ECONNREFUSED'] };
    assert.deepEqual([results, heard], [[refused, refused], undefined]);
  });
});
