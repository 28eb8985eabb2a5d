import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { type Asking, ask } from '../../../src/probe/service-rules/loopback.ts';

/** asked asks a server that answers each connection with some bytes, or, with none, not at all. */
async function asked(answer: string | undefined, more: Partial<Asking> = {}): Promise<unknown> {
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => answer !== undefined && socket.end(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  try {
    return await ask({
      host: '127.0.0.1',
      port: address.port,
      path: '/proxyMode',
      timeoutMilliseconds: 10_000,
      mostBytes: 1000,
      signal: new AbortController().signal,
      ...more,
    });
  } finally {
    for (const socket of open) socket.destroy();
    server.close();
  }
}

const http = (body: string, status = '200 OK') =>
  `HTTP/1.1 ${status}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

test('an answer is given with its status, whatever that is', async () => {
  assert.deepEqual(await asked(http('iptables')), { ok: true, status: 200, body: 'iptables' });
  assert.deepEqual(await asked(http('no', '503 Service Unavailable')), { ok: true, status: 503, body: 'no' });
});

test('why there is no answer is said in few words, and with nothing of what came instead', async () => {
  const failed = (problem: string) => ({ ok: false, problem });
  assert.deepEqual(await asked(undefined, { timeoutMilliseconds: 200 }), failed('timed out'));
  assert.deepEqual(await asked('secret\r\n\r\n'), failed('answered something else than HTTP'));
  assert.deepEqual(await asked(http('s'.repeat(2000))), failed('answered too much'));
  assert.deepEqual(await asked('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nsecr'), failed('reset'));
  assert.deepEqual(await asked('x', { port: 1 }), failed('refused'));
});
