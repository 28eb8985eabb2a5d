import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type JsonObject, objectOf, objectsOf, parseJson } from './json.ts';
import { fixture, Resources } from './resources.ts';
import { startApiServer } from './server.ts';
import { table } from './table.ts';
import {
  configMap,
  configMaps,
  job,
  jobs,
  member,
  pod,
  pods,
  startTestServer,
  type TestServer,
} from './test-server.ts';

const asTable = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };

describe('the wire', () => {
  let test: TestServer;
  before(async () => {
    test = await startTestServer();
    await test.admin.create(
      pods,
      pod('p', {
        spec: {
          containers: [
            { name: 'a', image: 'i', ports: [{ name: 'web', containerPort: 8080 }] },
            { name: 'b', image: 'i' },
          ],
        },
      }),
    );
    await test.admin.bind('default', 'p', 'n1');
  });
  after(() => test.close());

  it('answers health and version to anybody, and the rest to who may', async () => {
    assert.equal((await test.ask('/readyz', { headers: { authorization: '' } })).code, 401);
    assert.equal((await test.ask('/livez')).text, 'ok');
    assert.deepEqual((await test.ask('/version')).json, parseJson(fixture('version.json')));
  });

  it('tells its resources plainly and aggregated, the same ones', async () => {
    const plain = (await test.ask('/api/v1')).json;
    const names = objectsOf(plain.resources).map((item) => item.name);
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
    const answer = await test.ask('/api', { headers: { accept } });
    assert.equal(
      answer.headers['content-type'],
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
    );
    const resources = objectsOf(member(answer.json, 'items', 0, 'versions', 0, 'resources'));
    const all = resources.flatMap((item) => [
      item.resource,
      ...objectsOf(item.subresources).map((sub) => `${item.resource}/${sub.subresource}`),
    ]);
    assert.deepEqual(all, names);
    assert.ok(names.includes('pods/eviction'));
    const groups = objectsOf((await test.ask('/apis')).json.groups).map((group) => group.name);
    assert.ok(groups.includes('batch') && !groups.includes('autoscaling'));
  });

  it('serves a document of OpenAPI for every group that it serves, under a hash that may be kept', async () => {
    const index = objectOf((await test.ask('/openapi/v3')).json.paths);
    const groups = objectsOf((await test.ask('/apis')).json.groups).map(
      (group) => `apis/${member(group, 'preferredVersion', 'groupVersion')}`,
    );
    assert.deepEqual(Object.keys(index).sort(), ['api/v1', ...groups].sort());
    const answer = await test.ask(String(member(index, 'apis/scheduling.k8s.io/v1', 'serverRelativeURL')));
    assert.match(String(answer.headers['cache-control']), /immutable/);
    const kind = member(
      answer.json,
      'components',
      'schemas',
      'io.k8s.api.scheduling.v1.PriorityClass',
      'x-kubernetes-group-version-kind',
    );
    assert.deepEqual(kind, [{ group: 'scheduling.k8s.io', version: 'v1', kind: 'PriorityClass' }]);
  });

  it('shows Jobs in a Table as the captured one', () => {
    const captured = objectOf(parseJson(fixture('table-jobs.json')));
    const resource = new Resources().find(jobs);
    assert.ok(resource);
    const stored = ['fails', 'good', 'late', 'noimage', 'nowhere'].map((name) =>
      objectOf(parseJson(fixture(`job-${name}.json`))),
    );
    const shown = table(resource, stored, {}, '');
    assert.deepEqual(shown.columnDefinitions, captured.columnDefinitions);
    const row = (rows: JsonObject[], name: string, times: number[]) => {
      const cells = rows
        .map((item) => (Array.isArray(item.cells) ? item.cells : []))
        .find(([first]) => first === name);
      return cells?.filter((_, index) => !times.includes(index));
    };
    const [made, real] = [objectsOf(shown.rows), objectsOf(captured.rows)];
    assert.deepEqual(row(made, 'good', [4]), row(real, 'good', [4]));
    assert.deepEqual(row(made, 'fails', [3, 4]), row(real, 'fails', [3, 4]));
    assert.deepEqual(row(made, 'noimage', [3, 4]), row(real, 'noimage', [3, 4]));
  });

  it('shows Pods in a Table, and their metadata only when that is wanted', async () => {
    await test.admin.patch(
      pods,
      'default',
      'p',
      {
        status: {
          phase: 'Running',
          podIP: '10.0.0.1',
          containerStatuses: [
            {
              name: 'a',
              image: 'i',
              imageID: '',
              ready: true,
              restartCount: 2,
              state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
            },
            {
              name: 'b',
              image: 'i',
              imageID: '',
              ready: false,
              restartCount: 0,
              state: { waiting: { reason: 'ImagePullBackOff' } },
            },
          ],
        },
      },
      'status',
    );
    const shown = (await test.ask('/api/v1/namespaces/default/pods', { headers: asTable })).json;
    const cells = member(shown, 'rows', 0, 'cells');
    assert.ok(Array.isArray(cells));
    const [age] = cells.splice(4, 1);
    assert.match(String(age), /^\d+s$/);
    assert.deepEqual(cells, ['p', '1/2', 'ImagePullBackOff', '2', '10.0.0.1', 'n1', '<none>', '<none>']);
    assert.equal(member(shown, 'rows', 0, 'object', 'kind'), 'PartialObjectMetadata');
    const partial = await test.ask('/api/v1/namespaces/default/pods/p', {
      headers: { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1' },
    });
    assert.deepEqual(Object.keys(partial.json), ['kind', 'apiVersion', 'metadata']);
  });

  it('fetches logs and what a port answers from the node', async () => {
    const log = '/api/v1/namespaces/default/pods/p/log';
    assert.equal(
      (await test.ask(log)).json.message,
      'a container name must be specified for pod p, choose one of: [a b]',
    );
    assert.equal((await test.ask(`${log}?container=a`)).text, 'default/p/a\nsecond\n');
    assert.equal((await test.ask(`${log}?container=a&tailLines=1`)).text, 'second\n');
    assert.equal((await test.ask(`${log}?container=c`)).json.message, 'container c is not valid for pod p');
    assert.equal(
      (await test.ask('/api/v1/namespaces/default/pods/p:web/proxy/metrics?x=1')).text,
      'p:8080/metrics?x=1',
    );
    assert.equal((await test.ask('/api/v1/namespaces/default/pods/nobody:80/proxy/')).code, 404);
  });

  it('reads the protobuf of kinds that it knows, and refuses others', async () => {
    const bytes = (number: number, content: Buffer | string) =>
      Buffer.concat([Buffer.from([number * 8 + 2, content.length]), Buffer.from(content)]);
    const entry = Buffer.concat([bytes(1, 'key'), bytes(2, 'value')]);
    const meta = Buffer.concat([bytes(1, 'wired'), bytes(2, ''), bytes(3, ''), Buffer.from([7 * 8, 0])]);
    const envelope = (kind: string) =>
      Buffer.concat([
        Buffer.from('k8s\0'),
        bytes(1, Buffer.concat([bytes(1, 'v1'), bytes(2, kind)])),
        bytes(2, Buffer.concat([bytes(1, meta), bytes(2, entry)])),
      ]);
    const headers = { 'content-type': 'application/vnd.kubernetes.protobuf' };
    const made = await test.ask('/api/v1/namespaces/default/configmaps', {
      method: 'POST',
      headers,
      body: envelope('ConfigMap'),
    });
    assert.equal(made.code, 201);
    assert.deepEqual(made.json.data, { key: 'value' });
    const refused = await test.ask('/api/v1/namespaces/default/endpoints', {
      method: 'POST',
      headers,
      body: envelope('Endpoints'),
    });
    assert.equal(refused.code, 415);
    const cut = await test.ask('/api/v1/namespaces/default/configmaps', {
      method: 'POST',
      headers,
      body: envelope('ConfigMap').subarray(0, 40),
    });
    assert.equal(cut.code, 415);
  });

  it('shows the same events under both groups', async () => {
    const involvedObject = { kind: 'Pod', name: 'p', namespace: 'default', uid: 'u' };
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e' },
      involvedObject,
      reason: 'Seen',
      message: 'hello',
      type: 'Normal',
      source: { component: 'test' },
      count: 3,
    };
    await test.ask('/api/v1/namespaces/default/events', { method: 'POST', body: event });
    const other = (await test.ask('/apis/events.k8s.io/v1/namespaces/default/events/e')).json;
    assert.deepEqual(
      [other.apiVersion, other.note, other.deprecatedCount, other.regarding],
      ['events.k8s.io/v1', 'hello', 3, involvedObject],
    );
    const found = (
      await test.ask(
        '/api/v1/events?fieldSelector=involvedObject.name=p,involvedObject.uid=u,reason=Seen,type=Normal',
      )
    ).json;
    assert.equal(objectsOf(found.items).length, 1);
  });

  it('stays small and starts fast enough for every test to have its own', async () => {
    const others = await Promise.all([startTestServer(), startTestServer()]);
    await Promise.all(others.map((other) => other.close()));
  });

  it('writes requests down', async () => {
    test.server.requestLog.clear();
    await test.ask('/apis/batch/v1/namespaces/default/jobs/none');
    await test.admin.create(configMaps, configMap('logged'));
    const seen = test.server.requestLog.entries.map(({ user, verb, group, resource, name, code }) => [
      user,
      verb,
      group,
      resource,
      name,
      code,
    ]);
    assert.deepEqual(seen, [
      ['system:serviceaccount:kube-system:root', 'get', 'batch', 'jobs', 'none', 404],
      ['kubernetes-admin', 'create', '', 'configmaps', '', 201],
    ]);
  });
});

