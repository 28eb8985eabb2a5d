/** What a run without findings costs the API server. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { NetworkAudit } from '../../src/api/v1alpha1/index.ts';
import type { KubeObject } from '../sandbox/client.ts';
import { applyAudit, askForRun, finished } from './support/audits.ts';
import { openSandbox, type SandboxCluster } from './support/cluster.ts';
import { operatorUser } from './support/replicas.ts';
import { sound, toldBy } from './support/told.ts';
import { AUDITS, seen } from './support/watching.ts';

const onlySandbox =
  process.env.KUBECONFIG === undefined
    ? false
    : "It reads the API server's log, which only a sandbox lets it";
const audit = 'cost';
const nodes = 3;
const pods = { name: 'pods', type: 'PodToPod' };
let cluster: SandboxCluster;

before(async () => {
  if (onlySandbox) return;
  cluster = await openSandbox({ nodes });
  await applyAudit(cluster, audit, { checks: [pods] });
  await over(`${audit}-g1`);
});

after(async () => {
  await cluster?.stop();
});

/** over waits until a run is over and the audit tells so, which is the last of its requests. */
async function over(name: string): Promise<void> {
  assert.deepEqual(toldBy(await finished(cluster, name)), sound);
  const isTold = ({ status }: KubeObject & NetworkAudit) =>
    status?.lastRun?.name === name && status.lastRun.completionTime !== undefined;
  await seen(cluster.sandbox.client, AUDITS, audit, isTold);
}

/** costOf counts the operator's requests by kind; the Lease and watches cost the same without any run. */
async function costOf(run: () => Promise<string>): Promise<Readonly<Record<string, number>>> {
  const { requestLog } = cluster.sandbox.api;
  const before = requestLog.entries.length;
  await over(await run());
  const cost: Record<string, number> = {};
  for (const { user, verb, resource, subresource } of requestLog.entries.slice(before)) {
    if (user !== operatorUser || verb === 'watch' || resource === 'leases') continue;
    const what = `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}`;
    cost[what] = (cost[what] ?? 0) + 1;
  }
  return cost;
}

const every = {
  'update networkauditruns/status': 2,
  'create jobs': nodes,
  'deletecollection jobs': 1,
  'update networkaudits/status': 2,
};

describe('a run without findings', { skip: onlySandbox }, () => {
  it('costs at most three requests for each probed node, by Jobs, two writes of run and audit, and one deletion', async () => {
    const cost = await costOf(async () => {
      await applyAudit(cluster, audit, { checks: [pods], maxUnknownPercent: 11 });
      return `${audit}-g2`;
    });
    assert.deepEqual(cost, { ...every, 'create networkauditruns': 1 });
    const requests = Object.values(cost).reduce((sum, count) => sum + count, 0);
    assert.ok(requests <= 3 * nodes, `${requests} requests for ${nodes} nodes`);
  });

  it('costs the same with more pairs to try', async () => {
    const checks = ['pods', 'again', 'and-again'].map((name) => ({ ...pods, name }));
    const cost = await costOf(async () => {
      await applyAudit(cluster, audit, { checks });
      return `${audit}-g3`;
    });
    assert.deepEqual(cost, { ...every, 'create networkauditruns': 1 });
  });

  it('costs the same when a person made it, which makes it the audit\u2019s own', async () => {
    assert.deepEqual(await costOf(() => askForRun(cluster, audit)), {
      ...every,
      'patch networkauditruns': 1,
    });
  });
});
