import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, beforeEach, describe, it } from 'node:test';
import { KubeConfig } from '@kubernetes/client-node';
import { ApiError, ConnectionError } from '../../src/cluster/api-error.ts';
import { Client, type Requested } from '../../src/cluster/client.ts';
import { Connection } from '../../src/cluster/connection.ts';
import { jobs, nodes, pods } from '../../src/cluster/resources.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { createKeyPair } from '../support/tls.ts';
import { until } from '../support/until.ts';

describe('the client of the API server', () => {
  let server: ApiServer;
  let client: Client;
  let told: Parameters<Requested>[0][];
  const listNodes = { verb: 'list', resource: nodes } as const;

  before(async () => {
    server = await new ApiServer({ token: 'first' }).listen();
  });
  after(() => server.close());
  beforeEach(() => {
    told = [];
    server.token = 'first';
    server.faults.length = 0;
    server.requests.length = 0;
    client = new Client(new Connection(() => server.kubeConfig()), {
      timeoutMilliseconds: 300,
      requested: (request) => told.push(request),
    });
  });

  it('creates, reads and deletes with the paths that Kubernetes has', async () => {
    const body = { metadata: { name: 'a job', labels: { x: 'y' } } };
    const created = await client.send({ verb: 'create', resource: jobs, namespace: 'netaudit', body });
    const got = await client.send({ verb: 'get', resource: jobs, namespace: 'netaudit', name: 'a job' });
    await client.perform({ verb: 'deletecollection', resource: jobs, namespace: 'netaudit', query: {} });
    assert.deepEqual(got, created);
    assert.deepEqual(
      told.map(({ seconds, ...request }) => ({ ...request, timed: seconds >= 0 })),
      [
        { verb: 'create', resource: 'jobs', code: 201, timed: true },
        { verb: 'get', resource: 'jobs', code: 200, timed: true },
        { verb: 'deletecollection', resource: 'jobs', code: 200, timed: true },
      ],
    );
    assert.equal(server.objects.all('jobs.batch').length, 0);
  });

  it('gives a refusal with its code, reason and message', async () => {
    const call = { verb: 'get', resource: nodes, name: 'none' } as const;
    const error = new ApiError(404, 'NotFound', 'nodes "none" not found');
    await assert.rejects(client.send(call), { ...error, message: error.message });
  });

  for (const [header, wanted] of [
    ['7', 7],
    ['0', 0],
    ['100000', 120],
    ['soon', undefined],
  ] as const) {
    it(`reads "Retry-After: ${header}" as ${wanted}`, async () => {
      server.faults.push({ matches: () => true, times: 1, act: { code: 429, retryAfter: header } });
      await assert.rejects(client.send(listNodes), { code: 429, retryAfterSeconds: wanted });
      assert.equal(server.requests.length, 1);
    });
  }

  it('does not ask again by itself after a 500', async () => {
    server.faults.push({ matches: () => true, act: { code: 500 } });
    await assert.rejects(client.send(listNodes), { name: 'ApiError', code: 500 });
    assert.equal(server.requests.length, 1);
  });

  for (const act of ['reset', 'hang', 'html', 'cut'] as const) {
    it(`tells "${act}" from an answer, and works right after it`, async () => {
      server.faults.push({ matches: () => true, times: 1, act });
      await assert.rejects(client.send(listNodes), ConnectionError);
      assert.deepEqual(at(await client.send(listNodes), 'items'), []);
    });
  }

  it('counts a request without an answer as code 0', async () => {
    server.faults.push({ matches: () => true, times: 1, act: 'hang' });
    await assert.rejects(client.send(listNodes), /No answer in time to list \/api\/v1\/nodes/);
    assert.deepEqual(
      told.map(({ code }) => code),
      [0],
    );
  });

  it('tries a fresh connection where the server closed an idle one', async () => {
    await client.send(listNodes);
    await server.leave();
    await server.listen();
    await client.send(listNodes);
    assert.deepEqual(
      told.map(({ code }) => code),
      [200, 200],
    );
  });

  it('says that nobody listens', async () => {
    await server.leave();
    await assert.rejects(client.send(listNodes), /Could not list \/api\/v1\/nodes: connect ECONNREFUSED/);
    await server.listen();
  });

  it('ends at once with the signal', async () => {
    const ending = new AbortController();
    server.faults.push({ matches: () => true, times: 1, act: 'hang' });
    const sent = client.send(listNodes, { signal: ending.signal, timeoutMilliseconds: 60_000 });
    await until('the request is there', () => server.requests.length === 1);
    ending.abort(new Error('ended'));
    await assert.rejects(sent, /^Error: ended$/);
  });

  it('reads new credentials once when the old are refused', async () => {
    await client.send(listNodes);
    server.token = 'second';
    await client.send(listNodes);
    server.token = 'third';
    const stale = new Client(new Connection(() => configWithToken(server, 'old')));
    await assert.rejects(stale.send(listNodes), { code: 401 });
    assert.deepEqual(
      told.map(({ code }) => code),
      [200, 401, 200],
    );
  });

  it('leaves the rest of a text that its reader does not want, and refuses JSON that is too large', async () => {
    server.logs.set('netaudit/p', 'x'.repeat(5000));
    const log = {
      verb: 'get',
      resource: pods,
      namespace: 'netaudit',
      name: 'p',
      subresource: 'log',
    } as const;
    const first = async (body: Readable) => {
      for await (const chunk of body) return String(chunk).slice(0, 100);
      return undefined;
    };
    assert.equal(await client.read(log, first), 'x'.repeat(100));
    await assert.rejects(client.send(listNodes, { maxBytes: 10 }), /over 10 bytes/);
  });
});

describe('the connection to the API server', () => {
  it('presents a client certificate, and the next one when the file changes', async () => {
    const [own, first, second] = [createKeyPair(), createKeyPair('first'), createKeyPair('second')];
    const folder = mkdtempSync(join(tmpdir(), 'netaudit-certs-'));
    const names: unknown[] = [];
    const server = https.createServer(
      { ...own, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        if (
          'getPeerCertificate' in request.socket &&
          typeof request.socket.getPeerCertificate === 'function'
        ) {
          names.push(request.socket.getPeerCertificate().subject.CN);
        }
        response.end('{}');
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const [certFile, keyFile] = [join(folder, 'cert'), join(folder, 'key')];
      const config = new KubeConfig();
      const { port } = server.address() as AddressInfo;
      const caData = Buffer.from(own.cert).toString('base64');
      config.loadFromClusterAndUser(
        { name: 'c', server: `https://127.0.0.1:${port}/prefix/`, caData, skipTLSVerify: false },
        { name: 'u', certFile, keyFile },
      );
      const client = new Client(new Connection(() => config));
      for (const { cert, key } of [first, second]) {
        writeFileSync(certFile, cert);
        writeFileSync(keyFile, key);
        await client.send({ verb: 'list', resource: nodes });
      }
      client.close();
      assert.deepEqual(names, ['first', 'second']);
    } finally {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true });
    }
  });

  it('says what is wrong with a kubeconfig that leads nowhere', async () => {
    const client = new Client(new Connection(() => new KubeConfig()));
    await assert.rejects(client.send({ verb: 'list', resource: nodes }), /names no cluster/);
  });
});

function configWithToken(server: ApiServer, token: string): KubeConfig {
  const config = server.kubeConfig();
  config.users = [{ name: 'test', token }];
  return config;
}

function at(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
}
