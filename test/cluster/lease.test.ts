import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { Client } from '../../src/cluster/client.ts';
import { Connection } from '../../src/cluster/connection.ts';
import { Elector } from '../../src/cluster/lease.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { createKeptLog } from '../support/kept-log.ts';
import { until } from '../support/until.ts';

const collection = 'leases.coordination.k8s.io';
const times = { leaseMilliseconds: 1000, renewDeadlineMilliseconds: 500, retryMilliseconds: 50 };

describe('the election of a leader', () => {
  let server: ApiServer;
  let acting: string[];
  let started: { readonly elector: Elector; readonly running: Promise<void> }[];

  before(async () => {
    server = await new ApiServer().listen();
  });
  after(() => server.close());
  beforeEach(() => {
    [acting, started] = [[], []];
    for (const lease of server.objects.all(collection)) server.objects.delete(collection, lease);
  });
  afterEach(async () => {
    server.faults.length = 0;
    for (const { elector } of started) elector.stop();
    await Promise.all(started.map(({ running }) => running));
  });

  function candidate(identity: string, monotonic?: () => number): Elector {
    const client = new Client(new Connection(() => server.kubeConfig()), { userAgent: identity });
    const elector = new Elector({
      client,
      namespace: 'netaudit',
      name: 'netaudit-operator',
      identity,
      times,
      log: createKeptLog().log,
      leading: async (signal) => {
        acting.push(identity);
        assert.deepEqual(acting, [identity], 'two replicas act at the same time');
        await new Promise<void>((resolve) =>
          signal.addEventListener('abort', () => resolve(), { once: true }),
        );
        acting.splice(acting.indexOf(identity), 1);
      },
      ...(monotonic === undefined ? {} : { monotonic }),
    });
    started.push({ elector, running: elector.run() });
    return elector;
  }

  const lease = () => server.objects.get(collection, 'netaudit', 'netaudit-operator');
  const spec = () => lease().spec as Record<string, unknown>;
  const acts = (identity: string) => until(`${identity} acts`, () => acting.includes(identity));

  it('is won by who comes first, who makes the Lease and renews it', async () => {
    const first = candidate('first');
    await acts('first');
    const { version } = server.objects;
    await until('it was renewed', () => server.objects.version > version + 2);
    assert.ok(first.leads());
    const { acquireTime, renewTime, ...rest } = spec();
    assert.deepEqual(rest, { holderIdentity: 'first', leaseDurationSeconds: 1, leaseTransitions: 0 });
    assert.match(String(acquireTime), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    assert.ok(String(renewTime) > String(acquireTime));
  });

  it('costs a leader one write a renewal, and a follower one read a try', async () => {
    candidate('first');
    await acts('first');
    candidate('second');
    server.requests.length = 0;
    await until('twenty requests', () => server.requests.length >= 20);
    const verbs = new Set(server.requests.map(({ verb }) => verb));
    assert.deepEqual([...verbs].sort(), ['get', 'update']);
    assert.ok(Math.abs(server.count('get', 'leases') - server.count('update', 'leases')) < 8);
  });

  it('has one winner among many who come at once', async () => {
    for (const name of ['a', 'b', 'c', 'd']) candidate(name);
    await until('one acts', () => acting.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(acting.length, 1);
  });

  it('goes at once to another when the leader goes in peace, after the leader’s work was put down', async () => {
    const first = candidate('first');
    await acts('first');
    candidate('second');
    first.stop();
    await until('it was released', () => spec().holderIdentity !== 'first');
    assert.equal(spec().leaseDurationSeconds, 1);
    await acts('second');
    assert.equal(spec().leaseTransitions, 1);
  });

  it('goes to another when the leader is cut off, who stops acting before', async () => {
    const first = candidate('first');
    await acts('first');
    let firstStopped = 0;
    // Its own requests go into the void, as by a broken network between it and the API server.
    server.faults.push({ matches: ({ agent }) => agent === 'first', act: 'hang' });
    candidate('second');
    await until('the first stopped', () => {
      if (!acting.includes('first')) firstStopped = performance.now();
      return firstStopped > 0;
    });
    assert.equal(first.leads(), false);
    await acts('second');
    assert.ok(performance.now() - firstStopped >= 200, 'there was no time between them');
  });

  it('survives a server that is gone for less than the deadline', async () => {
    const first = candidate('first');
    await acts('first');
    await server.leave();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await server.listen();
    const { version } = server.objects;
    await until('it was renewed', () => server.objects.version > version);
    assert.ok(first.leads() && acting.includes('first'));
  });

  it('begins a new term after an outage that was longer', async () => {
    candidate('first');
    await acts('first');
    await server.leave();
    await until('it stopped', () => acting.length === 0);
    await server.listen();
    await acts('first');
  });

  it('does not believe the times in the Lease: another’s clock may be wrong by hours', async () => {
    for (const renewTime of ['2020-01-01T00:00:00.000000Z', '2099-01-01T00:00:00.000000Z']) {
      for (const old of server.objects.all(collection)) server.objects.delete(collection, old);
      acting.length = 0;
      const holder = { holderIdentity: 'gone', leaseDurationSeconds: 1, renewTime, leaseTransitions: 7 };
      const metadata = {
        name: 'netaudit-operator',
        uid: '',
        resourceVersion: '',
        generation: 1,
        creationTimestamp: renewTime,
      };
      server.objects.create(collection, 'netaudit', { metadata, spec: holder });
      const began = performance.now();
      const elector = candidate(`after ${renewTime}`);
      await acts(`after ${renewTime}`);
      const waited = performance.now() - began;
      assert.ok(waited >= 1000 && waited < 10_000, `${waited} ms`);
      assert.equal(spec().leaseTransitions, 8);
      elector.stop();
      await until('it ended', () => acting.length === 0);
    }
  });

  it('is lost by the clock alone, before anything runs that could say so', async () => {
    let shift = 0;
    const first = candidate('first', () => performance.now() + shift);
    await acts('first');
    assert.ok(first.leads());
    shift = times.renewDeadlineMilliseconds;
    assert.equal(first.leads(), false);
  });

  it('is lost at once when somebody else wrote the Lease', async () => {
    candidate('first');
    await acts('first');
    const present = lease();
    server.objects.replace(
      collection,
      present,
      { ...present, spec: { ...spec(), holderIdentity: 'thief' } },
      true,
    );
    await until('it stopped', () => acting.length === 0, 400);
  });
});
