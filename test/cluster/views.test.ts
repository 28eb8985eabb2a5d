import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { jobEntry, probePodEntry } from '../../src/cluster/caches.ts';
import { auditView, runView } from '../../src/cluster/custom.ts';
import { isObject, type JsonObject, objectsOf } from '../../src/cluster/json.ts';
import { policyEntry, policyViews } from '../../src/cluster/policies.ts';
import { jobView, nodeView, probePodView, responderSetView, responderView } from '../../src/cluster/views.ts';

/** captured reads an object, or the first of a list, that a real cluster gave. */
function captured(name: string): JsonObject {
  const value: unknown = JSON.parse(
    readFileSync(new URL(`../fixtures/jobs/${name}.json`, import.meta.url), 'utf8'),
  );
  assert.ok(isObject(value));
  return objectsOf(value.items)[0] ?? value;
}

const since = '2026-01-02T00:00:00Z';

describe('a Job as it is kept', () => {
  const late = {
    name: 'late',
    namespace: 'trial',
    uid: 'e37409c9-87f8-4c4d-8367-4bf039004853',
    node: '',
    place: 'pod',
    runUid: '',
    creationTime: '2026-11-22T07:26:27Z',
    finished: {
      type: 'Failed',
      reason: 'DeadlineExceeded',
      message: 'Job was active longer than specified deadline',
    },
  };

  it('has its terminal condition, not the interim one before it', () => {
    assert.deepEqual(jobView(captured('job-late')), late);
    assert.deepEqual(jobView(captured('job-good')).finished, {
      type: 'Complete',
      reason: 'CompletionsReached',
      message: 'Reached expected number of succeeded pods',
    });
  });

  it('is not finished while only an interim condition is there', () => {
    const conditions = [{ type: 'FailureTarget', status: 'True', reason: 'DeadlineExceeded' }];
    const { finished, ...rest } = late;
    assert.deepEqual(jobView({ ...captured('job-late'), status: { conditions } }), rest);
  });

  it('belongs to the run that controls it, at the node that it is pinned to', () => {
    const job = captured('job-good');
    const metadata = {
      name: 'j',
      namespace: 'netaudit-node',
      uid: 'job-1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { 'netaudit.dev/place': 'node', 'netaudit.dev/audit': 'cluster' },
      ownerReferences: [
        { kind: 'NetworkAuditRun', uid: 'not-this', controller: false },
        { kind: 'NetworkAuditRun', uid: 'run-1', controller: true },
      ],
    };
    assert.deepEqual(jobEntry({ spec: job.spec, metadata }), {
      auditLabel: 'cluster',
      view: {
        name: 'j',
        namespace: 'netaudit-node',
        uid: 'job-1',
        node: 'n1',
        place: 'node',
        runUid: 'run-1',
        creationTime: '2026-01-01T00:00:00Z',
      },
    });
  });
});

describe('a probe’s Pod as it is kept', () => {
  const good = {
    name: 'good-s9z82',
    namespace: 'trial',
    uid: '162500ac-b2c4-4390-8b77-f57d344dd007',
    jobUid: 'bd47eecf-16a0-49d4-bfcd-d60f44bfad43',
    node: 'n1',
    phase: 'Succeeded',
    addresses: ['10.244.1.7'],
    deleting: false,
    foreignContainers: [],
    dns: { policy: 'ClusterFirst', configured: false },
    terminated: { exitCode: 0, reason: 'Completed', message: '{"v":1}\n' },
  };

  it('has its answer', () => {
    assert.deepEqual(probePodEntry(captured('pods-of-good')), { auditLabel: '', view: good });
  });

  it('has its exit code and what it wrote, when it failed', () => {
    const { phase, terminated } = probePodView(captured('pods-of-fails'));
    assert.deepEqual([phase, terminated], ['Failed', { exitCode: 3, reason: 'Error', message: 'bad\n' }]);
  });

  it('says why it cannot start', () => {
    assert.deepEqual(probePodView(captured('pods-of-noimage')).waiting, {
      reason: 'ErrImageNeverPull',
      message: 'Container image "docker.io/lab/none:1" is not present with pull policy of Never',
    });
  });

  it('says why no node takes it', () => {
    const { unscheduled, node } = probePodView(captured('pods-of-nowhere'));
    assert.equal(node, undefined);
    assert.equal(unscheduled?.reason, 'Unschedulable');
    assert.match(unscheduled?.message ?? '', /^0\/3 nodes are available/);
  });

  it('names containers that are not ours, and whether it goes', () => {
    const containers = [{ name: 'probe' }, { name: 'istio-proxy' }];
    const spec = {
      containers,
      initContainers: [{ name: 'istio-init' }],
      ephemeralContainers: [{ name: 'debug' }],
    };
    const metadata = { deletionTimestamp: '2026-01-01T00:00:00Z' };
    const status = { podIP: '10.0.0.1', reason: 'Evicted', message: 'low on memory' };
    assert.deepEqual(probePodView({ metadata, spec, status }), {
      name: '',
      namespace: '',
      uid: '',
      jobUid: '',
      phase: '',
      reason: 'Evicted',
      message: 'low on memory',
      addresses: ['10.0.0.1'],
      deleting: true,
      foreignContainers: ['istio-proxy', 'istio-init'],
      dns: { policy: '', configured: false },
    });
  });

  it('says whose DNS it was given, and whether admission gave it a configuration of its own', () => {
    const dnsOf = (spec: JsonObject) => probePodView({ metadata: {}, spec, status: {} }).dns;
    const dnsPolicy = 'ClusterFirstWithHostNet';
    assert.deepEqual(dnsOf({ dnsPolicy }), { policy: dnsPolicy, configured: false });
    assert.deepEqual(dnsOf({ dnsPolicy, dnsConfig: {} }), { policy: dnsPolicy, configured: false });
    const options = [{ name: 'ndots', value: '2' }];
    assert.deepEqual(dnsOf({ dnsPolicy, dnsConfig: { options } }), { policy: dnsPolicy, configured: true });
  });
});

