/**
 * DNS as a user's audit sees it: a sound cluster passes again and again while Services come and go, and every fault,
 * alone, is told with its own reason, node, path and replica in the next run; mended, the next one passes.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { NetworkAuditRun } from '../../src/api/v1alpha1/index.ts';
import * as rules from '../sandbox/faults/dns.ts';
import * as servers from '../sandbox/faults/dns-server.ts';
import type { Kubelet } from '../sandbox/node/kubelet.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { applyAudit, finished, runOnce } from './support/audits.ts';
import { type Mend, nodesByOperator } from './support/break.ts';
import { type Cluster, openCluster } from './support/cluster.ts';
import { dnsAddresses, dnsReplicas } from './support/dns.ts';

const audit = 'names';
let cluster: Cluster;
let bad = '';
let replicas: readonly rules.DnsReplica[] = [];
let addresses: readonly string[] = [];

/** Heard is what a run says of names: reasons with the nodes and subjects that they are of, and who is to blame. */
interface Heard {
  readonly outcome: string;
  readonly findings: readonly string[];
  readonly suspects: readonly string[];
}

/** heard keeps the words that are the same on every cluster: addresses are left out. */
function heard({ status }: NetworkAuditRun): Heard {
  const findings = (status?.findings ?? []).map(
    ({ severity, reason, node, subject = '' }) =>
      `${severity} ${reason} ${node} ${subject.replaceAll(/ \([0-9a-f.:]+\)/g, '')}`,
  );
  return {
    outcome: status?.outcome ?? '',
    findings: [...new Set(findings)].sort(),
    suspects: (status?.suspects ?? []).map(({ kind, name }) => `${kind} ${name}`),
  };
}

const sound: Heard = { outcome: 'Passed', findings: [], suspects: [] };

/** Case is a fault, and what must be heard of it: each pattern of some finding, and each finding of some pattern. */
interface Case {
  readonly name: string;
  /** break is undefined where the cluster at hand cannot be broken so. */
  readonly break: () => Promise<Mend> | undefined;
  readonly told: () => readonly RegExp[];
  /** suspect is who must be named first; undefined where nobody need be. */
  readonly suspect?: () => string;
}

const first = () => replicas[0] ?? assert.fail('there is no replica');
const podOf = ({ name }: rules.DnsReplica) => `Pod kube-system/${name}`;
const rule = (make: () => Promise<Parameters<Cluster['inject']>[0]>) => async () =>
  cluster.inject(await make());
const inSandbox = (make: (sandbox: Sandbox) => Promise<Mend>) => () =>
  cluster.sandbox === undefined ? undefined : make(cluster.sandbox);
const onKubelet = (make: (kubelet: Kubelet) => Promise<Mend>) =>
  inSandbox((sandbox) => make(sandbox.nodes.get(bad) ?? assert.fail('no kubelet')));
const names = () => replicas.map(({ name }) => name);
const at = (reason: string, what = '') => new RegExp(`^Failed ${reason} ${bad} ${bad} → ${what}`);
const everywhere = (reason: string, subject: string) => new RegExp(`^Failed ${reason}  ${subject}`);

const cases: readonly Case[] = [
  {
    name: 'one replica is dead',
    break: rule(async () => rules.dnsReplicaDead(first())),
    told: () => [everywhere('EndpointDown', podOf(first()))],
    suspect: () => podOf(first()),
  },
  {
    name: 'all replicas are dead',
    break: rule(async () => rules.dnsAllDead(replicas)),
    told: () => replicas.map((replica) => everywhere('EndpointDown', podOf(replica))),
  },
  {
    name: 'UDP to port 53 is dropped on a node',
    break: rule(async () => rules.udp53Dropped(await cluster.target(bad))),
    told: () => [at('UDPOnlyBroken')],
    suspect: () => `Node ${bad}`,
  },
  {
    name: 'TCP to port 53 is dropped on a node',
    break: rule(async () => rules.tcp53Dropped(await cluster.target(bad))),
    told: () => [at('TCPOnlyBroken')],
    suspect: () => `Node ${bad}`,
  },
  {
    name: 'the way to the ClusterIP is broken on a node',
    break: rule(async () => rules.clusterIPPathBroken(await cluster.target(bad), addresses)),
    told: () => [
      at('ServicePathBroken', 'Service kube-system/kube-dns'),
      at('ServicePathBroken', 'resolv.conf'),
    ],
    suspect: () => `Node ${bad}`,
  },
  {
    name: 'questions that are asked at once lose one of two answers on a node',
    break: rule(async () => rules.parallelQueriesLost(await cluster.target(bad), addresses)),
    told: () => [at('SlowLookups')],
    suspect: () => `Node ${bad}`,
  },
  {
    name: 'one replica lies',
    break: inSandbox((sandbox) =>
      servers.dnsReplicaLying(sandbox, first().name, [
        { name: 'kubernetes.default.svc.cluster.local.', type: 'A', data: ['192.0.2.66'] },
      ]),
    ),
    told: () => [everywhere('WrongAnswer', podOf(first()))],
    suspect: () => podOf(first()),
  },
  {
    name: 'every answer takes five seconds',
    break: inSandbox((sandbox) => servers.slowAnswers(sandbox, names())),
    told: () => [/^Failed SlowLookups /],
  },
  {
    name: 'every question is refused',
    break: inSandbox((sandbox) => servers.refused(sandbox, names())),
    told: () => [/^Failed Refused /],
  },
  {
    name: 'one zone fails',
    break: inSandbox((sandbox) => servers.servfailZone(sandbox, names(), '96.10.in-addr.arpa')),
    told: () => [/^Failed ServerFailure .*10\.96\.0\.1 PTR/],
  },
  {
    name: 'the kubelet of a node names another server',
    break: onKubelet((kubelet) => servers.wrongResolvConf(kubelet)),
    told: () => [at('ResolvConfWrong', 'resolv.conf')],
    suspect: () => `Node ${bad}`,
  },
  {
    name: 'the kubelet of a node writes another ndots',
    break: onKubelet((kubelet) => servers.wrongNdots(kubelet)),
    told: () => [at('ResolvConfWrong', 'resolv.conf')],
    suspect: () => `Node ${bad}`,
  },
  {
    name: 'the kubelet of a node has another domain',
    break: onKubelet((kubelet) => servers.wrongSearch(kubelet)),
    told: () => [at('ResolvConfWrong', 'resolv.conf')],
    suspect: () => `Node ${bad}`,
  },
];

