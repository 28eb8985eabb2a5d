import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Check } from '../../src/checks/check.ts';
import { isObject } from '../../src/checks/shape.ts';
import { timeText } from '../../src/plan/time.ts';
import type { NodeView, World } from '../../src/plan/world.ts';
import { Cluster } from './cluster.ts';
import { at, makeAudit, makeNode, nodeNames } from './make.ts';

/** proxyCheck asks each node about itself, at the node's own place: evidence names what failed, with the reason. */
const proxyCheck: Check = {
  type: 'ServiceRules',
  place: 'node',
  asksPeers: false,
  withDefaults: ({ name, type }) => ({ name, type, serviceRules: { maxLagSeconds: 60 } }),
  task: () => ({ peers: ['proxy'] }),
  judge: ({ check, reports }) =>
    [...reports].map(([node, report]) => {
      const base = { check: check.name, type: check.type, node, subject: `kube-proxy on ${node}` };
      if (report.kind === 'Gone')
        return { ...base, outcome: 'Skipped', reason: 'NodeGone', message: report.message };
      if (report.kind === 'Lost')
        return { ...base, outcome: 'Unknown', reason: report.reason, message: report.message };
      const { evidence } = report;
      const failed = isObject(evidence) && isObject(evidence.failed) ? evidence.failed.proxy : undefined;
      return typeof failed === 'string'
        ? {
            ...base,
            outcome: 'Failed',
            reason: failed,
            message: 'It is stale',
            blames: { kind: 'Node', name: node },
          }
        : { ...base, outcome: 'Passed', reason: 'AsExpected', message: '' };
    }),
};

/** Bare is a cluster without a responder DaemonSet, whose kubelets have just renewed their Leases. */
class Bare extends Cluster {
  leases: Readonly<Record<string, string>> = {};

  override world(): World {
    const { responderSet: _, ...world } = super.world();
    const renewed = timeText(this.now);
    return {
      ...world,
      responders: [],
      nodes: world.nodes.map((node) => ({ ...node, leaseRenewTime: this.leases[node.name] ?? renewed })),
    };
  }
}

function bare(count: number, perRun = 50, broken: Readonly<Record<string, Partial<NodeView>>> = {}): Bare {
  const checks = [{ name: 'rules', type: 'ServiceRules' as const }];
  const cluster = new Bare(0, makeAudit({ checks, nodes: { perRun } }), {}, proxyCheck);
  cluster.nodes = nodeNames(count).map((name) => makeNode(name, broken[name]));
  return cluster;
}

describe('an audit that asks nodes at their own place alone', () => {
  it('needs no responders, and makes its Jobs in the other namespace', () => {
    const cluster = bare(3);
    const namespaces = new Set<string>();
    for (let turn = 0; turn < 3; turn += 1) cluster.reconcile();
    for (const { namespace, place } of cluster.jobs.values()) namespaces.add(`${namespace} ${place}`);
    assert.deepEqual([...namespaces], ['netaudit-node node']);
    cluster.settle();
    const { status } = cluster.run('cluster-g1');
    assert.equal(status?.outcome, 'Passed');
    assert.deepEqual([status?.plan?.targets, status?.plan?.retries, status?.matrix], [[], [], undefined]);
    assert.deepEqual(status?.summary, {
      passed: 3,
      failed: 0,
      unknown: 0,
      skipped: 0,
      warnings: 0,
      nodes: { eligible: 3, probed: 3, reported: 3 },
    });
    assert.deepEqual(
      status?.nodes?.map(({ name, place, outcome, passed }) => `${name} ${place} ${outcome} ${passed}`),
      ['n1 node Passed 1', 'n2 node Passed 1', 'n3 node Passed 1'],
    );
    assert.equal(cluster.jobs.size, 0);
  });

  it('asks a node that is not Ready, and not one whose kubelet is silent', () => {
    const cluster = bare(3, 50, {
      n1: { ready: 'False', taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' }] },
      n2: { ready: 'Unknown' },
    });
    cluster.leases = { n2: timeText(at(-300)) };
    cluster.settle();
    const { status } = cluster.run('cluster-g1');
    assert.deepEqual(
      status?.plan?.nodes.map(({ name, places }) => [name, places]),
      [
        ['n1', ['node']],
        ['n3', ['node']],
      ],
    );
    assert.deepEqual(
      status?.plan?.skipped.map(({ name, reason }) => [name, reason]),
      [['n2', 'NodeNotReady']],
    );
    assert.equal(status?.summary?.passed, 2);
  });

  it('still hears a node that becomes NotReady while the run goes on', () => {
    const cluster = bare(2);
    for (let turn = 0; turn < 3; turn += 1) cluster.reconcile();
    cluster.nodes = cluster.nodes.map((node) => (node.name === 'n1' ? { ...node, ready: 'False' } : node));
    cluster.settle();
    assert.equal(cluster.run('cluster-g1').status?.summary?.passed, 2);
  });

  it('asks a node that failed again in the next run, whoever’s turn it is, until it passes', () => {
    const cluster = bare(8, 2);
    cluster.settle();
    const [first] = cluster.run('cluster-g1').status?.plan?.nodes ?? [];
    const broken = first?.name ?? '';
    cluster.fault = (node) => (node === broken ? 'ServiceStale' : undefined);
    const probed: (readonly string[])[] = [];
    const found: (readonly string[])[] = [];
    for (let run = 1; run <= 7; run += 1) {
      if (run === 7) cluster.fault = () => undefined;
      cluster.pass(60);
      cluster.ask(`ask-${run}`);
      cluster.settle();
      const { status } = cluster.run(`ask-${run}`);
      probed.push(status?.plan?.nodes.map(({ name }) => name) ?? []);
      found.push((status?.findings ?? []).map(({ node, reason }) => `${node} ${reason}`));
    }
    // Its turn comes again after four runs; from then on it is asked in each, until it was asked and had passed.
    assert.deepEqual(
      found.map((each) => each.join()),
      ['', '', '', ...Array.from({ length: 3 }, () => `${broken} ServiceStale`), ''],
    );
    assert.deepEqual(
      probed.map((names) => names.includes(broken)),
      [false, false, false, true, true, true, true],
    );
  });

  it('makes the one node that fails the suspect', () => {
    const cluster = bare(5);
    cluster.fault = (node) => (node === 'n3' ? 'ProxyStopped' : undefined);
    cluster.settle();
    const { status } = cluster.run('cluster-g1');
    assert.deepEqual(
      status?.suspects?.map(({ kind, name }) => `${kind} ${name}`),
      ['Node n3'],
    );
    assert.equal(status?.outcome, 'Failed');
  });
});
