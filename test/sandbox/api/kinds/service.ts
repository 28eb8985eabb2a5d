/** Services: types, addresses and ports (pkg/apis/core/v1/defaults.go, pkg/registry/core/service). */
import { invalidValue, required } from '../causes.ts';
import { type Cause, invalid } from '../errors.ts';
import { at, type JsonObject, numberOf, objectOf, objectsOf, stringOf, stringsOf } from '../json.ts';
import { nameWhy } from '../names.ts';
import type { ServerState } from '../state.ts';
import type { Strategy } from '../strategy.ts';
import { mapList, mapMember, withDefaults } from './pod-defaults.ts';

function defaultSpec(spec: JsonObject): JsonObject {
  const type = stringOf(spec.type) || 'ClusterIP';
  const outside = type === 'NodePort' || type === 'LoadBalancer';
  const ported = mapList(withDefaults(spec, { type, sessionAffinity: 'None' }), 'ports', (port) =>
    withDefaults(port, { protocol: 'TCP', targetPort: port.port ?? 0 }),
  );
  let out = ported;
  if (type !== 'ExternalName') out = withDefaults(out, { internalTrafficPolicy: 'Cluster' });
  if (outside) out = withDefaults(out, { externalTrafficPolicy: 'Cluster' });
  if (type === 'LoadBalancer') out = withDefaults(out, { allocateLoadBalancerNodePorts: true });
  if (spec.sessionAffinity === 'ClientIP') {
    out = withDefaults(out, { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } });
  }
  return out;
}

const resource = { group: '', plural: 'services', kind: 'Service' };

function refuse(object: JsonObject, field: string, value: string | number, why: string): never {
  throw invalid(resource, stringOf(at(object, 'metadata', 'name')), [invalidValue(field, value, why)]);
}

/** allocated gives a Service its addresses and node ports, or checks those that it asks for. */
function allocated(object: JsonObject, state: ServerState, old: JsonObject | undefined): JsonObject {
  const spec = objectOf(object.spec);
  if (spec.type === 'ExternalName') return object;
  const before = objectOf(old?.spec);
  const ip = stringOf(spec.clusterIP) || stringOf(before.clusterIP) || state.addresses.ip();
  const asked = stringOf(spec.clusterIP);
  if (asked && asked !== 'None' && asked !== before.clusterIP) {
    if (!state.addresses.contains(asked)) {
      refuse(
        object,
        'spec.clusterIPs',
        asked,
        `failed to allocate IP ${asked}: the provided IP (${asked}) is not in the valid range. The range of valid IPs is 10.96.0.0/16`,
      );
    }
    if (!state.addresses.take(asked)) {
      refuse(
        object,
        'spec.clusterIPs',
        asked,
        `failed to allocate IP ${asked}: provided IP is already allocated`,
      );
    }
  }
  const ports =
    spec.type === 'NodePort' || spec.type === 'LoadBalancer' ? nodePorts(object, state, before) : spec;
  const filled = withDefaults(
    { ...ports, clusterIP: ip, clusterIPs: [ip] },
    { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' },
  );
  return { ...object, spec: filled };
}

function nodePorts(object: JsonObject, state: ServerState, before: JsonObject): JsonObject {
  const spec = objectOf(object.spec);
  if (spec.allocateLoadBalancerNodePorts === false) return spec;
  const had = objectsOf(before.ports);
  const given = new Map<string, number>();
  return mapList(spec, 'ports', (port) => {
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
}

function validate(object: JsonObject): Cause[] {
  const spec = objectOf(object.spec);
  const ports = objectsOf(spec.ports);
  const causes: Cause[] = [];
  const portless = spec.type === 'ExternalName' || spec.clusterIP === 'None';
  if (ports.length === 0 && !portless) causes.push(required('spec.ports'));
  for (const [index, port] of ports.entries()) {
    const field = `spec.ports[${index}]`;
    const number = numberOf(port.port) ?? 0;
    if (number < 1 || number > 65_535)
      causes.push(invalidValue(`${field}.port`, number, 'must be between 1 and 65535, inclusive'));
    const name = stringOf(port.name);
    if (name === '' && ports.length > 1) causes.push(required(`${field}.name`));
    if (name) causes.push(...nameWhy(name, 'label').map((why) => invalidValue(`${field}.name`, name, why)));
  }
  if (spec.type === 'ExternalName' && stringOf(spec.externalName) === '')
    causes.push(required('spec.externalName'));
  return causes;
}

function validateUpdate(next: JsonObject, old: JsonObject): Cause[] {
  const before = stringOf(at(old, 'spec', 'clusterIP'));
  const after = stringOf(at(next, 'spec', 'clusterIP'));
  const both = at(old, 'spec', 'type') !== 'ExternalName' && at(next, 'spec', 'type') !== 'ExternalName';
  if (!both || before === '' || before === after) return [];
  return [
    invalidValue('spec.clusterIPs[0]', stringsOf(at(next, 'spec', 'clusterIPs')), 'may not change once set'),
  ];
}

/** serviceStrategy is the registry strategy of Services. */
export const serviceStrategy: Strategy = {
  name: 'label-1035',
  default: (object) => mapMember(object, 'spec', defaultSpec),
  prepareCreate: (object, state) => allocated({ ...object, status: { loadBalancer: {} } }, state, undefined),
  prepareUpdate: (next, old, state) => allocated(next, state, old),
  validate,
  validateUpdate,
};
