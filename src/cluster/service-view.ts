/** How Services, EndpointSlices and a ConfigMap are reduced, right when they are read. */
import type { EndpointView, ServicePortView, ServiceView } from '../checks/cluster-view.ts';
import { canonical } from '../checks/pod-to-pod/addresses.ts';
import {
  type JsonObject,
  numberOf,
  objectAt,
  objectsOf,
  optionalText,
  textMapOf,
  textOf,
  textsOf,
} from './json.ts';

/** ServiceEntry is a Service as the cache keeps it: its endpoints and its history are kept apart. */
export interface ServiceEntry
  extends Omit<ServiceView, 'endpoints' | 'changedTime' | 'endpointTimes' | 'restlessSince'> {
  /** dns is true where the Service carries the label of the cluster's DNS add-on. */
  readonly dns: boolean;
}

/** SliceEntry is an EndpointSlice as the cache keeps it. */
export interface SliceEntry {
  /** service is `namespace/name` of the Service that it belongs to. */
  readonly service: string;
  readonly endpoints: readonly EndpointView[];
}

/** Dated is an entry with when the object was last written, as far as the object itself tells. */
export interface Dated<View> {
  readonly entry: View;
  readonly writtenTime: string;
}

/** serviceEntry reduces a Service. */
export function serviceEntry(service: JsonObject): Dated<ServiceEntry> {
  const metadata = objectAt(service, 'metadata');
  const spec = objectAt(service, 'spec');
  const externalName = optionalText(spec.externalName);
  const given = textsOf(spec.clusterIPs);
  const all = given.length > 0 ? given : textsOf([spec.clusterIP]);
  return {
    writtenTime: writtenTime(metadata),
    entry: {
      namespace: textOf(metadata.namespace),
      name: textOf(metadata.name),
      uid: textOf(metadata.uid),
      type: textOf(spec.type),
      clusterIPs: all.flatMap((address) => canonical(address) ?? []),
      headless: all[0] === 'None',
      ...(spec.type === 'ExternalName' && externalName !== undefined ? { externalName } : {}),
      ports: portsOf(spec.ports),
      dns: textMapOf(metadata.labels)['k8s-app'] === 'kube-dns',
    },
  };
}

/** sliceEntry reduces an EndpointSlice; one that belongs to no Service is left out. */
export function sliceEntry(slice: JsonObject): Dated<SliceEntry> | undefined {
  const metadata = objectAt(slice, 'metadata');
  const service = textMapOf(metadata.labels)['kubernetes.io/service-name'];
  if (service === undefined || slice.addressType === 'FQDN') return undefined;
  const ports = portsOf(slice.ports);
  return {
    writtenTime: writtenTime(metadata),
    entry: {
      service: `${textOf(metadata.namespace)}/${service}`,
      endpoints: objectsOf(slice.endpoints).flatMap((endpoint) => endpointView(endpoint, ports)),
    },
  };
}

/** A condition that is absent counts as client-go's doc says: ready and serving true, terminating false. */
function endpointView(endpoint: JsonObject, ports: readonly ServicePortView[]): readonly EndpointView[] {
  // Only the first address is used (pkg/proxy/endpointslicecache.go, addEndpoints).
  const address = canonical(textsOf(endpoint.addresses)[0] ?? '');
  if (address === undefined) return [];
  const { ready, serving, terminating } = objectAt(endpoint, 'conditions');
  const hostname = optionalText(endpoint.hostname);
  const node = optionalText(endpoint.nodeName);
  const target = objectAt(endpoint, 'targetRef');
  const pod = target.kind === 'Pod' ? optionalText(target.name) : undefined;
  return [
    {
      address,
      ready: ready !== false,
      serving: serving !== false,
      terminating: terminating === true,
      ...(hostname === undefined ? {} : { hostname }),
      ...(node === undefined ? {} : { node }),
      ...(pod === undefined ? {} : { pod }),
      ports,
    },
  ];
}

function portsOf(value: unknown): readonly ServicePortView[] {
  return objectsOf(value).flatMap(({ name, protocol, port }) => {
    const number = numberOf(port);
    const known = { name: textOf(name), protocol: textOf(protocol) || 'TCP' };
    return number === undefined ? [] : [{ ...known, port: number }];
  });
}

/** writtenTime is the newest time that the object carries of a write of anything but its status. */
function writtenTime(metadata: JsonObject): string {
  const writes = objectsOf(metadata.managedFields)
    .filter(({ subresource }) => subresource !== 'status')
    .map(({ time }) => textOf(time));
  return [textOf(metadata.creationTimestamp), ...writes].reduce((one, other) => (other > one ? other : one));
}
