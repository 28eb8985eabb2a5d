/** The schemas of checks of type DNS: what a user may write, and what a plan records. */
import type { Infer, ObjectSchema } from '../structural.ts';
import {
  maxDNSEndpoints,
  maxDNSServices,
  maxExpectedRecords,
  maxLookupNameLength,
  maxLookups,
} from './limits.ts';

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

const lookupFields = {
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

const recordsRule = {
  rule: "has(self.records) == (has(self.expect) && self.expect == 'Records')",
  message: 'records holds what is expected with expect: Records, and only with it',
  reason: 'FieldValueInvalid',
  fieldPath: '.records',
} as const;

const optionFields = {
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

/** dns is what a user may write about a check of type DNS. */
export const dns = {
  type: 'object',
  description:
    'dns holds the options of a check of type DNS: from every node, along every path, names have the right answers.',
  properties: {
    lookups: {
      type: 'array',
      minItems: 1,
      maxItems: maxLookups,
      'x-kubernetes-list-type': 'atomic',
      description:
        "lookups are the names to ask for. Default: the Service kubernetes by name, by address and by a name that needs the search list, and two Services of netaudit's own, a plain and a headless one.",
      items: {
        type: 'object',
        description: 'One name to ask for.',
        required: ['name'],
        properties: {
          ...lookupFields,
          type: { ...lookupFields.type, description: `${lookupFields.type.description} Default: A.` },
          expect: {
            ...lookupFields.expect,
            description: `${lookupFields.expect.description} Default: Answer.`,
          },
        },
        'x-kubernetes-validations': [recordsRule],
      },
    },
    paths: { ...optionFields.paths, description: `${optionFields.paths.description} Default: all three.` },
    transports: {
      ...optionFields.transports,
      description: `${optionFields.transports.description} Default: UDP and TCP.`,
    },
    timeoutSeconds: {
      ...optionFields.timeoutSeconds,
      description: `${optionFields.timeoutSeconds.description} Default: 2.`,
    },
    maxLatencyMilliseconds: optionFields.maxLatencyMilliseconds,
  },
} as const satisfies ObjectSchema;
/** DNSSpec is what a user may write about a check of type DNS. */
export type DNSSpec = Infer<typeof dns>;

const address = { type: 'string', maxLength: 45 } as const;
const objectName = { type: 'string', maxLength: 253 } as const;

/** dnsService is a Service that Pods may ask, as the API had it when the run was planned. */
const dnsService = {
  type: 'object',
  description: 'One Service that Pods may ask for names.',
  required: ['namespace', 'name', 'addresses', 'endpoints'],
  properties: {
    namespace: { ...objectName, description: 'namespace is the namespace of the Service.' },
    name: { ...objectName, description: 'name is the name of the Service.' },
    addresses: {
      type: 'array',
      maxItems: 2,
      'x-kubernetes-list-type': 'atomic',
      items: address,
      description: 'addresses are its cluster addresses, one for each family.',
    },
    endpoints: {
      type: 'array',
      maxItems: maxDNSEndpoints,
      'x-kubernetes-list-type': 'atomic',
      description: 'endpoints are its ready endpoints, by address.',
      items: {
        type: 'object',
        description: 'One endpoint.',
        required: ['address', 'port'],
        properties: {
          address: { ...address, description: 'address is the address of the endpoint.' },
          port: {
            type: 'integer',
            format: 'int32',
            minimum: 1,
            maximum: 65535,
            description: 'port is where it answers.',
          },
          pod: { ...objectName, description: 'pod is the name of the Pod behind it, where it is one.' },
        },
      },
    },
  },
} as const satisfies ObjectSchema;

/** dnsOptions are the options in force, with every default filled in, as a plan records them. */
export const dnsOptions = {
  type: 'object',
  description: 'dns holds the options in force of a check of type DNS, and whom its probes ask.',
  required: ['lookups', 'paths', 'transports', 'timeoutSeconds', 'domain', 'services'],
  properties: {
    lookups: {
      type: 'array',
      maxItems: maxLookups,
      'x-kubernetes-list-type': 'atomic',
      description: 'lookups are the names to ask for.',
      items: {
        type: 'object',
        description: 'One name to ask for.',
        required: ['name', 'type', 'expect'],
        properties: lookupFields,
      },
    },
    ...optionFields,
    domain: {
      type: 'string',
      maxLength: 253,
      description: 'domain is the DNS domain of the cluster, without a final dot.',
    },
    services: {
      type: 'array',
      maxItems: maxDNSServices,
      'x-kubernetes-list-type': 'atomic',
      items: dnsService,
      description:
        "services are the Services that may be the cluster's DNS, the likeliest first: the one that a Pod's resolv.conf names is asked, else the first.",
    },
  },
} as const satisfies ObjectSchema;
/** DNSOptions are the options in force of a check of type DNS. */
export type DNSOptions = Infer<typeof dnsOptions>;
/** DNSLookup is one name to ask for, with every default filled in. */
export type DNSLookup = DNSOptions['lookups'][number];
/** DNSService is a Service that Pods may ask, with its endpoints. */
export type DNSService = DNSOptions['services'][number];
