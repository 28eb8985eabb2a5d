import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { components, labels, namespaces, objects, product, productLabels } from '../../src/api/names.ts';
import { auditSpec, runSpec } from '../../src/api/v1alpha1/index.ts';
import { validate } from '../../src/api/validate.ts';
import { ownServices } from '../../src/checks/dns/options.ts';
import { responderPort } from '../../src/checks/pod-to-pod/task.ts';
import { probeJob } from '../../src/plan/job.ts';
import { defaultSettings } from '../../src/plan/settings.ts';
import { makeRun } from '../metrics/objects.ts';
import { faultsOf } from './openapi.ts';
import { violationsOf } from './pod-security.ts';
import { at, listAt, type Manifest, read, render, root } from './rendered.ts';

const rendered = await render();

function find(kind: string, name: string): Manifest {
  const found = rendered.find((object) => object.kind === kind && object.metadata.name === name);
  assert.ok(found, `${kind} ${name} is missing`);
  return found;
}

const operator = find('Deployment', objects.operator);
const responder = find('DaemonSet', objects.responder);
const container = (of: Manifest) => at(of, 'spec', 'template', 'spec', 'containers', 0);

function environment(of: Manifest): Record<string, unknown> {
  return Object.fromEntries(
    listAt(container(of), 'env').map((entry) => [
      String(at(entry, 'name')),
      at(entry, 'value') ?? at(entry, 'valueFrom', 'fieldRef', 'fieldPath'),
    ]),
  );
}

test('kustomize finds everything that the product needs, each once', () => {
  const names = rendered.map(({ kind, metadata: { namespace, name } }) =>
    [kind, ...(namespace === undefined ? [] : [namespace]), name].join(' '),
  );
  const roles = (namespace: string) => [
    `Role ${namespace} netaudit-operator`,
    `RoleBinding ${namespace} netaudit-operator`,
  ];
  assert.deepEqual(
    names.sort(),
    [
      'ClusterRole netaudit-editor',
      'ClusterRole netaudit-operator',
      'ClusterRole netaudit-viewer',
      'ClusterRoleBinding netaudit-operator',
      'CustomResourceDefinition networkauditruns.netaudit.dev',
      'CustomResourceDefinition networkaudits.netaudit.dev',
      'DaemonSet netaudit netaudit-responder',
      'Deployment netaudit netaudit-operator',
      ...['netaudit-names', 'netaudit-names-headless'].flatMap((name) => [
        `EndpointSlice netaudit ${name}-ipv4`,
        `EndpointSlice netaudit ${name}-ipv6`,
        `Service netaudit ${name}`,
      ]),
      'Namespace netaudit',
      'Namespace netaudit-node',
      'NetworkPolicy netaudit netaudit-operator',
      'NetworkPolicy netaudit netaudit-probe',
      'NetworkPolicy netaudit netaudit-responder',
      'NetworkPolicy netaudit-node netaudit-probe',
      'PodDisruptionBudget netaudit netaudit-operator',
      'PriorityClass netaudit-operator',
      'PriorityClass netaudit-probe',
      'PriorityClass netaudit-responder',
      ...['default', 'kube-node-lease', 'kube-system', 'netaudit', 'netaudit-node'].flatMap(roles),
      'ServiceAccount netaudit netaudit-operator',
    ].sort(),
  );
});

test('a real API server has nothing against any of them', () => {
  for (const object of rendered) {
    const faults = faultsOf(object);
    const name = `${object.kind} ${object.metadata.name}`;
    // The capture holds no scheduling.k8s.io; PriorityClasses have a test of their own.
    if (faults === undefined) assert.equal(object.kind, 'PriorityClass', name);
    else assert.deepEqual(faults, [], name);
  }
});

test('the validation sees a misspelt field, a wrong type and an unknown kind', () => {
  const broken = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x' }, spec: { replica: 2 } };
  assert.deepEqual(faultsOf(broken), [
    "/spec must have required property 'selector'",
    "/spec must have required property 'template'",
    '/spec must NOT have additional properties',
  ]);
  assert.equal(faultsOf({ ...broken, kind: 'Deploymnet' }), undefined);
});

test('everything says that it is ours: a policy of ours is told from a foreign one by that', () => {
  for (const { kind, metadata } of rendered) {
    assert.equal(metadata.labels?.[labels.partOf], product, `${kind} ${metadata.name}`);
  }
});

test('operator and responders pass restricted, the level that their namespace enforces', () => {
  assert.equal(
    find('Namespace', namespaces.pod).metadata.labels?.['pod-security.kubernetes.io/enforce'],
    'restricted',
  );
  assert.equal(
    find('Namespace', namespaces.node).metadata.labels?.['pod-security.kubernetes.io/enforce'],
    'privileged',
  );
  for (const workload of [operator, responder]) {
    assert.equal(workload.metadata.namespace, namespaces.pod);
    assert.deepEqual(violationsOf(at(workload, 'spec', 'template', 'spec')), []);
    assert.equal(at(container(workload), 'securityContext', 'readOnlyRootFilesystem'), true);
  }
});