describe('faults', () => {
  let test: TestServer;
  before(async () => {
    test = await startTestServer();
  });
  after(() => test.close());
  const path = '/api/v1/namespaces/default/configmaps';

  it('fail the requests that match, as often as they are told', async () => {
    test.server.faults.failNext({
      match: (call) => call.verb === 'list',
      code: 429,
      retryAfter: 2,
      times: 2,
    });
    assert.equal((await test.ask(`${path}/kube-root-ca.crt`)).code, 200);
    const failed = await test.ask(path);
    assert.deepEqual(
      [failed.code, failed.headers['retry-after'], failed.json.reason],
      [429, '2', 'TooManyRequests'],
    );
    assert.equal((await test.ask(path)).code, 429);
    assert.equal((await test.ask(path)).code, 200);
    test.server.faults.failNext({ code: 500, times: 9 });
    test.server.faults.mend();
    assert.equal((await test.ask(path)).code, 200);
  });

  it('stop the server for who comes over the wire, and start it with everything in place', async () => {
    await test.admin.create(jobs, job('before'));
    await test.server.faults.stop();
    await assert.rejects(test.ask(path), { code: 'ECONNREFUSED' });
    await test.admin.create(jobs, job('meanwhile'));
    await test.server.faults.start();
    const list = (await test.ask('/apis/batch/v1/namespaces/default/jobs')).json;
    assert.deepEqual(
      objectsOf(list.items).map((item) => member(item, 'metadata', 'name')),
      ['before', 'meanwhile'],
    );
  });
});

it('listens on a socket that somebody else has bound', async () => {
  const bound = createServer();
  await new Promise<void>((resolve) => bound.listen(0, '127.0.0.1', resolve));
  const address = bound.address();
  assert.ok(typeof address === 'object' && address);
  const dataDir = mkdtempSync(join(tmpdir(), 'netaudit-api-'));
  const nothing = {
    logs: { read: async () => Buffer.alloc(0) },
    proxy: { get: async () => ({ status: 200, contentType: '', body: Buffer.alloc(0) }) },
  };
  const server = await startApiServer({ dataDir, listen: [bound], ...nothing });
  assert.equal(server.url, `https://127.0.0.1:${address.port}`);
  await server.close();
  assert.equal(bound.listening, false);
  rmSync(dataDir, { recursive: true });
});