before(async () => {
  cluster = await openCluster();
  [bad = ''] = await nodesByOperator(cluster);
  replicas = await dnsReplicas(cluster);
  addresses = await dnsAddresses(cluster);
  await applyAudit(cluster, audit, { checks: [{ name: 'dns', type: 'DNS', dns: { timeoutSeconds: 1 } }] });
  assert.deepEqual(heard(await finished(cluster, `${audit}-g1`)), sound);
});

after(async () => {
  await cluster?.tryKubectl(['delete', 'networkaudit', audit, '--ignore-not-found']);
  await cluster?.stop();
});

/** churning makes and removes Services until it is told to stop. */
function churning(): () => Promise<void> {
  let going = true;
  const churn = async () => {
    for (let number = 0; going; number++) {
      const service = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: `passing-${number}`, namespace: 'default' },
        spec: { ports: [{ port: 80 }], clusterIP: number % 2 === 0 ? 'None' : undefined },
      };
      await cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(service) });
      await cluster.kubectl(['delete', 'service', `passing-${number}`, '--wait=false']);
    }
  };
  const done = churn();
  // Whoever stops it is told of a failure; until then nobody waits for it.
  done.catch(() => {});
  return async () => {
    going = false;
    await done;
  };
}

describe('names of a sound cluster', () => {
  it('resolve in twenty runs in a row, while Services come and go', async () => {
    const stop = churning();
    try {
      for (let number = 1; number <= 20; number++) {
        assert.deepEqual({ number, ...heard(await runOnce(cluster, audit)) }, { number, ...sound });
      }
    } finally {
      await stop();
    }
  });

  it('are counted by node and path, with how long answers take', async () => {
    const run = await runOnce(cluster, audit);
    for (const { name, lookups = [] } of run.status?.nodes ?? []) {
      const counted = lookups.map(({ path, passed, failed, latencyMicroseconds }) => {
        assert.ok((latencyMicroseconds?.p50 ?? 0) > 0, `${name} ${path}`);
        return { path, passed, failed };
      });
      assert.deepEqual(
        counted,
        [
          { path: 'ResolvConf', passed: 5, failed: 0 },
          { path: 'Service', passed: 8, failed: 0 },
          { path: 'Endpoints', passed: 8 * replicas.length, failed: 0 },
        ],
        name,
      );
    }
  });
});

describe('a fault of DNS', () => {
  for (const each of cases) {
    it(`is told when ${each.name}, and gone when it is mended`, async (context: TestContext) => {
      const broken = each.break();
      if (broken === undefined) return context.skip('only a sandbox can be broken so');
      const mend = await broken;
      try {
        const { outcome, findings, suspects } = heard(await runOnce(cluster, audit));
        const told = each.told();
        const text = findings.join('\n');
        assert.equal(outcome, 'Failed', text);
        for (const finding of findings)
          assert.ok(
            told.some((one) => one.test(finding)),
            text,
          );
        for (const one of told) assert.match(text, new RegExp(one, 'm'));
        if (each.suspect !== undefined) assert.equal(suspects[0], each.suspect(), text);
      } finally {
        await mend();
      }
      assert.deepEqual(heard(await runOnce(cluster, audit)), sound);
    });
  }
});
