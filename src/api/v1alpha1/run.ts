/** The schemas of a NetworkAuditRun: one execution of an audit, its plan and its results. */
import type { Infer, ObjectSchema } from '../structural.ts';
import { conditions } from './condition.ts';
import { dnsPaths } from './dns-fields.ts';
import { maxAuditNameLength, maxNodeResults, maxPerRun, maxRunFindings, maxTargets } from './limits.ts';
import { plan } from './plan.ts';
import { checkSummaries, counts, finding, summary, suspects } from './results.ts';
import {
  count,
  generation,
  microseconds,
  nodeName,
  outcomes,
  places,
  reason,
  runOutcomes,
  time,
} from './scalars.ts';

/** runSpec is a NetworkAuditRun's `spec`. */
export const runSpec = {
  type: 'object',
  description: 'spec says which audit to run. It cannot be changed.',
  required: ['auditName'],
  properties: {
    auditName: {
      type: 'string',
      minLength: 1,
      maxLength: maxAuditNameLength,
      description: 'auditName is the name of the NetworkAudit to run now.',
      'x-kubernetes-validations': [
        {
          rule: "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
          message:
            "auditName must be the name of a NetworkAudit: lower-case letters, digits, '-' and '.', and a letter or digit at both ends",
        },
      ],
    },
  },
  'x-kubernetes-validations': [
    { rule: 'self == oldSelf', message: 'spec cannot be changed: create another NetworkAuditRun instead' },
  ],
} as const satisfies ObjectSchema;
/** NetworkAuditRunSpec is a NetworkAuditRun's `spec`. */
export type NetworkAuditRunSpec = Infer<typeof runSpec>;

const quantileFields = {
  p50: { ...microseconds, description: 'p50 is the median.' },
  p90: { ...microseconds, description: 'p90 is what nine in ten stay under.' },
  max: { ...microseconds, description: 'max is the longest.' },
} as const;

/** nodeResult is what became of one probe. */
export const nodeResult = {
  type: 'object',
  description: 'What became of one probe.',
  required: ['name', 'place', 'outcome', 'reason', 'message', 'passed', 'failed', 'unknown', 'skipped'],
  properties: {
    name: { ...nodeName, description: 'name is the name of the Node.' },
    place: {
      type: 'string',
      enum: places,
      description: "place is where the probe ran: pod, or the node's own network.",
    },
    outcome: {
      type: 'string',
      enum: outcomes,
      description: 'outcome is the worst that counts of its answers.',
    },
    reason: { ...reason, description: 'reason is the reason of most of the answers that decided.' },
    message: { type: 'string', maxLength: 256, description: 'message is a sentence for people.' },
    ...counts,
    roundTripMicroseconds: {
      type: 'object',
      description: 'roundTripMicroseconds are quantiles of the round trips that this probe measured.',
      required: ['p50', 'p90', 'max'],
      properties: quantileFields,
    },
    lookups: {
      type: 'array',
      maxItems: 3,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['path'],
      description: 'lookups says what became of the DNS lookups of this probe, for each path.',
      items: {
        type: 'object',
        description: 'The lookups along one path.',
        required: ['path', 'passed', 'failed', 'unknown', 'skipped'],
        properties: {
          path: { type: 'string', enum: dnsPaths, description: 'path is the way that the questions took.' },
          ...counts,
          latencyMicroseconds: {
            type: 'object',
            description: 'latencyMicroseconds are quantiles of the time that an answer took.',
            required: ['p50', 'p90', 'max'],
            properties: quantileFields,
          },
        },
      },
    },
    job: { type: 'string', maxLength: 63, description: 'job is the name of the Job that probed.' },
  },
} as const satisfies ObjectSchema;
/** NodeResult is what became of one probe. */
export type NodeResult = Infer<typeof nodeResult>;

/** matrix is reach and latency from every probing node to every target, in little space. */
export const matrix = {
  type: 'object',
  'x-kubernetes-map-type': 'atomic',
  description:
    'matrix is who reached whom and how fast: one row for each probing node, one column for each target.',
  required: ['targets', 'rows'],
  properties: {
    targets: {
      type: 'array',
      maxItems: maxTargets,
      'x-kubernetes-list-type': 'atomic',
      items: nodeName,
      description: 'targets are the nodes that were asked: the columns.',
    },
    rows: {
      type: 'array',
      maxItems: maxPerRun,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['node'],
      description: 'rows are the nodes that probed.',
      items: {
        type: 'object',
        description: 'One node that probed.',
        required: ['node', 'reach', 'roundTripMicroseconds'],
        properties: {
          node: { ...nodeName, description: 'node is the name of the Node.' },
          reach: {
            type: 'string',
            maxLength: maxTargets,
            pattern: '^[.x? -]*$',
            description:
              "reach has one character for each target: '.' passed, 'x' failed, '?' unknown, '-' skipped, a blank where nothing was asked.",
          },
          roundTripMicroseconds: {
            type: 'array',
            maxItems: maxTargets,
            'x-kubernetes-list-type': 'atomic',
            items: microseconds,
            description:
              'roundTripMicroseconds is the median round trip to each target, 0 where none was measured; empty if there was no room for it.',
          },
        },
      },
    },
  },
} as const satisfies ObjectSchema;
/** Matrix is reach and latency from every probing node to every target. */
export type Matrix = Infer<typeof matrix>;

/** runStatus is a NetworkAuditRun's `status`. */
export const runStatus = {
  type: 'object',
  default: { observedGeneration: -1 },
  description: 'status is the plan of the run and, when it has ended, what it found.',
  properties: {
    observedGeneration: {
      ...generation,
      default: -1,
      description: 'observedGeneration is the metadata.generation of the spec that this status is about.',
    },
    conditions: {
      ...conditions,
      description: 'conditions are Complete (the run has ended) and Passed (the network keeps its contract).',
    },
    startTime: { ...time, description: 'startTime is when the run was planned.' },
    completionTime: { ...time, description: 'completionTime is when the run ended.' },
    plan,
    outcome: { type: 'string', enum: runOutcomes, description: 'outcome is what the run came to.' },
    summary,
    checks: checkSummaries,
    findings: {
      type: 'array',
      maxItems: maxRunFindings,
      'x-kubernetes-list-type': 'atomic',
      items: finding,
      description: 'findings are what a person must read, the worst first.',
    },
    findingsOmitted: { ...count, description: 'findingsOmitted is how many findings there was no room for.' },
    suspects,
    nodes: {
      type: 'array',
      maxItems: maxNodeResults,
      // One writer: as a map, managedFields would name each of hundreds of items.
      'x-kubernetes-list-type': 'atomic',
      items: nodeResult,
      description: 'nodes says what became of each probe.',
    },
    matrix,
  },
  'x-kubernetes-validations': [
    {
      rule: '!has(oldSelf.plan) || has(self.plan)',
      message: 'plan cannot be removed: create another NetworkAuditRun for another plan',
    },
  ],
} as const satisfies ObjectSchema;
/** NetworkAuditRunStatus is a NetworkAuditRun's `status`. */
export type NetworkAuditRunStatus = Infer<typeof runStatus>;
