/**
 * Service rules as a user's audit sees them: nodes that do what the API says pass in either mode of kube-proxy, each fault
 * is told of its own node, with its own reason, in the next run, and mended, it is gone in the one after.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { NetworkAuditRun } from '../../src/api/v1alpha1/index.ts';
import type { Undo } from '../sandbox/faults/cluster.ts';
import { SandboxFaults } from '../sandbox/faults/inject.ts';
import { PROXY_FAULTS, type ProxyFault, portOf, stopProxy, switchProxy } from '../sandbox/faults/proxy.ts';
import type { RuleFaultName } from '../sandbox/faults/proxy-edits.ts';
import type { ProxyMode } from '../sandbox/proxy/config.ts';
import { applyAudit, auditNamed, finished, runOnce } from './support/audits.ts';
import { changingServices } from './support/changing-services.ts';
import { openSandbox, type SandboxCluster } from './support/cluster.ts';
import { makeService, makeServices, namespace } from './support/many-services.ts';
import { becomes } from './support/objects.ts';
import { operate } from './support/replicas.ts';

const audit = 'rules';
let cluster: SandboxCluster;
let faults: SandboxFaults;

/** told is what a run says: `Failed EndpointMissing n1`, each once. */
function told({ status }: NetworkAuditRun): readonly string[] {
  const findings = (status?.findings ?? []).map(({ severity, reason, node }) =>
    [severity, reason, node].filter((word) => word !== '').join(' '),
  );
  return [...new Set(findings)].sort();
}

const run = () => runOnce(cluster, audit);
const proxies = () => [...cluster.sandbox.proxies.values()];

/** readySince is whether audits can run, and since when. */
async function readySince() {
  const { status } = await auditNamed(cluster, audit);
  return status?.conditions
    .filter(({ type }) => type === 'Ready')
    .map(({ status: value, reason, lastTransitionTime }) => ({ value, reason, lastTransitionTime }));
}

before(async () => {
  cluster = await openSandbox();
  faults = new SandboxFaults(cluster.sandbox);
  await makeServices(cluster.sandbox);
  await applyAudit(cluster, audit, { checks: [{ name: 'rules', type: 'ServiceRules' }] });
  await finished(cluster, `${audit}-g1`);
  // The Services are new: they are looked at when they have settled.
  await becomes('nothing is skipped', run, ({ status }) => status?.summary?.skipped === 0);
});

after(async () => {
  await faults?.mend();
  await cluster?.stop();
});

/** services are those of `makeServices` that a fault can hit. */
const services = { endpoints: 'plain', affinity: 'sticky', 'no-endpoints': 'empty' } as const;

/** Leftovers are a warning for certain; whether packets meet them hangs on which rules the kernel got first. */
const leftovers = 'Warning BothBackends';

/** says is what must be said of each fault, in either mode. */
const says: Readonly<Record<RuleFaultName, string>> = {
  'endpoint-deleted': 'Failed EndpointMissing',
  'target-altered': 'Failed EndpointWrong',
  'shares-altered': 'Failed UnevenShares',
  'service-deleted': 'Failed ServiceMissing',
  'dispatch-removed': 'Failed DispatchMissing',
  'masquerade-removed': 'Failed NotMasqueraded',
  'mark-removed': 'Failed NotMasqueraded',
  'reject-removed': 'Failed RejectMissing',
  'affinity-broken': 'Failed AffinityWrong',
  'foreign-drop': 'Failed PacketsTaken',
  'foreign-dnat': 'Failed PacketsTaken',
  'foreign-notrack': 'Failed PacketsTaken',
  'legacy-leftovers': leftovers,
  'nft-leftovers': leftovers,
};

/** wantedOf leaves out what changes nothing: other ports of a cluster address are rejected in nftables mode anyway. */
function wantedOf({ name }: ProxyFault, mode: ProxyMode): string | undefined {
  return name === 'reject-removed' && mode === 'nftables' ? undefined : says[name];
}

/** inPairs puts one fault on each of two nodes at once: the third is the one that must not be blamed. */
function inPairs(mode: ProxyMode): readonly (readonly ProxyFault[])[] {
  const possible = PROXY_FAULTS.filter(({ modes }) => modes.includes(mode));
  return Array.from({ length: Math.ceil(possible.length / 2) }, (_, index) =>
    possible.slice(index * 2, index * 2 + 2),
  );
}

