import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decide } from '../../src/plan/decide.ts';
import { Cluster } from './cluster.ts';
import { makeAudit } from './make.ts';

/** overAndUntold is a cluster whose run is over before the audit's status ever told of it: a leader died in between. */
function overAndUntold(name: string, prepare: (cluster: Cluster) => void): Cluster {
  const cluster = new Cluster(3, makeAudit());
  prepare(cluster);
  while (cluster.runs.get(name)?.status?.completionTime === undefined) {
    const { actions } = decide(cluster.world(), cluster.now, cluster.settings, cluster.kinds);
    cluster.reconcile(actions.filter(({ type }) => type !== 'WriteAuditStatus').length);
    cluster.runProbes();
  }
  return cluster;
}

describe('the probes of a run that is over', () => {
  it('are deleted at once, also when the status never told that it had begun', () => {
    const cluster = overAndUntold('cluster-g1', () => {});
    assert.equal(cluster.jobs.size, 3);
    cluster.settle();
    assert.deepEqual([cluster.counts.get('DeleteProbes'), cluster.jobs.size], [1, 0]);
  });

  it('are deleted at once, also when the status tells of the run before it only', () => {
    const cluster = overAndUntold('second', (young) => {
      young.settle();
      young.ask('second');
    });
    assert.equal(cluster.audit?.status?.lastRun?.name, 'cluster-g1');
    assert.equal(cluster.jobs.size, 3);
    cluster.settle();
    assert.deepEqual([cluster.counts.get('DeleteProbes'), cluster.jobs.size], [2, 0]);
  });

  it('are deleted once, and once more only half a minute later if any are left', () => {
    const cluster = new Cluster(3, makeAudit());
    cluster.settle();
    const [job] = overAndUntold('cluster-g1', () => {}).jobs;
    const { uid: runUid } = cluster.run('cluster-g1').metadata;
    assert.ok(job);
    cluster.jobs.set(job[0], { ...job[1], runUid });
    cluster.settle();
    assert.deepEqual([cluster.counts.get('DeleteProbes'), cluster.jobs.size], [1, 1]);
    cluster.pass(31);
    cluster.settle();
    assert.deepEqual([cluster.counts.get('DeleteProbes'), cluster.jobs.size], [2, 0]);
  });
});
