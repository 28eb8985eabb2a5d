import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import type { NetworkAudit, NetworkAuditRun } from '../../src/api/v1alpha1/index.ts';
import { type AuditSource, auditMetrics, registerAudits } from '../../src/metrics/audits.ts';
import { makeAudit, makeRun } from './objects.ts';

/** Only the lines with values: names and help texts are the reference's business. */
async function scrape(source: AuditSource): Promise<string[]> {
  const registry = new Registry();
  registerAudits(registry, source);
  return values(registry);
}

async function values(registry: Registry): Promise<string[]> {
  return (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

function cache(audits: NetworkAudit[], runs: NetworkAuditRun[] = []): AuditSource {
  return { leads: () => true, audits: () => audits, runs: () => runs };
}

test('an audit that never ran says that it is there and that nothing is known', async () => {
  assert.deepEqual(await scrape(cache([makeAudit('cluster')])), [
    'netaudit_created_timestamp_seconds{audit="cluster"} 1793520000',
    'netaudit_suspended{audit="cluster"} 0',
    ...['Ready', 'Passed', 'Running'].flatMap((condition) => [
      `netaudit_condition{audit="cluster",condition="${condition}",status="True"} 0`,
      `netaudit_condition{audit="cluster",condition="${condition}",status="False"} 0`,
      `netaudit_condition{audit="cluster",condition="${condition}",status="Unknown"} 1`,
    ]),
  ]);
});

test('conditions, next run and coverage come from the status of the audit', async () => {
  const audit = makeAudit('cluster', {
    spec: { ...makeAudit('x').spec, suspend: true },
    status: {
      observedGeneration: 3,
      conditions: [
        {
          type: 'Passed',
          status: 'False',
          reason: 'FindingsFailed',
          message: '1 of 12 failed',
          lastTransitionTime: '2026-11-01T10:00:42Z',
          observedGeneration: 3,
        },
      ],
      nextRunTime: '2026-11-01T10:10:00Z',
      coverage: { nodesEveryRuns: 4, pairsEveryRuns: 16 },
    },
  });
  const lines = await scrape(cache([audit]));
  assert.deepEqual(
    lines.filter((line) => !/condition="(Ready|Running)"/.test(line)),
    [
      'netaudit_created_timestamp_seconds{audit="cluster"} 1793520000',
      'netaudit_suspended{audit="cluster"} 1',
      'netaudit_condition{audit="cluster",condition="Passed",status="True"} 0',
      'netaudit_condition{audit="cluster",condition="Passed",status="False"} 1',
      'netaudit_condition{audit="cluster",condition="Passed",status="Unknown"} 0',
      'netaudit_condition_last_transition_timestamp_seconds{audit="cluster",condition="Passed"} 1793527242',
      'netaudit_next_run_timestamp_seconds{audit="cluster"} 1793527800',
      'netaudit_coverage_nodes_every_runs{audit="cluster"} 4',
      'netaudit_coverage_pairs_every_runs{audit="cluster"} 16',
    ],
  );
});

const counts = { passed: 9, failed: 3, unknown: 0, skipped: 1 };

function failedRun(): NetworkAuditRun {
  const since = '2026-11-01T10:00:40Z';
  const finding = {
    severity: 'Failed',
    check: 'pods',
    reason: 'AddressTranslated',
    node: 'n2',
    since,
  } as const;
  return makeRun('cluster', 'cluster-2', {
    outcome: 'Failed',
    summary: { ...counts, warnings: 1, nodes: { eligible: 9, probed: 3, reported: 2 } },
    checks: [{ name: 'pods', type: 'PodToPod', outcome: 'Failed', reason: 'x', message: '', ...counts }],
    nodes: [
      {
        name: 'n2',
        place: 'pod',
        outcome: 'Failed',
        reason: 'AddressTranslated',
        message: '',
        ...counts,
        roundTripMicroseconds: { p50: 250, p90: 900, max: 12_500 },
        lookups: [
          {
            path: 'Service',
            ...counts,
            latencyMicroseconds: { p50: 500, p90: 1000, max: 2_000_000 },
          },
          { path: 'Endpoints', passed: 0, failed: 0, unknown: 2, skipped: 0 },
        ],
      },
    ],
    findings: [
      { ...finding, message: 'seen as 10.0.0.2' },
      { ...finding, message: 'seen as 10.0.0.2 too' },
      { ...finding, severity: 'Warning', reason: 'FragmentsLost', message: 'large' },
    ],
    findingsOmitted: 7,
    suspects: [
      { kind: 'Node', name: 'n2', why: '2 of 2 observers agree' },
      { kind: 'Pod', name: 'kube-system/coredns-1', why: '3 nodes agree' },
    ],
  });
}

test('the last run is told by check, by node and by finding', async () => {
  const lines = await scrape(cache([makeAudit('cluster')], [failedRun()]));
  assert.deepEqual(
    lines.filter((line) => line.startsWith('netaudit_last_')),
    [
      'netaudit_last_run_timestamp_seconds{audit="cluster"} 1793527242.5',
      'netaudit_last_run_duration_seconds{audit="cluster"} 42.5',
      'netaudit_last_run_outcome{audit="cluster",outcome="Passed"} 0',
      'netaudit_last_run_outcome{audit="cluster",outcome="Failed"} 1',
      'netaudit_last_run_outcome{audit="cluster",outcome="Unknown"} 0',
      'netaudit_last_run_nodes{audit="cluster",state="eligible"} 9',
      'netaudit_last_run_nodes{audit="cluster",state="probed"} 3',
      'netaudit_last_run_nodes{audit="cluster",state="reported"} 2',
      'netaudit_last_run_check_verdicts{audit="cluster",check="pods",type="PodToPod",outcome="Passed"} 9',
      'netaudit_last_run_check_verdicts{audit="cluster",check="pods",type="PodToPod",outcome="Failed"} 3',
      'netaudit_last_run_check_verdicts{audit="cluster",check="pods",type="PodToPod",outcome="Unknown"} 0',
      'netaudit_last_run_check_verdicts{audit="cluster",check="pods",type="PodToPod",outcome="Skipped"} 1',
      'netaudit_last_run_node_verdicts{audit="cluster",node="n2",place="pod",outcome="Passed"} 9',
      'netaudit_last_run_node_verdicts{audit="cluster",node="n2",place="pod",outcome="Failed"} 3',
      'netaudit_last_run_node_verdicts{audit="cluster",node="n2",place="pod",outcome="Unknown"} 0',
      'netaudit_last_run_node_verdicts{audit="cluster",node="n2",place="pod",outcome="Skipped"} 1',
      'netaudit_last_run_round_trip_seconds{audit="cluster",node="n2",place="pod",quantile="0.5"} 0.00025',
      'netaudit_last_run_round_trip_seconds{audit="cluster",node="n2",place="pod",quantile="0.9"} 0.0009',
      'netaudit_last_run_round_trip_seconds{audit="cluster",node="n2",place="pod",quantile="1"} 0.0125',
      'netaudit_last_run_lookups{audit="cluster",node="n2",path="Service",outcome="Passed"} 9',
      'netaudit_last_run_lookups{audit="cluster",node="n2",path="Service",outcome="Failed"} 3',
      'netaudit_last_run_lookups{audit="cluster",node="n2",path="Service",outcome="Unknown"} 0',
      'netaudit_last_run_lookups{audit="cluster",node="n2",path="Service",outcome="Skipped"} 1',
      'netaudit_last_run_lookups{audit="cluster",node="n2",path="Endpoints",outcome="Passed"} 0',
      'netaudit_last_run_lookups{audit="cluster",node="n2",path="Endpoints",outcome="Failed"} 0',
      'netaudit_last_run_lookups{audit="cluster",node="n2",path="Endpoints",outcome="Unknown"} 2',
      'netaudit_last_run_lookups{audit="cluster",node="n2",path="Endpoints",outcome="Skipped"} 0',
      'netaudit_last_run_lookup_seconds{audit="cluster",node="n2",path="Service",quantile="0.5"} 0.0005',
      'netaudit_last_run_lookup_seconds{audit="cluster",node="n2",path="Service",quantile="0.9"} 0.001',
      'netaudit_last_run_lookup_seconds{audit="cluster",node="n2",path="Service",quantile="1"} 2',
      'netaudit_last_run_findings{audit="cluster",check="pods",severity="Failed",reason="AddressTranslated"} 2',
      'netaudit_last_run_findings{audit="cluster",check="pods",severity="Warning",reason="FragmentsLost"} 1',
      'netaudit_last_run_findings_omitted{audit="cluster"} 7',
      'netaudit_last_run_suspects{audit="cluster",kind="Node"} 1',
      'netaudit_last_run_suspects{audit="cluster",kind="Pod"} 1',
      'netaudit_last_run_suspects{audit="cluster",kind="Service"} 0',
      'netaudit_last_run_suspect_node{audit="cluster",node="n2"} 1',
    ],
  );
});

test('the newest run that ended counts: neither one that goes on nor the order of the cache decides', async () => {
  const passed = makeRun('cluster', 'cluster-1', { completionTime: '2026-11-01T09:50:00Z' });
  const { status: _, ...running } = makeRun('cluster', 'cluster-3');
  const lines = await scrape(cache([makeAudit('cluster')], [running, passed, failedRun()]));
  assert.deepEqual(
    lines.filter((line) => /_run_timestamp|success_timestamp|outcome="Failed"} 1$/.test(line)),
    [
      'netaudit_last_run_timestamp_seconds{audit="cluster"} 1793527242.5',
      'netaudit_last_success_timestamp_seconds{audit="cluster"} 1793526600',
      'netaudit_last_run_outcome{audit="cluster",outcome="Failed"} 1',
    ],
  );
});

test("one audit never speaks of another's runs", async () => {
  const other = makeRun('other', 'other-1', { outcome: 'Failed' });
  const lines = await scrape(cache([makeAudit('cluster')], [other, failedRun()]));
  assert.deepEqual(
    lines.filter((line) => line.includes('other')),
    [],
  );
});

test('runs of a former audit of the same name are not told as those of the new one', async () => {
  const run = makeRun('cluster', 'cluster-g1');
  const owner = { apiVersion: 'netaudit.dev/v1alpha1', kind: 'NetworkAudit', name: 'cluster', uid: 'former' };
  const owned = { ...run, metadata: { ...run.metadata, ownerReferences: [owner] } };
  const lines = await scrape(cache([makeAudit('cluster')], [owned]));
  assert.deepEqual(
    lines.filter((line) => line.startsWith('netaudit_last_')),
    [],
  );
});

test('series vanish with their objects, at the next scrape', async () => {
  const audits = [makeAudit('cluster'), makeAudit('edge')];
  const runs = [failedRun(), makeRun('edge', 'edge-1')];
  const registry = new Registry();
  registerAudits(registry, cache(audits, runs));
  assert.equal((await values(registry)).filter((line) => line.includes('audit="cluster"')).length > 20, true);

  runs.shift();
  const withoutRuns = (await values(registry)).filter((line) => line.includes('audit="cluster"'));
  assert.deepEqual(
    withoutRuns.filter((line) => line.startsWith('netaudit_last_')),
    [],
  );

  audits.shift();
  const withoutAudit = await values(registry);
  assert.deepEqual(
    withoutAudit.filter((line) => line.includes('audit="cluster"')),
    [],
  );
  assert.equal(withoutAudit.filter((line) => line.includes('audit="edge"')).length > 10, true);
});

test('an audit that is being deleted is not spoken of', async () => {
  const going = makeAudit('cluster');
  const deleting = { ...going, metadata: { ...going.metadata, deletionTimestamp: '2026-11-01T11:00:00Z' } };
  assert.deepEqual(await scrape(cache([deleting], [failedRun()])), []);
});

test('only the leader speaks of audits, and stops when it leads no longer', async () => {
  const leader = { yes: false };
  const registry = new Registry();
  registerAudits(registry, { ...cache([makeAudit('cluster')], [failedRun()]), leads: () => leader.yes });
  assert.deepEqual(await values(registry), []);
  leader.yes = true;
  assert.notDeepEqual(await values(registry), []);
  leader.yes = false;
  assert.deepEqual(await values(registry), []);
});

test('names of other scripts and quotes leave one line for each sample', async () => {
  const name = 'a"b\\c\nd';
  const lines = await scrape(cache([makeAudit(name)]));
  assert.equal(lines[1], 'netaudit_suspended{audit="a\\"b\\\\c\\nd"} 0');
});

test('labels are drawn from known sets: none could hold an error text or a pair of nodes', () => {
  const known = ['audit', 'check', 'condition', 'kind', 'node', 'outcome', 'quantile', 'reason', 'severity'];
  const used = new Set(auditMetrics.flatMap(({ labels }) => labels.map(({ name }) => name)));
  assert.deepEqual([...used].sort(), [...known, 'path', 'place', 'state', 'status', 'type'].sort());
  for (const { name } of auditMetrics) assert.match(name, /^netaudit_[a-z_]+[a-z]$/);
});
