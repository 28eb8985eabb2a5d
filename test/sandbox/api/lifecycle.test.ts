import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  configMap,
  configMaps,
  isThere,
  job,
  jobs,
  manifest,
  member,
  namespaces,
  pod,
  pods,
  refusal,
  serviceAccounts,
  settled,
  startTestServer,
  type TestServer,
} from './test-server.ts';

function owner(object: object, kind: string, apiVersion: string, block = true) {
  const name = String(member(object, 'metadata', 'name'));
  const uid = String(member(object, 'metadata', 'uid'));
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: block };
}

describe('objects live and die as on a real cluster', () => {
  let test: TestServer;
  before(async () => {
    test = await startTestServer();
  });
  after(() => test.close());
  const gone = async (resource: typeof pods, name: string) =>
    settled(async () => !(await isThere(test.admin, resource, 'default', name)));

  it('a name is made out of generateName, and a uid and a time are given', async () => {
    const made = await test.admin.create(
      configMaps,
      configMap('', { metadata: { generateName: 'cm-', namespace: 'default' } }),
    );
    assert.match(made.metadata.name ?? '', /^cm-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    assert.match(made.metadata.uid ?? '', /^[0-9a-f-]{36}$/);
    assert.match(made.metadata.creationTimestamp ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it('generation counts changes of the spec, and of nothing else', async () => {
    const made = await test.admin.create(jobs, job('counted'));
    assert.equal(made.metadata.generation, 1);
    const labelled = await test.admin.patch(jobs, 'default', 'counted', { metadata: { labels: { a: 'b' } } });
    assert.equal(labelled.metadata.generation, 1);
    const running = await test.admin.patch(jobs, 'default', 'counted', { status: { active: 1 } }, 'status');
    assert.equal(running.metadata.generation, 1);
    const changed = await test.admin.patch(jobs, 'default', 'counted', { spec: { suspend: true } });
    assert.equal(changed.metadata.generation, 2);
    assert.equal(member(changed, 'status', 'active'), 1);
  });

  it('a status is written through its subresource only, and a spec never through it', async () => {
    await test.admin.create(jobs, job('split'));
    const main = await test.admin.patch(jobs, 'default', 'split', { status: { active: 7 } });
    assert.equal(member(main, 'status', 'active'), undefined);
    const status = await test.admin.patch(
      jobs,
      'default',
      'split',
      { spec: { suspend: true }, status: { active: 7 } },
      'status',
    );
    assert.equal(member(status, 'status', 'active'), 7);
    assert.equal(member(status, 'spec', 'suspend'), false);
  });

  it('a write that changes nothing leaves the resourceVersion alone', async () => {
    const made = await test.admin.create(configMaps, configMap('still', { data: { a: 'b' } }));
    const same = await test.admin.patch(configMaps, 'default', 'still', { data: { a: 'b' } });
    assert.equal(same.metadata.resourceVersion, made.metadata.resourceVersion);
  });

  it('a finalizer holds an object back until it is taken off', async () => {
    const metadata = { name: 'held', namespace: 'default', finalizers: ['example.com/hold'] };
    await test.admin.create(configMaps, configMap('held', { metadata }));
    await test.admin.delete(configMaps, 'default', 'held');
    const held = await test.admin.get(configMaps, 'default', 'held');
    assert.ok(held.metadata.deletionTimestamp);
    const more = refusal(
      test.admin.patch(configMaps, 'default', 'held', {
        metadata: { finalizers: ['example.com/hold', 'example.com/more'] },
      }),
    );
    assert.match(
      (await more).message,
      /no new finalizers can be added if the object is being deleted, found new finalizers \[\]string\{"example.com\/more"\}/,
    );
    await test.admin.patch(configMaps, 'default', 'held', { metadata: { finalizers: null } });
    assert.equal(await isThere(test.admin, configMaps, 'default', 'held'), false);
  });

  it('a Pod on no node goes at once; one on a node waits for its kubelet', async () => {
    await test.admin.create(pods, pod('unbound'));
    await test.admin.delete(pods, 'default', 'unbound');
    assert.equal(await isThere(test.admin, pods, 'default', 'unbound'), false);
    await test.admin.create(pods, pod('bound'));
    await test.admin.bind('default', 'bound', 'n1');
    await test.admin.delete(pods, 'default', 'bound', { gracePeriodSeconds: 5 });
    const leaving = await test.admin.get(pods, 'default', 'bound');
    assert.equal(leaving.metadata.deletionGracePeriodSeconds, 5);
    assert.equal(leaving.metadata.generation, 2);
    const late = Date.parse(leaving.metadata.deletionTimestamp ?? '') - Date.now();
    assert.ok(late > 0 && late <= 5000, `${late}`);
    await test.admin.patch(pods, 'default', 'bound', { status: { phase: 'Succeeded' } }, 'status');
    assert.ok(await isThere(test.admin, pods, 'default', 'bound'));
    await test.admin.delete(pods, 'default', 'bound', { gracePeriodSeconds: 0 });
    assert.equal(await isThere(test.admin, pods, 'default', 'bound'), false);
  });

  it('a Pod is bound once', async () => {
    await test.admin.create(pods, pod('once'));
    await test.admin.bind('default', 'once', 'n1');
    const bound = await test.admin.get(pods, 'default', 'once');
    assert.equal(member(bound, 'spec', 'nodeName'), 'n1');
    assert.equal(member(bound, 'status', 'conditions', 0, 'type'), 'PodScheduled');
    const again = await refusal(test.admin.bind('default', 'once', 'n2'));
    assert.equal(again.code, 409);
    assert.match(again.message, /pod once is already assigned to node "n1"/);
  });

  it('preconditions hold a deletion to the object that was meant', async () => {
    await test.admin.create(configMaps, configMap('meant'));
    const wrong = await refusal(
      test.admin.delete(configMaps, 'default', 'meant', { preconditions: { uid: 'other' } }),
    );
    assert.equal(wrong.code, 409);
    assert.match(wrong.message, /Precondition failed: UID in precondition: other, UID in object meta: /);
  });

  it('a plain DELETE of a Job orphans its Pods; Background takes them along', async () => {
    const first = await test.admin.create(jobs, job('orphaning'));
    await test.admin.create(
      pods,
      pod('left', { metadata: { ownerReferences: [owner(first, 'Job', 'batch/v1')] } }),
    );
    await test.admin.delete(jobs, 'default', 'orphaning');
    await gone(jobs, 'orphaning');
    const left = await test.admin.get(pods, 'default', 'left');
    assert.equal(left.metadata.ownerReferences, undefined);
    const second = await test.admin.create(jobs, job('taking'));
    await test.admin.create(
      pods,
      pod('taken', { metadata: { ownerReferences: [owner(second, 'Job', 'batch/v1')] } }),
    );
    await test.admin.delete(jobs, 'default', 'taking', { propagationPolicy: 'Background' });
    await gone(pods, 'taken');
  });

  it('Foreground waits for the dependents that block', async () => {
    const first = await test.admin.create(configMaps, configMap('above'));
    const metadata = {
      name: 'below',
      namespace: 'default',
      finalizers: ['example.com/hold'],
      ownerReferences: [owner(first, 'ConfigMap', 'v1')],
    };
    await test.admin.create(configMaps, configMap('below', { metadata }));
    await test.admin.delete(configMaps, 'default', 'above', { propagationPolicy: 'Foreground' });
    await settled(
      async () =>
        (await test.admin.get(configMaps, 'default', 'below')).metadata.deletionTimestamp !== undefined,
    );
    assert.deepEqual((await test.admin.get(configMaps, 'default', 'above')).metadata.finalizers, [
      'foregroundDeletion',
    ]);
    await test.admin.patch(configMaps, 'default', 'below', { metadata: { finalizers: null } });
    await gone(configMaps, 'above');
  });

  it('an owner of another uid counts as gone, and one of two owners is enough', async () => {
    const real = await test.admin.create(configMaps, configMap('real'));
    const stale = { ...owner(real, 'ConfigMap', 'v1'), uid: '00000000-0000-0000-0000-000000000000' };
    await test.admin.create(
      configMaps,
      configMap('stray', { metadata: { name: 'stray', namespace: 'default', ownerReferences: [stale] } }),
    );
    await gone(configMaps, 'stray');
    const both = [{ ...stale, controller: false }, owner(real, 'ConfigMap', 'v1')];
    await test.admin.create(
      configMaps,
      configMap('kept', { metadata: { name: 'kept', namespace: 'default', ownerReferences: both } }),
    );
    await settled(
      async () =>
        (await test.admin.get(configMaps, 'default', 'kept')).metadata.ownerReferences?.length === 1,
    );
  });

  it('a namespace is furnished, and emptied before it goes', async () => {
    await test.admin.create(
      namespaces,
      manifest({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } }),
    );
    assert.ok(await isThere(test.admin, serviceAccounts, 'team', 'default'));
    assert.ok(await isThere(test.admin, configMaps, 'team', 'kube-root-ca.crt'));
    const metadata = { name: 'slow', namespace: 'team', finalizers: ['example.com/hold'] };
    await test.admin.create(configMaps, configMap('slow', { metadata }));
    await test.admin.delete(namespaces, '', 'team');
    const leaving = await test.admin.get(namespaces, '', 'team');
    assert.equal(member(leaving, 'status', 'phase'), 'Terminating');
    const late = await refusal(
      test.admin.create(configMaps, configMap('late', { metadata: { name: 'late', namespace: 'team' } })),
    );
    assert.equal(
      late.message,
      'configmaps "late" is forbidden: unable to create new content in namespace team because it is being terminated',
    );
    await test.admin.patch(configMaps, 'team', 'slow', { metadata: { finalizers: null } });
    await settled(async () => !(await isThere(test.admin, namespaces, '', 'team')));
    const nowhere = await refusal(
      test.admin.create(configMaps, configMap('late', { metadata: { name: 'late', namespace: 'team' } })),
    );
    assert.equal(nowhere.message, 'namespaces "team" not found');
  });

  it('a Job gets its selector and labels, and keeps its template', async () => {
    const made = await test.admin.create(jobs, job('labelled'));
    const labels = {
      'batch.kubernetes.io/controller-uid': made.metadata.uid,
      'batch.kubernetes.io/job-name': 'labelled',
      'controller-uid': made.metadata.uid,
      'job-name': 'labelled',
    };
    assert.deepEqual(member(made, 'spec', 'template', 'metadata', 'labels'), labels);
    assert.deepEqual(made.metadata.labels, labels);
    assert.deepEqual(member(made, 'spec', 'selector'), {
      matchLabels: { 'batch.kubernetes.io/controller-uid': made.metadata.uid },
    });
    const change = { spec: { template: { spec: { activeDeadlineSeconds: 3 } } } };
    assert.match(
      (await refusal(test.admin.patch(jobs, 'default', 'labelled', change))).message,
      /spec\.template: Invalid value: .*: field is immutable$/,
    );
  });
});
