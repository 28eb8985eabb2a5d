/** The schema of `spec.checks`: a union with a discriminator, `type`, and one optional member for each kind of check. */
import type { Infer, ListSchema, ObjectSchema, Rule } from '../structural.ts';
import { dns } from './dns.ts';
import { dnsOptions } from './dns-options.ts';
import { maxChecks, maxPeersPerNode } from './limits.ts';
import { checkName } from './scalars.ts';
import { serviceRules, serviceRulesOptions } from './service-rules.ts';

/** checkKinds is the closed list of kinds of checks, each with the member of the union that holds its options. */
export const checkKinds = [
  { type: 'PodToPod', member: 'podToPod' },
  { type: 'DNS', member: 'dns' },
  { type: 'ServiceRules', member: 'serviceRules' },
] as const;

/** CheckType is the kind of a check. */
export type CheckType = (typeof checkKinds)[number]['type'];

/** checkTypes are the values of `type`. */
export const checkTypes = checkKinds.map((kind) => kind.type) as readonly CheckType[] as readonly [
  'PodToPod',
  'DNS',
  'ServiceRules',
];

/** unionRules say that a member may only stand beside its own type: one rule for each kind. */
export function unionRules(
  kinds: readonly { readonly type: string; readonly member: string }[],
): readonly Rule[] {
  return kinds.map(({ type, member }) => ({
    rule: `!has(self.${member}) || self.type == '${type}'`,
    message: `${member} holds the options of checks of type ${type}: remove it, or set type to ${type}`,
    reason: 'FieldValueForbidden',
    fieldPath: `.${member}`,
  }));
}

const podToPodFields = {
  protocols: {
    type: 'array',
    minItems: 1,
    maxItems: 2,
    'x-kubernetes-list-type': 'set',
    items: { type: 'string', enum: ['TCP', 'UDP'] },
    description: 'protocols are the transport protocols to try between each pair of Pods.',
  },
  peersPerNode: {
    type: 'integer',
    format: 'int32',
    minimum: 1,
    maximum: maxPeersPerNode,
    description:
      'peersPerNode is how many nodes each probing node asks in one run, beside itself; the next runs ask the next ones, and status.coverage says when every ordered pair has been tried.',
  },
  timeoutMilliseconds: {
    type: 'integer',
    format: 'int32',
    minimum: 100,
    maximum: 10000,
    description: 'timeoutMilliseconds is how long one attempt may take before it counts as unanswered.',
  },
  maxRoundTripMilliseconds: {
    type: 'integer',
    format: 'int32',
    minimum: 1,
    maximum: 10000,
    description:
      'maxRoundTripMilliseconds is the longest median round trip that passes; a longer one is Failed: TooSlow. Without it the time is measured and never judged.',
  },
} as const;

/** podToPod is what a user may write about a check of type PodToPod. */
export const podToPod = {
  type: 'object',
  description:
    'podToPod holds the options of a check of type PodToPod: Pods reach each other on the same and on other nodes, without address translation.',
  properties: {
    protocols: {
      ...podToPodFields.protocols,
      description: `${podToPodFields.protocols.description} Default: TCP and UDP.`,
    },
    peersPerNode: {
      ...podToPodFields.peersPerNode,
      description: `${podToPodFields.peersPerNode.description} Default: 50.`,
    },
    timeoutMilliseconds: {
      ...podToPodFields.timeoutMilliseconds,
      description: `${podToPodFields.timeoutMilliseconds.description} Default: 2000.`,
    },
    maxRoundTripMilliseconds: podToPodFields.maxRoundTripMilliseconds,
  },
} as const satisfies ObjectSchema;
/** PodToPodSpec is what a user may write about a check of type PodToPod. */
export type PodToPodSpec = Infer<typeof podToPod>;

/** podToPodOptions are the options in force, with every default filled in, as a plan records them. */
export const podToPodOptions = {
  type: 'object',
  description: 'podToPod holds the options in force of a check of type PodToPod.',
  required: ['protocols', 'peersPerNode', 'timeoutMilliseconds'],
  properties: podToPodFields,
} as const satisfies ObjectSchema;
/** PodToPodOptions are the options in force of a check of type PodToPod. */
export type PodToPodOptions = Infer<typeof podToPodOptions>;

const type = {
  type: 'string',
  enum: checkTypes,
  description:
    'type is the kind of the check: PodToPod asks whether Pods reach each other without address translation, DNS whether names have the right answers along every path, ServiceRules whether what each node does with packets to Services is what the API says.',
} as const;

/** check is one item of `spec.checks`. */
export const check = {
  type: 'object',
  description: 'One thing to check.',
  required: ['name', 'type'],
  properties: {
    name: {
      ...checkName,
      description: 'name tells this check from the others in status, findings and metrics: a DNS label.',
      'x-kubernetes-validations': [
        {
          rule: "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
          message:
            "name must be a DNS label: lower-case letters, digits and '-', and a letter or digit at both ends, as in 'pods'",
        },
      ],
    },
    type,
    podToPod,
    dns,
    serviceRules,
  },
  'x-kubernetes-validations': unionRules(checkKinds),
} as const satisfies ObjectSchema;
/** CheckSpec is one item of `spec.checks`. */
export type CheckSpec = Infer<typeof check>;

/** checks is `spec.checks`; an audit that says nothing checks that Pods reach each other and that names resolve. */
export const checks = {
  type: 'array',
  minItems: 1,
  maxItems: maxChecks,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name'],
  items: check,
  default: [
    { name: 'pods', type: 'PodToPod' },
    { name: 'dns', type: 'DNS' },
  ],
  description: 'checks are the things to check, each under a name of its own.',
} as const satisfies ListSchema;

/** plannedCheck is a check as a plan records it. */
export const plannedCheck = {
  type: 'object',
  description: 'One check, with the options in force.',
  required: ['name', 'type'],
  properties: {
    name: { ...checkName, description: 'name is the name of the item of spec.checks of the audit.' },
    type: { ...type, description: 'type is the kind of the check.' },
    podToPod: podToPodOptions,
    dns: dnsOptions,
    serviceRules: serviceRulesOptions,
  },
} as const satisfies ObjectSchema;
/** PlannedCheck is a check with all defaults filled in. */
export type PlannedCheck = Infer<typeof plannedCheck>;
