/** The schema of the options of a check of type ServiceRules. */
import type { Infer, ObjectSchema } from '../structural.ts';

const maxLagSeconds = {
  type: 'integer',
  format: 'int32',
  minimum: 10,
  maximum: 3600,
  description:
    'maxLagSeconds is how long a change may wait for kube-proxy to write it before that is Failed: ProxyLagging.',
} as const;

/** serviceRules is what a user may write about a check of type ServiceRules. */
export const serviceRules = {
  type: 'object',
  description:
    'serviceRules holds the options of a check of type ServiceRules: what the kernel of each node does with a packet to a Service is what Services and EndpointSlices say.',
  properties: {
    maxLagSeconds: { ...maxLagSeconds, description: `${maxLagSeconds.description} Default: 60.` },
  },
} as const satisfies ObjectSchema;
/** ServiceRulesSpec is what a user may write about a check of type ServiceRules. */
export type ServiceRulesSpec = Infer<typeof serviceRules>;

/** serviceRulesOptions are the options in force, with every default filled in, as a plan records them. */
export const serviceRulesOptions = {
  type: 'object',
  description: 'serviceRules holds the options in force of a check of type ServiceRules.',
  required: ['maxLagSeconds'],
  properties: { maxLagSeconds },
} as const satisfies ObjectSchema;
/** ServiceRulesOptions are the options in force of a check of type ServiceRules. */
export type ServiceRulesOptions = Infer<typeof serviceRulesOptions>;
