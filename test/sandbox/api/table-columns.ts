/** The columns of built-in kinds (pkg/printers/internalversion). */
import { age, humanDuration } from './durations.ts';
import {
  at,
  type JsonObject,
  type JsonValue,
  listOf,
  numberOf,
  objectOf,
  objectsOf,
  stringMapOf,
  stringOf,
  stringsOf,
} from './json.ts';
import type { ApiResource } from './resources.ts';
import { podReady, podRestarts, podStatus } from './table-pods.ts';

/** Column is one column and how its cell is made. Priority 1 is `-o wide`. */
export interface Column {
  name: string;
  type?: string;
  format?: string;
  description?: string;
  priority?: number;
  cell: (object: JsonObject) => JsonValue;
}
type Printer = (Column | 'name' | 'age')[];

const none = '<none>';

function column(
  name: string,
  cell: (object: JsonObject) => JsonValue,
  description = '',
  type = 'string',
): Column {
  return { name, cell, description, type };
}

function wide(name: string, cell: (object: JsonObject) => JsonValue, description = ''): Column {
  return { name, cell, description, priority: 1 };
}

function number(...path: string[]): (object: JsonObject) => JsonValue {
  return (object) => numberOf(at(object, ...path)) ?? 0;
}

function text(...path: string[]): (object: JsonObject) => JsonValue {
  return (object) => stringOf(at(object, ...path)) || none;
}

function labelText(labels: Record<string, string>): string {
  const parts = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return parts.length > 0 ? parts.map(([key, value]) => `${key}=${value}`).join(',') : none;
}

/** selectorText writes a metav1.LabelSelector as a query would. */
function selectorText(selector: JsonObject): string {
  const parts = Object.entries(stringMapOf(selector.matchLabels)).map(([key, value]) => `${key}=${value}`);
  for (const item of objectsOf(selector.matchExpressions)) {
    const values = stringsOf(item.values).join(',');
    const key = stringOf(item.key);
    if (item.operator === 'In') parts.push(`${key} in (${values})`);
    else if (item.operator === 'NotIn') parts.push(`${key} notin (${values})`);
    else parts.push(item.operator === 'Exists' ? key : `!${key}`);
  }
  return parts.length > 0 ? parts.sort().join(',') : none;
}

function template(...path: string[]): Column[] {
  const containers = (object: JsonObject) => objectsOf(at(object, ...path, 'containers'));
  return [
    wide(
      'Containers',
      (object) =>
        containers(object)
          .map((item) => stringOf(item.name))
          .join(','),
      'Names of each container in the template.',
    ),
    wide(
      'Images',
      (object) =>
        containers(object)
          .map((item) => stringOf(item.image))
          .join(','),
      'Images referenced by each container in the template.',
    ),
  ];
}

const selector = wide(
  'Selector',
  (object) => selectorText(objectOf(at(object, 'spec', 'selector'))),
  'A label query over pods that should match the pod count. Normally, the system sets this field for you. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors',
);

