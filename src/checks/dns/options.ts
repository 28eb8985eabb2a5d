/** The options of DNS, with every default filled in, and the Services to ask as the API has them now. */
import {
  type CheckSpec,
  type DNSLookup,
  type DNSOptions,
  type DNSService,
  dnsPaths,
  maxDNSEndpoints,
  maxDNSServices,
  type PlannedCheck,
} from '../../api/v1alpha1/index.ts';
import type { ClusterView } from '../cluster-view.ts';
import { familyOf } from '../pod-to-pod/addresses.ts';

/** ownServices are the Services of the product's own that default lookups ask for, in its own namespace. */
export const ownServices = ['netaudit-names', 'netaudit-names-headless'] as const;

/** withDefaults is `Check.withDefaults` of DNS. Sets are put into one order: they have none of their own. */
export function withDefaults(spec: CheckSpec, cluster: ClusterView): PlannedCheck {
  const asked = spec.dns ?? {};
  const paths = asked.paths ?? dnsPaths;
  const transports = asked.transports ?? (['UDP', 'TCP'] as const);
  const { maxLatencyMilliseconds } = asked;
  return {
    name: spec.name,
    type: spec.type,
    dns: {
      lookups: asked.lookups?.map(lookupOf) ?? defaultLookups(cluster),
      paths: dnsPaths.filter((path) => paths.includes(path)),
      transports: (['UDP', 'TCP'] as const).filter((transport) => transports.includes(transport)),
      timeoutSeconds: asked.timeoutSeconds ?? 2,
      ...(maxLatencyMilliseconds === undefined ? {} : { maxLatencyMilliseconds }),
      domain: cluster.domain,
      services: servicesOf(cluster),
    },
  };
}

/** dnsOptionsOf reads the options of a planned check; a plan of DNS has them. */
export function dnsOptionsOf(check: PlannedCheck): DNSOptions | undefined {
  return check.dns;
}

function lookupOf({
  name,
  type,
  expect,
  records,
}: NonNullable<NonNullable<CheckSpec['dns']>['lookups']>[number]) {
  return {
    name,
    type: type ?? 'A',
    expect: expect ?? 'Answer',
    ...(records === undefined ? {} : { records }),
  } satisfies DNSLookup;
}

/**
 * defaultLookups are the names that every cluster has, and what only works if search list and ndots do; Services of our
 * own are asked for where they are installed.
 */
function defaultLookups(cluster: ClusterView): readonly DNSLookup[] {
  const kubernetes = cluster.services.get('default/kubernetes');
  const [address = ''] = kubernetes?.clusterIPs ?? [];
  const type = familyOf(address) === 'IPv6' ? 'AAAA' : 'A';
  const answer = (name: string, of: DNSLookup['type']): DNSLookup => ({ name, type: of, expect: 'Answer' });
  const own = ownServices.flatMap((name) => cluster.services.get(`${cluster.ownNamespace}/${name}`) ?? []);
  return [
    answer(`kubernetes.default.svc.${cluster.domain}.`, type),
    ...(address === '' ? [] : [answer(address, 'PTR')]),
    answer('kubernetes.default', type),
    ...own.map(({ name, namespace }) => answer(`${name}.${namespace}.svc.${cluster.domain}.`, type)),
  ];
}

function servicesOf(cluster: ClusterView): readonly DNSService[] {
  return cluster.dnsServices
    .flatMap((key) => cluster.services.get(key) ?? [])
    .slice(0, maxDNSServices)
    .map(({ namespace, name, clusterIPs, endpoints }) => ({
      namespace,
      name,
      addresses: clusterIPs.slice(0, 2),
      endpoints: endpoints
        .flatMap(({ address, ready, pod, ports }) => {
          const port = ports.find(isDNSPort)?.port;
          return ready && port !== undefined
            ? [{ address, port, ...(pod === undefined ? {} : { pod }) }]
            : [];
        })
        .sort((one, other) => (one.address < other.address ? -1 : 1))
        .slice(0, maxDNSEndpoints),
    }));
}

/** The port of the DNS Service is found by its name at the endpoints, where it may be another number (OpenShift: 5353). */
function isDNSPort({ name, protocol }: { readonly name: string; readonly protocol: string }): boolean {
  return protocol === 'UDP' && (name === 'dns' || name === '' || name.startsWith('dns') || name === 'udp-53');
}
