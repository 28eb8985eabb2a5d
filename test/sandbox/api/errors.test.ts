import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { parseJson } from './json.ts';
import { fixture } from './resources.ts';
import { job, startTestServer, type TestServer } from './test-server.ts';

describe('refusals are those of a real server, word for word', () => {
  let test: TestServer;
  before(async () => {
    test = await startTestServer();
  });
  after(() => test.close());
  const captured = (name: string) => parseJson(fixture(name));
  const jobsPath = '/apis/batch/v1/namespaces/default/jobs';

  it('answers 404 for an object that is not there', async () => {
    assert.deepEqual((await test.ask(`${jobsPath}/missing`)).json, captured('status-404.json'));
    const patch = await test.ask('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/none', {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: {},
    });
    assert.deepEqual(patch.json, captured('status-patch-404.json'));
  });

  it('answers 409 for a name that is taken', async () => {
    await test.ask(jobsPath, { method: 'POST', body: job('good') });
    const again = await test.ask(jobsPath, { method: 'POST', body: job('good') });
    assert.equal(again.code, 409);
    assert.deepEqual(again.json, captured('status-409-exists.json'));
  });

  it('answers 409 for a stale resourceVersion', async () => {
    const body = { ...job('good'), metadata: { name: 'good', namespace: 'default', resourceVersion: '1' } };
    const stale = await test.ask(`${jobsPath}/good`, { method: 'PUT', body });
    assert.deepEqual(stale.json, captured('status-409-conflict.json'));
  });

  it('answers 422 with every cause', async () => {
    const template = { spec: { containers: [{ name: 'c', image: 'i' }] } };
    const bad = await test.ask(jobsPath, { method: 'POST', body: job('Bad_Name', { template }) });
    assert.equal(bad.code, 422);
    assert.deepEqual(bad.json, captured('status-422.json'));
  });

  it('says nothing about paths, methods and types that it does not know, but no', async () => {
    assert.equal((await test.ask('/apis/example.com/v1/things')).code, 404);
    assert.equal((await test.ask('/apis/autoscaling/v2/horizontalpodautoscalers')).code, 404);
    assert.equal((await test.ask('/api/v1/namespaces/default/pods/x/nope')).code, 404);
    assert.equal((await test.ask('/api/v1/namespaces', { method: 'DELETE' })).code, 405);
    const cbor = await test.ask(jobsPath, {
      method: 'POST',
      body: {},
      headers: { 'content-type': 'application/cbor' },
    });
    assert.equal(cbor.code, 415);
    const accept = await test.ask(jobsPath, { headers: { accept: 'application/vnd.kubernetes.protobuf' } });
    assert.equal(accept.code, 406);
  });

  it('answers 400 for a value of another type, and for unknown fields when it is asked to be strict', async () => {
    const wrong = await test.ask(jobsPath, { method: 'POST', body: job('x', { backoffLimit: 'six' }) });
    assert.equal(wrong.code, 400);
    assert.match(
      String(wrong.json.message),
      /^Job in version "v1" cannot be handled as a Job: json: cannot unmarshal string into Go struct field JobSpec.spec.backoffLimit of type int32$/,
    );
    const strict = await test.ask(`${jobsPath}?fieldValidation=Strict`, {
      method: 'POST',
      body: job('x', { backofLimit: 6 }),
    });
    assert.equal(strict.code, 400);
    assert.equal(
      strict.json.message,
      'Job in version "v1" cannot be handled as a Job: strict decoding error: unknown field "spec.backofLimit"',
    );
    const warned = await test.ask(jobsPath, { method: 'POST', body: job('x', { backofLimit: 6 }) });
    assert.equal(warned.code, 201);
    assert.equal(warned.headers.warning, '299 - "unknown field \\"spec.backofLimit\\""');
    const ignored = await test.ask(`${jobsPath}?fieldValidation=Ignore`, {
      method: 'POST',
      body: job('y', { backofLimit: 6 }),
    });
    assert.equal(ignored.headers.warning, undefined);
  });
});
