import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadAll } from 'js-yaml';
import { type Permission, permissions } from '../../src/cluster/permissions.ts';
import { renderRbac } from '../../src/tools/rbac.ts';

const table: readonly Permission[] = [
  { apiGroup: '', resources: ['nodes'], verbs: ['list', 'watch'], why: 'Nodes: "all" of them.' },
  {
    apiGroup: 'coordination.k8s.io',
    resources: ['leases'],
    verbs: ['get'],
    namespace: 'netaudit',
    resourceNames: ['one'],
    why: 'The Lease.',
  },
];

const labels = {
  'app.kubernetes.io/name': 'netaudit',
  'app.kubernetes.io/component': 'operator',
  'app.kubernetes.io/part-of': 'netaudit',
};
const apiVersion = 'rbac.authorization.k8s.io/v1';
const subjects = [{ kind: 'ServiceAccount', name: 'netaudit-operator', namespace: 'netaudit' }];

test('a right without a namespace is of the ClusterRole, the others are of a Role in their namespace', () => {
  const clusterWide = { name: 'netaudit-operator', labels };
  const inNamespace = { name: 'netaudit-operator', namespace: 'netaudit', labels };
  const roleRef = (kind: string) => ({
    apiGroup: 'rbac.authorization.k8s.io',
    kind,
    name: 'netaudit-operator',
  });
  assert.deepEqual(loadAll(renderRbac(table)), [
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata: clusterWide,
      rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['list', 'watch'] }],
    },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: clusterWide,
      roleRef: roleRef('ClusterRole'),
      subjects,
    },
    {
      apiVersion,
      kind: 'Role',
      metadata: inNamespace,
      rules: [
        { apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: ['one'], verbs: ['get'] },
      ],
    },
    { apiVersion, kind: 'RoleBinding', metadata: inNamespace, roleRef: roleRef('Role'), subjects },
  ]);
});

test('whoever reads the RBAC is told why each right is there', () => {
  const text = renderRbac();
  for (const { why } of permissions) assert.ok(text.includes(`  # ${why}\n`), why);
});

test('no right is a wildcard, and none lets the operator give itself more', () => {
  for (const { apiGroup, resources, verbs } of permissions) {
    assert.ok(![apiGroup, ...resources, ...verbs].includes('*'));
    assert.notEqual(apiGroup, 'rbac.authorization.k8s.io');
    for (const resource of resources) {
      assert.ok(
        !['secrets', 'serviceaccounts/token', 'pods/exec', 'pods/attach'].includes(resource),
        resource,
      );
    }
  }
});
