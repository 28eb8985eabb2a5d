import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from './json.ts';
import {
  configMap,
  configMaps,
  isThere,
  job,
  jobs,
  manifest,
  member,
  namespaces,
  pod,
  pods,
  refusal,
  startTestServer,
  type TestServer,
} from './test-server.ts';

const services = { group: '', version: 'v1', plural: 'services' };
const deployments = { group: 'apps', version: 'v1', plural: 'deployments' };
const daemonSets = { group: 'apps', version: 'v1', plural: 'daemonsets' };
const leases = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' };
const budgets = { group: 'policy', version: 'v1', plural: 'poddisruptionbudgets' };
const nodes = { group: '', version: 'v1', plural: 'nodes' };

describe('built-in kinds', () => {
  let test: TestServer;
  before(async () => {
    test = await startTestServer();
  });
  after(() => test.close());
  const why = async (object: ReturnType<typeof pod>, resource = pods) =>
    (await refusal(test.admin.create(resource, object))).message.replace(
      /^[\w.]+ "[\w.-]*" is invalid: /,
      '',
    );
  const withSpec = (spec: JsonObject) => pod('x', { spec });
  const container = (more: JsonObject): JsonObject => ({ containers: [{ name: 'c', image: 'i', ...more }] });

  it('fill in what a Pod leaves open', async () => {
    const made = await test.admin.create(
      pods,
      pod('plain', { spec: { automountServiceAccountToken: false, tolerations: [{ operator: 'Exists' }] } }),
    );
    assert.deepEqual(member(made, 'spec'), {
      automountServiceAccountToken: false,
      containers: [
        {
          name: 'c',
          image: 'registry.example/c:1',
          imagePullPolicy: 'IfNotPresent',
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
        },
      ],
      dnsPolicy: 'ClusterFirst',
      enableServiceLinks: true,
      preemptionPolicy: 'PreemptLowerPriority',
      priority: 0,
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: {},
      serviceAccount: 'default',
      serviceAccountName: 'default',
      terminationGracePeriodSeconds: 30,
      tolerations: [{ operator: 'Exists' }],
    });
  });

  it('refuse Pods that no kubelet could run', async () => {
    assert.equal(await why(withSpec({ containers: [] })), 'spec.containers: Required value');
    assert.equal(
      await why(withSpec(container({ name: 'C' }))).then((text) => text.split(':')[0]),
      'spec.containers[0].name',
    );
    assert.equal(await why(withSpec(container({ image: '' }))), 'spec.containers[0].image: Required value');
    assert.equal(
      await why(withSpec({ ...container({}), restartPolicy: 'Sometimes' })),
      'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", "OnFailure"',
    );
    assert.equal(
      await why(withSpec(container({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }))),
      'spec.containers[0].volumeMounts[0].name: Not found: "v"',
    );
    assert.equal(
      await why(withSpec(container({ resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }))),
      'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    );
    const terms = (values: string[]) => ({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values }] }],
          },
        },
      },
    });
    assert.equal(
      await why(withSpec({ ...container({}), ...terms(['a', 'b']) })),
      "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].values: Required value: must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
    );
    await test.admin.create(pods, pod('pinned', { spec: { ...container({}), ...terms(['a']) } }));
  });

  it('let a Pod change in little', async () => {
    await test.admin.create(pods, pod('frozen'));
    await test.admin.patch(pods, 'default', 'frozen', { spec: { activeDeadlineSeconds: 5 } });
    const refused = await refusal(
      test.admin.patch(pods, 'default', 'frozen', { spec: { nodeSelector: { a: 'b' } } }),
    );
    assert.match(refused.message, /spec: Forbidden: pod updates may not change fields other than /);
  });

  it('keep single and plural addresses alike', async () => {
    await test.admin.create(pods, pod('addressed'));
    const one = await test.admin.patch(
      pods,
      'default',
      'addressed',
      { status: { podIP: '10.0.0.1' } },
      'status',
    );
    assert.deepEqual(member(one, 'status', 'podIPs'), [{ ip: '10.0.0.1' }]);
    const made = await test.admin.create(
      nodes,
      manifest({
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'n1' },
        spec: { podCIDR: '10.244.1.0/24' },
      }),
    );
    assert.deepEqual(member(made, 'spec', 'podCIDRs'), ['10.244.1.0/24']);
  });

  it('give Jobs their limits', async () => {
    const long = 'j'.repeat(64);
    const tooLong = await why(job(long), jobs);
    assert.ok(
      tooLong.includes(`metadata.name: Invalid value: "${long}": must be no more than 63 characters`),
      tooLong,
    );
    assert.ok(
      tooLong.includes(`spec.template.labels: Invalid value: "${long}": must be no more than 63 bytes`),
      tooLong,
    );
    assert.equal(
      await why(job('neg', { backoffLimit: -1 }), jobs),
      'spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0',
    );
  });

  it('hold workloads to selectors that match their templates and never change', async () => {
    const template = (app: string): JsonObject => ({ metadata: { labels: { app } }, spec: container({}) });
    const workload = (kind: string, name: string, spec: JsonObject) =>
      manifest({ apiVersion: 'apps/v1', kind, metadata: { name, namespace: 'default' }, spec });
    assert.equal(
      await why(workload('Deployment', 'd', { template: template('a') }), deployments),
      'spec.selector: Required value',
    );
    const odd = workload('DaemonSet', 'd', {
      selector: { matchLabels: { app: 'b' } },
      template: template('a'),
    });
    assert.equal(
      await why(odd, daemonSets),
      'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
    );
    const made = await test.admin.create(
      daemonSets,
      workload('DaemonSet', 'd', { selector: { matchLabels: { app: 'a' } }, template: template('a') }),
    );
    assert.deepEqual(member(made, 'spec', 'updateStrategy'), {
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: 1, maxSurge: 0 },
    });
    assert.deepEqual(member(made, 'status'), {
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: 0,
      numberReady: 0,
    });
    const moved = refusal(
      test.admin.patch(daemonSets, 'default', 'd', { spec: { selector: { matchLabels: { more: 'x' } } } }),
    );
    assert.match((await moved).message, /spec\.selector: Invalid value: .*: field is immutable/);
  });

  it('scale through the subresource', async () => {
    const spec = {
      replicas: 1,
      selector: { matchLabels: { app: 's' } },
      template: { metadata: { labels: { app: 's' } }, spec: container({}) },
    };
    await test.admin.create(
      deployments,
      manifest({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 's', namespace: 'default' },
        spec,
      }),
    );
    const path = '/apis/apps/v1/namespaces/default/deployments/s/scale';
    const scale = (await test.ask(path)).json;
    assert.deepEqual(
      [scale.kind, member(scale, 'spec', 'replicas'), member(scale, 'status', 'selector')],
      ['Scale', 1, 'app=s'],
    );
    await test.ask(path, { method: 'PUT', body: { ...scale, spec: { replicas: 4 } } });
    const scaled = await test.admin.get(deployments, 'default', 's');
    assert.deepEqual([member(scaled, 'spec', 'replicas'), scaled.metadata.generation], [4, 2]);
  });

  it('give Services addresses and ports that are theirs alone', async () => {
    const service = (name: string, spec: JsonObject) =>
      manifest({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace: 'default' },
        spec: { ports: [{ port: 80 }], ...spec },
      });
    const one = await test.admin.create(services, service('one', {}));
    const ip = String(member(one, 'spec', 'clusterIP'));
    assert.match(ip, /^10\.96\.\d+\.\d+$/);
    assert.deepEqual(member(one, 'spec', 'ports'), [{ port: 80, protocol: 'TCP', targetPort: 80 }]);
    assert.match(await why(service('two', { clusterIP: ip }), services), /provided IP is already allocated$/);
    assert.match(
      await why(service('two', { clusterIP: '10.1.1.1' }), services),
      /is not in the valid range\. The range of valid IPs is 10\.96\.0\.0\/16$/,
    );
    await test.admin.delete(services, 'default', 'one');
    const two = await test.admin.create(services, service('two', { clusterIP: ip, type: 'NodePort' }));
    const port = Number(member(two, 'spec', 'ports', 0, 'nodePort'));
    assert.ok(port >= 30_000 && port <= 32_767);
    assert.match(
      await why(service('three', { type: 'NodePort', ports: [{ port: 80, nodePort: port }] }), services),
      /provided port is already allocated$/,
    );
    const headless = await test.admin.create(services, service('headless', { clusterIP: 'None' }));
    assert.deepEqual(member(headless, 'spec', 'clusterIPs'), ['None']);
  });

  it('keep the microseconds of a Lease and the seconds of everything else', async () => {
    const spec = { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime: '2026-01-02T03:04:05.678Z' };
    const lease = await test.admin.create(
      leases,
      manifest({
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'l', namespace: 'default' },
        spec,
      }),
    );
    assert.equal(member(lease, 'spec', 'renewTime'), '2026-01-02T03:04:05.678000Z');
    const conditions = [{ type: 'Complete', status: 'True', lastTransitionTime: '2026-01-02T03:04:05.678Z' }];
    await test.admin.create(jobs, job('timed'));
    const timed = await test.admin.patch(jobs, 'default', 'timed', { status: { conditions } }, 'status');
    assert.equal(member(timed, 'status', 'conditions', 0, 'lastTransitionTime'), '2026-01-02T03:04:05Z');
  });

  it('ask disruption budgets before they evict', async () => {
    await test.admin.create(
      pods,
      pod('guarded', { metadata: { name: 'guarded', namespace: 'default', labels: { app: 'g' } } }),
    );
    await test.admin.patch(pods, 'default', 'guarded', { status: { phase: 'Running' } }, 'status');
    const budget = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'g', namespace: 'default' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'g' } } },
    };
    await test.admin.create(budgets, manifest(budget));
    const path = '/api/v1/namespaces/default/pods/guarded/eviction';
    const body = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'guarded', namespace: 'default' },
    };
    const refused = await test.ask(path, { method: 'POST', body });
    assert.deepEqual(
      [refused.code, refused.json.message],
      [429, "Cannot evict pod as it would violate the pod's disruption budget."],
    );
    await test.admin.patch(budgets, 'default', 'g', { status: { disruptionsAllowed: 1 } }, 'status');
    assert.equal((await test.ask(path, { method: 'POST', body })).code, 201);
    assert.equal(await isThere(test.admin, pods, 'default', 'guarded'), false);
  });

  it('take no object that etcd would not', async () => {
    const data = Object.fromEntries([1, 2].map((part) => [`part${part}`, 'x'.repeat(800_000)]));
    assert.equal((await refusal(test.admin.create(configMaps, configMap('huge', { data })))).code, 422);
    const annotations = { a: 'x'.repeat(300_000) };
    const heavy = await refusal(
      test.admin.create(
        configMaps,
        configMap('heavy', { metadata: { name: 'heavy', namespace: 'default', annotations } }),
      ),
    );
    assert.match(heavy.message, /metadata\.annotations: Too long: may not be more than 262144 bytes/);
  });

  it('put no namespace on what has none, and none of its own accord on what has', async () => {
    const made = await test.ask('/api/v1/namespaces', {
      method: 'POST',
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flat', namespace: 'default' } },
    });
    assert.equal(member(made.json, 'metadata', 'namespace'), undefined);
    assert.deepEqual(member(made.json, 'metadata', 'labels'), { 'kubernetes.io/metadata.name': 'flat' });
    const other = await test.ask('/api/v1/namespaces/default/configmaps', {
      method: 'POST',
      body: configMap('x', { metadata: { name: 'x', namespace: 'flat' } }),
    });
    assert.equal(
      other.json.message,
      'the namespace of the provided object does not match the namespace sent on the request',
    );
    const kept = await refusal(test.admin.delete(namespaces, '', 'default'));
    assert.equal(kept.message, 'namespaces "default" is forbidden: this namespace may not be deleted');
  });
});
