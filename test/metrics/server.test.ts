import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { after, test } from 'node:test';
import { Gauge, Registry } from 'prom-client';
import { type ServeOptions, type Serving, serve } from '../../src/metrics/server.ts';

const open: Serving[] = [];
after(() => Promise.all(open.map((serving) => serving.close())));

async function start(changes: Partial<ServeOptions> = {}): Promise<{ get: typeof get; serving: Serving }> {
  const serving = await serve({
    host: '127.0.0.1',
    port: 0,
    registry: new Registry(),
    healthy: () => true,
    ready: () => true,
    ...changes,
  });
  open.push(serving);
  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(`http://127.0.0.1:${serving.port}${path}`, init);
    return { code: response.status, type: response.headers.get('content-type'), body: await response.text() };
  };
  return { get, serving };
}

test('metrics come in the content type that Prometheus asks for', async () => {
  const registry = new Registry();
  new Gauge({ name: 'one', help: 'One.', registers: [registry] }).set(1);
  const { get } = await start({ registry });
  assert.deepEqual(await get('/metrics'), {
    code: 200,
    type: 'text/plain; version=0.0.4; charset=utf-8',
    body: '# HELP one One.\n# TYPE one gauge\none 1\n',
  });
});

test('health and readiness are told apart', async () => {
  const state = { healthy: true, ready: false };
  const { get } = await start({ healthy: () => state.healthy, ready: () => state.ready });
  assert.deepEqual([(await get('/healthz')).code, (await get('/readyz?verbose')).code], [200, 503]);
  Object.assign(state, { healthy: false, ready: true });
  assert.deepEqual([(await get('/healthz')).code, (await get('/readyz')).code], [503, 200]);
});

test('without a host it is there in both families, since an IPv6 cluster asks it over IPv6 alone', async () => {
  const { get, serving } = await start({ host: '' });
  assert.equal((await get('/healthz')).code, 200);
  const loopback = Object.values(networkInterfaces()).flat();
  if (!loopback.some((each) => each?.address === '::1')) return;
  assert.equal((await fetch(`http://[::1]:${serving.port}/healthz`)).status, 200);
});

test('nothing else is there, and nothing can be written', async () => {
  const { get } = await start();
  assert.equal((await get('/')).code, 404);
  assert.equal((await get('/metrics/../etc/passwd')).code, 404);
  assert.equal((await get('/metrics', { method: 'POST', body: 'x' })).code, 405);
});

test('a metric that cannot be collected is a 500 that says why, and the next scrape works', async () => {
  const registry = new Registry();
  const broken = { yes: true };
  const collect = () => {
    if (broken.yes) throw new Error('no cache yet');
  };
  new Gauge({ name: 'one', help: 'One.', registers: [registry], collect });
  const { get } = await start({ registry });
  assert.deepEqual(await get('/metrics'), {
    code: 500,
    type: 'text/plain; charset=utf-8',
    body: 'Could not collect metrics: no cache yet\n',
  });
  broken.yes = false;
  assert.equal((await get('/metrics')).code, 200);
});

test('a header larger than a scrape needs is refused', async () => {
  const { get } = await start();
  assert.equal((await get('/healthz', { headers: { 'x-large': 'x'.repeat(9_000) } })).code, 431);
});

test('a port that is taken is an error of serve, not of the process', async () => {
  const { serving } = await start();
  await assert.rejects(start({ port: serving.port }), { code: 'EADDRINUSE' });
});

test('close frees the port though a client holds its connection', async () => {
  const { serving } = await start();
  const socket = connect(serving.port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => {});
  socket.resume();
  await serving.close();
  await closed;
  await assert.rejects(fetch(`http://127.0.0.1:${serving.port}/healthz`));
});
