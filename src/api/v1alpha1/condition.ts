/** The schema of `status.conditions`: `metav1.Condition`, bounded. What the types and reasons mean is in conditions.ts. */
import type { Infer, ListSchema, ObjectSchema } from '../structural.ts';
import { maxMessageLength } from './limits.ts';
import { generation, reason, time } from './scalars.ts';

/** condition is one observation about an object. */
export const condition = {
  type: 'object',
  description: 'One observation about this object.',
  required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'],
  properties: {
    type: {
      type: 'string',
      maxLength: 64,
      pattern: '^[A-Z][A-Za-z0-9]*$',
      description: 'type is the name of the condition, in CamelCase.',
    },
    status: {
      type: 'string',
      enum: ['True', 'False', 'Unknown'],
      description: 'status is True, False or Unknown.',
    },
    observedGeneration: {
      ...generation,
      description:
        'observedGeneration is the metadata.generation that the condition was set for: if it is less than the object has now, the condition is out of date.',
    },
    lastTransitionTime: {
      ...time,
      description: 'lastTransitionTime is when status last changed from one value to another.',
    },
    reason: {
      ...reason,
      minLength: 1,
      description:
        'reason says in one CamelCase word why the status is what it is; the words are documented.',
    },
    message: {
      type: 'string',
      maxLength: maxMessageLength,
      description:
        'message is a sentence for people: what was seen and, where something is wrong, what to do.',
    },
  },
} as const satisfies ObjectSchema;
/** Condition is one observation about an object. */
export type Condition = Infer<typeof condition>;

/** conditions is the list of conditions; it is there from the start, so that `kubectl wait` never fails on it. */
export const conditions = {
  type: 'array',
  maxItems: 8,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
  items: condition,
  default: [],
} as const satisfies ListSchema;
