/** The schema of `metav1.LabelSelector`, bounded. */
import type { Infer, ObjectSchema } from '../structural.ts';

const key = {
  type: 'string',
  minLength: 1,
  maxLength: 317,
  pattern: '^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$',
} as const;
const value = {
  type: 'string',
  maxLength: 63,
  pattern: '^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$',
} as const;

/** labelSelector selects objects by their labels; an empty one selects all. */
export const labelSelector = {
  type: 'object',
  'x-kubernetes-map-type': 'atomic',
  properties: {
    matchLabels: {
      type: 'object',
      maxProperties: 32,
      additionalProperties: value,
      description: 'matchLabels are labels that a node must have, each with exactly this value.',
      'x-kubernetes-validations': [
        {
          rule: 'self.all(key, key.size() >= 1 && key.size() <= 317)',
          message:
            'matchLabels must have keys of 1 to 317 characters: the keys of labels are no longer than that',
        },
      ],
    },
    matchExpressions: {
      type: 'array',
      maxItems: 32,
      'x-kubernetes-list-type': 'atomic',
      description: 'matchExpressions are requirements on labels, all of which a node must meet.',
      items: {
        type: 'object',
        description: 'One requirement on a label.',
        required: ['key', 'operator'],
        properties: {
          key: { ...key, description: 'key is the key of the label.' },
          operator: {
            type: 'string',
            enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'],
            description: 'operator relates the label to values: In, NotIn, Exists or DoesNotExist.',
          },
          values: {
            type: 'array',
            maxItems: 64,
            'x-kubernetes-list-type': 'atomic',
            items: value,
            description:
              'values are the values to compare with: at least one for In and NotIn, none for Exists and DoesNotExist.',
          },
        },
        'x-kubernetes-validations': [
          {
            rule: "self.operator in ['In', 'NotIn'] ? has(self.values) && self.values.size() > 0 : !has(self.values) || self.values.size() == 0",
            message:
              'values must not be empty for In and NotIn, and must be left out for Exists and DoesNotExist: add values, or change operator',
            fieldPath: '.values',
          },
        ],
      },
    },
  },
} as const satisfies ObjectSchema;
/** LabelSelector is `metav1.LabelSelector`. */
export type LabelSelector = Infer<typeof labelSelector>;
