import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Registry } from 'prom-client';
import { Connection } from '../../src/cluster/connection.ts';
import { type Controller, createController } from '../../src/cluster/controller.ts';
import { permissions } from '../../src/cluster/permissions.ts';
import { parseFlags } from '../../src/control/flags.ts';
import { createControllerMetrics } from '../../src/metrics/controller.ts';
import { decide } from '../../src/plan/decide.ts';
import type { Stored } from '../support/api-server/objects.ts';
import { at } from '../support/api-server/request.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { createFakeKind } from '../support/fake-kind.ts';
import { createKeptLog, type Line } from '../support/kept-log.ts';
import { auditOf, runOf } from '../support/make-objects.ts';
import { createSmallCluster, type SmallCluster, type SmallClusterOptions } from '../support/small-cluster.ts';
import { until } from '../support/until.ts';

const [runsOf, auditsOf, jobsOf] = [
  'networkauditruns.netaudit.dev',
  'networkaudits.netaudit.dev',
  'jobs.batch',
];

describe('the operator against an API server', { timeout: 120_000 }, () => {
  let server: ApiServer;
  let cluster: SmallCluster;
  let running: { readonly controller: Controller; readonly done: Promise<void> }[];
  let lines: Line[];

  beforeEach(async () => {
    server = await new ApiServer({ permissions, token: 'secret', bookmarkMilliseconds: 100 }).listen();
    running = [];
    lines = [];
  });
  afterEach(async () => {
    server.faults.length = 0;
    for (const { controller } of running) controller.stop();
    await Promise.all(running.map(({ done }) => done));
    cluster.end();
    await server.close();
  });

  function have(options: SmallClusterOptions): void {
    cluster = createSmallCluster(server, options);
  }

  function start(identity = 'pod-1', extra: readonly string[] = []): Controller {
    const times = ['--lease-seconds=3', '--renew-deadline-seconds=2', '--retry-seconds=1'];
    const waits = ['--settle-seconds=0', '--new-node-seconds=0', '--request-timeout-seconds=1'];
    const parsed = parseFlags([...times, ...waits, `--identity=${identity}`, ...extra], {}, 'host');
    assert.ok(parsed.kind === 'Options', JSON.stringify(parsed));
    const { options } = parsed;
    const kept = createKeptLog();
    lines = kept.lines;
    const controller = createController({
      connection: new Connection(() => server.kubeConfig()),
      options,
      log: kept.log,
      metrics: createControllerMetrics(new Registry(), options.leaseName),
      decide: (world, now) => decide(world, now, options.settings, [createFakeKind()]),
      asksNodes: () => false,
      reflector: {
        backoff: { baseMilliseconds: 50, capMilliseconds: 500 },
        limits: { timeoutSeconds: 60, silenceMilliseconds: 1000 },
        settledMilliseconds: 100,
      },
    });
    running.push({ controller, done: controller.run() });
    return controller;
  }

  const apply = (name: string, spec = {}) => server.objects.create(auditsOf, undefined, auditOf(name, spec));
  const runs = () => server.objects.all(runsOf);
  const condition = (object: Stored | undefined, type: string) => {
    const conditions = at(object?.status, 'conditions');
    const found = Array.isArray(conditions)
      ? conditions.find((each) => at(each, 'type') === type)
      : undefined;
    return at(found, 'status');
  };
  const isOver = (run: Stored) => condition(run, 'Complete') === 'True';
  const overAndTidy = (count: number) => () =>
    runs().filter(isOver).length === count && server.objects.all(jobsOf).length === 0;
  const audit = (name = 'cluster') => server.objects.get(auditsOf, undefined, name);
  const passed = () => condition(audit(), 'Passed') === 'True';

  it('carries an audit from its creation to its verdict', async () => {
    have({ nodes: 3 });
    start();
    apply('cluster');
    await until('the audit passed and all is tidy', () => overAndTidy(1)() && passed());
    const [run] = runs();
    assert.equal(run?.metadata.name, 'cluster-g1');
    assert.deepEqual(at(run?.status, 'summary', 'nodes'), { eligible: 3, probed: 3, reported: 3 });
    assert.equal(cluster.created.length, 3);
    await until('no Pod of a probe is left', () => server.objects.all('pods').length === 3);
  });

  it('asks at most three things for each node that it probes, when nothing is found', async () => {
    have({ nodes: 40, answerMilliseconds: 300 });
    const controller = start();
    await until('it leads and watches', () => controller.leads() && server.watches === 14);
    const renewals = () => server.count('update', 'leases');
    const [before, renewed] = [server.requests.length, renewals()];
    apply('cluster');
    await until('the audit passed and all is tidy', () => overAndTidy(1)() && passed());
    await new Promise((resolve) => setTimeout(resolve, 500));
    const spent = server.requests.length - before - (renewals() - renewed);
    assert.ok(spent <= 3 * 40, `${spent} requests`);
    // The design says: a creation a node, two writes of the run, one or two of the audit, one deletion.
    assert.ok(spent <= 40 + 12, `${spent} requests: ${JSON.stringify(countsOf(server, before))}`);
    assert.equal(server.count('get', 'pods'), 0);
  });

  it('goes still when there is nothing to do', async () => {
    have({ nodes: 3 });
    start();
    apply('cluster');
    await until('the audit passed and all is tidy', () => overAndTidy(1)() && passed());
    await new Promise((resolve) => setTimeout(resolve, 300));
    const before = server.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const others = server.requests.slice(before).filter(({ resource }) => resource !== 'leases');
    assert.deepEqual(others.length, 0, JSON.stringify(countsOf(server, before)));
  });

  it('takes up a run that a person asks for', async () => {
    have({ nodes: 3 });
    start();
    apply('cluster', { suspend: true });
    server.objects.create(runsOf, undefined, runOf('now', 'cluster'));
    await until('it is over', () => runs().some((run) => run.metadata.name === 'now' && isOver(run)), 20_000);
    const owners = server.objects.get(runsOf, undefined, 'now').metadata.ownerReferences;
    assert.equal(at(owners, '0', 'uid'), audit().metadata.uid);
  });

  it('reads answers that are too large for a termination message', async () => {
    have({ nodes: 2, evidenceBytes: 20_000 });
    start();
    apply('cluster');
    await until('the audit passed', passed);
    assert.equal(server.count('get', 'pods'), 2);
  });

  it('audits where it may not see Services, slices, the cache’s Pods or the Corefile, and says so once', async () => {
    have({ nodes: 2 });
    const withheld = ['services', 'endpointslices', 'configmaps'];
    server.faults.push({
      matches: ({ resource, namespace }) =>
        withheld.some((each) => resource.startsWith(each)) || namespace === 'kube-system',
      act: { code: 403 },
    });
    start();
    apply('cluster');
    await until('the audit passed', passed);
    await until('each was asked for again', () => server.count('list', 'services') >= 3);
    const told = lines.filter(({ message }) => message === 'Could not follow');
    assert.deepEqual(told.map(({ fields }) => fields?.resource).sort(), [
      'configmaps',
      'endpointslices',
      'pods',
      'services',
    ]);
  });

  it('says why a Pod was refused', async () => {
    have({ nodes: 3, refuses: ['n1'] });
    start('pod-1', ['--report-margin-seconds=2']);
    apply('cluster', { runTimeoutSeconds: 6 });
    await until('the run is over', () => runs().some(isOver), 30_000);
    const nodes = at(runs()[0]?.status, 'nodes');
    const refused = Array.isArray(nodes) ? nodes.find((node) => at(node, 'name') === 'n1') : undefined;
    assert.equal(at(refused, 'outcome'), 'Unknown');
    assert.match(JSON.stringify(runs()[0]?.status), /exceeded quota/);
  });

  it('goes on where the process before it died, with the same Jobs', async () => {
    have({ nodes: 10, answerMilliseconds: 1500 });
    const first = start('pod-1');
    apply('cluster');
    await until('half of the Jobs are there', () => cluster.created.length >= 5);
    first.stop();
    start('pod-2');
    await until('the audit passed and all is tidy', () => overAndTidy(1)() && passed(), 30_000);
    assert.equal(cluster.created.length, 10);
    assert.equal(new Set(cluster.created).size, 10);
  });

  it('has a second replica that is ready, waits, and takes over', async () => {
    have({ nodes: 3 });
    const first = start('pod-1');
    await until('the first leads', () => first.leads());
    const second = start('pod-2');
    await until('the second is ready', () => second.ready());
    assert.equal(second.leads(), false);
    first.stop();
    await until('the second leads', () => second.leads());
    apply('cluster');
    await until('the audit passed', passed);
  });

  it('lives through an API server that is gone in the middle of a run, and asks seldom meanwhile', async () => {
    have({ nodes: 10, answerMilliseconds: 4000 });
    start();
    apply('cluster');
    await until('all Jobs are there', () => cluster.created.length === 10);
    await server.leave();
    const before = lines.length;
    // Longer than the Lease: leadership is lost, too.
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const tries = lines.length - before;
    // 14 watches back off to half a second at the most here, the election tries each second.
    assert.ok(tries < 14 * 20 + 12, `${tries} failures were logged`);
    await server.listen();
    await until('the audit passed and all is tidy', () => overAndTidy(1)() && passed(), 30_000);
    assert.equal(cluster.created.length, 10);
    assert.ok(lines.every(({ level }) => level !== 'error'));
  });

  it('believes a write whose answer was lost', async () => {
    have({ nodes: 6, answerMilliseconds: 500 });
    const lost = (verb: string, resource: string) => ({
      matches: (asked: { verb: string; resource: string }) =>
        asked.verb === verb && asked.resource === resource,
      times: 2,
      act: 'lost' as const,
    });
    server.faults.push(
      lost('create', 'jobs'),
      lost('create', 'networkauditruns'),
      lost('update', 'networkauditruns'),
    );
    server.faults.push(
      lost('update', 'networkaudits'),
      lost('deletecollection', 'jobs'),
      lost('create', 'events'),
    );
    start();
    apply('cluster');
    await until('the audit passed and all is tidy', () => overAndTidy(1)() && passed(), 30_000);
    assert.equal(cluster.created.length, 6);
    assert.equal(runs().length, 1);
  });

  it('reaches its verdict although every fifth request fails in some way', async () => {
    have({ nodes: 10, answerMilliseconds: 500 });
    let turn = 0;
    const acts = [
      'reset',
      'hang',
      'html',
      'cut',
      'lost',
      { code: 500 },
      { code: 409 },
      { code: 429, retryAfter: '1' },
      { code: 503 },
      { code: 410 },
    ] as const;
    for (const [index, act] of acts.entries()) {
      const each = acts.length * 5;
      server.faults.push({
        matches: () => {
          if (index === 0) turn += 1;
          return turn % each === index * 5;
        },
        act,
      });
    }
    start();
    apply('cluster');
    await until('the audit passed and all is tidy', () => overAndTidy(1)() && passed(), 60_000);
    assert.equal(new Set(cluster.created).size, cluster.created.length);
    assert.equal(cluster.created.length, 10);
  });

  it('puts everything down when it is asked to end', async () => {
    have({ nodes: 5, answerMilliseconds: 60_000 });
    const controller = start();
    apply('cluster');
    await until('it works', () => cluster.created.length === 5);
    controller.stop();
    await running[0]?.done;
    const lease = server.objects.get('leases.coordination.k8s.io', 'netaudit', 'netaudit-operator');
    assert.equal(at(lease.spec, 'holderIdentity'), '');
    await until('no watch is left', () => server.watches === 0);
    const { length } = server.requests;
    await new Promise((resolve) => setTimeout(resolve, 1200));
    assert.equal(server.requests.length, length);
  });
});

function countsOf(server: ApiServer, from: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { verb, resource, subresource = '' } of server.requests.slice(from)) {
    const key = `${verb} ${resource} ${subresource}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}
