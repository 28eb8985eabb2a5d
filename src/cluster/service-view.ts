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
  const labels = textMapOf(metadata.labels);
  const proxyName = labels['service.kubernetes.io/service-proxy-name'];
  return {
    // Of other types nothing in the status counts, and some controllers write it all the time.
    writtenTime: writtenTime(metadata, spec.type === 'LoadBalancer'),
    entry: {
      namespace: textOf(metadata.namespace),
      name: textOf(metadata.name),
      uid: textOf(metadata.uid),
      type: textOf(spec.type),
      clusterIPs: addressesOf(all),
      headless: all[0] === 'None',
      ...(spec.type === 'ExternalName' && externalName !== undefined ? { externalName } : {}),
      ports: portsOf(spec.ports),
      ...(proxyName === undefined ? {} : { proxyName }),
      externalIPs: addressesOf(textsOf(spec.externalIPs)),
      loadBalancerIPs: loadBalancerIPs(service),
      sourceRanges: orNone(textsOf(spec.loadBalancerSourceRanges).map((range) => range.trim())),
      externalLocal: spec.externalTrafficPolicy === 'Local',
      internalLocal: spec.internalTrafficPolicy === 'Local',
      ...(spec.sessionAffinity === 'ClientIP' ? { affinitySeconds: affinitySeconds(spec) } : {}),
      dns: labels['k8s-app'] === 'kube-dns',
    },
  };
}

/** Thousands of Services have none of something: they share one list. */
const none: readonly string[] = [];

function orNone(texts: readonly string[]): readonly string[] {
  return texts.length === 0 ? none : texts;
}

function addressesOf(texts: readonly string[]): readonly string[] {
  return orNone(texts.flatMap((address) => canonical(address) ?? []));
}

/** kube-proxy takes no packets to a load balancer that is a proxy itself (ipMode, KEP 1860). */
function loadBalancerIPs(service: JsonObject): readonly string[] {
  const ingress = objectsOf(objectAt(service, 'status', 'loadBalancer').ingress);
  return addressesOf(ingress.flatMap(({ ip, ipMode }) => (ipMode === 'Proxy' ? [] : textOf(ip))));
}

/** defaultAffinitySeconds is what the API server fills in (pkg/apis/core/v1/defaults.go, SetDefaults_Service). */
const defaultAffinitySeconds = 10_800;

function affinitySeconds(spec: JsonObject): number {
  return (
    numberOf(objectAt(spec, 'sessionAffinityConfig', 'clientIP').timeoutSeconds) ?? defaultAffinitySeconds
  );
}

/** sliceEntry reduces an EndpointSlice; one that belongs to no Service is left out. */
export function sliceEntry(slice: JsonObject): Dated<SliceEntry> | undefined {
  const metadata = objectAt(slice, 'metadata');
  const service = textMapOf(metadata.labels)['kubernetes.io/service-name'];
  if (service === undefined || slice.addressType === 'FQDN') return undefined;
  const ports = portsOf(slice.ports);
  return {
    writtenTime: writtenTime(metadata, false),
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
  const hints = objectAt(endpoint, 'hints');
  const [zoneHints, nodeHints] = [namesOf(hints.forZones), namesOf(hints.forNodes)];
  return [
    {
      address,
      ready: ready !== false,
      serving: serving !== false,
      terminating: terminating === true,
      ...(hostname === undefined ? {} : { hostname }),
      ...(node === undefined ? {} : { node }),
      ...(pod === undefined ? {} : { pod }),
      ...(zoneHints.length === 0 ? {} : { zoneHints }),
      ...(nodeHints.length === 0 ? {} : { nodeHints }),
      ports,
    },
  ];
}

function namesOf(value: unknown): readonly string[] {
  return objectsOf(value).flatMap(({ name }) => optionalText(name) ?? []);
}

function portsOf(value: unknown): readonly ServicePortView[] {
  return objectsOf(value).flatMap(({ name, protocol, port, nodePort }) => {
    const [number, onNodes] = [numberOf(port), numberOf(nodePort) ?? 0];
    const known = { name: textOf(name), protocol: textOf(protocol) || 'TCP' };
    if (number === undefined) return [];
    return [{ ...known, port: number, ...(onNodes === 0 ? {} : { nodePort: onNodes }) }];
  });
}

/** writtenTime is the newest time that the object carries of a write, of its status only where that counts. */
function writtenTime(metadata: JsonObject, withStatus: boolean): string {
  const writes = objectsOf(metadata.managedFields)
    .filter(({ subresource }) => withStatus || subresource !== 'status')
    .map(({ time }) => textOf(time));
  return [textOf(metadata.creationTimestamp), ...writes].reduce((one, other) => (other > one ? other : one));
}
