/** Probes that cannot run: the network is not blamed for it, the true reason is told, and the other verdicts stand. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { NetworkAuditRun } from '../../src/api/v1alpha1/index.ts';
import * as faults from '../sandbox/faults/cluster.ts';
import { SandboxFaults } from '../sandbox/faults/inject.ts';
import { dropNewConnections, dropSameNode } from '../sandbox/faults/network.ts';
import { PODS, type Pod } from '../sandbox/kinds.ts';
import { NETAUDIT_IMAGE } from '../sandbox/node/images.ts';
import type { PodWorker } from '../sandbox/node/pod-worker.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { applyAudit, askForRun, finished, runOnce } from './support/audits.ts';
import { type Cluster, openCluster, openSandbox, type SandboxCluster } from './support/cluster.ts';
import { applied, type Manifest } from './support/objects.ts';
import { sound, toldBy } from './support/told.ts';

const onlySandbox =
  process.env.KUBECONFIG === undefined ? false : 'It breaks kubelets, which only a sandbox lets it';

/** refusing are the objects that let the API server refuse the probe's Pod of one node. */
function refusing(node: string): readonly Manifest[] {
  const name = `no-probe-on-${node}`;
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const pods = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };
  const matchConstraints = {
    resourceRules: [pods],
    objectSelector: { matchLabels: { 'netaudit.dev/node': node } },
  };
  const validations = [{ expression: 'false', message: 'No Pods for this node today' }];
  return [
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: { failurePolicy: 'Fail', matchConstraints, validations },
    },
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: ['Deny'] },
    },
  ];
}

/** idleContainer does nothing, as Pod Security `restricted` lets it. */
const idleContainer = {
  name: 'proxy',
  image: NETAUDIT_IMAGE,
  imagePullPolicy: 'IfNotPresent',
  command: ['/usr/local/bin/node', '-e', 'setInterval(() => {}, 1e6)'],
  securityContext: {
    runAsNonRoot: true,
    runAsUser: 65532,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  },
};

/** started resolves to the worker of the next probe on a node, once its process has been started. */
function started(sandbox: Sandbox, node: string): Promise<PodWorker> {
  const labelSelector = `app.kubernetes.io/component=probe,netaudit.dev/node=${node}`;
  return new Promise((resolve) => {
    const end = sandbox.client.watch<Pod>(PODS, { namespace: 'netaudit', labelSelector }, ({ object }) => {
      const look = () => {
        const worker = sandbox.nodes.get(node)?.worker('netaudit', object.metadata.name ?? '');
        if (worker?.container('probe')?.running === undefined) {
          setTimeout(look, 1);
          return;
        }
        end();
        resolve(worker);
      };
      queueMicrotask(look);
    });
  });
}

/** toldOfNodes is what a run says of each probe, with the names of Pods taken out. */
function toldOfNodes({ metadata, status }: NetworkAuditRun): readonly string[] {
  const names = new RegExp(`${metadata.name}-pod-\\S+`, 'g');
  return (status?.nodes ?? []).map(
    ({ name, outcome, reason, message }) =>
      `${name} ${outcome} ${reason}${message === '' ? '' : `: ${message.replaceAll(names, 'POD').trim()}`}`,
  );
}

function conditionsOf({ status }: NetworkAuditRun): Readonly<Record<string, string>> {
  const conditions = status?.conditions ?? [];
  return Object.fromEntries(conditions.map(({ type, status: is, reason }) => [type, `${is} ${reason}`]));
}

