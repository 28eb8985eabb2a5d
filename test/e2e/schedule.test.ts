/** When runs are made: at due times, for generations, when asked for; one at a time. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { NetworkAuditRun } from '../../src/api/v1alpha1/index.ts';
import { applyAudit, askForRun, auditNamed, finished } from './support/audits.ts';
import { type Cluster, openCluster } from './support/cluster.ts';
import { becomes } from './support/objects.ts';

const everyMinute = { schedule: '* * * * *' };
const yearly = { schedule: '0 0 1 1 *', timeZone: 'Asia/Tokyo' };
let cluster: Cluster;
let due: number;

// The minute in which nothing is due yet goes by while the other tests run.
before(async () => {
  cluster = await openCluster({ nodes: 1 });
  const { metadata } = await applyAudit(cluster, 'minutely', everyMinute);
  due = minuteOf(metadata.creationTimestamp) + 1;
  await applyAudit(cluster, 'paused', { ...everyMinute, suspend: true });
  await applyAudit(cluster, 'yearly', yearly);
});

after(async () => {
  await cluster?.tryKubectl(['delete', 'networkaudits', '--all']);
  await cluster?.stop();
});

async function runsOf(audit: string): Promise<readonly NetworkAuditRun[]> {
  const list: { items: readonly NetworkAuditRun[] } = JSON.parse(
    await cluster.kubectl(['get', 'networkauditruns', '-o', 'json']),
  );
  return list.items.filter(({ spec }) => spec.auditName === audit);
}

const namesOf = async (audit: string) => (await runsOf(audit)).map(({ metadata }) => metadata.name);

/** minuteOf is the minute of a time, counted from 1970: what the name of a run ends with. */
function minuteOf(time: string): number {
  return Math.floor(Date.parse(time) / 60_000);
}

async function readyReason(name: string): Promise<string | undefined> {
  const { status } = await auditNamed(cluster, name);
  return status?.conditions.find(({ type }) => type === 'Ready')?.reason;
}

describe('an audit without a schedule', () => {
  it('runs once for each generation of its spec', async () => {
    const limits = [10, 20, 30];
    for (const [index, maxUnknownPercent] of limits.entries()) {
      await applyAudit(cluster, 'generations', { maxUnknownPercent });
      const run = await finished(cluster, `generations-g${index + 1}`);
      assert.deepEqual([run.status?.plan?.auditGeneration, run.status?.plan?.number], [index + 1, index]);
      assert.equal(run.status?.plan?.maxUnknownPercent, maxUnknownPercent);
    }
    assert.deepEqual(await namesOf('generations'), ['generations-g1', 'generations-g2', 'generations-g3']);
  });

  it('runs for the last of several generations that came at once', async () => {
    for (const maxUnknownPercent of [1, 2, 3, 4]) await applyAudit(cluster, 'hasty', { maxUnknownPercent });
    const run = await finished(cluster, 'hasty-g4');
    assert.equal(run.status?.plan?.maxUnknownPercent, 4);
  });

  it('makes no run while it is suspended, and one as soon as it is not', async () => {
    await applyAudit(cluster, 'sleeper', { suspend: true });
    await cluster.kubectl(['wait', 'networkaudit/sleeper', '--for=condition=Ready', '--timeout=30s']);
    assert.equal(await readyReason('sleeper'), 'Suspended');
    assert.deepEqual(await namesOf('sleeper'), []);
    await applyAudit(cluster, 'sleeper', { suspend: false });
    await finished(cluster, 'sleeper-g2');
  });
});

describe('runs that are asked for at once', () => {
  it('are made one at a time, in turn', async () => {
    await applyAudit(cluster, 'turns', { suspend: true });
    const asked: string[] = [];
    for (let count = 0; count < 4; count++) asked.push(await askForRun(cluster, 'turns'));
    const finishedRuns = await Promise.all(asked.map((name) => finished(cluster, name)));
    const runs = finishedRuns.map(({ status }) => ({
      number: status?.plan?.number ?? -1,
      start: status?.startTime ?? '',
      end: status?.completionTime ?? '',
    }));
    const inTurn = [...runs].sort((one, other) => one.number - other.number);
    assert.deepEqual(
      inTurn.map(({ number }) => number),
      [0, 1, 2, 3],
    );
    for (const [index, { start }] of inTurn.entries()) {
      const before = inTurn[index - 1];
      if (before !== undefined) assert.ok(start >= before.end, `${start} is before ${before.end}`);
    }
  });
});

describe('an audit with a schedule', () => {
  it('runs at each due time, not while it is suspended, and says when the next one is', async () => {
    const name = `minutely-${due}`;
    const names = await becomes(
      `run ${name} is made`,
      () => namesOf('minutely'),
      (runs) => runs.length > 0,
      75,
    );
    assert.equal([...names].sort()[0], name);
    const run = await finished(cluster, name);
    assert.equal(run.status?.plan?.dueTime, new Date(due * 60_000).toISOString().replace('.000', ''));
    const late = Date.parse(run.metadata.creationTimestamp) - due * 60_000;
    assert.ok(late >= 0 && late <= 5_000, `The run was made ${late} ms after its due time`);

    await cluster.kubectl(['wait', 'networkaudit/minutely', '--for=condition=Passed', '--timeout=30s']);
    const { status } = await auditNamed(cluster, 'minutely');
    const last = Number(status?.lastRun?.name.replace('minutely-', ''));
    assert.equal(minuteOf(status?.nextRunTime ?? ''), last + 1);
    assert.equal(await readyReason('minutely'), 'Scheduled');

    assert.deepEqual(await namesOf('paused'), []);
    assert.deepEqual(await namesOf('yearly'), []);
    const newYear = (await auditNamed(cluster, 'yearly')).status?.nextRunTime ?? '';
    assert.match(newYear, /^\d{4}-12-31T15:00:00Z$/);
  });

  it('makes up for the due time that it missed while it was suspended', async () => {
    const { metadata } = await applyAudit(cluster, 'paused', everyMinute);
    const [name = ''] = await becomes(
      'the missed run is made',
      () => namesOf('paused'),
      (runs) => runs.length > 0,
    );
    const minute = Number(name.replace('paused-', ''));
    const created = minuteOf(metadata.creationTimestamp);
    assert.ok(minute > created && minute * 60_000 <= Date.now(), `${name} was not due`);
    await finished(cluster, name);
  });

  it('makes none any more when it is suspended', async () => {
    await applyAudit(cluster, 'minutely', { ...everyMinute, suspend: true });
    await becomes(
      'it says that it is suspended',
      () => readyReason('minutely'),
      (reason) => reason === 'Suspended',
    );
    assert.equal((await auditNamed(cluster, 'minutely')).status?.nextRunTime, undefined);
  });
});
