import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Cluster } from './cluster.ts';
import { makeAudit } from './make.ts';

const everyTenMinutes = { schedule: '*/10 * * * *' };

function conditionsOf(cluster: Cluster): Record<string, string> {
  const conditions = cluster.audit?.status?.conditions ?? [];
  return Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status} ${reason}`]));
}

describe('an audit without a schedule', () => {
  it('runs once for each generation of its spec, and says so', () => {
    const cluster = new Cluster(3, makeAudit());
    cluster.settle();
    assert.deepEqual([...cluster.runs.keys()], ['cluster-g1']);
    assert.equal(cluster.run('cluster-g1').status?.outcome, 'Passed');
    assert.deepEqual(conditionsOf(cluster), {
      Ready: 'True UpToDate',
      Passed: 'True NetworkSound',
      Running: 'False Idle',
    });
    cluster.editSpec({ maxUnknownPercent: 20 });
    cluster.settle();
    assert.deepEqual([...cluster.runs.keys()], ['cluster-g1', 'cluster-g2']);
    assert.deepEqual(cluster.audit?.status?.coverage, { nodesEveryRuns: 1, pairsEveryRuns: 1 });
    assert.equal(cluster.audit?.status?.observedGeneration, 2);
  });

  it('costs two writes of the run, two of the audit, one Job a node and one deletion', () => {
    const cluster = new Cluster(3, makeAudit());
    cluster.settle();
    assert.deepEqual(Object.fromEntries(cluster.counts), {
      CreateRun: 1,
      WriteAuditStatus: 3,
      WriteRunStatus: 2,
      CreateJob: 3,
      DeleteProbes: 1,
      EmitEvent: 1,
    });
    assert.equal(cluster.jobs.size, 0);
  });

  it('does not run again when people delete the run, nor when they delete all of them', () => {
    const cluster = new Cluster(3, makeAudit());
    cluster.settle();
    const before = cluster.audit?.status;
    cluster.runs.clear();
    cluster.settle();
    assert.equal(cluster.runs.size, 0);
    assert.deepEqual(cluster.audit?.status, before);
  });
});

describe('crashes', () => {
  it('lead to the same verdict, make no Job twice and leave none behind, wherever they happen', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ actions: fc.nat(4), probes: fc.nat(2) }), { maxLength: 40 }),
        fc.boolean(),
        (steps, broken) => {
          const cluster = new Cluster(3, makeAudit(everyTenMinutes));
          cluster.fault = (from) => (broken && from === 'n2' ? 'AddressTranslated' : undefined);
          for (const { actions, probes } of steps) {
            cluster.reconcile(actions);
            cluster.runProbes(probes);
          }
          cluster.settle();
          cluster.pass(60);
          cluster.settle();
          assert.equal(cluster.jobs.size, 0);
          assert.deepEqual(cluster.createdJobs, [...new Set(cluster.createdJobs)]);
          const [run] = cluster.runs.values();
          assert.equal(run?.status?.outcome, broken ? 'Failed' : 'Passed');
          assert.equal(run?.status?.summary?.failed, broken ? 3 : 0);
          assert.equal(cluster.createdJobs.length, 3);
          assert.equal(conditionsOf(cluster).Passed, broken ? 'False FindingsFailed' : 'True NetworkSound');
        },
      ),
      { numRuns: 300 },
    );
  });
});
