/** The fields that what a user may write of a check of type DNS and what a plan records of it have in common. */
import { maxExpectedRecords, maxLookupNameLength } from './limits.ts';

/** recordTypes are the types of records that a lookup may ask for. */
export const recordTypes = ['A', 'AAAA', 'SRV', 'PTR', 'CNAME', 'TXT'] as const;
/** RecordType is the type of a DNS record. */
export type RecordType = (typeof recordTypes)[number];

/** dnsPaths are the ways by which a Pod's question can reach a DNS server, each tried apart from the others. */
export const dnsPaths = ['ResolvConf', 'Service', 'Endpoints'] as const;
/** DNSPath is one of them. */
export type DNSPath = (typeof dnsPaths)[number];

/** A label may begin with an underscore (SRV) and never with a dash, so that no name is an option of a command. */
const label = '[A-Za-z0-9_]([-A-Za-z0-9_]{0,61}[A-Za-z0-9_])?';

/** lookupFields are those of one name to ask for. */
export const lookupFields = {
  name: {
    type: 'string',
    minLength: 1,
    maxLength: maxLookupNameLength,
    description:
      'name is what to look up. One that ends in a dot is asked as it is, along every path; any other goes through the search list of the Pod, and so along ResolvConf only. With type PTR it may be an address.',
    'x-kubernetes-validations': [
      {
        rule: `self.matches('^(${label}([.]${label})*[.]?|[0-9A-Fa-f:]{2,45})$')`,
        message:
          "name must be a DNS name of labels of at most 63 letters, digits, '-' and '_', as in 'kubernetes.default.svc.cluster.local.', or an address",
      },
    ],
  },
  type: {
    type: 'string',
    enum: recordTypes,
    description: 'type is the type of the records that are asked for.',
  },
  expect: {
    type: 'string',
    enum: ['Answer', 'Records', 'NXDomain'],
    description:
      'expect is what the answer must be: Answer (there is one and, where the name is that of a Service, it is what the API says of it), Records (exactly those of records), or NXDomain (the name does not exist).',
  },
  records: {
    type: 'array',
    minItems: 1,
    maxItems: maxExpectedRecords,
    'x-kubernetes-list-type': 'set',
    items: { type: 'string', minLength: 1, maxLength: 255 },
    description:
      "records are the values that the answer must have, no more and no less, with expect: Records. Addresses for A and AAAA, names for PTR and CNAME, 'priority weight port target' for SRV, the text for TXT.",
  },
} as const;

/** recordsRule keeps records and what is expected together. */
export const recordsRule = {
  rule: "has(self.records) == (has(self.expect) && self.expect == 'Records')",
  message: 'records holds what is expected with expect: Records, and only with it',
  reason: 'FieldValueInvalid',
  fieldPath: '.records',
} as const;

/** optionFields are those of the whole check. */
export const optionFields = {
  paths: {
    type: 'array',
    minItems: 1,
    maxItems: 3,
    'x-kubernetes-list-type': 'set',
    items: { type: 'string', enum: dnsPaths },
    description:
      "paths are the ways to ask by: ResolvConf (the Pod's own resolv.conf), Service (the ClusterIP of the DNS Service) and Endpoints (its ready endpoints, one by one).",
  },
  transports: {
    type: 'array',
    minItems: 1,
    maxItems: 2,
    'x-kubernetes-list-type': 'set',
    items: { type: 'string', enum: ['UDP', 'TCP'] },
    description: 'transports are the protocols to ask the Service and the endpoints over.',
  },
  timeoutSeconds: {
    type: 'integer',
    format: 'int32',
    minimum: 1,
    maximum: 10,
    description:
      'timeoutSeconds is how long one attempt may take before it counts as unanswered; every question has two.',
  },
  maxLatencyMilliseconds: {
    type: 'integer',
    format: 'int32',
    minimum: 1,
    maximum: 10000,
    description:
      'maxLatencyMilliseconds is the longest median time of an answer that passes; a longer one is Failed: SlowLookups. Without it the time is measured and never judged.',
  },
} as const;
