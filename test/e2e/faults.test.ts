/**
 * Every fault of a Pod network, alone: what the next run must say of it, and that the run after it was mended passes.
 * What is expected is what is true on the wire. Where a fault lies between two nodes alone, either may be to blame, so
 * none is named.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { NetworkAuditRun } from '../../src/api/v1alpha1/index.ts';
import * as network from '../sandbox/faults/network.ts';
import { applyAudit, auditNamed, finished, runOnce } from './support/audits.ts';
import { breaking, duplicating, type Mend, nodesByOperator, responderAddresses } from './support/break.ts';
import { type Cluster, openCluster } from './support/cluster.ts';
import { broken, failures, sound, type Told, toldBy } from './support/told.ts';

const audit = 'faults';
let cluster: Cluster;
/** bad is where the faults are; the operator is not there, so that it can still speak of them. */
let bad = '';
let one = '';
let other = '';

/** Case is a fault, and the whole of what a run must tell of it. */
interface Case {
  readonly name: string;
  readonly break: () => Promise<Mend>;
  readonly told: () => Told;
}

const leaving = () => [[bad, one] as const, [bad, other] as const];
const entering = () => [[one, bad] as const, [other, bad] as const];
const across = () => [...leaving(), ...entering()];
const TCP = { protocols: ['TCP'] };
const UDP = { protocols: ['UDP'] };

const cases: readonly Case[] = [
  ...[TCP, UDP, {}].flatMap((protocols: { readonly protocols?: readonly string[] }) =>
    [false, true].map((randomPorts) => ({
      name: `masquerade on one node of ${protocols.protocols ?? 'both protocols'}${randomPorts ? ', which changes ports, too' : ''}`,
      break: () =>
        breaking(
          (target) => network.masquerade(target, { ...nftables(protocols), randomPorts }),
          bad,
        )(cluster),
      told: () => broken(failures('AddressTranslated', leaving(), protocols), bad),
    })),
  ),
  {
    name: 'the address of a Pod is translated to that of another Pod',
    break: async () => {
      const [from = ''] = await responderAddresses(cluster, one);
      const [to = ''] = await responderAddresses(cluster, other);
      return breaking((target) => network.translateDestination(target, from, to), bad)(cluster);
    },
    told: () => broken(failures('DestinationTranslated', [[bad, one]])),
  },
  {
    name: 'new connections from one node to another are dropped',
    break: () => breaking(between(network.dropNewConnections), bad, one)(cluster),
    told: () => broken(failures('Unreachable', [[bad, one]])),
  },
  {
    name: 'answers of one node to another are dropped',
    break: () => breaking(between(network.dropAnswers), bad, one)(cluster),
    told: () => broken(failures('OneWay', [[one, bad]])),
  },
  {
    name: 'everything from one node to another is dropped',
    break: () => breaking(between(network.dropOneWay), bad, one)(cluster),
    told: () => broken([...failures('Unreachable', [[bad, one]]), ...failures('OneWay', [[one, bad]])]),
  },
  {
    name: 'everything that one node sends is dropped',
    break: () => breaking(network.dropFrom, bad)(cluster),
    told: () => broken([...failures('Unreachable', leaving()), ...failures('OneWay', entering())], bad),
  },
  {
    name: 'UDP alone is dropped at one node',
    break: () => breaking((target) => network.dropProtocol(target, 'udp'), bad)(cluster),
    told: () => broken(failures('Unreachable', across(), UDP), bad),
  },
  {
    name: 'TCP alone is dropped at one node',
    break: () => breaking((target) => network.dropProtocol(target, 'tcp'), bad)(cluster),
    told: () => broken(failures('Unreachable', across(), TCP), bad),
  },
  {
    name: 'Pods of one node do not reach each other',
    break: () => breaking(network.dropSameNode, bad)(cluster),
    told: () => broken(failures('Unreachable', [[bad, bad]]), bad),
  },
  {
    name: 'packets of more than 1,300 bytes are dropped at one node, without a word',
    break: () => breaking((target) => network.dropLarge(target, 1300), bad)(cluster),
    told: () => broken(failures('LargePacketsLost', across()), bad),
  },
  {
    name: 'half of the datagrams that one node sends are lost',
    break: () => breaking((target) => network.loseDatagrams(target, 50), bad)(cluster),
    told: () => broken(failures('DatagramsLost', across(), UDP), bad),
  },
  {
    name: 'one node has no route to the Pods of another',
    break: () => breaking(between(network.loseRoute), bad, one)(cluster),
    told: () => broken([...failures('Unreachable', [[bad, one]]), ...failures('OneWay', [[one, bad]])]),
  },
  {
    name: 'a second Pod has the address of a responder',
    break: () => duplicating(cluster, one, bad),
    told: () => broken(failures('WrongResponder', [[bad, one]])),
  },
];

