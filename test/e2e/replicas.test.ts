/** Two replicas: one works, one waits, and who ends gracefully hands over at once. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { auditMetrics } from '../../src/metrics/audits.ts';
import type { KubeObject } from '../sandbox/client.ts';
import { LEASES } from '../sandbox/kinds.ts';
import { applyAudit, askForRun, finished, runOnce } from './support/audits.ts';
import { openSandbox, type SandboxCluster } from './support/cluster.ts';
import { becomes } from './support/objects.ts';
import { leader, leads, metricsOf, operatorPods } from './support/replicas.ts';
import { sound, toldBy } from './support/told.ts';

const onlySandbox =
  process.env.KUBECONFIG === undefined
    ? false
    : 'It watches the Lease from within, which only a sandbox lets it';
const audit = 'replicated';
const own = auditMetrics.map(({ name }) => name);
let cluster: SandboxCluster;

before(async () => {
  if (onlySandbox) return;
  cluster = await openSandbox({ nodes: 2 });
  await applyAudit(cluster, audit, { suspend: true });
  assert.deepEqual(toldBy(await runOnce(cluster, audit)), sound);
});

after(async () => {
  await cluster?.stop();
});

/** Replica is what a replica says of itself. */
interface Replica {
  readonly pod: string;
  readonly leads: boolean;
  /** ready tells whether its Pod is. */
  readonly ready: boolean;
  /** audits are the families of audits that have a series. */
  readonly audits: readonly string[];
}

async function replicas(): Promise<readonly Replica[]> {
  const pods = await operatorPods(cluster.sandbox);
  return Promise.all(
    pods.map(async ({ metadata: { name: pod = '' }, status }) => {
      const lines = await metricsOf(cluster, pod);
      const conditions = status?.conditions ?? [];
      return {
        pod,
        leads: leads(lines),
        ready: conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
        audits: own.filter((name) => lines.some((line) => line.startsWith(`${name}{`))),
      };
    }),
  );
}

/** holders follows who held the Lease, each once, until it is called. */
function holders(): () => readonly string[] {
  const seen: string[] = [];
  const selector = { namespace: 'netaudit', fieldSelector: 'metadata.name=netaudit-operator' };
  const stop = cluster.sandbox.client.watch<KubeObject & { spec: { holderIdentity?: string } }>(
    LEASES,
    selector,
    ({ object }) => {
      const pod = (object.spec.holderIdentity ?? '').replace(/_[^_]*$/, '');
      if (seen.at(-1) !== pod) seen.push(pod);
    },
  );
  return () => {
    stop();
    return seen;
  };
}

describe('two replicas', { skip: onlySandbox }, () => {
  it('are both ready, and only the one that leads speaks of audits in its metrics', async () => {
    const [first, second, ...more] = (await replicas()).toSorted((a, b) => Number(b.leads) - Number(a.leads));
    assert.ok(first && second && more.length === 0);
    assert.deepEqual([first.leads, second.leads], [true, false]);
    assert.deepEqual([first.ready, second.ready], [true, true]);
    assert.equal(first.pod, await leader(cluster.sandbox));
    assert.ok(first.audits.length > 10, `The leader tells of ${first.audits}`);
    assert.deepEqual(second.audits, []);
  });

  it('hand over at once when the leader is deleted in the middle of a run, by a Lease given back', async () => {
    const former = await leader(cluster.sandbox);
    assert.ok(former !== undefined);
    const whoHeld = holders();
    const run = await askForRun(cluster, audit);
    await cluster.kubectl(['delete', 'pod', '--namespace=netaudit', '--wait=false', former]);
    assert.deepEqual(toldBy(await finished(cluster, run)), sound);
    const next = await becomes(
      'another replica leads',
      () => leader(cluster.sandbox),
      (pod) => pod !== undefined && pod !== former,
    );
    assert.deepEqual(whoHeld(), [former, '', next]);
  });

  it('tell of audits once again, when there are two, by the new leader', async () => {
    const all = await becomes(
      'there are two, of which one leads and tells',
      replicas,
      (found) =>
        found.length === 2 &&
        found.every(({ ready }) => ready) &&
        found.some(({ leads, audits }) => leads && audits.length > 10),
    );
    const lead = await leader(cluster.sandbox);
    assert.deepEqual(
      all.map(({ pod, audits }) => pod === lead && audits.length > 10),
      all.map(({ leads }) => leads),
    );
    assert.deepEqual(
      all.filter(({ leads }) => !leads).map(({ audits }) => audits),
      [[]],
    );
  });
});
