/** The families, addresses and node ports of Services (pkg/registry/core/service/storage/alloc.go). */
import { invalidValue } from '../causes.ts';
import type { ServiceFamily } from '../cluster-ip.ts';
import { invalid } from '../errors.ts';
import { at, type JsonObject, numberOf, objectOf, objectsOf, stringOf, stringsOf } from '../json.ts';
import type { ServerState } from '../state.ts';
import { mapList } from './pod-defaults.ts';

const resource = { group: '', plural: 'services', kind: 'Service' };

function refuse(object: JsonObject, field: string, value: string | number, why: string): never {
  throw invalid(resource, stringOf(at(object, 'metadata', 'name')), [invalidValue(field, value, why)]);
}

function familyOf(ip: string): ServiceFamily {
  return ip.includes(':') ? 'IPv6' : 'IPv4';
}

function isFamily(text: string): text is ServiceFamily {
  return text === 'IPv4' || text === 'IPv6';
}

/** asked are the addresses in a Service's spec: a client may set one of the two fields, or both alike. */
function askedAddresses(spec: JsonObject): string[] {
  const many = stringsOf(spec.clusterIPs);
  const one = stringOf(spec.clusterIP);
  return many.length > 0 ? many : one === '' ? [] : [one];
}

function other(family: ServiceFamily): ServiceFamily {
  return family === 'IPv4' ? 'IPv6' : 'IPv4';
}

/** familiesOf works out ipFamilyPolicy and ipFamilies; it refuses what this cluster cannot give. */
function familiesOf(
  object: JsonObject,
  spec: JsonObject,
  before: JsonObject,
  state: ServerState,
): { policy: string; families: ServiceFamily[] } {
  const cluster = state.addresses.families;
  const addresses = askedAddresses(spec).filter((ip) => ip !== 'None');
  const given = stringsOf(spec.ipFamilies).length > 0 ? spec.ipFamilies : before.ipFamilies;
  const asked = stringsOf(given).filter(isFamily);
  const free = spec.clusterIP === 'None' && Object.keys(objectOf(spec.selector)).length === 0;
  const known = stringOf(spec.ipFamilyPolicy) || stringOf(before.ipFamilyPolicy);
  const policy = known || (free ? 'RequireDualStack' : 'SingleStack');
  const single = policy === 'SingleStack';
  // A Service that had two families and asks for one keeps the first of what it had.
  const less = single && before.ipFamilyPolicy !== undefined && before.ipFamilyPolicy !== policy;
  if (single && !less && Math.max(asked.length, addresses.length) > 1) {
    const field = asked.length > 1 ? 'ipFamilies' : 'clusterIPs';
    const why = `must be RequireDualStack or PreferDualStack when multiple '${field}' are specified`;
    refuse(object, 'spec.ipFamilyPolicy', policy, why);
  }
  if (policy === 'RequireDualStack' && !free && cluster.length < 2) {
    refuse(object, 'spec.ipFamilyPolicy', policy, 'this cluster is not configured for dual-stack services');
  }
  const [address] = addresses;
  const first = asked[0] ?? (address === undefined ? cluster[0] : familyOf(address)) ?? 'IPv4';
  // A headless Service without selector may have endpoints of any family: its slices are made by hand.
  const wanted: ServiceFamily[] = single ? [first] : [first, other(first)];
  const families = free ? wanted : wanted.filter((family) => cluster.includes(family));
  if (families.length === 0 || families[0] !== first) {
    refuse(object, 'spec.ipFamilies[0]', first, 'not configured on this cluster');
  }
  return { policy, families };
}

function reserve(object: JsonObject, ip: string, state: ServerState): string {
  if (!state.addresses.contains(ip)) {
    const range = state.addresses.range(familyOf(ip));
    const why = `failed to allocate IP ${ip}: the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${range}`;
    refuse(object, 'spec.clusterIPs', ip, why);
  }
  if (!state.addresses.take(ip)) {
    refuse(object, 'spec.clusterIPs', ip, `failed to allocate IP ${ip}: provided IP is already allocated`);
  }
  return ip;
}

/** allocated gives a Service its families, addresses and node ports, or checks those that it asks for. */
export function allocated(object: JsonObject, state: ServerState, old: JsonObject | undefined): JsonObject {
  const spec = objectOf(object.spec);
  if (spec.type === 'ExternalName') return object;
  const before = objectOf(old?.spec);
  const had = askedAddresses(before);
  const known = askedAddresses(spec).length > 0 ? askedAddresses(spec) : had;
  const filled = { ...spec, clusterIP: known[0] ?? '', clusterIPs: known };
  const { policy, families } = familiesOf(object, filled, before, state);
  const headless = known[0] === 'None';
  const ips = headless
    ? ['None']
    : families.map((family, i) => {
        const ip = known[i];
        if (ip === undefined) return state.addresses.ip(family);
        return had.includes(ip) ? ip : reserve(object, ip, state);
      });
  // Going from two families to one gives the second address back.
  state.addresses.release(
    had.filter((ip) => !ips.includes(ip)),
    [],
  );
  const outside = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  const ported = outside ? nodePorts(object, state, before) : spec;
  return {
    ...object,
    spec: {
      ...ported,
      clusterIP: ips[0] ?? '',
      clusterIPs: ips,
      ipFamilies: families,
      ipFamilyPolicy: policy,
    },
  };
}

function nodePorts(object: JsonObject, state: ServerState, before: JsonObject): JsonObject {
  const spec = objectOf(object.spec);
  if (spec.allocateLoadBalancerNodePorts === false) return spec;
  const had = objectsOf(before.ports);
  const given = new Map<string, number>();
  const ported = mapList(spec, 'ports', (port) => {
    const asked = numberOf(port.nodePort) ?? 0;
    const same = had.find((item) => item.port === port.port && item.protocol === port.protocol);
    const known = numberOf(same?.nodePort);
    if (asked === 0) return { ...port, nodePort: known ?? state.addresses.port() };
    const shared = [...given.values()].includes(asked);
    if (asked !== known && !shared && !state.addresses.takePort(asked)) {
      refuse(object, 'spec.ports[0].nodePort', asked, 'provided port is already allocated');
    }
    given.set(`${port.port}/${stringOf(port.protocol)}`, asked);
    return port;
  });
  return healthCheckPort(ported, state, before);
}

/** A load balancer asks each node whether it has endpoints of its own, where only those count. */
function healthCheckPort(spec: JsonObject, state: ServerState, before: JsonObject): JsonObject {
  if (spec.type !== 'LoadBalancer' || spec.externalTrafficPolicy !== 'Local') return spec;
  const known = numberOf(spec.healthCheckNodePort) ?? numberOf(before.healthCheckNodePort) ?? 0;
  if (known === 0) return { ...spec, healthCheckNodePort: state.addresses.port() };
  if (known !== before.healthCheckNodePort) state.addresses.takePort(known);
  return { ...spec, healthCheckNodePort: known };
}
