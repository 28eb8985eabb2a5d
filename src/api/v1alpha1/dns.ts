/** The schema of what a user may write about a check of type DNS. */
import type { Infer, ObjectSchema } from '../structural.ts';
import { lookupFields, optionFields, recordsRule } from './dns-fields.ts';
import { maxLookups } from './limits.ts';

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
