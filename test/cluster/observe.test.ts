import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type Caches, createCaches, jobEntry, probePodEntry } from '../../src/cluster/caches.ts';
import { Client } from '../../src/cluster/client.ts';
import { Connection } from '../../src/cluster/connection.ts';
import { auditView, runView } from '../../src/cluster/custom.ts';
import { Evidence } from '../../src/cluster/evidence.ts';
import { type JsonObject, objectAt, textOf } from '../../src/cluster/json.ts';
import { KubeletLeases } from '../../src/cluster/kubelet-leases.ts';
import { Observer } from '../../src/cluster/observe.ts';
import { permissions } from '../../src/cluster/permissions.ts';
import { SecondLook } from '../../src/cluster/second-look.ts';
import { ServicesIndex } from '../../src/cluster/services-index.ts';
import type { Store } from '../../src/cluster/store.ts';
import { nodeView } from '../../src/cluster/views.ts';
import { wakeOnChange } from '../../src/cluster/wake.ts';
import { defaultSettings } from '../../src/plan/settings.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { createKeptLog } from '../support/kept-log.ts';
import { auditOf, metadataOf, runOf } from '../support/make-objects.ts';

const now = new Date('2026-01-01T00:10:00Z');
const plan = (deadlineTime: string) => ({
  deadlineTime,
  nodes: [{ name: 'n1', uid: 'u', places: ['pod'] }],
});
const complete = { conditions: [{ type: 'Complete', status: 'True' }] };

