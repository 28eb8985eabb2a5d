/** The schema of a run's plan: written before the first Job exists, and never changed, so that a run is repeatable. */
import type { Infer, ObjectSchema } from '../structural.ts';
import { plannedCheck } from './checks.ts';
import { maxChecks, maxPerRun, maxRetries, maxSkippedNodes, maxTargets } from './limits.ts';
import { count, generation, nodeName, places, reason, time, uid } from './scalars.ts';

/** plannedNode is a node that probes. */
export const plannedNode = {
  type: 'object',
  description: 'One node that probes.',
  required: ['name', 'uid', 'places'],
  properties: {
    name: { ...nodeName, description: 'name is the name of the Node.' },
    uid: {
      ...uid,
      description: 'uid is the uid of the Node: one that is made anew under the same name is another.',
    },
    places: {
      type: 'array',
      maxItems: 2,
      'x-kubernetes-list-type': 'set',
      items: { type: 'string', enum: places },
      description:
        "places are where its probes run: pod (an ordinary Pod) and node (the node's own network).",
    },
  },
} as const satisfies ObjectSchema;
/** PlannedNode is a node that probes. */
export type PlannedNode = Infer<typeof plannedNode>;

/** target is a responder that is asked. */
export const target = {
  type: 'object',
  description: 'One responder that is asked.',
  required: ['node', 'pod', 'uid', 'addresses'],
  properties: {
    node: { ...nodeName, description: 'node is the node that the responder runs on.' },
    pod: { type: 'string', maxLength: 128, description: 'pod is the name of the responder Pod.' },
    uid: { ...uid, description: 'uid is the uid of the responder Pod, which its answers must carry.' },
    addresses: {
      type: 'array',
      maxItems: 2,
      'x-kubernetes-list-type': 'atomic',
      items: { type: 'string', maxLength: 45 },
      description: 'addresses are the addresses that the API gave the responder Pod, one for each family.',
    },
  },
} as const satisfies ObjectSchema;
/** Target is a responder that is asked. */
export type Target = Infer<typeof target>;

/** retry is an ordered pair that failed and is tried again. */
export const retry = {
  type: 'object',
  description: 'One ordered pair of nodes that failed in the last run and is tried again.',
  required: ['from', 'to'],
  properties: {
    from: { ...nodeName, description: 'from is the node that probes.' },
    to: { ...nodeName, description: 'to is the node that is asked.' },
  },
} as const satisfies ObjectSchema;
/** Retry is an ordered pair that failed and is tried again. */
export type Retry = Infer<typeof retry>;

/** skippedNode is a node that cannot take part. */
export const skippedNode = {
  type: 'object',
  description: 'One node that cannot take part.',
  required: ['name', 'reason', 'message'],
  properties: {
    name: { ...nodeName, description: 'name is the name of the Node.' },
    reason: { ...reason, description: 'reason says in one documented word why it cannot take part.' },
    message: { type: 'string', maxLength: 256, description: 'message is a sentence for people.' },
  },
} as const satisfies ObjectSchema;
/** SkippedNode is a node that cannot take part. */
export type SkippedNode = Infer<typeof skippedNode>;

/** plan is all that a run was decided from. */
export const plan = {
  type: 'object',
  // One writer: without this, managedFields would name each of hundreds of items.
  'x-kubernetes-map-type': 'atomic',
  description:
    'plan is what the run does, decided before its first Job: an operator that starts anew finds the same nodes and pairs in it.',
  required: [
    'auditGeneration',
    'number',
    'seed',
    'dueTime',
    'deadlineTime',
    'maxUnknownPercent',
    'checks',
    'nodes',
    'targets',
    'retries',
    'skipped',
    'eligible',
  ],
  properties: {
    auditGeneration: {
      ...generation,
      description: 'auditGeneration is the metadata.generation of the audit whose spec is in force.',
    },
    number: {
      ...generation,
      minimum: 0,
      description: 'number counts the runs of the audit; it decides whose turn it is.',
    },
    seed: {
      type: 'string',
      maxLength: 16,
      pattern: '^[0-9a-f]{16}$',
      description: 'seed is where everything that looks random in this run comes from.',
    },
    dueTime: { ...time, description: 'dueTime is when the run was due.' },
    deadlineTime: { ...time, description: 'deadlineTime is when the run is closed with what there is.' },
    maxUnknownPercent: {
      type: 'integer',
      format: 'int32',
      minimum: 0,
      maximum: 100,
      description:
        'maxUnknownPercent is how many of a hundred questions may stay unanswered in a run that passes.',
    },
    checks: {
      type: 'array',
      maxItems: maxChecks,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: plannedCheck,
      description: 'checks are the checks with the options in force, defaults filled in.',
    },
    nodes: {
      type: 'array',
      maxItems: maxPerRun,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: plannedNode,
      description: 'nodes are the nodes that probe, by name.',
    },
    targets: {
      type: 'array',
      maxItems: maxTargets,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['node'],
      items: target,
      description: 'targets are the responders that are asked, in the order that tasks count them in.',
    },
    retries: {
      type: 'array',
      maxItems: maxRetries,
      'x-kubernetes-list-type': 'atomic',
      items: retry,
      description: 'retries are the ordered pairs that are tried again beside those whose turn it is.',
    },
    skipped: {
      type: 'array',
      maxItems: maxSkippedNodes,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: skippedNode,
      description: 'skipped are nodes that were selected and cannot take part.',
    },
    eligible: { ...count, description: 'eligible is how many nodes can take part in all.' },
  },
  'x-kubernetes-validations': [
    {
      rule: 'self == oldSelf',
      message: 'plan is written once and never changed: create another NetworkAuditRun for another plan',
    },
  ],
} as const satisfies ObjectSchema;
/** Plan is all that a run was decided from. */
export type Plan = Infer<typeof plan>;