before(async () => {
  cluster = await openCluster();
  [bad = '', one = '', other = ''] = await nodesByOperator(cluster);
  const podToPod = { timeoutMilliseconds: 1000 };
  await applyAudit(cluster, audit, { checks: [{ name: 'pods', type: 'PodToPod', podToPod }] });
  assert.deepEqual(toldBy(await finished(cluster, `${audit}-g1`)), sound);
});

after(async () => {
  await cluster?.tryKubectl(['delete', 'networkaudit', audit, '--ignore-not-found']);
  await cluster?.stop();
});

describe('a fault is found in the next run, and gone in the one after it was mended:', () => {
  for (const { name, break: breakIt, told } of cases) {
    it(name, async () => {
      const mend = await breakIt();
      try {
        assert.deepEqual(toldBy(await runOnce(cluster, audit)), told());
      } finally {
        await mend();
      }
      assert.deepEqual(toldBy(await runOnce(cluster, audit)), sound);
    });
  }
});

describe('where not all nodes probe in every run', () => {
  const turns = 'turns';
  const probers = ({ status }: NetworkAuditRun) => (status?.plan?.nodes ?? []).map(({ name }) => name);
  const passed = (status: string) =>
    cluster.kubectl(['wait', `networkaudit/${turns}`, `--for=condition=Passed=${status}`, '--timeout=30s']);

  after(async () => {
    await cluster?.tryKubectl(['delete', 'networkaudit', turns, '--ignore-not-found']);
  });

  it('a fault is found in its node’s next turn, and that node is asked first until it is mended', async () => {
    await applyAudit(cluster, turns, { nodes: { perRun: 2 }, checks: [{ name: 'pods', type: 'PodToPod' }] });
    assert.deepEqual(toldBy(await finished(cluster, `${turns}-g1`)), sound);
    await passed('True');
    const every = (await auditNamed(cluster, turns)).status?.coverage?.nodesEveryRuns ?? 0;
    const found = broken(failures('AddressTranslated', leaving()), bad);
    const mend = await breaking((target) => network.masquerade(target), bad)(cluster);
    try {
      const runs: NetworkAuditRun[] = [];
      while (!runs.some((run) => probers(run).includes(bad))) {
        assert.ok(runs.length < every, `${bad} did not probe in ${every} runs`);
        runs.push(await runOnce(cluster, turns));
      }
      assert.deepEqual(runs.map(toldBy), [...runs.slice(1).map(() => sound), found]);
      await passed('False');
      assert.deepEqual(toldBy(await runOnce(cluster, turns)), found);
    } finally {
      await mend();
    }
    const next = await runOnce(cluster, turns);
    assert.ok(probers(next).includes(bad));
    assert.deepEqual(toldBy(next), sound);
    await passed('True');
  });
});

/** between makes of a fault from one node to another one that `breaking` takes. */
function between<T, F>(fault: (from: T, to: T) => F) {
  return (from: T, to?: T): F => {
    if (to === undefined) throw new Error('This fault needs two nodes');
    return fault(from, to);
  };
}

function nftables({ protocols }: { readonly protocols?: readonly string[] }) {
  if (protocols === undefined) return {};
  return { protocols: (['tcp', 'udp'] as const).filter((name) => protocols.includes(name.toUpperCase())) };
}
