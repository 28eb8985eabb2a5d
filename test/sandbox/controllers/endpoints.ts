/** Which endpoints a Service has: one for each Pod and family (k8s.io/endpointslice/utils.go). Pure. */
import { isReady, isTerminal, type Node, type Pod } from '../kinds.ts';
import {
  type Endpoint,
  type EndpointPort,
  type Family,
  familyOf,
  type Service,
  type ServicePort,
} from '../service-kinds.ts';

const ZONE = 'topology.kubernetes.io/zone';

/** PortGroup is one distinct set of ports, and the endpoints that have it. */
export interface PortGroup {
  ports: EndpointPort[];
  endpoints: Endpoint[];
}

/** selects tells whether a Service's selector takes a Pod; a Service without selector takes none. */
export function selects({ metadata, spec }: Service, pod: Pod): boolean {
  const wanted = Object.entries(spec.selector ?? {});
  const labels = pod.metadata.labels ?? {};
  return (
    spec.selector !== undefined &&
    metadata.namespace === pod.metadata.namespace &&
    wanted.every(([key, value]) => labels[key] === value)
  );
}

/** targetPort is the number of a Service's port in one Pod; undefined where the Pod has no port of that name. */
function targetPort(
  pod: Pod,
  { targetPort: target, port, protocol = 'TCP' }: ServicePort,
): number | undefined {
  if (typeof target !== 'string') return target ?? port;
  const always = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  const ports = [...pod.spec.containers, ...always].flatMap((container) => container.ports ?? []);
  return ports.find((known) => known.name === target && (known.protocol ?? 'TCP') === protocol)
    ?.containerPort;
}

function portsOf(service: Service, pod: Pod): EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((own) => {
    const port = targetPort(pod, own);
    if (port === undefined) return [];
    const { name = '', protocol = 'TCP', appProtocol } = own;
    return [{ name, port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
}

function hintsOf(
  { spec }: Service,
  nodeName: string | undefined,
  zone: string | undefined,
): Endpoint['hints'] {
  const zones = zone === undefined ? {} : { forZones: [{ name: zone }] };
  switch (spec.trafficDistribution) {
    case 'PreferSameNode':
      return nodeName === undefined ? undefined : { forNodes: [{ name: nodeName }], ...zones };
    case 'PreferSameZone':
    case 'PreferClose':
      return zone === undefined ? undefined : zones;
    default:
      return undefined;
  }
}

function endpointOf(service: Service, pod: Pod, address: string, node: Node | undefined): Endpoint {
  const { metadata, spec } = pod;
  const serving = isReady(pod);
  const terminating = metadata.deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const zone = node?.metadata.labels?.[ZONE];
  const hints = ready ? hintsOf(service, spec.nodeName, zone) : undefined;
  const { namespace = '', name = '', uid = '' } = metadata;
  return {
    addresses: [address],
    conditions: { ready, serving, terminating },
    ...(hints === undefined ? {} : { hints }),
    ...(spec.hostname !== undefined && spec.subdomain === service.metadata.name
      ? { hostname: spec.hostname }
      : {}),
    ...(spec.nodeName === undefined ? {} : { nodeName: spec.nodeName }),
    targetRef: { kind: 'Pod', namespace, name, uid },
    ...(zone === undefined ? {} : { zone }),
  };
}

/**
 * portGroups sorts the endpoints of one family by their ports: a named targetPort may be another number in each Pod.
 * Pods that have come to their end or have no address yet are no endpoints.
 */
export function portGroups(
  service: Service,
  family: Family,
  pods: readonly Pod[],
  nodes: (name: string) => Node | undefined,
): PortGroup[] {
  const groups = new Map<string, PortGroup>();
  for (const pod of pods) {
    const address = pod.status?.podIPs?.map(({ ip }) => ip).find((ip) => familyOf(ip) === family);
    if (address === undefined || isTerminal(pod) || !selects(service, pod)) continue;
    const ports = portsOf(service, pod);
    const key = portsKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    groups.set(key, group);
    group.endpoints.push(endpointOf(service, pod, address, nodes(pod.spec.nodeName ?? '')));
  }
  return [...groups.values()];
}

/** portsKey is the same text for the same set of ports, in whatever order. */
export function portsKey(ports: readonly EndpointPort[] | null): string {
  return JSON.stringify(
    (ports ?? [])
      .map(({ name = '', port = 0, protocol = 'TCP', appProtocol = '' }) => [
        name,
        port,
        protocol,
        appProtocol,
      ])
      .map((port) => JSON.stringify(port))
      .sort(),
  );
}
