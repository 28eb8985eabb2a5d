/** The roles that a cluster has from the start, as far as its components and users need them (plugin/pkg/auth/authorizer/rbac/bootstrappolicy). */
import type { JsonObject } from './json.ts';

const rbac = 'rbac.authorization.k8s.io/v1';
const everything = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
const read = ['get', 'list', 'watch'];

interface Rule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  nonResourceURLs?: string[];
}

function rule(apiGroups: string[], resources: string[], verbs: string[]): Rule {
  return { apiGroups, resources, verbs };
}

const events = rule(['', 'events.k8s.io'], ['events'], ['create', 'patch', 'update']);
const reviews = rule(
  ['authorization.k8s.io'],
  ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
  ['create'],
);

/** Namespaced resources of each group that the aggregated roles speak of. */
const namespaced: [group: string, resources: string[]][] = [
  [
    '',
    [
      'bindings',
      'configmaps',
      'endpoints',
      'events',
      'limitranges',
      'pods',
      'pods/log',
      'pods/status',
      'replicationcontrollers',
      'resourcequotas',
      'serviceaccounts',
      'services',
    ],
  ],
  [
    'apps',
    ['controllerrevisions', 'daemonsets', 'deployments', 'deployments/scale', 'replicasets', 'statefulsets'],
  ],
  ['batch', ['cronjobs', 'jobs']],
  ['discovery.k8s.io', ['endpointslices']],
  ['networking.k8s.io', ['ingresses', 'networkpolicies']],
  ['policy', ['poddisruptionbudgets']],
];

const viewRules = namespaced.map(([group, resources]) => rule([group], resources, read));
const editRules = namespaced.map(([group, resources]) => rule([group], resources, everything));

