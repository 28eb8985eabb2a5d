import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { meansOf } from '../../../src/probe/service-rules/means.ts';

const means = meansOf(new AbortController().signal);

/** answering runs something while a server answers on an address of the loopback, and gives it the port. */
async function answering<T>(host: string, use: (port: number) => Promise<T>): Promise<T> {
  const server = createServer(({ url }, response) => response.end(`${host} ${url}`));
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  try {
    return await use(address.port);
  } finally {
    server.close();
  }
}

test('kube-proxy is found on either loopback', async () => {
  for (const host of ['127.0.0.1', '::1']) {
    const said = await answering(host, (port) => means.ask(port, '/proxyMode'));
    assert.deepEqual(said, { ok: true, status: 200, body: `${host} /proxyMode` });
  }
});

test('where nobody listens it says so', async () => {
  const port = await answering('127.0.0.1', (port) => Promise.resolve(port));
  assert.deepEqual(await means.ask(port, '/proxyMode'), { ok: false, problem: 'refused' });
});

test('a file that is not there is none, and one that cannot be read is a failure', async () => {
  assert.equal(await means.read('/proc/net/netaudit-no-such-file'), undefined);
  assert.match((await means.read('/proc/self/stat')) ?? '', /^\d+ /);
  await assert.rejects(means.read('/proc/self'), { code: 'EISDIR' });
});

test('tools are run as argument lists', async () => {
  assert.deepEqual(await means.run('printf', ['%s', '$(id)']), { ok: true, text: '$(id)' });
});