describe('a node as it is kept', () => {
  it('is small, and the same whatever its kubelet reports of images and heartbeats', () => {
    const node = (heartbeat: string, ready: string) => ({
      metadata: {
        name: 'n1',
        uid: 'u',
        labels: { zone: 'a' },
        creationTimestamp: '2026-01-01T00:00:00Z',
        managedFields: [{ time: heartbeat }],
        annotations: { heartbeat },
      },
      spec: {
        unschedulable: true,
        taints: [
          { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', timeAdded: heartbeat },
          { key: 'dedicated', value: 'gpu', effect: 'NoExecute' },
        ],
      },
      status: {
        conditions: [
          { type: 'Ready', status: ready, lastHeartbeatTime: heartbeat, lastTransitionTime: since },
        ],
        images: [{ names: ['x'] }],
        nodeInfo: { operatingSystem: 'linux' },
      },
    });
    const view = {
      name: 'n1',
      uid: 'u',
      labels: { zone: 'a' },
      creationTime: '2026-01-01T00:00:00Z',
      deleting: false,
      ready: 'True',
      readySince: since,
      unschedulable: true,
      taints: [
        { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' },
        { key: 'dedicated', effect: 'NoExecute', value: 'gpu' },
      ],
      os: 'linux',
    };
    assert.deepEqual(nodeView(node('1', 'True')), view);
    assert.deepEqual(nodeView(node('2', 'True')), view);
    assert.deepEqual(nodeView(node('2', 'Unknown')), { ...view, ready: 'Unknown' });
  });
});

describe('the responders as they are kept', () => {
  it('have both addresses, and are ready by their condition', () => {
    const pod = {
      metadata: { name: 'netaudit-responder-x', uid: 'u' },
      spec: { nodeName: 'n1', containers: [{ name: 'responder' }] },
      status: {
        podIP: '10.0.0.1',
        podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }],
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: since }],
      },
    };
    assert.deepEqual(responderView(pod), {
      name: 'netaudit-responder-x',
      uid: 'u',
      node: 'n1',
      addresses: ['10.0.0.1', 'fd00::1'],
      ready: true,
      readySince: since,
      deleting: false,
      foreignContainers: [],
    });
  });

  it('belong where the DaemonSet’s template says', () => {
    const spec = {
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [{ operator: 'Exists' }, { key: 'a', value: 'b', effect: 'NoSchedule' }],
    };
    assert.deepEqual(responderSetView({ spec: { template: { spec } } }), spec);
    const term = {
      matchExpressions: [{ key: 'zone', operator: 'Exists' }],
      matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: ['n1'] }],
    };
    const required = { nodeSelectorTerms: [term] };
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
    assert.deepEqual(responderSetView({ spec: { template: { spec: { ...spec, affinity } } } }).terms, [
      {
        labels: [{ key: 'zone', operator: 'Exists', values: [] }],
        fields: [{ key: 'metadata.name', operator: 'NotIn', values: ['n1'] }],
      },
    ]);
  });
});