describe('what a decision sees', () => {
  let server: ApiServer;
  let caches: Caches;
  let evidence: Evidence;
  let observer: Observer;
  let asksNodes: boolean;
  let freshness: { planning: number; running: number };

  before(async () => {
    server = await new ApiServer({ permissions }).listen();
  });
  after(() => server.close());
  beforeEach(() => {
    server.requests.length = 0;
    asksNodes = false;
    freshness = { planning: 60_000, running: 60_000 };
    const client = new Client(new Connection(() => server.kubeConfig()));
    caches = createCaches({ podNamespace: 'netaudit', nodeNamespace: 'netaudit-node' });
    evidence = new Evidence(client);
    const leases = new KubeletLeases(client, freshness);
    const { log } = createKeptLog();
    const secondLook = new SecondLook({ client, caches, log, closingSeconds: 5 });
    const index = new ServicesIndex(caches, defaultSettings);
    observer = new Observer({ caches, evidence, leases, secondLook, index, asksNodes: () => asksNodes });
  });

  /** put brings an object into a store as a watch would. */
  function put<View>(
    store: Store<View> | undefined,
    view: (object: JsonObject) => View | undefined,
    object: JsonObject,
    uid: string,
  ): void {
    const metadata: JsonObject = { ...objectAt(object, 'metadata'), uid, resourceVersion: '1' };
    const reduced = view({ ...object, metadata });
    assert.ok(reduced !== undefined && store !== undefined);
    store.upsert({ key: textOf(metadata.name), uid, view: reduced });
  }
  const job = (name: string, audit: string, more: JsonObject = {}) => ({
    metadata: metadataOf(name, {
      namespace: 'netaudit',
      labels: { 'netaudit.dev/audit': audit },
      ownerReferences: [{ kind: 'NetworkAuditRun', uid: 'run-1', controller: true }],
    }),
    ...more,
  });
  const putJob = (name: string, audit: string, more: JsonObject = {}) =>
    put(caches.jobs.get('netaudit'), jobEntry, job(name, audit, more), `uid-${name}`);

  it('is this audit’s runs, Jobs and Pods, and of other audits only how many Jobs are under way', async () => {
    put(caches.audits, auditView, auditOf('a'), 'uid-a');
    put(caches.runs, runView, runOf('r', 'a'), 'run-1');
    const nodes = [{ places: ['pod', 'node'] }, { places: ['pod'] }];
    put(
      caches.runs,
      runView,
      runOf('s', 'b', { plan: { nodes, deadlineTime: '2026-01-01T00:20:00Z' } }),
      'run-2',
    );
    const past = { nodes, deadlineTime: '2026-01-01T00:10:00Z' };
    put(caches.runs, runView, runOf('u', 'b', { plan: past }), 'run-4');
    const over = { plan: { nodes }, conditions: [{ type: 'Complete', status: 'True' }] };
    put(caches.runs, runView, runOf('t', 'b', over), 'run-3');
    putJob('ours', 'a');
    putJob('theirs', 'b');
    putJob('theirs-done', 'b', { status: complete });
    put(caches.probePods.get('netaudit'), probePodEntry, job('our-pod', 'a'), 'uid-our-pod');
    put(caches.probePods.get('netaudit-node'), probePodEntry, job('their-pod', 'b'), 'uid-their-pod');
    const world = await observer.observe('a', now);
    assert.deepEqual(
      {
        audit: world.audit?.metadata.name,
        runs: world.runs.map(({ metadata }) => metadata.name),
        jobs: world.jobs.map(({ name }) => name),
        pods: world.probePods.map(({ name }) => name),
        otherJobs: world.otherJobs,
        otherProbes: world.otherProbes,
      },
      { audit: 'a', runs: ['r'], jobs: ['ours'], pods: ['our-pod'], otherJobs: 1, otherProbes: 3 },
    );
    assert.equal(server.requests.length, 0);
  });

  it('names the runs of others that stand in the way of its own', async () => {
    put(caches.runs, runView, runOf('a-g1', 'a'), 'run-1');
    put(caches.runs, runView, runOf('a-g2', 'b'), 'run-2');
    put(caches.runs, runView, runOf('b-g1', 'b'), 'run-3');
    assert.deepEqual([...(await observer.observe('a', now)).otherRuns], [['a-g2', 'b']]);
  });

  it('finds the Jobs of an audit whose name is no label value', async () => {
    const name = `${'very-long-'.repeat(8)}name`;
    put(caches.audits, auditView, auditOf(name), 'uid-a');
    putJob('ours', `${name.slice(0, 52)}-xxxxxxxxxx`);
    assert.deepEqual((await observer.observe(name, now)).jobs, []);
    const { labelValue } = await import('../../src/api/names.ts');
    putJob('ours', labelValue(name));
    assert.equal((await observer.observe(name, now)).jobs.length, 1);
  });

  it('has no audit when it was deleted, but its runs still', async () => {
    put(caches.runs, runView, runOf('r', 'a'), 'run-1');
    const world = await observer.observe('a', now);
    assert.deepEqual(['audit' in world, world.runs.length], [false, 1]);
  });

  it('has an audit that no watch has told of yet, before its run is refused', async () => {
    server.objects.create('networkaudits.netaudit.dev', undefined, auditOf('a'));
    server.objects.create('networkaudits.netaudit.dev', undefined, auditOf('b'));
    put(caches.runs, runView, runOf('r', 'a'), 'run-1');
    assert.equal((await observer.observe('a', now)).audit?.metadata.name, 'a');
    assert.equal((await observer.observe('a', now)).audit?.metadata.name, 'a');
    assert.deepEqual(
      server.requests.map(({ verb, resource, query }) => [verb, resource, query.get('fieldSelector')]),
      [['list', 'networkaudits', 'metadata.name=a']],
    );
  });

  it('asks nothing for a run of an audit that can have no such name', async () => {
    put(caches.runs, runView, runOf('r', 'a,metadata.name=b'), 'run-1');
    assert.equal((await observer.observe('a,metadata.name=b', now)).audit, undefined);
    assert.equal(server.requests.length, 0);
  });

  it('has what was learned of logs and refusals', async () => {
    putJob('j', 'a');
    put(caches.probePods.get('netaudit'), probePodEntry, job('p', 'a'), 'uid-p');
    server.logs.set('netaudit/p', 'the answer');
    server.objects.create('events', 'netaudit', {
      metadata: metadataOf('e'),
      involvedObject: { uid: 'uid-j' },
      reason: 'FailedCreate',
      message: 'exceeded quota',
    });
    const where = { namespace: 'netaudit' };
    await evidence.readLog(
      { type: 'ReadLog', ...where, pod: 'p', podUid: 'uid-p', keep: { length: 10 } },
      {},
    );
    await evidence.readRefusal({ type: 'ReadRefusal', ...where, job: 'j', jobUid: 'uid-j' }, {});
    const { jobs, probePods } = await observer.observe('a', now);
    assert.deepEqual([jobs[0]?.refusal, probePods[0]?.log], ['exceeded quota', { text: 'the answer' }]);
  });

  describe('of kubelets’ Leases', () => {
    beforeEach(() => {
      for (const name of ['n1', 'n2']) {
        const lease = { metadata: metadataOf(name), spec: { renewTime: `${name} renewed` } };
        const leases = 'leases.coordination.k8s.io';
        if (!server.objects.all(leases).some(({ metadata }) => metadata.name === name)) {
          server.objects.create(leases, 'kube-node-lease', lease);
        }
      }
      put(caches.audits, auditView, auditOf('a'), 'uid-a');
      put(caches.nodes, nodeView, { metadata: metadataOf('n1') }, 'uid-n1');
      put(caches.nodes, nodeView, { metadata: metadataOf('n3') }, 'uid-n3');
    });
    const times = async () =>
      (await observer.observe('a', now)).nodes.map(({ leaseRenewTime }) => leaseRenewTime);

    it('is nothing, and nothing is asked, unless a check has the place node', async () => {
      assert.deepEqual(await times(), [undefined, undefined]);
      assert.equal(server.requests.length, 0);
    });

    it('is the renew time, listed once for many looks', async () => {
      asksNodes = true;
      assert.deepEqual(await times(), ['n1 renewed', undefined]);
      await times();
      assert.equal(server.requests.length, 1);
    });

    it('is the renew time while a plan is in force, too, of a list that may be older', async () => {
      asksNodes = true;
      freshness.planning = 0;
      await times();
      await times();
      assert.equal(server.requests.length, 2);
      put(caches.runs, runView, runOf('r', 'a', { plan: plan('2026-01-01T00:11:00Z') }), 'run-1');
      assert.deepEqual(await times(), ['n1 renewed', undefined]);
      assert.equal(server.requests.length, 2);
    });
  });

  describe('when a run is over its time and a Job is not in the cache', () => {
    const late = () => runOf('r', 'a', { plan: plan('2026-01-01T00:10:05Z') });
    beforeEach(() => put(caches.audits, auditView, auditOf('a'), 'uid-a'));

    it('is what the API server itself says, asked once', async () => {
      put(caches.runs, runView, late(), 'run-1');
      const labels = { 'netaudit.dev/audit': 'a', 'netaudit.dev/run-uid': 'run-1' };
      const ownerReferences = [{ kind: 'NetworkAuditRun', uid: 'run-1', controller: true }];
      server.objects.create('jobs.batch', 'netaudit', {
        metadata: metadataOf('slow', { labels, ownerReferences }),
      });
      server.objects.create('pods', 'netaudit', { metadata: metadataOf('slow-x', { labels }) });
      const world = await observer.observe('a', now);
      assert.deepEqual([world.jobs[0]?.name, world.probePods[0]?.name], ['slow', 'slow-x']);
      await observer.observe('a', now);
      assert.equal(server.requests.length, 4);
    });

    it('is what is known, if the API server refuses to say', async () => {
      put(caches.runs, runView, late(), 'run-1');
      server.faults.push({ matches: () => true, times: 1, act: { code: 403 } });
      assert.equal((await observer.observe('a', now)).runs.length, 1);
    });

    it('is nothing, if the API server is not there', async () => {
      put(caches.runs, runView, late(), 'run-1');
      server.faults.push({ matches: () => true, times: 1, act: 'reset' });
      await assert.rejects(observer.observe('a', now), { name: 'ConnectionError' });
    });

    it('is the cache when all have answered', async () => {
      put(caches.runs, runView, late(), 'run-1');
      putJob('j', 'a', { status: complete });
      const containerStatuses = [{ name: 'probe', state: { terminated: { exitCode: 0, message: 'x' } } }];
      const ownerReferences = [{ kind: 'Job', uid: 'uid-j', controller: true }];
      const pod = { metadata: metadataOf('p', { ownerReferences }), status: { containerStatuses } };
      put(caches.probePods.get('netaudit'), probePodEntry, pod, 'uid-p');
      await observer.observe('a', now);
      assert.equal(server.requests.length, 0);
    });

    it('is the cache before its time, and after its end', async () => {
      put(caches.runs, runView, runOf('r', 'a', { plan: plan('2026-01-01T00:10:06Z') }), 'run-1');
      put(
        caches.runs,
        runView,
        runOf('s', 'a', { ...complete, plan: plan('2026-01-01T00:00:00Z') }),
        'run-2',
      );
      await observer.observe('a', now);
      assert.equal(server.requests.length, 0);
    });
  });

  it('has the Pod of a Job that ended though no watch has told of it yet, before that counts as no answer', async () => {
    put(caches.audits, auditView, auditOf('a'), 'uid-a');
    put(caches.runs, runView, runOf('r', 'a', { plan: plan('2026-01-01T00:20:00Z') }), 'run-1');
    putJob('j', 'a', { status: complete });
    putJob('gone', 'a', { status: complete });
    const labels = { 'netaudit.dev/audit': 'a', 'netaudit.dev/run-uid': 'run-1' };
    const ownerReferences = [{ kind: 'Job', uid: 'uid-j', controller: true }];
    server.objects.create('pods', 'netaudit', { metadata: metadataOf('j-x', { labels, ownerReferences }) });
    const { probePods } = await observer.observe('a', now);
    assert.ok(probePods.some(({ name }) => name === 'j-x'));
    const asked = server.requests.length;
    await observer.observe('a', now);
    assert.equal(server.requests.length, asked);
  });

  describe('which change wakes which audit', () => {
    let woken: string[];
    beforeEach(() => {
      put(caches.audits, auditView, auditOf('a'), 'uid-a');
      put(caches.audits, auditView, auditOf('b'), 'uid-b');
      put(caches.runs, runView, runOf('open', 'b'), 'run-2');
      woken = [];
      wakeOnChange(caches, evidence, (audit, milliseconds) => woken.push(`${audit} ${milliseconds}`));
    });

    it('an audit wakes itself at once', () => {
      put(caches.audits, auditView, auditOf('a', { suspend: true }), 'uid-a');
      caches.audits.remove('a', 'uid-a');
      assert.deepEqual(woken, ['a 0', 'a 0']);
    });

    it('a run wakes its audit at once, even if there is none', () => {
      put(caches.runs, runView, runOf('r', 'nobody'), 'run-1');
      assert.deepEqual(woken, ['nobody 0']);
    });

    it('a node wakes every audit, a moment later', () => {
      put(caches.nodes, nodeView, { metadata: metadataOf('n') }, 'uid-n');
      assert.deepEqual(woken, ['a 1000', 'b 1000']);
    });

    it('a Job wakes its audit, and when it ends also those that wait for room', () => {
      putJob('j', 'a');
      assert.deepEqual(woken, ['a 250']);
      putJob('j', 'a', { status: complete });
      assert.deepEqual(woken, ['a 250', 'a 250', 'b 1000']);
    });

    it('of the answers to an audit the last one wakes it at once', () => {
      const containerStatuses = [{ name: 'probe', state: { terminated: { exitCode: 0, message: 'x' } } }];
      const end = (name: string) => {
        const { metadata } = job(name, 'a');
        const ownerReferences = [{ kind: 'Job', uid: `uid-${name}`, controller: true }];
        const pod = { metadata: { ...metadata, ownerReferences }, status: { containerStatuses } };
        put(caches.probePods.get('netaudit'), probePodEntry, pod, `pod-${name}`);
      };
      for (const name of ['first', 'last']) putJob(name, 'a');
      putJob('other', 'b');
      woken = [];
      end('first');
      end('last');
      putJob('one-more', 'a');
      end('last');
      assert.deepEqual(woken, ['a 250', 'a 0', 'a 250']);
    });

    it('a Pod wakes its audit, and what is remembered of it goes with it', async () => {
      put(caches.probePods.get('netaudit'), probePodEntry, job('p', 'a'), 'uid-p');
      server.logs.set('netaudit/p', 'the answer');
      await evidence.readLog(
        { type: 'ReadLog', namespace: 'netaudit', pod: 'p', podUid: 'uid-p', keep: { length: 10 } },
        {},
      );
      caches.probePods.get('netaudit')?.remove('p', 'uid-p');
      assert.deepEqual(woken, ['a 250', 'a 250']);
      assert.equal(evidence.logs('uid-p'), undefined);
    });
  });
});
