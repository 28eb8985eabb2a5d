/**
 * Field numbers of the messages that kubectl and helm send (the generated.proto files of k8s.io/api). A type is a
 * scalar, a message, `[]type` or `map:type`. What is not listed is refused.
 */

/** Field is one field of a message. */
export interface Field {
  name: string;
  type: string;
}

const messages: Record<string, string> = {
  Time: '1 seconds int, 2 nanos int',
  Quantity: '1 string string',
  OwnerReference:
    '1 kind string, 3 name string, 4 uid string, 5 apiVersion string, 6 controller bool, 7 blockOwnerDeletion bool',
  ObjectMeta:
    '1 name string, 2 generateName string, 3 namespace string, 4 selfLink string, 5 uid string, 6 resourceVersion string, ' +
    '7 generation int, 8 creationTimestamp Time, 9 deletionTimestamp Time, 10 deletionGracePeriodSeconds int, ' +
    '11 labels map:string, 12 annotations map:string, 13 ownerReferences []OwnerReference, 14 finalizers []string',
  Preconditions: '1 uid string, 2 resourceVersion string',
  DeleteOptions:
    '1 gracePeriodSeconds int, 2 preconditions Preconditions, 3 orphanDependents bool, 4 propagationPolicy string, 5 dryRun []string',
  LabelSelectorRequirement: '1 key string, 2 operator string, 3 values []string',
  LabelSelector: '1 matchLabels map:string, 2 matchExpressions []LabelSelectorRequirement',
  LocalObjectReference: '1 name string',
  ObjectReference:
    '1 kind string, 2 namespace string, 3 name string, 4 uid string, 5 apiVersion string, 6 resourceVersion string, 7 fieldPath string',
  'v1/Secret':
    '1 metadata ObjectMeta, 2 data map:bytes, 3 type string, 4 stringData map:string, 5 immutable bool',
  'v1/ConfigMap': '1 metadata ObjectMeta, 2 data map:string, 3 binaryData map:bytes, 4 immutable bool',
  NamespaceSpec: '1 finalizers []string',
  NamespaceStatus: '1 phase string',
  'v1/Namespace': '1 metadata ObjectMeta, 2 spec NamespaceSpec, 3 status NamespaceStatus',
  'v1/ServiceAccount':
    '1 metadata ObjectMeta, 2 secrets []ObjectReference, 3 imagePullSecrets []LocalObjectReference, 4 automountServiceAccountToken bool',
  ResourceQuotaSpec: '1 hard map:Quantity, 2 scopes []string',
  ResourceQuotaStatus: '1 hard map:Quantity, 2 used map:Quantity',
  'v1/ResourceQuota': '1 metadata ObjectMeta, 2 spec ResourceQuotaSpec, 3 status ResourceQuotaStatus',
  ContainerPort: '1 name string, 2 hostPort int, 3 containerPort int, 4 protocol string, 5 hostIP string',
  EnvVar: '1 name string, 2 value string',
  ResourceRequirements: '1 limits map:Quantity, 2 requests map:Quantity',
  Container:
    '1 name string, 2 image string, 3 command []string, 4 args []string, 5 workingDir string, 6 ports []ContainerPort, ' +
    '7 env []EnvVar, 8 resources ResourceRequirements, 13 terminationMessagePath string, 14 imagePullPolicy string, ' +
    '16 stdin bool, 17 stdinOnce bool, 18 tty bool, 20 terminationMessagePolicy string',
  PodSecurityContext: '2 runAsUser int, 3 runAsNonRoot bool, 5 fsGroup int, 6 runAsGroup int',
  PodSpec:
    '2 containers []Container, 3 restartPolicy string, 4 terminationGracePeriodSeconds int, 5 activeDeadlineSeconds int, ' +
    '6 dnsPolicy string, 7 nodeSelector map:string, 8 serviceAccountName string, 9 serviceAccount string, 10 nodeName string, ' +
    '11 hostNetwork bool, 12 hostPID bool, 13 hostIPC bool, 14 securityContext PodSecurityContext, ' +
    '15 imagePullSecrets []LocalObjectReference, 16 hostname string, 17 subdomain string, 19 schedulerName string, ' +
    '20 initContainers []Container, 21 automountServiceAccountToken bool, 24 priorityClassName string, 25 priority int',
  PodTemplateSpec: '1 metadata ObjectMeta, 2 spec PodSpec',
  JobSpec:
    '1 parallelism int, 2 completions int, 3 activeDeadlineSeconds int, 4 selector LabelSelector, 5 manualSelector bool, ' +
    '6 template PodTemplateSpec, 7 backoffLimit int, 8 ttlSecondsAfterFinished int, 9 completionMode string, 10 suspend bool',
  JobStatus: '4 active int, 5 succeeded int, 6 failed int, 7 completedIndexes string, 9 ready int',
  'batch/v1/Job': '1 metadata ObjectMeta, 2 spec JobSpec, 3 status JobStatus',
  DeploymentStrategy: '1 type string',
  DeploymentSpec:
    '1 replicas int, 2 selector LabelSelector, 3 template PodTemplateSpec, 4 strategy DeploymentStrategy, ' +
    '5 minReadySeconds int, 6 revisionHistoryLimit int, 7 paused bool, 9 progressDeadlineSeconds int',
  DeploymentStatus:
    '1 observedGeneration int, 2 replicas int, 3 updatedReplicas int, 4 availableReplicas int, 5 unavailableReplicas int, 7 readyReplicas int',
  'apps/v1/Deployment': '1 metadata ObjectMeta, 2 spec DeploymentSpec, 3 status DeploymentStatus',
  PolicyRule:
    '1 verbs []string, 2 apiGroups []string, 3 resources []string, 4 resourceNames []string, 5 nonResourceURLs []string',
  Subject: '1 kind string, 2 apiGroup string, 3 name string, 4 namespace string',
  RoleRef: '1 apiGroup string, 2 kind string, 3 name string',
  AggregationRule: '1 clusterRoleSelectors []LabelSelector',
  'rbac.authorization.k8s.io/v1/Role': '1 metadata ObjectMeta, 2 rules []PolicyRule',
  'rbac.authorization.k8s.io/v1/ClusterRole':
    '1 metadata ObjectMeta, 2 rules []PolicyRule, 3 aggregationRule AggregationRule',
  'rbac.authorization.k8s.io/v1/RoleBinding':
    '1 metadata ObjectMeta, 2 subjects []Subject, 3 roleRef RoleRef',
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding':
    '1 metadata ObjectMeta, 2 subjects []Subject, 3 roleRef RoleRef',
  'scheduling.k8s.io/v1/PriorityClass':
    '1 metadata ObjectMeta, 2 value int, 3 globalDefault bool, 4 description string, 5 preemptionPolicy string',
  'policy/v1/Eviction': '1 metadata ObjectMeta, 2 deleteOptions DeleteOptions',
  UserInfo: '1 username string, 2 uid string, 3 groups []string',
  SelfSubjectReviewStatus: '1 userInfo UserInfo',
  'authentication.k8s.io/v1/SelfSubjectReview': '1 metadata ObjectMeta, 2 status SelfSubjectReviewStatus',
  BoundObjectReference: '1 kind string, 2 apiVersion string, 3 name string, 4 uid string',
  TokenRequestSpec: '1 audiences []string, 3 boundObjectRef BoundObjectReference, 4 expirationSeconds int',
  TokenRequestStatus: '1 token string, 2 expirationTimestamp Time',
  'authentication.k8s.io/v1/TokenRequest':
    '1 metadata ObjectMeta, 2 spec TokenRequestSpec, 3 status TokenRequestStatus',
  ResourceAttributes:
    '1 namespace string, 2 verb string, 3 group string, 4 version string, 5 resource string, 6 subresource string, 7 name string',
  NonResourceAttributes: '1 path string, 2 verb string',
  SelfAccessSpec: '1 resourceAttributes ResourceAttributes, 2 nonResourceAttributes NonResourceAttributes',
  AccessStatus: '1 allowed bool, 2 reason string, 3 evaluationError string, 4 denied bool',
  'authorization.k8s.io/v1/SelfSubjectAccessReview':
    '1 metadata ObjectMeta, 2 spec SelfAccessSpec, 3 status AccessStatus',
  RulesSpec: '1 namespace string',
  RulesStatus: '3 incomplete bool, 4 evaluationError string',
  'authorization.k8s.io/v1/SelfSubjectRulesReview':
    '1 metadata ObjectMeta, 2 spec RulesSpec, 3 status RulesStatus',
};

const parsed = new Map<string, Map<number, Field>>();

/** fieldsOfMessage is a message's fields by number; undefined for a message that is not known. */
export function fieldsOfMessage(name: string): Map<number, Field> | undefined {
  const known = parsed.get(name);
  const text = messages[name];
  if (known || text === undefined) return known;
  const fields = new Map(
    text.split(', ').map((field): [number, Field] => {
      const [number = '', member = '', type = ''] = field.split(' ');
      return [Number(number), { name: member, type }];
    }),
  );
  parsed.set(name, fields);
  return fields;
}
