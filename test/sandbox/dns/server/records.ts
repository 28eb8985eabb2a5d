/** What a cluster's DNS says of its Services (kubernetes/dns docs/specification.md 1.1.0, as CoreDNS reads it). Pure. */
import { isIP, isIPv6 } from 'node:net';
import type { EndpointSlice, Service } from '../../service-kinds.ts';
import { absolute, dashed, isName, reverseName, zoneOf } from './names.ts';

/** RecordSet is all records of one name and type, in a stable order. */
export interface RecordSet {
  name: string;
  type: string;
  ttl: number;
  data: string[];
}

/** Records are record sets by "name type". */
export type Records = ReadonlyMap<string, RecordSet>;

/** Zones are what a server answers for. */
export interface Zones {
  /** The cluster domain, with its final dot. */
  domain: string;
  /** The zones of Services' and Pods' addresses. */
  reverse: readonly string[];
  /** Seconds. */
  ttl: number;
}

/** Objects are what the records are made from. */
export interface Objects {
  services: Iterable<Service>;
  slices: Iterable<EndpointSlice>;
}

/** VERSION is the version of the specification that the records follow. */
const VERSION = '1.1.0';

type Fact = [name: string, type: string, data: string];

/** keyOf is the key of a record set. */
export function keyOf({ name, type }: Pick<RecordSet, 'name' | 'type'>): string {
  return `${name} ${type}`;
}

const typeOf = (address: string) => (isIPv6(address) ? 'AAAA' : 'A');

function clusterFacts(own: string, service: Service, addresses: string[]): Fact[] {
  const named = (service.spec.ports ?? []).filter(({ name }) => name);
  return [
    ...addresses.map((address): Fact => [own, typeOf(address), address]),
    ...addresses.map((address): Fact => [reverseName(address), 'PTR', own]),
    ...named.map(
      ({ name, port, protocol = 'TCP' }): Fact => [
        `_${name}._${protocol.toLowerCase()}.${own}`,
        'SRV',
        `${port} ${own}`,
      ],
    ),
  ];
}

function headlessFacts(own: string, slices: EndpointSlice[]): Fact[] {
  return slices.flatMap(({ endpoints, ports }) => {
    const ready = (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
    const places = ready.flatMap(({ addresses, hostname }) =>
      addresses.filter((address) => isIP(address)).map((address) => ({ address, hostname })),
    );
    return places.flatMap(({ address, hostname }): Fact[] => {
      const target = `${hostname || dashed(address)}.${own}`;
      return [
        [own, typeOf(address), address],
        [target, typeOf(address), address],
        ...(ports ?? []).flatMap(({ name, port, protocol = 'TCP' }): Fact[] =>
          name && port ? [[`_${name}._${protocol.toLowerCase()}.${own}`, 'SRV', `${port} ${target}`]] : [],
        ),
      ];
    });
  });
}

/** Endpoints with a hostname have a name of their own to be found by, whatever kind of Service it is of. */
function hostnameFacts(own: string, slices: EndpointSlice[]): Fact[] {
  const endpoints = slices.flatMap((slice) => slice.endpoints ?? []);
  return endpoints
    .filter(({ hostname, conditions }) => hostname && conditions?.ready !== false)
    .flatMap(({ hostname, addresses }) =>
      addresses
        .filter((address) => isIP(address))
        .map((address): Fact => [reverseName(address), 'PTR', `${hostname}.${own}`]),
    );
}

function factsOf(service: Service, slices: EndpointSlice[], domain: string): Fact[] {
  const { type, clusterIP = '', clusterIPs = [clusterIP], externalName = '' } = service.spec;
  const own = absolute(`${service.metadata.name}.${service.metadata.namespace}.svc.${domain}`);
  if (type === 'ExternalName') return [[own, 'CNAME', absolute(externalName)]];
  if (clusterIP === 'None') return [...headlessFacts(own, slices), ...hostnameFacts(own, slices)];
  const addresses = clusterIPs.filter((address) => isIP(address));
  return [...clusterFacts(own, service, addresses), ...hostnameFacts(own, slices)];
}

/** CoreDNS gives every target of a name the same share of a hundred. */
function withWeights(type: string, data: string[]): string[] {
  if (type !== 'SRV') return data;
  const weight = Math.max(1, Math.floor(100 / data.length));
  return data.map((target) => `0 ${weight} ${target}`);
}

function isAnswerable([name, type, data]: Fact, zones: readonly string[]): boolean {
  if (!isName(name) || zoneOf(name, zones) === undefined) return false;
  return ['CNAME', 'PTR', 'SRV'].includes(type) ? isName(data.replace(/^\d+ /, '')) : true;
}

/** recordsOf makes of a cluster's objects what its DNS answers. */
export function recordsOf({ services, slices }: Objects, { domain, reverse, ttl }: Zones): Records {
  const byService = Map.groupBy(
    slices,
    ({ metadata }) => `${metadata.namespace}/${metadata.labels?.['kubernetes.io/service-name']}`,
  );
  const facts = [...services].flatMap((service) =>
    factsOf(service, byService.get(`${service.metadata.namespace}/${service.metadata.name}`) ?? [], domain),
  );
  const version: Fact = [`dns-version.${domain}`, 'TXT', `"${VERSION}"`];
  const sets = Map.groupBy(
    [version, ...facts].filter((fact) => isAnswerable(fact, [domain, ...reverse])),
    ([name, type]) => keyOf({ name, type }),
  );
  return new Map(
    [...sets].map(([key, [first, ...others]]) => {
      const [name = '', type = ''] = first ?? [];
      const data = [...new Set([first, ...others].map((fact) => fact?.[2] ?? ''))].sort();
      return [key, { name, type, ttl, data: withWeights(type, data) }];
    }),
  );
}
