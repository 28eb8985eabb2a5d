import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JsonObject } from './json.ts';
import {
  clusterRoleBindings,
  configMap,
  configMaps,
  manifest,
  member,
  pod,
  pods,
  refusal,
  serviceAccounts,
  settled,
  startTestServer,
  type TestServer,
} from './test-server.ts';

const api = 'rbac.authorization.k8s.io';
const roles = { group: api, version: 'v1', plural: 'roles' };
const clusterRoles = { group: api, version: 'v1', plural: 'clusterroles' };
const roleBindings = { group: api, version: 'v1', plural: 'rolebindings' };
const worker = 'system:serviceaccount:default:worker';

describe('authorization', () => {
  let test: TestServer;
  const rbac = (kind: string, name: string, more: JsonObject) => {
    const namespaced = kind === 'Role' || kind === 'RoleBinding' ? { namespace: 'default' } : {};
    return manifest({
      apiVersion: `${api}/v1`,
      kind,
      metadata: { name, ...namespaced, ...(more.labels ? { labels: more.labels } : {}) },
      ...more,
    });
  };
  before(async () => {
    test = await startTestServer();
    await test.admin.create(
      serviceAccounts,
      manifest({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'worker', namespace: 'default' },
      }),
    );
    const rules = [
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'update'], resourceNames: ['mine'] },
      { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'], resourceNames: ['mine'] },
      { apiGroups: ['batch'], resources: ['*'], verbs: ['list'] },
    ];
    await test.admin.create(roles, rbac('Role', 'worker', { rules }));
    const subjects = [{ kind: 'ServiceAccount', name: 'worker', namespace: 'default' }];
    await test.admin.create(
      roleBindings,
      rbac('RoleBinding', 'worker', { subjects, roleRef: { apiGroup: api, kind: 'Role', name: 'worker' } }),
    );
    await test.admin.create(configMaps, configMap('mine'));
    await test.admin.create(configMaps, configMap('theirs'));
    await test.admin.create(pods, pod('p'));
  });
  after(() => test.close());
  const as = async (path: string, method = 'GET') => test.ask(path, { as: worker, method });
  const core = '/api/v1/namespaces/default';

  it('gives what a role gives, to the letter', async () => {
    assert.equal((await as(`${core}/configmaps/mine`)).code, 200);
    assert.equal((await as(`${core}/configmaps/theirs`)).code, 403);
    assert.equal((await as(`${core}/configmaps`)).code, 403);
    assert.equal((await as(`${core}/pods/p`)).code, 403);
    assert.equal((await as(`${core}/pods/p/log`)).code, 200);
    assert.equal((await as('/apis/batch/v1/namespaces/default/jobs')).code, 200);
    assert.equal((await as('/apis/batch/v1/namespaces/kube-system/jobs')).code, 403);
    assert.equal((await as('/apis/batch/v1/jobs')).code, 403);
  });

  it('takes the name of a list or watch out of its field selector', async () => {
    assert.equal((await as(`${core}/configmaps?fieldSelector=metadata.name=mine`)).code, 200);
    assert.equal((await as(`${core}/configmaps?fieldSelector=metadata.name=theirs`)).code, 403);
    assert.equal((await as(`${core}/configmaps?fieldSelector=metadata.name!=mine`)).code, 403);
    assert.equal(
      (await as(`${core}/configmaps?watch=1&timeoutSeconds=1&fieldSelector=metadata.name==mine`)).code,
      200,
    );
  });

  it('says no as a real server says it', async () => {
    const one = await as(`${core}/configmaps/theirs`);
    assert.deepEqual(one.json, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `configmaps "theirs" is forbidden: User "${worker}" cannot get resource "configmaps" in API group "" in the namespace "default"`,
      reason: 'Forbidden',
      details: { name: 'theirs', kind: 'configmaps' },
      code: 403,
    });
    const list = await as('/apis/batch/v1/jobs');
    assert.equal(
      list.json.message,
      `jobs.batch is forbidden: User "${worker}" cannot list resource "jobs" in API group "batch" at the cluster scope`,
    );
    assert.equal(
      (await as('/metrics')).json.message,
      `forbidden: User "${worker}" cannot get path "/metrics"`,
    );
  });

  it('knows tokens, and nobody without one', async () => {
    const token = (text: string) =>
      test.ask(`${core}/pods`, { headers: { authorization: `Bearer ${text}` } });
    assert.equal((await token('nonsense')).code, 401);
    const own = test.server.serviceAccountToken('default', 'worker', 'p');
    assert.equal((await token(own)).code, 403);
    assert.equal((await token(`${own.slice(0, -4)}AAAA`)).code, 401);
    await test.admin.delete(pods, 'default', 'p');
    assert.equal((await token(own)).code, 401, 'a bound token ends with its Pod');
  });

  it('answers access reviews with the binding that allows', async () => {
    const review = async (spec: JsonObject) => {
      const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec };
      return member(
        (
          await test.ask('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
            as: worker,
            method: 'POST',
            body,
          })
        ).json,
        'status',
      );
    };
    const resourceAttributes = { verb: 'get', resource: 'configmaps', name: 'mine', namespace: 'default' };
    assert.deepEqual(await review({ resourceAttributes }), {
      allowed: true,
      reason:
        'RBAC: allowed by RoleBinding "worker/default" of Role "worker" to ServiceAccount "worker/default"',
    });
    assert.deepEqual(await review({ resourceAttributes: { ...resourceAttributes, name: 'theirs' } }), {
      allowed: false,
    });
  });

  it('sums aggregated roles', async () => {
    const selector = { matchLabels: { sum: 'yes' } };
    await test.admin.create(
      clusterRoles,
      rbac('ClusterRole', 'sum', { aggregationRule: { clusterRoleSelectors: [selector] }, rules: [] }),
    );
    const rules = [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }];
    await test.admin.create(clusterRoles, rbac('ClusterRole', 'part', { labels: { sum: 'yes' }, rules }));
    await settled(
      async () =>
        JSON.stringify(member(await test.admin.get(clusterRoles, '', 'sum'), 'rules')) ===
        JSON.stringify(rules),
    );
    const subjects = [{ kind: 'User', name: 'ann' }];
    await test.admin.create(
      clusterRoleBindings,
      rbac('ClusterRoleBinding', 'ann', {
        subjects,
        roleRef: { apiGroup: api, kind: 'ClusterRole', name: 'sum' },
      }),
    );
    const ann = test.server.client('ann');
    const nodes = { group: '', version: 'v1', plural: 'nodes' };
    assert.equal((await refusal(ann.get(nodes, '', 'n1'))).code, 404);
    assert.equal((await refusal(ann.list(nodes))).code, 403);
  });

  it("gives the cluster's own components what they need", async () => {
    const scheduler = test.server.client('system:kube-scheduler');
    await test.admin.create(pods, pod('q'));
    await scheduler.bind('default', 'q', 'n1');
    const node = test.server.client('system:node:n1');
    await node.patch(pods, 'default', 'q', { status: { phase: 'Running' } }, 'status');
    assert.equal((await refusal(scheduler.delete(configMaps, 'default', 'mine'))).code, 403);
    await test.server.client('system:kube-controller-manager').delete(configMaps, 'default', 'mine');
  });

  it('lets nobody be another without being allowed to', async () => {
    const asked = { headers: { 'impersonate-user': 'ann' } };
    assert.match(
      String((await test.ask('/api/v1/nodes', asked)).json.message),
      /User "ann" cannot list resource "nodes"/,
    );
    const refused = await test.ask('/api/v1/nodes', { ...asked, as: worker });
    assert.equal(
      refused.json.message,
      `users "ann" is forbidden: User "${worker}" cannot impersonate resource "users" in API group "" at the cluster scope`,
    );
  });
});
