/** What is deleted leaves nothing behind, whenever it is deleted. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { dropOneWay } from '../sandbox/faults/network.ts';
import { applyAudit, askForRun, auditNamed, finished, runOnce } from './support/audits.ts';
import { type Cluster, openCluster } from './support/cluster.ts';
import { becomes } from './support/objects.ts';
import { sound, toldBy } from './support/told.ts';

let cluster: Cluster;

before(async () => {
  cluster = await openCluster({ nodes: 2 });
});

after(async () => {
  await cluster?.tryKubectl(['delete', 'networkaudits', '--all']);
  await cluster?.stop();
});

/** namesOf lists objects by `kubectl get -o name`. */
async function namesOf(...args: readonly string[]): Promise<readonly string[]> {
  const text = await cluster.kubectl(['get', ...args, '--output=name']);
  return text.split('\n').filter((line) => line !== '');
}

/** seriesOf are the series in /metrics of all replicas of the operator that name an audit. */
async function seriesOf(audit: string): Promise<readonly string[]> {
  const pods = await namesOf(
    'pods',
    '--namespace=netaudit',
    '--selector=app.kubernetes.io/component=operator',
  );
  const texts = await Promise.all(
    pods.map((pod) =>
      cluster.kubectl([
        'get',
        '--raw',
        `/api/v1/namespaces/netaudit/pods/${pod.replace('pod/', '')}:8080/proxy/metrics`,
      ]),
    ),
  );
  assert.ok(texts.every((text) => text.includes('netaudit_')));
  return texts.flatMap((text) => text.split('\n').filter((line) => line.includes(`"${audit}"`)));
}

/** leftOf is all that there is of an audit. */
async function leftOf(audit: string): Promise<readonly string[]> {
  const probes = ['jobs,pods', '--all-namespaces', `--selector=netaudit.dev/audit=${audit}`];
  const lists = await Promise.all([
    namesOf(...probes),
    namesOf('networkauditruns,networkaudits').then((names) =>
      names.filter((name) => name.split('/')[1]?.startsWith(audit)),
    ),
    seriesOf(audit),
  ]);
  return lists.flat();
}

const gone = (audit: string) =>
  becomes(
    `nothing is left of ${audit}`,
    () => leftOf(audit),
    (left) => left.length === 0,
  );

/** whileProbing calls back while a run of an audit waits for answers that do not come. */
async function whileProbing(audit: string, act: (run: string) => Promise<void>): Promise<void> {
  const [from, to] = await Promise.all(cluster.nodes.map((node) => cluster.target(node)));
  assert.ok(from !== undefined && to !== undefined);
  const patient = { name: 'pods', type: 'PodToPod', podToPod: { timeoutMilliseconds: 10_000 } };
  await applyAudit(cluster, audit, { suspend: true, checks: [patient] });
  const mend = await cluster.inject(dropOneWay(from, to));
  try {
    const run = await askForRun(cluster, audit);
    const jobs = ['jobs', '--namespace=netaudit', `--selector=netaudit.dev/audit=${audit}`];
    await becomes(
      'all Jobs are there',
      () => namesOf(...jobs),
      (names) => names.length === cluster.nodes.length,
    );
    await act(run);
  } finally {
    await mend();
  }
}

describe('kubectl delete networkaudit', () => {
  it('leaves nothing behind of an audit that has run', async () => {
    await applyAudit(cluster, 'done');
    await finished(cluster, 'done-g1');
    await runOnce(cluster, 'done');
    assert.notDeepEqual(await seriesOf('done'), []);
    await cluster.kubectl(['delete', 'networkaudit', 'done']);
    await gone('done');
  });

  for (const cascade of ['background', 'foreground']) {
    it(`leaves nothing behind in the middle of a run, in the ${cascade}`, async () => {
      const audit = `busy-${cascade}`;
      await whileProbing(audit, async () => {
        assert.notDeepEqual(await seriesOf(audit), []);
        await cluster.kubectl(['delete', 'networkaudit', audit, `--cascade=${cascade}`]);
        await gone(audit);
      });
    });
  }

  it('and another of the same name at once starts from nothing', async () => {
    await applyAudit(cluster, 'again');
    const first = await finished(cluster, 'again-g1');
    await cluster.kubectl(['delete', 'networkaudit', 'again']);
    await applyAudit(cluster, 'again');
    const second = await becomes(
      'another run of the same name is made',
      () => cluster.tryKubectl(['get', 'networkauditrun', 'again-g1', '-o', 'jsonpath={.metadata.uid}']),
      ({ code, stdout }) => code === 0 && stdout !== first.metadata.uid,
    );
    const run = await finished(cluster, 'again-g1');
    assert.deepEqual([run.metadata.uid, run.status?.plan?.number], [second.stdout, 0]);
    assert.deepEqual(toldBy(run), sound);
  });
});

describe('kubectl delete networkauditrun', () => {
  it('in the middle of it takes its Jobs and Pods along, and the audit goes on', async () => {
    await whileProbing('interrupted', async (run) => {
      await cluster.kubectl(['delete', 'networkauditrun', run]);
      const probes = ['jobs,pods', '--all-namespaces', '--selector=netaudit.dev/audit=interrupted'];
      await becomes(
        'no probe is left',
        () => namesOf(...probes),
        (names) => names.length === 0,
      );
    });
    await cluster.kubectl([
      'wait',
      'networkaudit/interrupted',
      '--for=condition=Running=false',
      '--timeout=30s',
    ]);
    assert.deepEqual(toldBy(await runOnce(cluster, 'interrupted')), sound);
  });

  it('of all runs takes no verdict back, and makes no run anew', async () => {
    await applyAudit(cluster, 'kept');
    await finished(cluster, 'kept-g1');
    await cluster.kubectl(['wait', 'networkaudit/kept', '--for=condition=Passed', '--timeout=30s']);
    const { status } = await auditNamed(cluster, 'kept');
    await cluster.kubectl(['delete', 'networkauditrun', 'kept-g1']);
    // By the time that another audit has had its run, this one would have had one, too.
    await applyAudit(cluster, 'other');
    await finished(cluster, 'other-g1');
    assert.deepEqual((await auditNamed(cluster, 'kept')).status, status);
    assert.deepEqual(
      (await namesOf('networkauditruns')).filter((name) => name.includes('/kept')),
      [],
    );
  });
});

describe('the history of an audit', () => {
  it('is as long as its limit says: the oldest runs go, and their probes with them', async () => {
    await applyAudit(cluster, 'short', { runsHistoryLimit: 2 });
    const runs = [(await finished(cluster, 'short-g1')).metadata.name];
    for (let more = 0; more < 3; more++) runs.push((await runOnce(cluster, 'short')).metadata.name);
    const kept = await becomes(
      'two runs are left',
      async () => (await namesOf('networkauditruns')).filter((name) => name.includes('/short')),
      (names) => names.length <= 2,
    );
    const newest = runs.slice(-2).map((name) => `networkauditrun.netaudit.dev/${name}`);
    assert.deepEqual([...kept].sort(), newest.sort());
    assert.equal((await auditNamed(cluster, 'short')).status?.lastRun?.number, 3);
  });
});
