/** What the operator may do: the one table from which its RBAC is made, and to which a test holds the code. */

/** Verb is a verb of Kubernetes' authorization. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** GrantedNamespace is a namespace in which the operator has rights of its own. */
export type GrantedNamespace = 'netaudit' | 'netaudit-node' | 'kube-node-lease' | 'kube-system' | 'default';

/** Permission is one PolicyRule: of a Role in `namespace`, or of a ClusterRole when there is none. */
export interface Permission {
  readonly apiGroup: string;
  /** resources are plural names, with the subresource behind a slash: `pods/log`. */
  readonly resources: readonly string[];
  readonly verbs: readonly Verb[];
  readonly namespace?: GrantedNamespace;
  readonly resourceNames?: readonly string[];
  /** why is the sentence that a reviewer of the RBAC asks for. */
  readonly why: string;
}

const own: readonly Permission[] = [
  {
    apiGroup: 'netaudit.dev',
    resources: ['networkaudits'],
    verbs: ['list', 'watch'],
    why: 'Audits are what the operator works for.',
  },
  {
    apiGroup: 'netaudit.dev',
    resources: ['networkaudits/status', 'networkauditruns/status'],
    verbs: ['update'],
    why: 'Verdicts are written there.',
  },
  {
    apiGroup: 'netaudit.dev',
    resources: ['networkauditruns'],
    verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
    why: 'Runs are made on schedule, asked-for runs get their owner, old runs are deleted.',
  },
  {
    apiGroup: 'netaudit.dev',
    resources: ['networkaudits/finalizers', 'networkauditruns/finalizers'],
    verbs: ['update'],
    why: 'Owner references that block deletion need it where OwnerReferencesPermissionEnforcement is on (OpenShift).',
  },
  {
    apiGroup: '',
    resources: ['nodes'],
    verbs: ['list', 'watch'],
    why: 'Which nodes there are decides who probes.',
  },
  {
    apiGroup: '',
    resources: ['services'],
    verbs: ['list', 'watch'],
    why: 'What names and rules must say of a Service is in the Service.',
  },
  {
    apiGroup: 'discovery.k8s.io',
    resources: ['endpointslices'],
    verbs: ['list', 'watch'],
    why: 'Which endpoints a Service has, and which the DNS servers are.',
  },
  {
    apiGroup: '',
    resources: ['pods'],
    verbs: ['list', 'watch'],
    namespace: 'kube-system',
    why: 'On which nodes NodeLocal DNSCache answers in place of the DNS Service.',
  },
  {
    apiGroup: '',
    resources: ['configmaps'],
    verbs: ['list', 'watch'],
    namespace: 'kube-system',
    resourceNames: ['coredns'],
    why: "The DNS server's own configuration has hazards that are told as warnings.",
  },
  {
    apiGroup: 'coordination.k8s.io',
    resources: ['leases'],
    verbs: ['list'],
    namespace: 'kube-node-lease',
    why: "A kubelet's Lease tells a node that lives from one that does not, Ready or not.",
  },
  {
    apiGroup: 'coordination.k8s.io',
    resources: ['leases'],
    verbs: ['create'],
    namespace: 'netaudit',
    why: 'The Lease by which replicas choose a leader; create cannot be limited to a name.',
  },
  {
    apiGroup: 'coordination.k8s.io',
    resources: ['leases'],
    verbs: ['get', 'update'],
    namespace: 'netaudit',
    resourceNames: ['netaudit-operator'],
    why: 'The Lease by which replicas choose a leader.',
  },
  {
    apiGroup: 'apps',
    resources: ['daemonsets'],
    verbs: ['list', 'watch'],
    namespace: 'netaudit',
    resourceNames: ['netaudit-responder'],
    why: 'On which nodes a responder belongs.',
  },
  {
    apiGroup: 'networking.k8s.io',
    resources: ['networkpolicies'],
    verbs: ['list', 'watch'],
    namespace: 'netaudit',
    why: 'A foreign policy that stands between probes and responders makes a verdict Unknown.',
  },
  {
    apiGroup: 'events.k8s.io',
    resources: ['events'],
    verbs: ['create', 'patch'],
    namespace: 'default',
    why: 'Events about cluster-scoped objects live in the namespace default.',
  },
];

/** Both namespaces hold probes, so both get the same rights. */
const inProbeNamespace = (namespace: GrantedNamespace): readonly Permission[] => [
  {
    apiGroup: 'batch',
    resources: ['jobs'],
    verbs: ['get', 'list', 'watch', 'create', 'deletecollection'],
    namespace,
    why: 'Probes are Jobs.',
  },
  {
    apiGroup: '',
    resources: ['pods'],
    verbs: ['list', 'watch'],
    namespace,
    why: "Answers are in the termination messages of the probes' Pods.",
  },
  {
    apiGroup: '',
    resources: ['pods/log'],
    verbs: ['get'],
    namespace,
    why: 'An answer that does not fit a termination message is in the log.',
  },
  {
    apiGroup: '',
    resources: ['events'],
    verbs: ['list'],
    namespace,
    why: 'A Job whose Pods are refused says so only in its Events.',
  },
];

/** permissions is everything that the operator calls, and no more. */
export const permissions: readonly Permission[] = [
  ...own,
  ...inProbeNamespace('netaudit'),
  ...inProbeNamespace('netaudit-node'),
];
