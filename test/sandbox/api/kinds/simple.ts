/** Kinds with a rule or two each. */
import { forbiddenValue, invalidValue, required } from '../causes.ts';
import type { Cause } from '../errors.ts';
import { at, equal, type JsonObject, listOf, numberOf, objectOf, objectsOf, stringOf } from '../json.ts';
import { nameWhy, qualifiedNameWhy } from '../names.ts';
import type { Strategy } from '../strategy.ts';
import { mapList, mapMember, withDefaults } from './pod-defaults.ts';

/** namespaceStrategy: Active, with the kubernetes finalizer and the label of its own name. */
export const namespaceStrategy: Strategy = {
  name: 'label',
  default: (object) => {
    const metadata = objectOf(object.metadata);
    const name = stringOf(metadata.name);
    const labels = { ...objectOf(metadata.labels), ...(name ? { 'kubernetes.io/metadata.name': name } : {}) };
    return { ...object, metadata: { ...metadata, labels } };
  },
  prepareCreate: (object) => ({
    ...object,
    metadata: { ...objectOf(object.metadata), labels: namespaceLabels(object) },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  }),
  prepareUpdate: (next, old) => ({
    ...next,
    spec: { ...objectOf(next.spec), finalizers: listOf(at(old, 'spec', 'finalizers')) },
  }),
};

function namespaceLabels(object: JsonObject): JsonObject {
  const labels = objectOf(at(object, 'metadata', 'labels'));
  return { ...labels, 'kubernetes.io/metadata.name': stringOf(at(object, 'metadata', 'name')) };
}

/** podCIDR and podCIDRs say the same. */
function withBothRanges(object: JsonObject): JsonObject {
  return mapMember(object, 'spec', (spec) => {
    const one = stringOf(spec.podCIDR);
    const first = stringOf(at(spec, 'podCIDRs', 0));
    if (one && !first) return { ...spec, podCIDRs: [one] };
    return first && !one ? { ...spec, podCIDR: first } : spec;
  });
}

/** nodeStrategy: allocatable is capacity unless said otherwise. */
export const nodeStrategy: Strategy = {
  default: (object) =>
    mapMember(withBothRanges(object), 'status', (status) =>
      status.allocatable === undefined && status.capacity !== undefined
        ? { ...status, allocatable: status.capacity }
        : status,
    ),
  validateUpdate: (next, old) => {
    const before = at(old, 'spec', 'podCIDR');
    const same = before === undefined || equal(before, at(next, 'spec', 'podCIDR'));
    return same
      ? []
      : [
          forbiddenValue(
            'spec',
            'node updates may only change labels, taints, or capacity (or configSource, if the DynamicKubeletConfig feature gate is enabled)',
          ),
        ];
  },
};

function keyCauses(object: JsonObject, members: string[]): Cause[] {
  const causes: Cause[] = [];
  let size = 0;
  for (const member of members) {
    for (const [key, value] of Object.entries(objectOf(object[member]))) {
      size += stringOf(value).length;
      if (/^[-._a-zA-Z0-9]+$/.test(key) && key.length <= 253) continue;
      const why =
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
      causes.push(invalidValue(`${member}[${key}]`, key, why));
    }
  }
  if (size > 1_048_576)
    causes.push({
      reason: 'FieldValueTooLong',
      message: 'Too long: may not be more than 1048576 bytes',
      field: '',
    });
  return causes;
}

function immutable(next: JsonObject, old: JsonObject, members: string[]): Cause[] {
  if (old.immutable !== true) return [];
  const changed = members.filter((member) => !equal(next[member], old[member]));
  const causes = changed.map((member) =>
    forbiddenValue(member, 'field is immutable when `immutable` is set'),
  );
  if (next.immutable !== true)
    causes.push(forbiddenValue('immutable', 'field is immutable when `immutable` is set'));
  return causes;
}

/** configMapStrategy is the registry strategy of ConfigMaps. */
export const configMapStrategy: Strategy = {
  validate: (object) => keyCauses(object, ['data', 'binaryData']),
  validateUpdate: (next, old) => immutable(next, old, ['data', 'binaryData']),
};

