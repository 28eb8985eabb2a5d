/** Services: types, addresses and ports (pkg/apis/core/v1/defaults.go, pkg/registry/core/service). */
import { invalidValue, required } from '../causes.ts';
import type { Cause } from '../errors.ts';
import { at, type JsonObject, listOf, numberOf, objectOf, objectsOf, stringOf, stringsOf } from '../json.ts';
import { nameWhy } from '../names.ts';
import type { Strategy } from '../strategy.ts';
import { mapList, mapMember, withDefaults } from './pod-defaults.ts';
import { allocated } from './service-addresses.ts';

function defaultSpec(spec: JsonObject): JsonObject {
  const type = stringOf(spec.type) || 'ClusterIP';
  const outside = type === 'NodePort' || type === 'LoadBalancer' || listOf(spec.externalIPs).length > 0;
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