const roles: Record<string, Rule[]> = {
  'cluster-admin': [rule(['*'], ['*'], ['*']), { nonResourceURLs: ['*'], verbs: ['*'] }],
  'system:discovery': [
    {
      nonResourceURLs: [
        '/api',
        '/api/*',
        '/apis',
        '/apis/*',
        '/healthz',
        '/livez',
        '/openapi',
        '/openapi/*',
        '/readyz',
        '/version',
        '/version/',
      ],
      verbs: ['get'],
    },
  ],
  'system:public-info-viewer': [
    { nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'], verbs: ['get'] },
  ],
  'system:basic-user': [reviews, rule(['authentication.k8s.io'], ['selfsubjectreviews'], ['create'])],
  'system:auth-delegator': [
    rule(['authentication.k8s.io'], ['tokenreviews'], ['create']),
    rule(['authorization.k8s.io'], ['subjectaccessreviews'], ['create']),
  ],
  'system:kube-scheduler': [
    events,
    rule(
      [''],
      [
        'nodes',
        'namespaces',
        'services',
        'replicationcontrollers',
        'persistentvolumeclaims',
        'persistentvolumes',
      ],
      read,
    ),
    rule([''], ['pods'], ['delete', ...read]),
    rule([''], ['bindings', 'pods/binding'], ['create']),
    rule([''], ['pods/status'], ['patch', 'update']),
    rule(['apps'], ['replicasets', 'statefulsets'], read),
    rule(['policy'], ['poddisruptionbudgets'], read),
    rule(['scheduling.k8s.io'], ['priorityclasses'], read),
    rule(['coordination.k8s.io'], ['leases'], ['create', 'get', 'list', 'update', 'watch']),
  ],
  'system:kube-controller-manager': [rule(['*'], ['*'], [...everything, 'finalizers'])],
  'system:node': [
    events,
    reviews,
    rule(
      [''],
      ['services', 'configmaps', 'secrets', 'serviceaccounts', 'persistentvolumeclaims', 'persistentvolumes'],
      read,
    ),
    rule([''], ['nodes'], ['create', 'get', 'list', 'watch', 'update', 'patch']),
    rule([''], ['nodes/status'], ['patch', 'update']),
    rule([''], ['pods'], ['get', 'list', 'watch', 'create', 'delete']),
    rule([''], ['pods/status'], ['patch', 'update']),
    rule([''], ['pods/eviction'], ['create']),
    rule([''], ['serviceaccounts/token'], ['create']),
    rule(
      ['coordination.k8s.io'],
      ['leases'],
      ['create', 'delete', 'get', 'patch', 'update', 'list', 'watch'],
    ),
    rule(['node.k8s.io'], ['runtimeclasses'], read),
  ],
  'system:node-proxier': [
    events,
    rule([''], ['services', 'endpoints', 'nodes'], read),
    rule(['discovery.k8s.io'], ['endpointslices'], read),
    rule(['networking.k8s.io'], ['servicecidrs'], read),
  ],
  'system:monitoring': [
    {
      nonResourceURLs: ['/healthz', '/healthz/*', '/livez', '/livez/*', '/metrics', '/readyz', '/readyz/*'],
      verbs: ['get'],
    },
  ],
  'system:aggregate-to-view': viewRules,
  'system:aggregate-to-edit': [
    ...editRules,
    rule([''], ['secrets'], everything),
    rule([''], ['pods/eviction', 'pods/exec'], ['create']),
  ],
  'system:aggregate-to-admin': [
    ...editRules,
    rule(['rbac.authorization.k8s.io'], ['roles', 'rolebindings'], everything),
    rule(['authorization.k8s.io'], ['localsubjectaccessreviews'], ['create']),
  ],
};

const aggregated: Record<string, string> = { view: 'view', edit: 'edit', admin: 'admin' };
const aggregateLabels: Record<string, string[]> = {
  'system:aggregate-to-view': ['view', 'edit', 'admin'],
  'system:aggregate-to-edit': ['edit', 'admin'],
  'system:aggregate-to-admin': ['admin'],
};

const bindings: [role: string, subjects: [kind: string, name: string][]][] = [
  ['cluster-admin', [['Group', 'system:masters']]],
  ['system:discovery', [['Group', 'system:authenticated']]],
  ['system:basic-user', [['Group', 'system:authenticated']]],
  [
    'system:public-info-viewer',
    [
      ['Group', 'system:authenticated'],
      ['Group', 'system:unauthenticated'],
    ],
  ],
  ['system:kube-scheduler', [['User', 'system:kube-scheduler']]],
  ['system:kube-controller-manager', [['User', 'system:kube-controller-manager']]],
  ['system:node', [['Group', 'system:nodes']]],
  ['system:node-proxier', [['User', 'system:kube-proxy']]],
  ['system:monitoring', [['Group', 'system:monitoring']]],
];

/** clusterRoles are the bootstrap ClusterRoles. */
export function clusterRoles(): JsonObject[] {
  const bootstrap = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
  const plain = Object.entries(roles).map(([name, rules]): JsonObject => {
    const to = Object.fromEntries(
      (aggregateLabels[name] ?? []).map((role) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, 'true']),
    );
    return {
      apiVersion: rbac,
      kind: 'ClusterRole',
      metadata: { name, labels: { ...bootstrap, ...to } },
      rules: rules.map((item) => ({ ...item })),
    };
  });
  const sums = Object.entries(aggregated).map(([name, to]): JsonObject => {
    const matchLabels = { [`rbac.authorization.k8s.io/aggregate-to-${to}`]: 'true' };
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels }] };
    return {
      apiVersion: rbac,
      kind: 'ClusterRole',
      metadata: { name, labels: bootstrap },
      aggregationRule,
      rules: [],
    };
  });
  return [...plain, ...sums];
}

/** clusterRoleBindings bind them to the system's users and groups. */
export function clusterRoleBindings(): JsonObject[] {
  return bindings.map(([name, subjects]) => ({
    apiVersion: rbac,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' } },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: subjects.map(([kind, subject]) => ({
      apiGroup: 'rbac.authorization.k8s.io',
      kind,
      name: subject,
    })),
  }));
}
