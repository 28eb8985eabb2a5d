/** The schema of what a plan records of a check of type DNS: the options in force, and whom its probes ask. */
import type { Infer, ObjectSchema } from '../structural.ts';
import { lookupFields, optionFields } from './dns-fields.ts';
import { maxDNSEndpoints, maxDNSServices, maxLookups } from './limits.ts';

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
