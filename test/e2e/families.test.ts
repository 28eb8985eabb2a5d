/** Dual stack and IPv6 alone: each pair is tried in every family that both Pods have, and a fault of one is told so. */
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Target } from '../sandbox/faults/fault.ts';
import * as network from '../sandbox/faults/network.ts';
import type { Families } from '../sandbox/node/addresses.ts';
import { applyAudit, finished, runNamed, runOnce } from './support/audits.ts';
import { breaking, nodesByOperator } from './support/break.ts';
import { type Cluster, openCluster } from './support/cluster.ts';
import { broken, failures, sound, type Told, toldBy } from './support/told.ts';

const audit = 'families';
let cluster: Cluster;
let bad = '';
let one = '';
let other = '';

const leaving = () => [[bad, one] as const, [bad, other] as const];
const entering = () => [[one, bad] as const, [other, bad] as const];

for (const families of [['IPv4', 'IPv6'], ['IPv6']] as const) {
  describe(`with ${families.join(' and ')}`, () => {
    /** lacking is what a real cluster lacks for these tests: it has the families that it has. */
    let lacking: string | undefined;

    before(async () => {
      cluster = await openCluster({ families });
      [bad = '', one = '', other = ''] = await nodesByOperator(cluster);
      lacking = lackingIn(await cluster.target(bad), families);
      if (lacking !== undefined) return;
      const podToPod = { timeoutMilliseconds: 1000 };
      await applyAudit(cluster, audit, { checks: [{ name: 'pods', type: 'PodToPod', podToPod }] });
      await finished(cluster, `${audit}-g1`);
    });

    after(async () => {
      await cluster?.tryKubectl(['delete', 'networkaudit', audit, '--ignore-not-found']);
      await cluster?.stop();
    });

    /** held breaks something, holds the next run to what it must tell, mends it, and holds one more run to health. */
    async function held(t: TestContext, told: () => Told, fault: (target: Target) => ReturnType<Breaking>) {
      if (lacking !== undefined) return t.skip(lacking);
      const mend = await breaking(fault, bad)(cluster);
      try {
        assert.deepEqual(toldBy(await runOnce(cluster, audit)), told());
      } finally {
        await mend();
      }
      assert.deepEqual(toldBy(await runOnce(cluster, audit)), sound);
    }

    it('each pair is tried in every family, and passes', async (t) => {
      if (lacking !== undefined) return t.skip(lacking);
      const run = await runNamed(cluster, `${audit}-g1`);
      assert.deepEqual(toldBy(run), sound);
      assert.equal(run.status?.summary?.passed, cluster.nodes.length ** 2 * 2 * families.length);
    });

    it('masquerade on one node', (t) =>
      held(t, () => broken(failures('AddressTranslated', leaving(), { families }), bad), network.masquerade));

    it('everything that one node sends is dropped', (t) =>
      held(
        t,
        () =>
          broken(
            [
              ...failures('Unreachable', leaving(), { families }),
              ...failures('OneWay', entering(), { families }),
            ],
            bad,
          ),
        network.dropFrom,
      ));

    it('packets of more than 1,300 bytes are dropped at one node, without a word', (t) =>
      held(
        t,
        () => broken(failures('LargePacketsLost', [...leaving(), ...entering()], { families }), bad),
        (target) => network.dropLarge(target, 1300),
      ));

    if (families.length === 1) return;
    for (const family of families) {
      it(`masquerade of ${family} alone`, (t) =>
        held(
          t,
          () => broken(failures('AddressTranslated', leaving(), { families: [family] }), bad),
          (target) => network.masquerade(only(target, family)),
        ));

      it(`everything of ${family} alone that one node sends is dropped`, (t) =>
        held(
          t,
          () =>
            broken(
              [
                ...failures('Unreachable', leaving(), { families: [family] }),
                ...failures('OneWay', entering(), { families: [family] }),
              ],
              bad,
            ),
          (target) => network.dropFrom(only(target, family)),
        ));
    }
  });
}

type Breaking = typeof network.masquerade;

/** only keeps one family of a node's ranges: a fault on it leaves the other family alone. */
function only(target: Target, family: string): Target {
  return { ...target, podCIDRs: target.podCIDRs.filter((range) => familyOf(range) === family) };
}

function familyOf(range: string): string {
  return range.includes(':') ? 'IPv6' : 'IPv4';
}

function lackingIn({ podCIDRs }: Target, families: Families): string | undefined {
  const found = podCIDRs.map(familyOf).sort();
  return found.join() === families.join() ? undefined : `The Pods of this cluster have ${found.join(', ')}`;
}
