import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { NetworkAuditRunStatus, NetworkAuditStatus } from '../../src/api/v1alpha1/index.ts';
import { ApiError } from '../../src/cluster/api-error.ts';
import { Applier } from '../../src/cluster/apply.ts';
import { type Caches, createCaches } from '../../src/cluster/caches.ts';
import { Client } from '../../src/cluster/client.ts';
import { Connection } from '../../src/cluster/connection.ts';
import { runView } from '../../src/cluster/custom.ts';
import { Events } from '../../src/cluster/events.ts';
import { Evidence, type EvidenceBounds } from '../../src/cluster/evidence.ts';
import { permissions } from '../../src/cluster/permissions.ts';
import { defaultReflectorOptions, reflect } from '../../src/cluster/reflector.ts';
import { StalledError, WaitingError } from '../../src/control/errors.ts';
import type { CreateJob, CreateRun, EmitEvent, ReadLog } from '../../src/plan/actions.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { createKeptLog, type Line } from '../support/kept-log.ts';
import { auditOf, metadataOf, runOf } from '../support/make-objects.ts';
import { until } from '../support/until.ts';

const [runsOf, auditsOf, jobsOf] = [
  'networkauditruns.netaudit.dev',
  'networkaudits.netaudit.dev',
  'jobs.batch',
];
/** bounds are small: of a log 500 bytes are read. */
const bounds: EvidenceBounds = {
  logBytes: 500,
  keptBytes: 150,
  spareBytes: 80,
  totalBytes: 250,
  askAgainMilliseconds: 10_000,
};
const scope = { podNamespace: 'netaudit', nodeNamespace: 'netaudit-node' };

