/** How endpoints are put into slices with the fewest writes (k8s.io/endpointslice/reconciler.go). Pure. */
import { isDeepStrictEqual } from 'node:util';
import {
  type Endpoint,
  type EndpointPort,
  type EndpointSlice,
  HEADLESS,
  MANAGED_BY,
  SERVICE_NAME,
  type Service,
} from '../service-kinds.ts';
import { type PortGroup, portsKey } from './endpoints.ts';

/** MANAGER is the name under which the controller writes slices. */
export const MANAGER = 'endpointslice-controller.k8s.io';
/** TRIGGER_TIME is the annotation with the time of the change that a write follows. */
export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

const MOST_ENDPOINTS = 100;

/** SlicePlan is what is to be written. */
export interface SlicePlan {
  create: EndpointSlice[];
  update: EndpointSlice[];
  remove: EndpointSlice[];
}

/** sliceLabels are the Service's own and the three that say what the slice is. */
export function sliceLabels({ metadata, spec }: Service): Record<string, string> {
  const { [HEADLESS]: _headless, ...own } = metadata.labels ?? {};
  return {
    ...own,
    ...(spec.clusterIP === 'None' ? { [HEADLESS]: '' } : {}),
    [SERVICE_NAME]: metadata.name ?? '',
    [MANAGED_BY]: MANAGER,
  };
}

function newSlice(
  service: Service,
  addressType: string,
  ports: EndpointPort[],
  endpoints: Endpoint[],
): EndpointSlice {
  const { name = '', namespace = '', uid = '' } = service.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: sliceLabels(service),
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Service', name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    addressType,
    endpoints: endpoints.length > 0 ? endpoints : null,
    ports: ports.length > 0 ? ports : null,
  };
}

function identityOf({ addresses, targetRef }: Endpoint): string {
  return `${targetRef?.uid} ${addresses[0]}`;
}

/** place keeps every endpoint in the slice where it is, fills up what has changed anyway, then the rest. */
function place(
  service: Service,
  addressType: string,
  { ports, endpoints }: PortGroup,
  slices: EndpointSlice[],
): SlicePlan {
  const labels = sliceLabels(service);
  const wanted = new Map(endpoints.map((endpoint) => [identityOf(endpoint), endpoint]));
  const kept = slices.map((slice) => {
    const before = slice.endpoints ?? [];
    const after = before.flatMap((endpoint) => {
      const found = wanted.get(identityOf(endpoint));
      wanted.delete(identityOf(endpoint));
      return found ?? [];
    });
    const same = isDeepStrictEqual(before, after) && isDeepStrictEqual(slice.metadata.labels, labels);
    return { slice, after, same };
  });
  const left = [...wanted.values()];
  const room = kept
    .filter(({ after }) => after.length < MOST_ENDPOINTS)
    .sort((a, b) => Number(a.same) - Number(b.same) || b.after.length - a.after.length);
  for (const one of room) {
    if (left.length === 0) break;
    // A slice that would stay as it is takes all of the rest, or nothing.
    if (one.same && one.after.length + left.length > MOST_ENDPOINTS) continue;
    one.after.push(...left.splice(0, MOST_ENDPOINTS - one.after.length));
    one.same = false;
  }
  const chunks = Array.from({ length: Math.ceil(left.length / MOST_ENDPOINTS) }, (_, i) =>
    left.slice(i * MOST_ENDPOINTS, (i + 1) * MOST_ENDPOINTS),
  );
  return {
    create: chunks.map((chunk) => newSlice(service, addressType, ports, chunk)),
    update: kept
      .filter(({ same, after }) => !same && after.length > 0)
      .map(({ slice, after }) => ({ ...slice, metadata: { ...slice.metadata, labels }, endpoints: after })),
    remove: kept.filter(({ after }) => after.length === 0).map(({ slice }) => slice),
  };
}

function isPlaceholder(slice: EndpointSlice, service: Service): boolean {
  return (
    (slice.ports ?? []).length === 0 &&
    (slice.endpoints ?? []).length === 0 &&
    isDeepStrictEqual(slice.metadata.labels, sliceLabels(service))
  );
}

/** reused writes into slices that would go what would be created: their names stay. */
function reused({ create, update, remove }: SlicePlan): SlicePlan {
  const pairs = Math.min(create.length, remove.length);
  const rewritten = remove.slice(0, pairs).map((old, i): EndpointSlice => {
    const next = create[i] ?? old;
    const metadata = { ...old.metadata, labels: { ...next.metadata.labels } };
    return { ...old, metadata, endpoints: next.endpoints, ports: next.ports };
  });
  return { create: create.slice(pairs), update: [...update, ...rewritten], remove: remove.slice(pairs) };
}

/** slicePlan is what makes a Service's slices of one address type hold its endpoints; without any, one slice is empty. */
export function slicePlan(
  service: Service,
  addressType: string,
  groups: readonly PortGroup[],
  existing: readonly EndpointSlice[],
): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], remove: [] };
  const known = new Set(groups.map(({ ports }) => portsKey(ports)));
  plan.remove.push(...existing.filter(({ ports }) => !known.has(portsKey(ports))));
  for (const group of groups) {
    const key = portsKey(group.ports);
    const own = existing.filter(({ ports }) => portsKey(ports) === key);
    const part = place(service, addressType, group, own);
    plan.create.push(...part.create);
    plan.update.push(...part.update);
    plan.remove.push(...part.remove);
  }
  if (plan.create.length === 0 && plan.remove.length === existing.length) {
    const placeholder = plan.remove.find((slice) => isPlaceholder(slice, service));
    if (placeholder === undefined) plan.create.push(newSlice(service, addressType, [], []));
    else plan.remove.splice(plan.remove.indexOf(placeholder), 1);
  }
  return reused(plan);
}