test('the judge of Pod Security sees what restricted forbids', () => {
  const securityContext = { privileged: true, runAsUser: 0, capabilities: { add: ['NET_RAW'] } };
  const pod = {
    hostNetwork: true,
    volumes: [{ name: 'etc', hostPath: { path: '/etc' } }],
    containers: [{ name: 'c', securityContext, ports: [{ hostPort: 1 }] }],
  };
  assert.deepEqual(violationsOf(pod), [
    'hostNetwork',
    'volume of hostPath',
    'c: privileged',
    'c: allowPrivilegeEscalation',
    'c: runAsNonRoot',
    'c: runAsUser',
    'c: seccompProfile',
    'c: capabilities.drop',
    'c: capabilities.add',
    'c: hostPort',
  ]);
});

const jobs = (['pod', 'node'] as const).map((place) => {
  const run = makeRun('cluster', 'cluster-1');
  const input = { run, node: 'n1', place, question: 'e30', deadlineTime: '2026-11-01T10:03:00Z' };
  return { place, job: probeJob(input, new Date('2026-11-01T10:00:00Z'), defaultSettings) };
});

for (const { place, job } of jobs) {
  test(`a real API server has nothing against a probe's Job at the place ${place}`, () => {
    assert.deepEqual(faultsOf({ ...job }), []);
  });
}

test('a probe at the place pod passes restricted; one at the place node needs no more than its namespace says', () => {
  const violations = jobs.map(({ job }) => violationsOf(at(job, 'spec', 'template', 'spec')));
  assert.deepEqual(violations, [
    [],
    ['hostNetwork', 'probe: runAsNonRoot', 'probe: runAsUser', 'probe: capabilities.add'],
  ]);
});

