import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from './json.ts';
import {
  manifest,
  member,
  namespaces,
  pod,
  pods,
  refusal,
  serviceAccounts,
  startTestServer,
  type TestServer,
} from './test-server.ts';

const quotas = { group: '', version: 'v1', plural: 'resourcequotas' };
const classes = { group: 'scheduling.k8s.io', version: 'v1', plural: 'priorityclasses' };
const policies = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'validatingadmissionpolicies',
};
const bindings = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'validatingadmissionpolicybindings',
};

describe('admission', () => {
  let test: TestServer;
  before(async () => {
    test = await startTestServer();
  });
  after(() => test.close());
  const namespace = (name: string, labels: JsonObject = {}) =>
    test.admin.create(
      namespaces,
      manifest({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }),
    );
  const refused = async (object: ReturnType<typeof pod>) =>
    (await refusal(test.admin.create(pods, object))).message;
  const inside = (namespaceName: string, spec: JsonObject = {}, name = 'p') =>
    pod(name, { metadata: { name, namespace: namespaceName }, spec });

  it('gives a Pod its account, a token, a priority and tolerations', async () => {
    const made = await test.admin.create(pods, pod('whole'));
    const volume = String(member(made, 'spec', 'volumes', 0, 'name'));
    assert.match(volume, /^kube-api-access-[a-z0-9]{5}$/);
    assert.deepEqual(member(made, 'spec', 'containers', 0, 'volumeMounts'), [
      { name: volume, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
    ]);
    assert.equal(member(made, 'spec', 'serviceAccountName'), 'default');
    assert.equal(member(made, 'spec', 'priority'), 0);
    assert.deepEqual(member(made, 'spec', 'tolerations'), [
      {
        key: 'node.kubernetes.io/not-ready',
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      },
      {
        key: 'node.kubernetes.io/unreachable',
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      },
    ]);
    assert.deepEqual(member(made, 'status'), { phase: 'Pending', qosClass: 'BestEffort' });
  });

  it('gives no token to who wants none, and no tolerations to who tolerates all', async () => {
    const spec = { automountServiceAccountToken: false, tolerations: [{ operator: 'Exists' }] };
    const made = await test.admin.create(pods, pod('bare', { spec }));
    assert.equal(member(made, 'spec', 'volumes'), undefined);
    assert.deepEqual(member(made, 'spec', 'tolerations'), [{ operator: 'Exists' }]);
    const account = manifest({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'quiet', namespace: 'default' },
      automountServiceAccountToken: false,
    });
    await test.admin.create(serviceAccounts, account);
    const quiet = await test.admin.create(pods, pod('quiet', { spec: { serviceAccountName: 'quiet' } }));
    assert.equal(member(quiet, 'spec', 'volumes'), undefined);
  });

  it('refuses accounts and priorities that are not there', async () => {
    assert.equal(
      await refused(pod('x', { spec: { serviceAccountName: 'no' } })),
      'pods "x" is forbidden: error looking up service account default/no: serviceaccount "no" not found',
    );
    assert.equal(
      await refused(pod('x', { spec: { priorityClassName: 'no' } })),
      'pods "x" is forbidden: no PriorityClass with name no was found',
    );
    await test.admin.create(
      classes,
      manifest({
        apiVersion: 'scheduling.k8s.io/v1',
        kind: 'PriorityClass',
        metadata: { name: 'low' },
        value: -7,
        preemptionPolicy: 'Never',
      }),
    );
    const made = await test.admin.create(pods, pod('low', { spec: { priorityClassName: 'low' } }));
    assert.deepEqual(
      [member(made, 'spec', 'priority'), member(made, 'spec', 'preemptionPolicy')],
      [-7, 'Never'],
    );
  });

  it('holds Pods to the restricted level', async () => {
    await namespace('strict', { 'pod-security.kubernetes.io/enforce': 'restricted' });
    assert.equal(
      await refused(inside('strict')),
      'pods "p" is forbidden: violates PodSecurity "restricted:latest": ' +
        'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), ' +
        'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), ' +
        'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), ' +
        'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    );
    const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
    const good = {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{ name: 'c', image: 'i', securityContext }],
    };
    await test.admin.create(pods, inside('strict', good));
    const host = { ...good, volumes: [{ name: 'v', hostPath: { path: '/etc' } }] };
    assert.match(
      await refused(inside('strict', host, 'q')),
      /: restricted volume types \(volume "v" uses restricted volume type "hostPath"\)$/,
    );
  });

  it('holds Pods to the baseline level, and lets everything into privileged', async () => {
    await namespace('base', {
      'pod-security.kubernetes.io/enforce': 'baseline',
      'pod-security.kubernetes.io/enforce-version': 'v1.30',
    });
    await namespace('open', { 'pod-security.kubernetes.io/enforce': 'privileged' });
    const spec = {
      hostNetwork: true,
      containers: [
        {
          name: 'c',
          image: 'i',
          securityContext: { privileged: true, capabilities: { add: ['NET_RAW', 'NET_ADMIN', 'CHOWN'] } },
        },
      ],
      volumes: [{ name: 'v', hostPath: { path: '/etc' } }],
    };
    assert.equal(
      await refused(inside('base', spec)),
      'pods "p" is forbidden: violates PodSecurity "baseline:v1.30": ' +
        'non-default capabilities (container "c" must not include "NET_ADMIN", "NET_RAW" in securityContext.capabilities.add), ' +
        'host namespaces (hostNetwork=true), hostPath volumes (volume "v"), privileged (container "c" must not set securityContext.privileged=true)',
    );
    await test.admin.create(pods, inside('open', spec));
  });

  it('only warns about templates', async () => {
    await namespace('warned', {
      'pod-security.kubernetes.io/warn': 'baseline',
      'pod-security.kubernetes.io/enforce': 'baseline',
    });
    const template = {
      spec: { restartPolicy: 'Never', hostPID: true, containers: [{ name: 'c', image: 'i' }] },
    };
    const body = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j' }, spec: { template } };
    const answer = await test.ask('/apis/batch/v1/namespaces/warned/jobs', { method: 'POST', body });
    assert.equal(answer.code, 201);
    assert.equal(
      answer.headers.warning,
      '299 - "would violate PodSecurity \\"baseline:latest\\": host namespaces (hostPID=true)"',
    );
  });

  it('counts Pods and what they request against quotas, and forgets those that are over', async () => {
    await namespace('small');
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'few', namespace: 'small' },
      spec: { hard: { pods: '1', 'requests.cpu': '1' } },
    };
    await test.admin.create(quotas, manifest(quota));
    const asking = (cpu: string) => ({
      containers: [{ name: 'c', image: 'i', resources: { requests: { cpu } } }],
    });
    assert.equal(
      await refused(inside('small')),
      'pods "p" is forbidden: failed quota: few: must specify requests.cpu for: c',
    );
    await test.admin.create(pods, inside('small', asking('300m'), 'a'));
    assert.equal(
      await refused(inside('small', asking('900m'), 'b')),
      'pods "b" is forbidden: exceeded quota: few, requested: pods=1,requests.cpu=900m, used: pods=1,requests.cpu=300m, limited: pods=1,requests.cpu=1',
    );
    assert.deepEqual(member(await test.admin.get(quotas, 'small', 'few'), 'status', 'used'), {
      pods: '1',
      'requests.cpu': '300m',
    });
    await test.admin.patch(pods, 'small', 'a', { status: { phase: 'Failed' } }, 'status');
    await test.admin.create(pods, inside('small', asking('900m'), 'b'));
  });

  it('runs ValidatingAdmissionPolicies where they are bound', async () => {
    await namespace('guarded', { guard: 'on' });
    const spec = {
      matchConstraints: {
        resourceRules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
        ],
      },
      matchConditions: [
        {
          name: 'not-free',
          expression: "!has(object.metadata.labels) || !('free' in object.metadata.labels)",
        },
      ],
      variables: [{ name: 'images', expression: 'object.spec.containers.map(c, c.image)' }],
      validations: [
        {
          expression: "variables.images.all(image, image.startsWith('good/'))",
          messageExpression: "'images: ' + variables.images[0]",
        },
      ],
    };
    await test.admin.create(
      policies,
      manifest({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name: 'images' },
        spec,
      }),
    );
    await test.admin.create(
      bindings,
      manifest({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name: 'on' },
        spec: {
          policyName: 'images',
          validationActions: ['Deny'],
          matchResources: { namespaceSelector: { matchLabels: { guard: 'on' } } },
        },
      }),
    );
    const bad = await refusal(test.admin.create(pods, inside('guarded')));
    assert.equal(bad.code, 422);
    assert.equal(
      bad.message,
      `pods "p" is forbidden: ValidatingAdmissionPolicy 'images' with binding 'on' denied request: images: registry.example/c:1`,
    );
    await test.admin.create(pods, inside('guarded', { containers: [{ name: 'c', image: 'good/i' }] }));
    await test.admin.create(pods, pod('elsewhere'));
    await test.admin.create(
      pods,
      pod('freed', { metadata: { name: 'freed', namespace: 'guarded', labels: { free: '' } } }),
    );
  });
});
