import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { loseDatagrams } from '../sandbox/faults/network.ts';
import { applyAudit, auditNamed, finished, runOnce } from './support/audits.ts';
import { type Cluster, openCluster } from './support/cluster.ts';
import { sound, toldBy } from './support/told.ts';

const audit = 'healthy';
let cluster: Cluster;

before(async () => {
  cluster = await openCluster();
  await applyAudit(cluster, audit, { checks: [{ name: 'pods', type: 'PodToPod' }] });
});

after(async () => {
  await cluster?.tryKubectl(['delete', 'networkaudit', audit, '--ignore-not-found']);
  await cluster?.stop();
});

/** passedSince is since when the audit's condition Passed is True. */
async function passedSince(run: string): Promise<string | undefined> {
  const seen = [`networkaudit/${audit}`, `--for=jsonpath={.status.lastRun.name}=${run}`, '--timeout=30s'];
  await cluster.kubectl(['wait', ...seen]);
  await cluster.kubectl(['wait', `networkaudit/${audit}`, '--for=condition=Passed', '--timeout=30s']);
  const { status } = await auditNamed(cluster, audit);
  return status?.conditions.find(({ type }) => type === 'Passed')?.lastTransitionTime;
}

describe('a healthy network', () => {
  it('passes twenty runs in a row, without a finding or a warning', async () => {
    const nodes = cluster.nodes.length;
    const summary = {
      passed: nodes * nodes * 2,
      failed: 0,
      unknown: 0,
      skipped: 0,
      warnings: 0,
      nodes: { eligible: nodes, probed: nodes, reported: nodes },
    };
    const first = await finished(cluster, `${audit}-g1`);
    const since = await passedSince(first.metadata.name);
    let last = first.metadata.name;
    for (let number = 1; number <= 20; number++) {
      const run = await runOnce(cluster, audit);
      last = run.metadata.name;
      assert.deepEqual({ number, ...toldBy(run) }, { number, ...sound });
      assert.deepEqual({ number, ...run.status?.summary }, { number, ...summary });
    }
    assert.equal(await passedSince(last), since, 'Passed did not stay True all the time');
  });

  it('may lose one datagram in a hundred, each way and on every node', async () => {
    const faults = await Promise.all(
      cluster.nodes.map(async (name) => loseDatagrams(await cluster.target(name), 1)),
    );
    const mends: (() => Promise<void>)[] = [];
    try {
      for (const fault of faults) mends.push(await cluster.inject(fault));
      for (let number = 1; number <= 10; number++) {
        assert.deepEqual({ number, ...toldBy(await runOnce(cluster, audit)) }, { number, ...sound });
      }
    } finally {
      for (const mend of mends) await mend();
    }
  });
});