test('the policies of both namespaces select the probes that run there', () => {
  for (const { job } of jobs) {
    const policies = rendered.filter(
      ({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.namespace === job.metadata.namespace,
    );
    const own = Object(at(job, 'spec', 'template', 'metadata', 'labels'));
    const selecting = policies.filter((policy) => {
      const wanted = Object(at(policy, 'spec', 'podSelector', 'matchLabels') ?? {});
      return Object.keys(wanted).every((key) => wanted[key] === own[key]);
    });
    assert.deepEqual(
      selecting.map(({ metadata }) => metadata.name),
      ['netaudit-probe'],
    );
  }
});

test('only the operator gets a token', () => {
  assert.equal(at(find('ServiceAccount', objects.operator), 'automountServiceAccountToken'), false);
  assert.deepEqual(
    [operator, responder].map((workload) => [
      at(workload, 'spec', 'template', 'spec', 'serviceAccountName'),
      at(workload, 'spec', 'template', 'spec', 'automountServiceAccountToken'),
    ]),
    [
      [objects.operator, true],
      [undefined, false],
    ],
  );
});

test('the responder stands on every Linux node, whatever its taints, and is told who it is', () => {
  const pod = at(responder, 'spec', 'template', 'spec');
  assert.deepEqual(at(pod, 'tolerations'), [{ operator: 'Exists' }]);
  assert.deepEqual(at(pod, 'nodeSelector'), { 'kubernetes.io/os': 'linux' });
  assert.deepEqual(environment(responder), {
    NODE_NAME: 'spec.nodeName',
    POD_IPS: 'status.podIPs',
    POD_NAME: 'metadata.name',
    POD_UID: 'metadata.uid',
  });
  assert.deepEqual(
    listAt(container(responder), 'ports').map((port) => [at(port, 'protocol'), at(port, 'containerPort')]),
    [
      ['TCP', responderPort],
      ['UDP', responderPort],
    ],
  );
});

test('components carry the labels by which the operator finds them', () => {
  const expected = { operator, responder };
  for (const component of ['operator', 'responder'] as const) {
    const own = productLabels(component);
    const template = at(expected[component], 'spec', 'template', 'metadata', 'labels');
    assert.deepEqual({ ...Object(template), ...own }, template);
    const selector = at(expected[component], 'spec', 'selector', 'matchLabels');
    assert.deepEqual({ ...own, ...Object(selector) }, own);
    assert.equal(at(selector, labels.component), components[component]);
  }
});

test('no mesh puts a sidecar into the traffic that is measured', () => {
  for (const workload of [operator, responder]) {
    const metadata = at(workload, 'spec', 'template', 'metadata');
    assert.equal(at(metadata, 'labels', 'sidecar.istio.io/inject'), 'false');
    assert.equal(at(metadata, 'labels', 'kuma.io/sidecar-injection'), 'disabled');
    assert.equal(at(metadata, 'annotations', 'linkerd.io/inject'), 'disabled');
  }
});

test('the probes run the image that the operator runs', () => {
  assert.equal(environment(operator).NETAUDIT_IMAGE, at(container(operator), 'image'));
  assert.equal(at(container(operator), 'image'), defaultSettings.image);
  assert.equal(at(container(responder), 'image'), defaultSettings.image);
});

test('nothing of ours evicts the work of others, and every PriorityClass that is named is there', () => {
  const classes = rendered.filter(({ kind }) => kind === 'PriorityClass');
  for (const found of classes) {
    assert.deepEqual(Object.keys(found).sort(), [
      'apiVersion',
      'description',
      'kind',
      'metadata',
      'preemptionPolicy',
      'value',
    ]);
    assert.equal(found.preemptionPolicy, 'Never');
  }
  const used = [operator, responder].map((workload) =>
    at(workload, 'spec', 'template', 'spec', 'priorityClassName'),
  );
  const names = classes.map(({ metadata }) => metadata.name);
  for (const name of [...used, defaultSettings.priorityClassName]) assert.ok(names.includes(String(name)));
});

test('policies admit probes and responders by port, so that a translated sender is seen and not dropped', () => {
  const both = ['TCP', 'UDP'].map((protocol) => ({ port: responderPort, protocol }));
  assert.deepEqual(at(find('NetworkPolicy', 'netaudit-responder'), 'spec'), {
    podSelector: { matchLabels: { [labels.name]: product, [labels.component]: components.responder } },
    policyTypes: ['Ingress'],
    ingress: [{ ports: both }],
  });
  const probe = rendered.find(
    ({ kind, metadata }) =>
      kind === 'NetworkPolicy' && metadata.name === 'netaudit-probe' && metadata.namespace === namespaces.pod,
  );
  assert.deepEqual(at(probe, 'spec'), {
    podSelector: { matchLabels: { [labels.name]: product, [labels.component]: components.probe } },
    policyTypes: ['Egress'],
    // DNS servers listen on 53, and on 5353 behind the Service of OpenShift.
    egress: [
      { ports: both },
      {
        ports: [53, 5353].flatMap((port) => [
          { port, protocol: 'TCP' },
          { port, protocol: 'UDP' },
        ]),
      },
    ],
  });
});

test('the copies of the CRDs are those of crds/', () => {
  for (const name of readdirSync(join(root, 'deploy/crds'))) {
    const copy = readFileSync(join(root, 'deploy/crds', name), 'utf8');
    const originals = readdirSync(join(root, 'crds')).map((file) =>
      readFileSync(join(root, 'crds', file), 'utf8'),
    );
    assert.ok(originals.includes(copy), name);
  }
});

const samples = readdirSync(join(root, 'deploy/samples')).sort();

for (const name of samples) {
  test(`the sample ${name} is a good one`, () => {
    for (const object of read(`deploy/samples/${name}`)) {
      assert.equal(object.apiVersion, 'netaudit.dev/v1alpha1');
      const schema = object.kind === 'NetworkAudit' ? auditSpec : runSpec;
      const answer = validate(schema, object.spec);
      assert.deepEqual(answer.ok ? [] : answer.errors, []);
      assert.deepEqual(answer.ok ? prunedFrom(object.spec, answer.value) : [], []);
    }
  });
}

/** Pruning is silent, and would hide a misspelt field: these are the paths that validation did not keep. */
function prunedFrom(given: unknown, kept: unknown, path = 'spec'): readonly string[] {
  if (typeof given !== 'object' || given === null) return given === kept ? [] : [path];
  return Object.keys(given).flatMap((key) => prunedFrom(at(given, key), at(kept, key), `${path}.${key}`));
}

test('a field that a sample misspells is noticed', () => {
  assert.deepEqual(prunedFrom({ a: { b: 1, bb: 2 }, c: [3] }, { a: { b: 1 }, c: [3], d: 4 }), ['spec.a.bb']);
});

test('the names that the check DNS asks for have two endpoints each, which no Pod can change', () => {
  for (const name of ownServices) {
    const service = find('Service', name);
    assert.equal(at(service, 'spec', 'selector'), undefined, name);
    const slices = rendered.filter(
      ({ kind, metadata }) =>
        kind === 'EndpointSlice' && metadata.labels?.['kubernetes.io/service-name'] === name,
    );
    assert.deepEqual(
      slices.map((slice) => [
        at(slice, 'addressType'),
        listAt(slice, 'endpoints').map((endpoint) => [
          at(endpoint, 'addresses', 0),
          at(endpoint, 'conditions'),
        ]),
      ]),
      [
        ['IPv4', ['192.0.2.1', '192.0.2.2'].map((address) => [address, { ready: true }])],
        ['IPv6', ['2001:db8::1', '2001:db8::2'].map((address) => [address, { ready: true }])],
      ],
      name,
    );
  }
});