describe('carrying out a decision', () => {
  let server: ApiServer;
  let caches: Caches;
  let evidence: Evidence;
  let applier: Applier;
  let leads: boolean;
  let lines: Line[];
  let now: number;

  before(async () => {
    server = await new ApiServer({ permissions }).listen();
  });
  after(() => server.close());
  beforeEach(() => {
    server.faults.length = 0;
    server.requests.length = 0;
    for (const collection of [runsOf, auditsOf, jobsOf, 'events']) {
      for (const object of server.objects.all(collection)) server.objects.delete(collection, object);
    }
    const client = new Client(new Connection(() => server.kubeConfig()), { timeoutMilliseconds: 2000 });
    const kept = createKeptLog();
    lines = kept.lines;
    leads = true;
    now = Date.parse('2026-01-01T00:00:00.123Z');
    caches = createCaches(scope);
    evidence = new Evidence(client, bounds);
    const events = new Events(client, { log: kept.log, instance: 'pod-1', now: () => new Date(now) });
    applier = new Applier({ client, caches, evidence, events, jobCap: 210, leads: () => leads });
  });

  /** fill reads everything into the caches once, as the watches would. */
  async function fill(): Promise<void> {
    const client = new Client(new Connection(() => server.kubeConfig()));
    const stop = new AbortController();
    const all = caches.sources.map((source) =>
      source.start((each) => reflect(client, each, defaultReflectorOptions, stop.signal)),
    );
    await until('the caches are filled', () => caches.synced());
    stop.abort();
    await Promise.all(all);
    server.requests.length = 0;
  }

  /** startedRun is a run whose status this process wrote: what it knows of it needs no confirmation. */
  async function startedRun(name: string): Promise<string> {
    const run = server.objects.create(runsOf, undefined, runOf(name, 'cluster'));
    const { uid, resourceVersion } = run.metadata;
    caches.runs.upsert({ key: name, uid, view: runView(run) ?? assert.fail('no run') });
    const status = { observedGeneration: 1, conditions: [] };
    await applier.apply([{ type: 'WriteRunStatus', name, uid, resourceVersion, status }]);
    server.requests.length = 0;
    return uid;
  }

  const jobOf = (name: string, runUid = 'run-1', namespace = 'netaudit', runName = 'r'): CreateJob => ({
    type: 'CreateJob',
    job: {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name,
        namespace,
        labels: {
          'netaudit.dev/run-uid': runUid,
          'netaudit.dev/audit': 'cluster',
          'netaudit.dev/place': 'pod',
        },
        ownerReferences: [
          { kind: 'NetworkAuditRun', name: runName, uid: runUid, controller: true, blockOwnerDeletion: true },
        ],
      },
      spec: {},
    },
  });
  /** asked are the requests but those of a watch that came late. */
  const asked = () =>
    server.requests.flatMap(({ verb, resource }) => (verb === 'watch' ? [] : [`${verb} ${resource}`]));

  describe('Jobs', () => {
    let run: string;
    beforeEach(async () => {
      run = await startedRun('r');
    });

    it('are created with one request each, side by side, and known before any watch tells', async () => {
      const names = Array.from({ length: 20 }, (_, index) => `j${index}`);
      assert.equal(await applier.apply(names.map((name) => jobOf(name, run))), false);
      assert.equal(server.requests.length, 20);
      const kept = caches.jobs.get('netaudit')?.views() ?? [];
      assert.deepEqual(kept.map(({ view }) => view.name).sort(), names.sort());
      assert.deepEqual(kept[0]?.view.runUid, run);
    });

    it('that are there already and ours are a success, and known', async () => {
      await applier.apply([jobOf('j', run)]);
      caches.jobs.get('netaudit')?.replace([], Number.POSITIVE_INFINITY);
      await applier.apply([jobOf('j', run)]);
      assert.deepEqual(asked(), ['create jobs', 'create jobs', 'get jobs']);
      assert.equal(caches.jobs.get('netaudit')?.size, 1);
    });

    it('that are there already and somebody else’s are an error that no retry mends', async () => {
      const { job } = jobOf('j', 'another');
      server.objects.create(jobsOf, 'netaudit', { ...job, metadata: metadataOf('j', { ...job.metadata }) });
      await assert.rejects(
        applier.apply([jobOf('j', run)]),
        new StalledError('Job j belongs to somebody else'),
      );
    });

    it('are not begun any more after the first failure', async () => {
      server.faults.push({ matches: ({ verb }) => verb === 'create', act: { code: 429, retryAfter: '3' } });
      const many = Array.from({ length: 100 }, (_, index) => jobOf(`j${index}`, run));
      await assert.rejects(applier.apply(many), { code: 429, retryAfterSeconds: 3 });
      assert.ok(server.requests.length <= 8, String(server.requests.length));
    });

    it('that are refused stop neither other Jobs nor what comes after', async () => {
      const bad = ({ verb, resource }: { verb: string; resource: string }) =>
        verb === 'create' && resource === 'jobs';
      server.faults.push({ matches: bad, times: 3, act: { code: 403 } });
      const many = Array.from({ length: 30 }, (_, index) => jobOf(`j${index}`, run));
      const last = { type: 'DeleteProbes', namespace: 'netaudit-node', runUid: run } as const;
      await assert.rejects(applier.apply([...many, last]), { code: 403 });
      assert.equal(server.objects.all(jobsOf).length, 27);
      assert.equal(server.count('deletecollection', 'jobs'), 1);
    });

    it('are not tried all when so many are refused', async () => {
      server.faults.push({ matches: ({ verb }) => verb === 'create', act: { code: 403 } });
      const many = Array.from({ length: 200 }, (_, index) => jobOf(`j${index}`, run));
      await assert.rejects(applier.apply(many), { code: 403 });
      assert.ok(server.requests.length <= 16 + 8, String(server.requests.length));
    });

    it('of a run are deleted with one request a namespace, and gone at once', async () => {
      const other = await startedRun('s');
      await applier.apply([
        jobOf('j1', run),
        jobOf('j2', run),
        jobOf('other', other),
        jobOf('n', run, 'netaudit-node'),
      ]);
      server.requests.length = 0;
      await applier.apply([{ type: 'DeleteProbes', namespace: 'netaudit', runUid: run }]);
      assert.deepEqual(asked(), ['deletecollection jobs']);
      assert.deepEqual(
        server.objects.all(jobsOf).map(({ metadata }) => metadata.name),
        ['other', 'n'],
      );
      assert.equal(caches.jobs.get('netaudit')?.size, 1);
      assert.equal(caches.jobs.get('netaudit-node')?.size, 1);
    });

    it('of a run that another leader planned are made once the API server says that it is not over', async () => {
      const { uid } = server.objects.create(runsOf, undefined, runOf('t', 'cluster')).metadata;
      const names = Array.from({ length: 10 }, (_, index) => `j${index}`);
      await applier.apply(names.map((name) => jobOf(name, uid, 'netaudit', 't')));
      await applier.apply([jobOf('last', uid, 'netaudit', 't')]);
      assert.equal(server.count('get', 'networkauditruns'), 1);
      assert.equal(server.count('create', 'jobs'), 11);
    });

    it('are not made for a run that is over, or another one of its name, whatever the watches say yet', async () => {
      const conditions = [{ type: 'Complete', status: 'True' }];
      const over = server.objects.create(runsOf, undefined, runOf('t', 'cluster', { conditions })).metadata
        .uid;
      await assert.rejects(
        applier.apply([jobOf('j', over, 'netaudit', 't')]),
        new WaitingError('Run t is over', 1000),
      );
      await assert.rejects(applier.apply([jobOf('j', 'former')]), new WaitingError('Run r is over', 1000));
      server.objects.delete(runsOf, server.objects.get(runsOf, undefined, 'r'));
      await assert.rejects(applier.apply([jobOf('j', 'gone')]), new WaitingError('Run r is gone', 1000));
      assert.equal(server.count('create', 'jobs'), 0);
    });

    it('of a run are confirmed again in another term of this replica', async () => {
      const terms = [new AbortController().signal, new AbortController().signal];
      for (const [index, term] of terms.entries()) await applier.apply([jobOf(`j${index}`, run)], term);
      assert.equal(server.count('get', 'networkauditruns'), 2);
    });

    it('are never more than the cap allows, though several decisions are carried out at once', async () => {
      const decisions = [0, 1, 2, 3].map((one) =>
        applier.apply(Array.from({ length: 60 }, (_, index) => jobOf(`j${one}-${index}`, run))),
      );
      const ended = await Promise.allSettled(decisions);
      assert.equal(server.objects.all(jobsOf).length, 210);
      const rejected = ended.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
      assert.ok(rejected.length > 0 && rejected.every((reason) => reason instanceof WaitingError));
    });
  });

  describe('runs', () => {
    const createRun: CreateRun = {
      type: 'CreateRun',
      run: {
        apiVersion: 'netaudit.dev/v1alpha1',
        kind: 'NetworkAuditRun',
        metadata: {
          name: 'cluster-1',
          ownerReferences: [
            {
              apiVersion: 'netaudit.dev/v1alpha1',
              kind: 'NetworkAudit',
              name: 'cluster',
              uid: 'a-1',
              controller: true,
            },
          ],
        },
        spec: { auditName: 'cluster' },
      },
    };
    const status: NetworkAuditRunStatus = { observedGeneration: 1, conditions: [] };

    it('are created once, whoever did it', async () => {
      await applier.apply([createRun]);
      await applier.apply([createRun]);
      assert.deepEqual(asked(), [
        'create networkauditruns',
        'create networkauditruns',
        'get networkauditruns',
      ]);
      assert.equal(caches.runs.get('cluster-1')?.spec.auditName, 'cluster');
    });

    it('get a status that leaves the rest alone, and the cache knows it at once', async () => {
      server.objects.create(runsOf, undefined, runOf('r', 'cluster'));
      await fill();
      const { uid, resourceVersion } = server.objects.get(runsOf, undefined, 'r').metadata;
      await applier.apply([{ type: 'WriteRunStatus', name: 'r', uid, resourceVersion, status }]);
      const written = server.objects.get(runsOf, undefined, 'r');
      assert.deepEqual(
        [written.status, written.spec, written.metadata.generation],
        [status, { auditName: 'cluster' }, 1],
      );
      assert.equal(caches.runs.get('r')?.metadata.resourceVersion, written.metadata.resourceVersion);
    });

    it('are not written over when somebody wrote them since', async () => {
      server.objects.create(runsOf, undefined, runOf('r', 'cluster'));
      await fill();
      const { uid, resourceVersion } = server.objects.get(runsOf, undefined, 'r').metadata;
      const write = { type: 'WriteRunStatus', name: 'r', uid, resourceVersion, status } as const;
      await applier.apply([write]);
      await assert.rejects(applier.apply([write]), { code: 409, reason: 'Conflict' });
      await assert.rejects(applier.apply([{ ...write, uid: 'another', resourceVersion: '' }]), { code: 409 });
    });

    it('of people get an owner first', async () => {
      server.objects.create(runsOf, undefined, runOf('r', 'cluster'));
      await fill();
      const { uid, resourceVersion } = server.objects.get(runsOf, undefined, 'r').metadata;
      await applier.apply([
        { type: 'WriteRunStatus', name: 'r', uid, resourceVersion, status, adopt: { auditUid: 'a-1' } },
      ]);
      const { metadata, status: written } = server.objects.get(runsOf, undefined, 'r');
      assert.deepEqual(asked(), ['patch networkauditruns', 'update networkauditruns']);
      assert.deepEqual(metadata.labels, { 'netaudit.dev/audit': 'cluster' });
      assert.deepEqual(metadata.ownerReferences, [
        {
          apiVersion: 'netaudit.dev/v1alpha1',
          kind: 'NetworkAudit',
          name: 'cluster',
          uid: 'a-1',
          controller: true,
        },
      ]);
      assert.deepEqual(written, status);
    });

    it('of people that have a controller already get an owner that is none', async () => {
      const theirs = { apiVersion: 'v1', kind: 'ConfigMap', name: 'c', uid: 'c-1', controller: true };
      const run = runOf('r', 'cluster');
      server.objects.create(runsOf, undefined, {
        ...run,
        metadata: { ...run.metadata, ownerReferences: [theirs] },
      });
      await fill();
      const { uid, resourceVersion } = server.objects.get(runsOf, undefined, 'r').metadata;
      const write = { type: 'WriteRunStatus', name: 'r', uid, resourceVersion, status } as const;
      await applier.apply([{ ...write, adopt: { auditUid: 'a-1' } }]);
      assert.deepEqual(server.objects.get(runsOf, undefined, 'r').metadata.ownerReferences, [
        theirs,
        { apiVersion: 'netaudit.dev/v1alpha1', kind: 'NetworkAudit', name: 'cluster', uid: 'a-1' },
      ]);
    });

    it('are deleted only while they are the same', async () => {
      server.objects.create(runsOf, undefined, runOf('r', 'cluster'));
      await fill();
      await applier.apply([{ type: 'DeleteRun', name: 'r', uid: 'another' }]);
      assert.equal(server.objects.all(runsOf).length, 1);
      const { uid } = server.objects.get(runsOf, undefined, 'r').metadata;
      await applier.apply([{ type: 'DeleteRun', name: 'r', uid }]);
      await applier.apply([{ type: 'DeleteRun', name: 'r', uid }]);
      assert.deepEqual([server.objects.all(runsOf).length, caches.runs.size], [0, 0]);
    });
  });

  it('writes an audit’s status, and nothing for an audit that went away', async () => {
    server.objects.create(auditsOf, undefined, auditOf('cluster'));
    await fill();
    const { uid, resourceVersion } = server.objects.get(auditsOf, undefined, 'cluster').metadata;
    const status: NetworkAuditStatus = { observedGeneration: 1, conditions: [] };
    const write = { type: 'WriteAuditStatus', uid, resourceVersion, status } as const;
    await applier.apply([
      { ...write, name: 'cluster' },
      { ...write, name: 'gone' },
    ]);
    assert.deepEqual(server.objects.get(auditsOf, undefined, 'cluster').status, status);
    assert.deepEqual(asked(), ['update networkaudits']);
  });

  it('writes nothing when it does not lead, or was told to end', async () => {
    leads = false;
    await assert.rejects(applier.apply([jobOf('j')]), WaitingError);
    leads = true;
    const ended = AbortSignal.abort(new Error('the Lease is lost'));
    await assert.rejects(applier.apply([jobOf('j')], ended), /the Lease is lost/);
    assert.equal(server.requests.length, 0);
  });

  it('stops leading in the middle of a decision', async () => {
    const run = await startedRun('r');
    server.faults.push({
      matches: () => {
        leads = false;
        return false;
      },
      act: 'hang',
    });
    await assert.rejects(
      applier.apply(Array.from({ length: 50 }, (_, index) => jobOf(`j${index}`, run))),
      WaitingError,
    );
    assert.ok(server.requests.length <= 8);
  });

  describe('evidence', () => {
    const readLog = (pod: string, length: number = 100) => reading(pod, { length });
    const reading = (pod: string, keep: ReadLog['keep']): ReadLog => ({
      type: 'ReadLog',
      namespace: 'netaudit',
      pod,
      podUid: `uid-${pod}`,
      keep,
    });
    const beginnings = ['mark rules 7 ', 'mark rules 9 '];
    const refusal = { type: 'ReadRefusal', namespace: 'netaudit', job: 'j', jobUid: 'uid-j' } as const;
    const podEvent = (name: string, reason: string, message: string, lastTimestamp: string) =>
      server.objects.create('events', 'netaudit', {
        metadata: metadataOf(name),
        involvedObject: { uid: 'uid-j' },
        reason,
        message,
        lastTimestamp,
      });

    it('from logs is read once, is bounded, and lets the audit be looked at again', async () => {
      const line = 'x'.repeat(100);
      server.logs.set('netaudit/p', `what the runtime wrote\n${line}\n${'y'.repeat(400)}\n${line}\n`);
      assert.equal(await applier.apply([readLog('p')]), true);
      assert.equal(await applier.apply([readLog('p')]), false);
      // The second one is beyond how much of a log is read.
      assert.deepEqual(evidence.logs('uid-p'), { log: { text: line } });
      assert.equal(server.requests.length, 1);
      assert.equal(server.requests[0]?.query.get('container'), 'probe');
      assert.equal(server.requests[0]?.query.get('limitBytes'), '500');
    });

    it('of what a judge wants is read once, whatever is wanted later, and apart from the answer', async () => {
      const answer = 'x'.repeat(40);
      const lines = ['mark rules 7 abc', 'mark rules 70 no', 'mark rules 8 abc', answer, 'mark other 7 no'];
      server.logs.set('netaudit/p', lines.join('\n'));
      assert.equal(await applier.apply([reading('p', { beginnings })]), true);
      assert.equal(await applier.apply([reading('p', { beginnings: ['mark other 7 '] })]), false);
      const details = { lines: ['mark rules 7 abc', 'mark rules 70 no', 'mark rules 8 abc'] };
      assert.deepEqual(evidence.logs('uid-p'), { details });
      assert.equal(await applier.apply([readLog('p', 40)]), true);
      assert.deepEqual(evidence.logs('uid-p'), { details, log: { text: answer } });
      assert.equal(server.requests.length, 2);
    });

    it('of what a judge may want later is kept only where there is room to spare', async () => {
      const many = Array.from({ length: 10 }, (_, bucket) => `mark rules ${bucket} ${'x'.repeat(20)}`);
      server.logs.set('netaudit/p', many.join('\n'));
      await applier.apply([reading('p', { beginnings })]);
      assert.deepEqual(evidence.logs('uid-p'), {
        details: { lines: [many[0], many[1], many[7], many[9]] },
      });
    });

    it('of what a judge wants that cannot be read is that error', async () => {
      await applier.apply([reading('none', { beginnings })]);
      assert.deepEqual(evidence.logs('uid-none'), { details: { error: 'pods "none" not found' } });
    });

    it('from logs that are too many together is an error, and has room again when Pods are gone', async () => {
      for (const pod of ['a', 'b', 'c', 'd']) server.logs.set(`netaudit/${pod}`, 'x'.repeat(100));
      await applier.apply([readLog('a'), readLog('b')]);
      await applier.apply([readLog('c')]);
      assert.match(JSON.stringify(evidence.logs('uid-c')), /error.*more than the operator may keep/);
      evidence.forget('uid-a');
      await applier.apply([readLog('d')]);
      assert.deepEqual(evidence.logs('uid-d'), { log: { text: 'x'.repeat(100) } });
    });

    it('from the log of a Pod that went meanwhile is not kept', async () => {
      server.logs.set('netaudit/p', 'x');
      const read = applier.apply([readLog('p')]);
      await until('it is asked for', () => server.requests.length === 1);
      evidence.forget('uid-p');
      await read;
      assert.equal(evidence.logs('uid-p'), undefined);
    });

    it('from a log that the server refuses is that error, at once', async () => {
      await applier.apply([readLog('none')]);
      assert.deepEqual(evidence.logs('uid-none'), { log: { error: 'pods "none" not found' } });
    });

    it('from a log that nobody answers for is asked for three times', async () => {
      server.faults.push({ matches: ({ subresource }) => subresource === 'log', act: 'reset' });
      await assert.rejects(applier.apply([readLog('p')]), { name: 'ConnectionError' });
      await assert.rejects(applier.apply([readLog('p')]), { name: 'ConnectionError' });
      assert.equal(await applier.apply([readLog('p')]), true);
      assert.match(JSON.stringify(evidence.logs('uid-p')), /error.*Could not get/);
    });

    it('from a log waits while the server is busy, however long', async () => {
      server.faults.push({ matches: () => true, times: 5, act: { code: 429 } });
      for (let turn = 0; turn < 5; turn += 1)
        await assert.rejects(applier.apply([readLog('p')]), { code: 429 });
      server.logs.set('netaudit/p', 'late');
      await applier.apply([readLog('p', 4)]);
      assert.deepEqual(evidence.logs('uid-p'), { log: { text: 'late' } });
    });

    it('of a refused Pod is the last event that says so', async () => {
      podEvent('a', 'FailedCreate', 'first', '2026-01-01T00:00:01Z');
      podEvent('b', 'FailedCreate', 'exceeded quota: pods=10', '2026-01-01T00:00:09Z');
      podEvent('c', 'SuccessfulCreate', 'no', '2026-01-01T00:00:10Z');
      assert.equal(await applier.apply([refusal]), true);
      assert.equal(evidence.refusal('uid-j'), 'exceeded quota: pods=10');
    });

    it('of a Pod that was not refused is not asked for again at once', async () => {
      assert.equal(await applier.apply([refusal]), false);
      assert.equal(await applier.apply([refusal]), false);
      assert.equal(server.requests.length, 1);
    });
  });

  describe('events', () => {
    const failed: EmitEvent = {
      type: 'EmitEvent',
      about: { kind: 'NetworkAudit', name: 'cluster', uid: 'a-1' },
      eventType: 'Warning',
      reason: 'FindingsFailed',
      message: 'n1 → n2: é'.padEnd(2000, 'é'),
      action: 'Judge',
    };
    const all = () => server.objects.all('events', 'default');

    it('are about the object, in the namespace default, within the limits', async () => {
      await applier.apply([failed]);
      const [{ metadata, note, ...event } = { metadata: metadataOf('') }] = all();
      assert.deepEqual(event, {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        eventTime: '2026-01-01T00:00:00.123000Z',
        reportingController: 'netaudit.dev/operator',
        reportingInstance: 'pod-1',
        action: 'Judge',
        reason: 'FindingsFailed',
        regarding: { apiVersion: 'netaudit.dev/v1alpha1', kind: 'NetworkAudit', name: 'cluster', uid: 'a-1' },
        type: 'Warning',
      });
      assert.match(metadata.name, /^cluster\.[0-9a-f]{16}$/);
      const bytes = Buffer.byteLength(String(note));
      assert.ok(bytes <= 1024 && bytes > 1020 && !String(note).includes('\ufffd'));
    });

    it('that come again are counted, not repeated', async () => {
      for (let turn = 0; turn < 3; turn += 1) {
        await applier.apply([failed]);
        now += 60_000;
      }
      assert.deepEqual(
        all().map(({ series }) => series),
        [{ count: 3, lastObservedTime: '2026-01-01T00:02:00.123000Z' }],
      );
    });

    it('that another replica wrote before are counted, too', async () => {
      await applier.apply([failed]);
      const client = new Client(new Connection(() => server.kubeConfig()));
      const other = new Events(client, { log: createKeptLog().log, instance: 'pod-2' });
      await other.emit(failed);
      assert.equal(all().length, 1);
      assert.deepEqual(Reflect.get(Object(all()[0]?.series), 'count'), 2);
    });

    it('are made anew when the server forgot them', async () => {
      await applier.apply([failed]);
      for (const event of all()) server.objects.delete('events', event);
      await applier.apply([failed]);
      assert.equal(all().length, 1);
    });

    it('of different news are different', async () => {
      await applier.apply([failed, { ...failed, message: 'n3' }, { ...failed, eventType: 'Normal' }]);
      assert.equal(all().length, 3);
    });

    it('of one object are not more than 25 in a crowd', async () => {
      for (let turn = 0; turn < 40; turn += 1) await applier.apply([{ ...failed, message: `m${turn}` }]);
      assert.equal(all().length, 25);
      now += 301_000;
      await applier.apply([{ ...failed, message: 'later' }]);
      assert.equal(all().length, 26);
    });

    it('that cannot be written are logged, and stop nothing', async () => {
      server.faults.push({ matches: ({ resource }) => resource === 'events', act: { code: 500 } });
      await applier.apply([failed, jobOf('j', await startedRun('r'))]);
      assert.equal(server.objects.all(jobsOf).length, 1);
      assert.deepEqual(
        lines.map(({ level, message }) => [level, message]),
        [['warn', 'Could not write event']],
      );
    });
  });

  it('rejects with what the server said', async () => {
    server.faults.push({ matches: () => true, act: { code: 500 } });
    await assert.rejects(applier.apply([jobOf('j')]), ApiError);
  });
});
