/** What a new cluster holds: namespaces, system priorities, the roles that its own components need. */

import { clusterRoleBindings, clusterRoles } from './bootstrap-roles.ts';
import { createObject } from './create.ts';
import { ApiError } from './errors.ts';
import type { JsonObject } from './json.ts';
import { controllerCall } from './namespaces.ts';
import type { ServerState } from './state.ts';

function priorityClass(name: string, value: number): JsonObject {
  return {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
    description: 'Used for system critical pods.',
  };
}

/** Advertised is where an API server is reached from the cluster. */
export interface Advertised {
  /** The address, of the primary family of Services. */
  address: string;
  port: number;
}

/** bootstrap fills an empty store. */
export function bootstrap(state: ServerState, advertise?: Advertised): void {
  const namespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
  const objects: JsonObject[] = [
    ...namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...clusterRoles(),
    ...clusterRoleBindings(),
    priorityClass('system-cluster-critical', 2_000_000_000),
    priorityClass('system-node-critical', 2_000_001_000),
  ];
  for (const body of objects) create(state, body, '');
  const ports = [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }];
  const labels = { component: 'apiserver', provider: 'kubernetes' };
  const spec = { ports, clusterIP: state.addresses.first() };
  create(
    state,
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'kubernetes', labels }, spec },
    'default',
  );
  if (advertise === undefined) return;
  for (const body of kubernetesEndpoints(advertise)) create(state, body, 'default');
}

/** The server writes its own endpoints, and no controller touches them (pkg/controlplane/reconcilers). */
function kubernetesEndpoints({ address, port }: Advertised): JsonObject[] {
  const name = 'kubernetes';
  const ports = [{ name: 'https', port, protocol: 'TCP' }];
  return [
    {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
      subsets: [{ addresses: [{ ip: address }], ports }],
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name, labels: { 'kubernetes.io/service-name': name } },
      addressType: address.includes(':') ? 'IPv6' : 'IPv4',
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports,
    },
  ];
}

function create(state: ServerState, body: JsonObject, namespace: string): void {
  try {
    createObject(
      state,
      controllerCall(state, String(body.apiVersion), String(body.kind), {
        namespace,
        body,
        userAgent: 'kube-apiserver',
      }),
    );
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error;
  }
}
