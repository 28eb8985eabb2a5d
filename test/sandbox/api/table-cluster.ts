/** The columns of nodes, Services, events, policies and the rest (pkg/printers/internalversion). */
import { age } from './durations.ts';
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
import {
  type Column,
  column,
  labelText,
  none,
  number,
  type Printer,
  selectorText,
  text,
  wide,
} from './table-column.ts';

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

/** What an EndpointSlice has many of is cut short. */
function firstThree(all: string[]): string {
  const more = all.length > 3 ? ` + ${all.length - 3} more...` : '';
  return all.length > 0 ? `${all.slice(0, 3).join(',')}${more}` : '<unset>';
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

/** clusterPrinters are the columns by group and plural. */
export const clusterPrinters: Record<string, Printer> = {
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
  'coordination.k8s.io/leases': [
    'name',
    column('Holder', (o) => stringOf(at(o, 'spec', 'holderIdentity'))),
    'age',
  ],
  'discovery.k8s.io/endpointslices': [
    'name',
    column('AddressType', text('addressType')),
    column('Ports', (o) => firstThree(objectsOf(o.ports).map((port) => String(port.port ?? '*')))),
    column('Endpoints', (o) =>
      firstThree(objectsOf(o.endpoints).flatMap((item) => stringsOf(item.addresses))),
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