/** secretStrategy: stringData becomes data, the type never changes. */
export const secretStrategy: Strategy = {
  default: (object) => {
    const { stringData, ...rest } = object;
    const data = { ...objectOf(rest.data) };
    for (const [key, value] of Object.entries(objectOf(stringData))) {
      data[key] = Buffer.from(stringOf(value)).toString('base64');
    }
    return withDefaults(Object.keys(data).length > 0 ? { ...rest, data } : rest, { type: 'Opaque' });
  },
  validate: (object) => keyCauses(object, ['data']),
  validateUpdate: (next, old) => [
    ...(next.type === old.type ? [] : [invalidValue('type', stringOf(next.type), 'field is immutable')]),
    ...immutable(next, old, ['data']),
  ],
};

/** eventStrategy: the event is in the namespace of what it is about. */
export const eventStrategy: Strategy = {
  validate: (object) => {
    const namespace = stringOf(at(object, 'metadata', 'namespace'));
    const about = stringOf(at(object, 'involvedObject', 'namespace'));
    const fits = about === namespace || (about === '' && namespace === 'default');
    return fits ? [] : [invalidValue('involvedObject.namespace', about, 'does not match event.namespace')];
  },
};

/** newEventStrategy: events.k8s.io demands what the core group never did. */
export const newEventStrategy: Strategy = {
  validate: (object) => {
    const causes: Cause[] = [];
    if (stringOf(object.eventTime) === '') causes.push(required('eventTime'));
    const controller = stringOf(object.reportingController);
    if (controller === '') causes.push(required('reportingController'));
    else
      causes.push(
        ...qualifiedNameWhy(controller).map((why) => invalidValue('reportingController', controller, why)),
      );
    for (const member of ['reportingInstance', 'reason', 'action']) {
      if (stringOf(object[member]) === '') causes.push(required(member));
    }
    return causes;
  },
};

/** quotaStrategy: scopes are refused, because nothing here would honour them. */
export const quotaStrategy: Strategy = {
  prepareCreate: (object) => ({ ...object, status: {} }),
  validate: (object) =>
    ['scopes', 'scopeSelector']
      .filter((name) => at(object, 'spec', name) !== undefined)
      .map((name) => forbiddenValue(`spec.${name}`, 'scopes are not served by the sandbox')),
};

/** leaseStrategy is the registry strategy of Leases. */
export const leaseStrategy: Strategy = {
  validate: (object) => {
    const seconds = numberOf(at(object, 'spec', 'leaseDurationSeconds'));
    const transitions = numberOf(at(object, 'spec', 'leaseTransitions'));
    const causes: Cause[] = [];
    if (seconds !== undefined && seconds <= 0)
      causes.push(invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0'));
    if (transitions !== undefined && transitions < 0)
      causes.push(invalidValue('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
    return causes;
  },
};

/** The two lists of a slice are written even when they are empty: as null. */
function withLists(object: JsonObject): JsonObject {
  return { ...object, endpoints: object.endpoints ?? null, ports: object.ports ?? null };
}

/** endpointSliceStrategy: ports have names and protocols, the address type never changes. */
export const endpointSliceStrategy: Strategy = {
  generation: true,
  default: (object) => mapList(object, 'ports', (port) => withDefaults(port, { name: '', protocol: 'TCP' })),
  prepareCreate: withLists,
  prepareUpdate: withLists,
  validate: (object) => {
    const causes: Cause[] = stringOf(object.addressType) === '' ? [required('addressType')] : [];
    for (const [index, endpoint] of objectsOf(object.endpoints).entries()) {
      if (listOf(endpoint.addresses).length === 0)
        causes.push(required(`endpoints[${index}].addresses`, 'must contain at least 1 address'));
      const node = stringOf(endpoint.nodeName);
      if (node)
        causes.push(
          ...nameWhy(node, 'subdomain').map((why) => invalidValue(`endpoints[${index}].nodeName`, node, why)),
        );
    }
    return causes;
  },
  validateUpdate: (next, old) =>
    next.addressType === old.addressType
      ? []
      : [invalidValue('addressType', stringOf(next.addressType), 'field is immutable')],
};