// Both take a run's whole time, in which nobody does anything: they take it together.
describe('what could not be told', { concurrency: 2 }, () => {
  describe('since probes cannot run', { skip: onlySandbox, concurrency: 1 }, () => {
    const audit = 'crippled';
    let cluster: SandboxCluster;
    let broken: SandboxFaults;
    const kubelet = (name: string) => {
      const found = cluster.sandbox.nodes.get(name);
      assert.ok(found);
      return found;
    };

    before(async () => {
      cluster = await openSandbox({ nodes: 8 });
      broken = new SandboxFaults(cluster.sandbox);
      await applyAudit(cluster, audit, { runTimeoutSeconds: 68, nodes: { perRun: 8 } });
      await finished(cluster, `${audit}-g1`);
    });

    after(async () => {
      await broken?.mend();
      await cluster?.stop();
    });

    it('is told with the true reason for each node, and the verdicts of the others stand', async () => {
      const { client } = cluster.sandbox;
      await broken.cluster(faults.loseImage(kubelet('n2'), NETAUDIT_IMAGE));
      await broken.cluster(applied(cluster, ...refusing('n3')));
      await broken.cluster(faults.cordon(client, 'n4'));
      await broken.cluster(faults.fill(client, 'n4'));
      const evicted = started(cluster.sandbox, 'n5').then(async (worker) => {
        await faults.hang(worker, 'probe');
        await faults.evict(worker);
      });
      const hung = started(cluster.sandbox, 'n6').then((worker) => faults.hang(worker, 'probe'));
      const lost = started(cluster.sandbox, 'n7').then((worker) => faults.hang(worker, 'probe'));
      await broken.cluster(faults.cordon(client, 'n8'));

      const name = await askForRun(cluster, audit);
      await Promise.all([evicted, hung, lost]);
      await broken.cluster(faults.loseNode(client, kubelet('n7')));
      const run = await finished(cluster, name, 90);

      assert.deepEqual(toldOfNodes(run), [
        'n1 Passed AsExpected',
        `n2 Unknown ImageNotPulled: ImagePullBackOff: Back-off pulling image "${NETAUDIT_IMAGE}": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "${NETAUDIT_IMAGE}": failed to resolve image: ${NETAUDIT_IMAGE}: not found`,
        `n3 Unknown PodRefused: Error creating: pods "POD is forbidden: ValidatingAdmissionPolicy 'no-probe-on-n3' with binding 'no-probe-on-n3' denied request: No Pods for this node today`,
        "n4 Unknown ProbeNotScheduled: 0/7 nodes are available: 1 Too many pods, 6 node(s) didn't satisfy plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.",
        'n5 Unknown NoReport: Its Pod POD was stopped by the node (Evicted): The node was low on resource: memory. Threshold quantity: 100Mi, available: 51200Ki.',
        "n6 Unknown NoReport: The probe hung: Pod POD had not ended when the run's time was over",
        'n7 Skipped NodeGone: Node n7 was deleted while the run went on',
        'n8 Passed AsExpected',
      ]);
      assert.deepEqual(run.status?.matrix?.rows.map(({ node, reach }) => `${node} ${reach}`).sort(), [
        'n1 ......-.',
        'n2 ??????-?',
        'n3 ??????-?',
        'n4 ??????-?',
        'n5 ??????-?',
        'n6 ??????-?',
        'n7 --------',
        'n8 ......-.',
      ]);
      const { nodes, ...counts } = run.status?.summary ?? {};
      assert.deepEqual(counts, { passed: 28, failed: 0, unknown: 70, skipped: 30, warnings: 0 });
      assert.deepEqual(nodes, { eligible: 8, probed: 8, reported: 2 });
      const unknown = { severity: 'Unknown' as const };
      assert.deepEqual(toldBy(run), {
        outcome: 'Unknown',
        findings: [
          { ...unknown, reason: 'ImageNotPulled', subject: 'n2' },
          { ...unknown, reason: 'NoReport', subject: 'n5' },
          { ...unknown, reason: 'NoReport', subject: 'n6' },
          { ...unknown, reason: 'PodRefused', subject: 'n3' },
          { ...unknown, reason: 'ProbeNotScheduled', subject: 'n4' },
        ],
        suspects: [],
      });
      assert.deepEqual(conditionsOf(run), {
        Complete: 'True DeadlineExceeded',
        Passed: 'Unknown TooManyUnknown',
      });
    });

    it('is forgotten when all of it is mended', async () => {
      await broken.mend();
      const rollout = ['rollout', 'status', 'daemonset/netaudit-responder', '--timeout=30s'];
      await cluster.kubectl(['wait', '--for=condition=Ready', 'node/n7', '--timeout=30s']);
      await cluster.kubectl(['--namespace', 'netaudit', ...rollout]);
      assert.deepEqual(toldBy(await runOnce(cluster, audit)), sound);
    });
  });

  describe('since others stand in the way', { concurrency: 1 }, () => {
    const audit = 'hindered';
    let cluster: Cluster;
    const undos: (() => Promise<void>)[] = [];
    const mend = async () => {
      for (const undo of undos.splice(0).reverse()) await undo();
    };

    before(async () => {
      cluster = await openCluster({ nodes: 2 });
      const quick = { name: 'pods', type: 'PodToPod', podToPod: { timeoutMilliseconds: 300 } };
      const perRun = cluster.nodes.length;
      await applyAudit(cluster, audit, {
        runTimeoutSeconds: 60 + perRun,
        nodes: { perRun },
        checks: [quick],
      });
      await finished(cluster, `${audit}-g1`);
    });

    afterEach(mend);

    after(async () => {
      await mend();
      await cluster?.tryKubectl(['delete', 'networkaudit', audit, '--ignore-not-found']);
      await cluster?.stop();
    });

    const denyAll: Manifest = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'deny-all', namespace: 'netaudit' },
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    };
    /** withoutOurs takes the product's own policies away, which admit what others deny. */
    const withoutOurs = async () => {
      const ours = [
        '--namespace',
        'netaudit',
        'networkpolicies',
        '--selector=app.kubernetes.io/part-of=netaudit',
      ];
      const list: { items: Manifest[] } = JSON.parse(await cluster.kubectl(['get', ...ours, '-o', 'json']));
      await cluster.kubectl(['delete', ...ours]);
      undos.push(async () => {
        const kept = list.items.map(({ apiVersion, kind, metadata, spec }) => {
          const { name, namespace, labels } = metadata as Manifest['metadata'] & { labels: unknown };
          return { apiVersion, kind, metadata: { name, ...(namespace && { namespace }), labels }, spec };
        });
        await applied(cluster, ...kept);
      });
    };

    it('is that a NetworkPolicy denies, where nothing gets through', async () => {
      const [first = '', ...others] = await Promise.all(cluster.nodes.map((node) => cluster.target(node)));
      assert.ok(typeof first !== 'string');
      await withoutOurs();
      undos.push(await applied(cluster, denyAll));
      // No CNI plugin here enforces policies: what they would drop is dropped by hand.
      const all = { ...first, podCIDRs: others.flatMap(({ podCIDRs }) => podCIDRs) };
      undos.push(await cluster.inject(dropNewConnections(first, all)));
      undos.push(await cluster.inject(dropSameNode(first)));
      const run = await runOnce(cluster, audit);
      const { outcome, suspects } = toldBy(run);
      assert.equal(outcome, 'Unknown');
      const [finding, ...rest] = run.status?.findings ?? [];
      assert.equal(finding?.reason, 'BlockedByPolicy', finding?.message);
      assert.match(
        finding?.message ?? '',
        /^NetworkPolicy netaudit\/deny-all denies what the probe sends \(\d+ questions\)$/,
      );
      assert.deepEqual(rest, []);
      assert.deepEqual(suspects, []);
    });

    it('is nothing where a NetworkPolicy denies and the traffic flows', async () => {
      await withoutOurs();
      undos.push(await applied(cluster, denyAll));
      assert.deepEqual(toldBy(await runOnce(cluster, audit)), sound);
    });

    it('is nothing where our own policies admit what another denies', async () => {
      const [from, to] = await Promise.all(cluster.nodes.map((node) => cluster.target(node)));
      assert.ok(from !== undefined && to !== undefined);
      undos.push(await applied(cluster, denyAll));
      undos.push(await cluster.inject(dropNewConnections(from, to)));
      const { findings } = toldBy(await runOnce(cluster, audit));
      assert.deepEqual([...new Set(findings.map(({ reason }) => reason))], ['Unreachable']);
    });

    it('is that the responders have a container of others, where nothing gets through', async () => {
      const [from, to] = await Promise.all(cluster.nodes.map((node) => cluster.target(node)));
      assert.ok(from !== undefined && to !== undefined);
      const containers = '/spec/template/spec/containers';
      const patch = async (operation: object) => {
        const responder = ['daemonset', 'netaudit-responder', '--namespace=netaudit'];
        await cluster.kubectl([
          'patch',
          ...responder,
          '--type=json',
          `--patch=${JSON.stringify([operation])}`,
        ]);
        await cluster.kubectl(['rollout', 'status', ...responder, '--timeout=60s']);
      };
      await patch({ op: 'add', path: `${containers}/-`, value: idleContainer });
      undos.push(() => patch({ op: 'remove', path: `${containers}/1` }));
      assert.deepEqual(toldBy(await runOnce(cluster, audit)), sound);
      undos.push(await cluster.inject(dropNewConnections(from, to)));
      const { findings } = toldBy(await runOnce(cluster, audit));
      assert.deepEqual(
        findings.map(({ severity, reason }) => `${severity} ${reason}`),
        ['Unknown PodMutated'],
      );
    });

    it('is that the quota allows no Pod, and the run passes if there is room in time', async () => {
      const quota: Manifest = {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'no-pods', namespace: 'netaudit' },
        spec: { hard: { pods: '0' } },
      };
      undos.push(await applied(cluster, quota));
      const run = await runOnce(cluster, audit);
      assert.deepEqual(
        run.status?.nodes?.map(({ outcome, reason }) => `${outcome} ${reason}`),
        cluster.nodes.map(() => 'Unknown PodRefused'),
      );
      assert.match(
        run.status?.nodes?.[0]?.message ?? '',
        /^Error creating: pods ".*" is forbidden: exceeded quota: no-pods, requested: pods=1, used: pods=\d+, limited: pods=0$/,
      );
      assert.deepEqual(conditionsOf(run), {
        Complete: 'True DeadlineExceeded',
        Passed: 'Unknown NothingJudged',
      });
      await mend();
      assert.deepEqual(toldBy(await runOnce(cluster, audit)), sound);
    });
  });
});
