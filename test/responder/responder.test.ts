import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import {
  encodeWireAnswer,
  encodeWireQuestion,
  largestDatagram,
  largestStream,
  readWireAnswer,
  smallest,
  type WireQuestion,
} from '../../src/checks/pod-to-pod/wire.ts';
import { Responder } from '../../src/responder/responder.ts';

const question: WireQuestion = {
  length: smallest,
  nonce: '0123456789abcdef',
  kind: 'Ask',
  key: 'fedcba9876543210',
  prober: 3,
};
const at = '127.0.77.2';

/** freePort finds a port that nothing listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, at);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('A responder', () => {
  const logged: string[] = [];
  let port = 0;
  let responder: Responder;

  before(async () => {
    port = await freePort();
    responder = new Responder(
      { port, addresses: [at], uid: 'uid-1', pod: 'responder-x', node: 'n2' },
      (message) => logged.push(message),
    );
    await responder.start();
  });
  after(() => responder.stop());

  /** overUDP sends datagrams from one socket, and a good question last: answers come in order. */
  async function overUDP(...datagrams: readonly Buffer[]) {
    const socket = createSocket('udp4').bind(0, '127.0.77.9');
    await once(socket, 'listening');
    const answers: Buffer[] = [];
    const last = encodeWireQuestion({ ...question, nonce: 'ffffffffffffffff' });
    const done = new Promise<void>((resolve) => {
      socket.on('message', (bytes) => {
        if (readWireAnswer(bytes)?.nonce === 'ffffffffffffffff') resolve();
        else answers.push(bytes);
      });
    });
    const mine = socket.address().port;
    for (const bytes of [...datagrams, last]) socket.send(bytes, port, at);
    await done;
    socket.close();
    return { answers, mine };
  }

  /** overTCP writes and gives all that came back until the other end closed. */
  async function overTCP(...parts: readonly (Buffer | string)[]): Promise<{ bytes: Buffer; mine: number }> {
    const socket = connect({ host: at, port, localAddress: '127.0.77.9' });
    const got: Buffer[] = [];
    socket.on('data', (data) => got.push(data));
    socket.on('error', () => {});
    await once(socket, 'connect');
    const mine = socket.localPort ?? 0;
    for (const part of parts) socket.write(part);
    await once(socket, 'close');
    return { bytes: Buffer.concat(got), mine };
  }

  const view = (mine: number, nonce = question.nonce) => ({
    nonce,
    peer: '127.0.77.9',
    peerPort: mine,
    local: at,
    uid: 'uid-1',
    pod: 'responder-x',
    node: 'n2',
  });

  it('is ready when both protocols are bound at every address', () => {
    assert.equal(responder.ready(), true);
    assert.ok(logged.includes('Answering'));
  });

  it('says over UDP what it saw, in as many bytes as it was asked with', async () => {
    for (const length of [smallest, 1472, 8000]) {
      const { answers, mine } = await overUDP(encodeWireQuestion({ ...question, length }));
      assert.deepEqual(
        answers.map((bytes) => [bytes.length, readWireAnswer(bytes)]),
        [[length, view(mine)]],
      );
    }
  });

  it('says over TCP what it saw, however the question was cut into segments', async () => {
    for (const length of [smallest, 20_000, largestStream]) {
      const bytes = encodeWireQuestion({ ...question, length });
      const answer = await overTCP(bytes.subarray(0, 10), bytes.subarray(10, 60), bytes.subarray(60));
      assert.equal(answer.bytes.length, length);
      assert.deepEqual(readWireAnswer(answer.bytes), view(answer.mine));
    }
  });

  it('answers no datagram that is not a whole question, least of all an answer', async () => {
    const good = encodeWireQuestion(question);
    const answer = encodeWireAnswer(view(1), smallest) ?? Buffer.alloc(0);
    const { answers } = await overUDP(
      Buffer.alloc(0),
      Buffer.from('hello'),
      good.subarray(0, 300),
      Buffer.concat([good, Buffer.from('x')]),
      encodeWireQuestion({ ...question, length: largestDatagram + 1 }),
      encodeWireQuestion({ ...question, length: 60 }),
      answer,
    );
    assert.deepEqual(answers, []);
  });

  it('closes a connection that asks nothing it knows, or more than it says', async () => {
    const good = encodeWireQuestion(question);
    for (const wrong of [
      'x'.repeat(100),
      Buffer.concat([good, Buffer.from('x')]),
      encodeWireQuestion({ ...question, length: largestStream + 1 }).subarray(0, 100),
      encodeWireAnswer(view(1), smallest) ?? '',
    ]) {
      assert.equal((await overTCP(wrong)).bytes.length, 0);
    }
  });

  it('tells kubelet that it is ready, on the same port', async () => {
    const { bytes } = await overTCP('GET /readyz HTTP/1.1\r\n', 'Host: x\r\n\r\n');
    assert.match(bytes.toString(), /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nok$/s);
  });

  it('tells who was heard, of one run, over which protocol', async () => {
    const key = '00000000000000aa';
    await overTCP(encodeWireQuestion({ ...question, key, prober: 1 }));
    await overUDP(encodeWireQuestion({ ...question, key, prober: 4 }));
    const { answers } = await overUDP(encodeWireQuestion({ ...question, key, kind: 'Collect', prober: 9 }));
    assert.deepEqual(
      answers.map((bytes) => readWireAnswer(bytes)?.heard),
      ['01002'],
    );
    const other = await overUDP(
      encodeWireQuestion({ ...question, key: '00000000000000ab', kind: 'Collect' }),
    );
    assert.deepEqual(
      other.answers.map((bytes) => readWireAnswer(bytes)?.heard),
      [''],
    );
  });
});

describe('A responder whose address comes late', () => {
  it('is not ready before, says so once, and binds it when it is there', async () => {
    const port = await freePort();
    const blocker = createServer().listen(port, at);
    await once(blocker, 'listening');
    const logged: string[] = [];
    const settings = { port, addresses: [at], uid: 'uid-1', pod: 'responder-x', node: 'n2' };
    const answering: (() => void)[] = [];
    const responder = new Responder(settings, (message, { protocol, address }) => {
      if (address !== at) return;
      logged.push(`${message} ${protocol}`);
      if (logged.at(-1) === 'Answering TCP') for (const each of answering) each();
    });
    await responder.start();
    assert.equal(responder.ready(), false);
    const bound = new Promise<void>((resolve) => answering.push(resolve));
    blocker.close();
    await bound;
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(responder.ready(), true);
    assert.deepEqual(logged, ['Answering UDP', 'Failed to bind TCP', 'Answering TCP']);
    await responder.stop();
  });
});