function jobStatus(object: JsonObject): string {
  const conditions = objectsOf(at(object, 'status', 'conditions')).filter((item) => item.status === 'True');
  const has = (type: string) => conditions.some((item) => item.type === type);
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (at(object, 'metadata', 'deletionTimestamp') !== undefined) return 'Terminating';
  if (has('Suspended')) return 'Suspended';
  if (has('FailureTarget')) return 'FailureTarget';
  return has('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function jobCompletions(object: JsonObject): string {
  const done = numberOf(at(object, 'status', 'succeeded')) ?? 0;
  const wanted = numberOf(at(object, 'spec', 'completions'));
  if (wanted !== undefined) return `${done}/${wanted}`;
  const parallelism = numberOf(at(object, 'spec', 'parallelism')) ?? 0;
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function jobDuration(object: JsonObject): string {
  const start = stringOf(at(object, 'status', 'startTime'));
  if (start === '') return '';
  const end = stringOf(at(object, 'status', 'completionTime'));
  return humanDuration((end ? Date.parse(end) : Date.now()) - Date.parse(start));
}

function nodeStatus(object: JsonObject): string {
  const ready = objectsOf(at(object, 'status', 'conditions')).find((item) => item.type === 'Ready');
  const state = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  return at(object, 'spec', 'unschedulable') === true ? `${state},SchedulingDisabled` : state;
}

function nodeRoles(object: JsonObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const labels = Object.keys(stringMapOf(at(object, 'metadata', 'labels')));
  const roles = labels.filter((label) => label.startsWith(prefix)).map((label) => label.slice(prefix.length));
  return roles.length > 0 ? roles.sort().join(',') : none;
}

function nodeAddress(type: string): (object: JsonObject) => JsonValue {
  return (object) => {
    const found = objectsOf(at(object, 'status', 'addresses')).find((item) => item.type === type);
    return stringOf(found?.address) || none;
  };
}

function servicePorts(object: JsonObject): string {
  const ports = objectsOf(at(object, 'spec', 'ports')).map((port) => {
    const node = numberOf(port.nodePort);
    return `${port.port}${node ? `:${node}` : ''}/${stringOf(port.protocol)}`;
  });
  return ports.length > 0 ? ports.join(',') : none;
}

function externalIps(object: JsonObject): string {
  const ingress = objectsOf(at(object, 'status', 'loadBalancer', 'ingress')).map(
    (item) => stringOf(item.ip) || stringOf(item.hostname),
  );
  const all = [...ingress, ...stringsOf(at(object, 'spec', 'externalIPs'))];
  if (at(object, 'spec', 'type') === 'ExternalName') return stringOf(at(object, 'spec', 'externalName'));
  if (all.length === 0 && at(object, 'spec', 'type') === 'LoadBalancer') return '<pending>';
  return all.length > 0 ? all.join(',') : none;
}

function lastSeen(object: JsonObject): string {
  const series = stringOf(at(object, 'series', 'lastObservedTime'));
  const seen =
    series || stringOf(object.lastTimestamp) || stringOf(object.firstTimestamp) || stringOf(object.eventTime);
  return age(seen || stringOf(object.deprecatedLastTimestamp));
}

function eventObject(object: JsonObject): string {
  const about = objectOf(object.involvedObject ?? object.regarding);
  return `${stringOf(about.kind).toLowerCase()}/${stringOf(about.name)}`;
}

const event: Printer = [
  column('Last Seen', lastSeen),
  column('Type', text('type')),
  column('Reason', text('reason')),
  column('Object', eventObject),
  wide('Subobject', (object) => stringOf(at(object, 'involvedObject', 'fieldPath'))),
  wide(
    'Source',
    (object) => stringOf(at(object, 'source', 'component')) || stringOf(object.reportingComponent),
  ),
  column('Message', (object) => (stringOf(object.message) || stringOf(object.note)).trim()),
  wide('First Seen', (object) => age(stringOf(object.firstTimestamp) || stringOf(object.eventTime))),
  wide('Count', (object) => String(numberOf(object.count) ?? numberOf(at(object, 'series', 'count')) ?? 1)),
  { name: 'Name', priority: 1, cell: (object) => stringOf(at(object, 'metadata', 'name')) },
];

const deployment: Printer = [
  'name',
  column(
    'Ready',
    (object) =>
      `${numberOf(at(object, 'status', 'readyReplicas')) ?? 0}/${numberOf(at(object, 'spec', 'replicas')) ?? 0}`,
  ),
  column('Up-to-date', number('status', 'updatedReplicas'), '', 'string'),
  column('Available', number('status', 'availableReplicas'), '', 'string'),
  'age',
  ...template('spec', 'template', 'spec'),
  selector,
];

const replicas: Printer = [
  'name',
  column('Desired', number('spec', 'replicas'), '', 'integer'),
  column('Current', number('status', 'replicas'), '', 'integer'),
  column('Ready', number('status', 'readyReplicas'), '', 'integer'),
  'age',
  ...template('spec', 'template', 'spec'),
  selector,
];

const daemonSet: Printer = [
  'name',
  column('Desired', number('status', 'desiredNumberScheduled'), '', 'integer'),
  column('Current', number('status', 'currentNumberScheduled'), '', 'integer'),
  column('Ready', number('status', 'numberReady'), '', 'integer'),
  column('Up-to-date', number('status', 'updatedNumberScheduled'), '', 'integer'),
  column('Available', number('status', 'numberAvailable'), '', 'integer'),
  column('Node Selector', (object) =>
    labelText(stringMapOf(at(object, 'spec', 'template', 'spec', 'nodeSelector'))),
  ),
  'age',
  ...template('spec', 'template', 'spec'),
  selector,
];

const job: Printer = [
  'name',
  column('Status', jobStatus, 'Status of the job.'),
  column(
    'Completions',
    jobCompletions,
    'The number of pods which reached phase Succeeded. The value increases monotonically for a given spec. However, it may decrease in reaction to scale down of elastic indexed jobs.',
  ),
  column('Duration', jobDuration, 'Time required to complete the job.'),
  'age',
  ...template('spec', 'template', 'spec'),
  selector,
];

const pod: Printer = [
  'name',
  column('Ready', podReady, 'The aggregate readiness state of this pod for accepting traffic.'),
  column('Status', podStatus, 'The aggregate status of the containers in this pod.'),
  column(
    'Restarts',
    podRestarts,
    'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
  ),
  'age',
  wide('IP', text('status', 'podIP')),
  wide('Node', text('spec', 'nodeName')),
  wide('Nominated Node', text('status', 'nominatedNodeName')),
  wide('Readiness Gates', (object) =>
    listOf(at(object, 'spec', 'readinessGates')).length > 0 ? '0/1' : none,
  ),
];

const node: Printer = [
  'name',
  column('Status', nodeStatus),
  column('Roles', nodeRoles),
  'age',
  column('Version', text('status', 'nodeInfo', 'kubeletVersion')),
  wide('Internal-IP', nodeAddress('InternalIP')),
  wide('External-IP', nodeAddress('ExternalIP')),
  wide('OS-Image', text('status', 'nodeInfo', 'osImage')),
  wide('Kernel-Version', text('status', 'nodeInfo', 'kernelVersion')),
  wide('Container-Runtime', text('status', 'nodeInfo', 'containerRuntimeVersion')),
];

const service: Printer = [
  'name',
  column('Type', text('spec', 'type')),
  column('Cluster-IP', text('spec', 'clusterIP')),
  column('External-IP', externalIps),
  column('Port(s)', servicePorts),
  'age',
  wide('Selector', (object) => labelText(stringMapOf(at(object, 'spec', 'selector')))),
];

function roleBinding(kind: string): Printer {
  const subjects = (wanted: string) => (object: JsonObject) =>
    objectsOf(object.subjects)
      .filter((item) => item.kind === wanted)
      .map((item) =>
        wanted === 'ServiceAccount'
          ? `${stringOf(item.namespace)}/${stringOf(item.name)}`
          : stringOf(item.name),
      )
      .join(', ');
  return [
    'name',
    column(
      'Role',
      (object) =>
        `${stringOf(at(object, 'roleRef', 'kind')) || kind}/${stringOf(at(object, 'roleRef', 'name'))}`,
    ),
    'age',
    wide('Users', subjects('User')),
    wide('Groups', subjects('Group')),
    wide('ServiceAccounts', subjects('ServiceAccount')),
  ];
}

function quotaText(limits: boolean): (object: JsonObject) => JsonValue {
  return (object) => {
    const used = objectOf(at(object, 'status', 'used'));
    const hard = Object.entries(objectOf(at(object, 'status', 'hard'))).sort(([a], [b]) => (a < b ? -1 : 1));
    return hard
      .filter(([name]) => name.startsWith('limits.') === limits)
      .map(([name, value]) => `${name}: ${stringOf(used[name])}/${stringOf(value)}`)
      .join(', ');
  };
}

const created: Column = {
  name: 'Created At',
  cell: (object) => stringOf(at(object, 'metadata', 'creationTimestamp')),
};

const printers: Record<string, Printer> = {
  '/pods': pod,
  '/nodes': node,
  '/services': service,
  '/events': event,
  'events.k8s.io/events': event,
  '/namespaces': ['name', column('Status', text('status', 'phase')), 'age'],
  '/configmaps': [
    'name',
    column('Data', (o) => String(Object.keys({ ...objectOf(o.data), ...objectOf(o.binaryData) }).length)),
    'age',
  ],
  '/secrets': [
    'name',
    column('Type', text('type')),
    column('Data', (o) => String(Object.keys(objectOf(o.data)).length)),
    'age',
  ],
  '/resourcequotas': ['name', column('Request', quotaText(false)), column('Limit', quotaText(true)), 'age'],
  '/serviceaccounts': ['name', column('Secrets', (o) => String(listOf(o.secrets).length)), 'age'],
  '/endpoints': [
    'name',
    column('Endpoints', (o) => {
      const all = objectsOf(o.subsets).flatMap((set) =>
        objectsOf(set.addresses).flatMap((address) =>
          objectsOf(set.ports).map((port) => `${stringOf(address.ip)}:${port.port}`),
        ),
      );
      return all.length > 0 ? all.slice(0, 3).join(',') : none;
    }),
    'age',
  ],
  'batch/jobs': job,
  'batch/cronjobs': [
    'name',
    column('Schedule', text('spec', 'schedule')),
    column('Timezone', text('spec', 'timeZone')),
    column('Suspend', (o) => (at(o, 'spec', 'suspend') === true ? 'True' : 'False')),
    column('Active', (o) => listOf(at(o, 'status', 'active')).length, '', 'integer'),
    column('Last Schedule', (o) =>
      at(o, 'status', 'lastScheduleTime') ? age(stringOf(at(o, 'status', 'lastScheduleTime'))) : none,
    ),
    'age',
    ...template('spec', 'jobTemplate', 'spec', 'template', 'spec'),
  ],
  'apps/deployments': deployment,
  'apps/replicasets': replicas,
  'apps/daemonsets': daemonSet,
  'apps/statefulsets': [
    'name',
    column(
      'Ready',
      (o) => `${numberOf(at(o, 'status', 'readyReplicas')) ?? 0}/${numberOf(at(o, 'spec', 'replicas')) ?? 0}`,
    ),
    'age',
    ...template('spec', 'template', 'spec'),
  ],
  'coordination.k8s.io/leases': [
    'name',
    column('Holder', (o) => stringOf(at(o, 'spec', 'holderIdentity'))),
    'age',
  ],
  'discovery.k8s.io/endpointslices': [
    'name',
    column('AddressType', text('addressType')),
    column(
      'Ports',
      (o) =>
        objectsOf(o.ports)
          .map((port) => String(port.port ?? '*'))
          .join(',') || '<unset>',
    ),
    column(
      'Endpoints',
      (o) =>
        objectsOf(o.endpoints)
          .flatMap((item) => stringsOf(item.addresses))
          .slice(0, 3)
          .join(',') || '<unset>',
    ),
    'age',
  ],
  'scheduling.k8s.io/priorityclasses': [
    'name',
    column('Value', number('value'), '', 'integer'),
    column('Global-Default', (o) => o.globalDefault === true, '', 'boolean'),
    'age',
    column('PreemptionPolicy', text('preemptionPolicy')),
  ],
  'networking.k8s.io/networkpolicies': [
    'name',
    column('Pod-Selector', (o) => selectorText(objectOf(at(o, 'spec', 'podSelector')))),
    'age',
  ],
  'policy/poddisruptionbudgets': [
    'name',
    column('Min Available', (o) => String(at(o, 'spec', 'minAvailable') ?? 'N/A')),
    column('Max Unavailable', (o) => String(at(o, 'spec', 'maxUnavailable') ?? 'N/A')),
    column('Allowed Disruptions', number('status', 'disruptionsAllowed'), '', 'integer'),
    'age',
  ],
  'rbac.authorization.k8s.io/roles': ['name', created],
  'rbac.authorization.k8s.io/clusterroles': ['name', created],
  'rbac.authorization.k8s.io/rolebindings': roleBinding('Role'),
  'rbac.authorization.k8s.io/clusterrolebindings': roleBinding('ClusterRole'),
  'apiextensions.k8s.io/customresourcedefinitions': ['name', created],
};

/** printerOf is the columns of a built-in resource; undefined where they are name and age. */
export function printerOf(resource: ApiResource): Printer | undefined {
  return printers[`${resource.group}/${resource.plural}`];
}
