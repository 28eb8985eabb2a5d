import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { askDatagrams, chosenSource, type Datagrams } from '../../src/probe/flows/udp.ts';
import { type Behaviour, honestly, own, type StandIn, standIn } from './stand-in.ts';

function row(to: StandIn, changes: Partial<Datagrams> = {}): Datagrams {
  const ask = { kind: 'Ask', key: '00112233445566ff', prober: 0 } as const;
  const { signal } = new AbortController();
  return { local: own, to, ask, bytes: 512, count: 20, spacing: 10, timeout: 250, signal, ...changes };
}

describe('Datagrams in a row', () => {
  it('are all answered from one port, each once', async () => {
    await using responder = await standIn(honestly);
    const { answers, error } = await askDatagrams(row(responder));
    assert.equal(error, '');
    assert.equal(answers.length, 20);
    assert.equal(new Set(answers.map(({ view }) => view.nonce)).size, 20);
    const [first] = answers;
    for (const { local, view, from } of answers) {
      assert.deepEqual([local, from], [first?.local, responder.address]);
      assert.deepEqual([view.peer, view.peerPort], [local.address, local.port]);
    }
  });

  it('end when one is answered too late and all others in time', async () => {
    let first: (() => void) | undefined;
    const holding: Behaviour = (honest, reply) => {
      if (first === undefined) first = () => reply(honest);
      else reply(honest);
    };
    await using responder = await standIn(holding);
    const asking = askDatagrams(row(responder, { count: 60, timeout: 200 }));
    setTimeout(() => first?.(), 300);
    const { answers, error } = await asking;
    assert.ok(answers.length < 60, String(answers.length));
    assert.equal(error, 'timeout');
  });

  it('end at once when they are told to', async () => {
    await using responder = await standIn(() => {});
    const stop = new AbortController();
    const asking = askDatagrams(row(responder, { timeout: 60_000, signal: stop.signal }));
    stop.abort();
    assert.deepEqual(await asking, { answers: [], error: 'aborted' });
    assert.deepEqual(await askDatagrams(row(responder, { signal: stop.signal })), {
      answers: [],
      error: 'aborted',
    });
  });

  it('say why there is no socket', async () => {
    await using responder = await standIn(honestly);
    const { error } = await askDatagrams(row(responder, { local: '192.0.2.201' }));
    assert.equal(error, 'EADDRNOTAVAIL');
  });

  it('learn which own address the kernel would choose, and send nothing for it', async () => {
    let heard = 0;
    await using responder = await standIn(() => {
      heard += 1;
    });
    assert.equal(await chosenSource(responder), own);
    assert.equal(heard, 0);
  });
});
