import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from './json.ts';
import { configMaps, member, startTestServer, type TestServer } from './test-server.ts';

const apply = { 'content-type': 'application/apply-patch+yaml' };
const deployments = '/apis/apps/v1/namespaces/default/deployments';

function deployment(spec: JsonObject): JsonObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec };
}

function spec(image: string, more: JsonObject = {}): JsonObject {
  const template = {
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'c', image, ...more }] },
  };
  return { selector: { matchLabels: { app: 'web' } }, template };
}

function owners(object: JsonObject): unknown[] {
  const fields = member(object, 'metadata', 'managedFields');
  return (Array.isArray(fields) ? fields : []).map((entry) => [
    member(Object(entry), 'manager'),
    member(Object(entry), 'operation'),
    member(Object(entry), 'fieldsV1'),
  ]);
}

describe('server-side apply', () => {
  let test: TestServer;
  before(async () => {
    test = await startTestServer();
  });
  after(() => test.close());
  const patch = (manager: string, body: JsonObject, query = '') =>
    test.ask(`${deployments}/web?fieldManager=${manager}${query}`, { method: 'PATCH', headers: apply, body });

  it('creates an object and owns what it was given, not the defaults', async () => {
    const made = await patch('one', deployment({ ...spec('i:1'), replicas: 2 }));
    assert.equal(made.code, 201);
    assert.equal(member(made.json, 'spec', 'revisionHistoryLimit'), 10);
    assert.deepEqual(owners(made.json), [
      [
        'one',
        'Apply',
        {
          'f:spec': {
            'f:replicas': {},
            'f:selector': {},
            'f:template': {
              'f:metadata': { 'f:labels': { 'f:app': {} } },
              'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': {}, 'f:image': {}, 'f:name': {} } } },
            },
          },
        },
      ],
    ]);
  });

  it('changes nothing the second time: neither version nor time', async () => {
    const before = (await test.ask(`${deployments}/web`)).json;
    const again = await patch('one', deployment({ ...spec('i:1'), replicas: 2 }));
    assert.equal(again.code, 200);
    assert.deepEqual(again.json, before);
  });

  it('meets a conflict where another manager owns a field, unless it is forced', async () => {
    const refused = await patch('two', deployment({ ...spec('i:2'), replicas: 2 }));
    assert.equal(refused.code, 409);
    assert.equal(
      refused.json.message,
      'Apply failed with 1 conflict: conflict with "one": .spec.template.spec.containers[name="c"].image',
    );
    assert.deepEqual(member(refused.json, 'details', 'causes'), [
      {
        reason: 'FieldManagerConflict',
        message: 'conflict with "one"',
        field: '.spec.template.spec.containers[name="c"].image',
      },
    ]);
    const forced = await patch('two', deployment({ ...spec('i:2'), replicas: 2 }), '&force=true');
    assert.equal(forced.code, 200);
    assert.equal(member(forced.json, 'spec', 'template', 'spec', 'containers', 0, 'image'), 'i:2');
  });

  it('takes away what its manager no longer names and nobody else owns', async () => {
    await patch(
      'one',
      deployment({
        ...spec('i:2', {
          env: [
            { name: 'A', value: '1' },
            { name: 'B', value: '2' },
          ],
        }),
        replicas: 2,
      }),
    );
    const less = await patch('one', deployment(spec('i:2', { env: [{ name: 'A', value: '1' }] })));
    assert.deepEqual(member(less.json, 'spec', 'template', 'spec', 'containers', 0, 'env'), [
      { name: 'A', value: '1' },
    ]);
    assert.equal(member(less.json, 'spec', 'replicas'), 2, 'two still owns replicas');
    const none = await patch('two', deployment(spec('i:2')));
    assert.equal(member(none.json, 'spec', 'replicas'), 1, 'the default is back');
  });

  it('needs a manager and a body without managedFields', async () => {
    const nobody = await test.ask(`${deployments}/web`, {
      method: 'PATCH',
      headers: apply,
      body: deployment(spec('i')),
    });
    assert.equal(
      nobody.json.message,
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
    const fields = await patch('one', {
      ...deployment(spec('i')),
      metadata: { name: 'web', managedFields: [] },
    });
    assert.equal(fields.json.message, 'metadata.managedFields must be nil');
  });

  it('takes dry runs for what they are', async () => {
    const before = (await test.ask(`${deployments}/web`)).json;
    const dry = await patch('three', deployment({ ...spec('i:9'), replicas: 9 }), '&force=true&dryRun=All');
    assert.equal(member(dry.json, 'spec', 'replicas'), 9);
    assert.deepEqual((await test.ask(`${deployments}/web`)).json, before);
  });
});

describe('owners of plain writes', () => {
  let test: TestServer;
  before(async () => {
    test = await startTestServer();
  });
  after(() => test.close());

  it('are named by fieldManager or by the first part of the user agent, and own what they changed', async () => {
    const path = '/api/v1/namespaces/default/configmaps';
    const metadata = { name: 'x', labels: { a: '1' } };
    await test.ask(path, {
      method: 'POST',
      headers: { 'user-agent': 'tool/1.0 (x)' },
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { k: 'v' } },
    });
    const merge = { 'content-type': 'application/merge-patch+json' };
    const changed = await test.ask(`${path}/x?fieldManager=other`, {
      method: 'PATCH',
      headers: merge,
      body: { data: { k: 'w', l: 'x' } },
    });
    assert.deepEqual(owners(changed.json), [
      ['other', 'Update', { 'f:data': { 'f:k': {}, 'f:l': {} } }],
      ['tool', 'Update', { 'f:data': {}, 'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } } }],
    ]);
    await test.admin.patch(configMaps, 'default', 'x', { metadata: { managedFields: [{}] } });
    assert.deepEqual(owners((await test.ask(`${path}/x`)).json), []);
  });
});
