/**
 * What the API says that a name's answer must be, by the specification of DNS for Services (kubernetes/dns, 1.1.0).
 * Names that the API does not decide are nobody's to judge here: other zones, Pods' names, TXT.
 */
import type { RecordType } from '../../api/v1alpha1/index.ts';
import type { ClusterView, EndpointView, ServiceView } from '../cluster-view.ts';
import { canonical, familyOf } from '../pod-to-pod/addresses.ts';
import { absolute, addressOfReverse, dashed } from './names.ts';

/** Expected is what the API says of a name. */
export interface Expected {
  /** service is `namespace/name` of the Service that the name is of, whether it exists or not. */
  readonly service: string;
  /** view is that Service, absent where the API has none. */
  readonly view?: ServiceView;
  /** records are those that the answer must have, each with when what counts of it last changed, '' if not known. */
  readonly records: ReadonlyMap<string, string>;
  /** alias is the name that the name must be an alias of. */
  readonly alias?: string;
  /** recordOf makes what was seen comparable with `records`: it leaves out what the API does not decide. */
  readonly recordOf: (seen: string) => string;
  /** dateOf tells when something that is not in `records` was last known to change, '' if no watch saw it. */
  readonly dateOf: (record: string) => string;
}

const asIs = (seen: string) => seen;

/** expectedOf is what the API says of an absolute name, undefined where it does not decide it. */
export function expectedOf(cluster: ClusterView, name: string, type: RecordType): Expected | undefined {
  if (type === 'PTR') return ofAddress(cluster, name);
  const end = `.svc.${absolute(cluster.domain)}`;
  const lower = absolute(name);
  if (type === 'TXT' || !lower.endsWith(end)) return undefined;
  const labels = lower.slice(0, -end.length).split('.');
  const [namespace = '', service = ''] = labels.toReversed();
  if (labels.length < 2 || labels.length > 4) return undefined;
  const key = `${namespace}/${service}`;
  const view = cluster.services.get(key);
  if (view === undefined) {
    const dateOf = () => cluster.removedServices.get(key) ?? '';
    return { service: key, records: new Map(), recordOf: asIs, dateOf };
  }
  const [first = '', second = ''] = labels;
  if (labels.length === 2) return type === 'SRV' ? undefined : ofService(view, type);
  if (labels.length === 3) return type === 'SRV' ? undefined : ofHostname(view, type, first);
  return type === 'SRV' ? ofPort(view, `${service}.${namespace}${end}`, first, second) : undefined;
}

function ofService(view: ServiceView, type: RecordType): Expected | undefined {
  const { externalName, changedTime } = view;
  if (externalName !== undefined) {
    const alias = absolute(externalName);
    const records = new Map(type === 'CNAME' ? [[alias, changedTime]] : []);
    return { ...of(view, records), alias };
  }
  if (type === 'CNAME') return of(view, new Map());
  if (!view.headless)
    return of(view, new Map(inFamily(view.clusterIPs, type).map((ip) => [ip, changedTime])));
  return of(view, ofEndpoints(view, type, view.endpoints));
}

function ofHostname(view: ServiceView, type: RecordType, hostname: string): Expected | undefined {
  if (!view.headless || type === 'CNAME') return undefined;
  const named = view.endpoints.filter((endpoint) => labelOf(endpoint) === hostname);
  return named.length === 0 ? undefined : of(view, ofEndpoints(view, type, named));
}

function ofEndpoints(view: ServiceView, type: RecordType, endpoints: readonly EndpointView[]) {
  const addresses = endpoints.filter(({ ready }) => ready).map(({ address }) => address);
  return new Map(inFamily(addresses, type).map((each) => [each, view.endpointTimes.get(each) ?? '']));
}

/** Weights are shared out among the records by the server, so that only port and target are compared. */
function ofPort(view: ServiceView, target: string, port: string, protocol: string): Expected | undefined {
  const isPort = ({ name, protocol: of }: { name: string; protocol: string }) =>
    `_${name.toLowerCase()}` === port && `_${of.toLowerCase()}` === protocol && name !== '';
  if (view.externalName !== undefined) return undefined;
  const recordOf = (seen: string) => seen.split(' ').slice(2).join(' ');
  if (!view.headless) {
    const ports = view.ports.filter(isPort).map((each) => `${each.port} ${target}`);
    return { ...of(view, new Map(ports.map((each) => [each, view.changedTime]))), recordOf };
  }
  const labels = new Map<string, string>();
  const records = new Map<string, string>();
  for (const endpoint of view.endpoints) {
    const label = labelOf(endpoint);
    if (endpoint.hostname === undefined && endpoint.pod !== undefined) labels.set(endpoint.pod, label);
    if (!endpoint.ready) continue;
    for (const { port: number } of endpoint.ports.filter(isPort)) {
      records.set(`${number} ${label}.${target}`, view.endpointTimes.get(endpoint.address) ?? '');
    }
  }
  // CoreDNS may be told to call endpoints by the names of their Pods: that is the same endpoint.
  const byLabel = (seen: string) => {
    const [number = '', host = ''] = recordOf(seen).split(' ');
    const [label = ''] = host.split('.', 1);
    return `${number} ${labels.get(label) ?? label}${host.slice(label.length)}`;
  };
  const times = [...view.endpointTimes].map(([address, time]) => [dashed(address), time] as const);
  const byDashed = new Map(times);
  const dateOf = (record: string) => byDashed.get(record.split(' ')[1]?.split('.', 1)[0] ?? '') ?? '';
  return { ...of(view, records), recordOf: byLabel, dateOf };
}

/** Only addresses of Services are decided: what an endpoint without a hostname is called is the server's own affair. */
function ofAddress(cluster: ClusterView, name: string): Expected | undefined {
  const address = addressOfReverse(name);
  if (address === undefined) return undefined;
  for (const view of cluster.services.values()) {
    if (!view.clusterIPs.includes(address)) continue;
    const record = nameOf(cluster, view);
    const dateOf = (seen: string) => dateOfName(cluster, seen);
    return { ...of(view, new Map([[record, view.changedTime]])), dateOf };
  }
  return undefined;
}

/** A Service that had the address before is known by its name. */
function dateOfName(cluster: ClusterView, seen: string): string {
  const [name = '', namespace = ''] = seen.split('.');
  const key = `${namespace}/${name}`;
  return cluster.removedServices.get(key) ?? cluster.services.get(key)?.changedTime ?? '';
}

function nameOf(cluster: ClusterView, { name, namespace }: ServiceView): string {
  return `${name}.${namespace}.svc.${absolute(cluster.domain)}`;
}

function of(view: ServiceView, records: ReadonlyMap<string, string>): Expected {
  const dateOf = (record: string) => view.endpointTimes.get(record) ?? '';
  return { service: `${view.namespace}/${view.name}`, view, records, recordOf: asIs, dateOf };
}

function labelOf({ hostname, address }: EndpointView): string {
  return hostname?.toLowerCase() ?? dashed(address);
}

function inFamily(addresses: readonly string[], type: RecordType): readonly string[] {
  const family = type === 'A' ? 'IPv4' : 'IPv6';
  return addresses.map((each) => canonical(each) ?? each).filter((each) => familyOf(each) === family);
}