/** holdsTo compares what a run says of a node with what it must say. */
function holdsTo(said: readonly string[], node: string, wanted: string | undefined): void {
  const ours = said
    .filter((each) => each.endsWith(` ${node}`))
    .map((each) => each.slice(0, -node.length - 1));
  if (wanted === leftovers) assert.ok(ours.includes(leftovers), said.join());
  else assert.deepEqual(ours, wanted === undefined ? [] : [wanted], said.join());
}

for (const mode of ['iptables', 'nftables'] as const) {
  describe(`kube-proxy in ${mode} mode`, () => {
    before(async () => {
      for (const proxy of proxies()) if (proxy.mode !== mode) await proxy.restart({ mode });
    });

    it('passes on every node that does what the API says', async () => {
      const ready = await readySince();
      const result = await run();
      assert.deepEqual(told(result), []);
      assert.equal(result.status?.outcome, 'Passed');
      assert.ok((result.status?.summary?.passed ?? 0) > 3 * 20);
      assert.deepEqual(await readySince(), ready, 'Ready did not stay True all the time');
    });

    // That what was mended is found no more is what the next of them proves.
    for (const pair of inPairs(mode)) {
      it(`is told of ${pair.map(({ name }) => name).join(' and ')}, on the node that has it alone`, async () => {
        for (const [index, { name, needs }] of pair.entries()) {
          const port = await portOf(cluster.sandbox.client, namespace, services[needs]);
          await faults.rules(cluster.nodes[index] ?? '', name, port);
        }
        const said = told(await run());
        await faults.mend();
        for (const [index, node] of cluster.nodes.entries()) {
          const fault = pair[index];
          holdsTo(said, node, fault === undefined ? undefined : wantedOf(fault, mode));
        }
      });
    }

    it('passes again when all is mended', async () => {
      assert.deepEqual(told(await run()), []);
    });

    it('is told to differ where one node is in the other mode, which is right there, too', async () => {
      const [proxy = assert.fail('no proxy')] = proxies();
      const undo = await switchProxy(proxy);
      const result = await run();
      await undo();
      assert.deepEqual(told(result), ['Warning ModesDiffer']);
      assert.equal(result.status?.outcome, 'Passed');
    });
  });
}

/** churnSeconds is how long Services change: two minutes tell more, and take them. */
const churnSeconds = Number(process.env.NETAUDIT_CHURN_SECONDS ?? 30);

describe('a kube-proxy that stands still', () => {
  let stopped = '';
  let undo: Undo;

  before(async () => {
    // Of the two that go on, one is in either mode.
    for (const [index, proxy] of proxies().entries()) {
      const mode = index === 0 ? 'iptables' : 'nftables';
      if (proxy.mode !== mode) await proxy.restart({ mode });
    }
    // All proxies of this cluster share a processor or two: what changes ten times a second takes them a moment.
    await operate(cluster, 1, { NETAUDIT_SETTLE_SECONDS: '20' });
    stopped = cluster.nodes.at(-1) ?? '';
    undo = await stopProxy(cluster.sandbox.proxies.get(stopped) ?? assert.fail(`no proxy on ${stopped}`));
  });

  it('is found at once, and its node is the suspect', async () => {
    const result = await run();
    assert.deepEqual(told(result), [`Failed ProxyStopped ${stopped}`, 'Warning ModesDiffer']);
    assert.deepEqual(
      result.status?.suspects?.map(({ kind, name }) => `${kind} ${name}`),
      [`Node ${stopped}`],
    );
  });

  it('is found with what it missed while Services change ten times a second, and nothing else is', async () => {
    await makeService(cluster.sandbox, 'missed');
    const changes = changingServices(cluster.sandbox, 100);
    const end = performance.now() + churnSeconds * 1000;
    let said: readonly string[] = [];
    try {
      do {
        said = told(await run());
        assert.ok(said.includes(`Failed ProxyStopped ${stopped}`), said.join());
        assert.deepEqual(
          said.filter((each) => !each.endsWith(` ${stopped}`)),
          ['Warning ModesDiffer'],
          `after ${changes.count()} changes`,
        );
      } while (performance.now() < end);
    } finally {
      await changes.stop();
    }
    assert.ok(said.includes(`Failed ServiceMissing ${stopped}`), said.join());
  });

  it('is well again when it has caught up', async () => {
    await undo();
    const again = async () => told(await run());
    const calm = (said: readonly string[]) => said.join() === 'Warning ModesDiffer';
    await becomes('nothing is found', again, calm, 60);
  });
});