describe('our own kinds as they are kept', () => {
  const metadata = { name: 'a', uid: 'u', resourceVersion: '7', managedFields: [{}] };
  const { managedFields, ...slim } = metadata;
  const type = { apiVersion: 'netaudit.dev/v1alpha1' };

  it('have a kind also when a list left it out, and no managedFields', () => {
    const spec = { checks: [], suspend: false };
    assert.deepEqual(auditView({ metadata, spec }), { ...type, kind: 'NetworkAudit', metadata: slim, spec });
    const run = { auditName: 'a' };
    assert.deepEqual(runView({ metadata, spec: run }), {
      ...type,
      kind: 'NetworkAuditRun',
      metadata: slim,
      spec: run,
    });
  });

  it('are left out when they are not what the schema promises', () => {
    assert.deepEqual(
      [auditView({ metadata }), auditView({ spec: { checks: [] } }), runView({ metadata, spec: {} })],
      [undefined, undefined, undefined],
    );
  });
});

it('no object of any shape breaks a view', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('metadata', 'spec', 'status', 'x'), fc.jsonValue()),
      (object) => {
        for (const view of [
          nodeView,
          responderView,
          responderSetView,
          jobEntry,
          probePodEntry,
          auditView,
          runView,
        ]) {
          view(object);
        }
        policyViews([policyEntry(object, 9100)]);
      },
    ),
  );
});

describe('NetworkPolicies between probes and responders', () => {
  const ours = 'app.kubernetes.io/component';
  const policy = (name: string, spec: JsonObject, labels = {}) =>
    policyEntry({ metadata: { namespace: 'netaudit', name, labels }, spec }, 9100);
  const denyAll = policy('deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  const bothPorts = [
    { protocol: 'TCP', port: 9100 },
    { protocol: 'UDP', port: 9000, endPort: 9200 },
  ];
  const shipped = [
    policy(
      'netaudit-responder',
      {
        podSelector: { matchLabels: { [ours]: 'responder' } },
        policyTypes: ['Ingress'],
        ingress: [{ ports: bothPorts }],
      },
      { 'app.kubernetes.io/part-of': 'netaudit' },
    ),
    policy(
      'netaudit-probe',
      {
        podSelector: { matchLabels: { [ours]: 'probe' } },
        policyTypes: ['Egress'],
        egress: [{ ports: bothPorts }],
      },
      { 'app.kubernetes.io/part-of': 'netaudit' },
    ),
  ];
  const both = ['probe', 'responder'];

  it('deny both ways where a foreign one denies all and ours are not there', () => {
    assert.deepEqual(policyViews([denyAll]), [
      { name: 'netaudit/deny', selects: both, denies: ['Ingress', 'Egress'] },
    ]);
  });

  it('deny nothing where ours admit: policies add up', () => {
    assert.deepEqual(policyViews([denyAll, ...shipped]), [
      { name: 'netaudit/deny', selects: both, denies: [] },
    ]);
    assert.deepEqual(policyViews([denyAll, ...shipped.slice(0, 1)]), [
      { name: 'netaudit/deny', selects: both, denies: ['Egress'] },
    ]);
  });

  for (const [name, spec, denies] of [
    ['without types and egress rules is about ingress', { podSelector: {} }, ['Ingress']],
    ['for others selects none of ours', { podSelector: { matchLabels: { app: 'x' } } }, undefined],
    [
      'that admits one protocol denies the other',
      { ingress: [{ ports: [{ protocol: 'TCP', port: 9100 }] }] },
      ['Ingress'],
    ],
    [
      'that admits a named port may deny',
      { ingress: [{ ports: [{ port: 'http' }, { protocol: 'UDP' }] }] },
      ['Ingress'],
    ],
    [
      'that admits every port admits ours',
      { ingress: [{ ports: [{ protocol: 'TCP' }, { protocol: 'UDP' }] }] },
      [],
    ],
    ['that admits everything admits ours', { ingress: [{}] }, []],
    [
      'that admits an address block may deny',
      { ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }] },
      ['Ingress'],
    ],
    ['that admits this namespace admits ours', { ingress: [{ from: [{ podSelector: {} }] }] }, []],
    ['that admits all namespaces admits ours', { ingress: [{ from: [{ namespaceSelector: {} }] }] }, []],
    [
      'that admits certain namespaces may deny',
      { ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'a' } } }] }] },
      ['Ingress'],
    ],
    [
      'that admits other Pods only denies',
      { egress: [{ to: [{ podSelector: { matchLabels: { app: 'x' } } }] }], policyTypes: ['Egress'] },
      ['Egress'],
    ],
  ] as const) {
    it(`one ${name}`, () => {
      const [view] = policyViews([policy('p', { podSelector: {}, ...spec })]);
      assert.deepEqual(view?.denies, denies);
    });
  }
});
