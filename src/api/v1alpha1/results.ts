/** The schemas of what a run found, which an audit shows, too: counts, checks, findings and suspects. */
import type { Infer, ListSchema, ObjectSchema } from '../structural.ts';
import { checkTypes } from './checks.ts';
import { maxChecks, maxEvidenceLength, maxMessageLength, maxSuspects } from './limits.ts';
import { checkName, count, nodeName, outcomes, reason, time } from './scalars.ts';

/** counts are the four outcomes, counted. */
export const counts = {
  passed: {
    ...count,
    description: 'passed is how many questions had the answer that the contract asks for.',
  },
  failed: { ...count, description: 'failed is how many questions had another answer.' },
  unknown: {
    ...count,
    description:
      'unknown is how many questions could not be answered: a fault of the probe, not of the network.',
  },
  skipped: { ...count, description: 'skipped is how many questions do not apply here or now.' },
} as const;

/** summary counts the whole run. */
export const summary = {
  type: 'object',
  description: 'summary counts the answers and the nodes of the run.',
  required: ['passed', 'failed', 'unknown', 'skipped', 'warnings', 'nodes'],
  properties: {
    ...counts,
    warnings: { ...count, description: 'warnings is how many things are worth knowing and decide nothing.' },
    nodes: {
      type: 'object',
      description: 'nodes counts the nodes.',
      required: ['eligible', 'probed', 'reported'],
      properties: {
        eligible: { ...count, description: 'eligible is how many nodes can take part.' },
        probed: { ...count, description: 'probed is how many nodes were asked to probe in this run.' },
        reported: { ...count, description: 'reported is how many of the probed nodes answered.' },
      },
    },
  },
} as const satisfies ObjectSchema;
/** Summary counts the whole run. */
export type Summary = Infer<typeof summary>;

/** checkSummary is what became of one check. */
export const checkSummary = {
  type: 'object',
  description: 'What became of one check.',
  required: ['name', 'type', 'outcome', 'reason', 'message', 'passed', 'failed', 'unknown', 'skipped'],
  properties: {
    name: { ...checkName, description: 'name is the name of the item of spec.checks.' },
    type: { type: 'string', enum: checkTypes, description: 'type is the kind of the check.' },
    outcome: {
      type: 'string',
      enum: outcomes,
      description: 'outcome is the worst that counts of its answers.',
    },
    reason: { ...reason, description: 'reason is the reason of most of the answers that decided.' },
    message: {
      type: 'string',
      maxLength: maxMessageLength,
      description: 'message is a sentence for people.',
    },
    ...counts,
  },
} as const satisfies ObjectSchema;
/** CheckSummary is what became of one check. */
export type CheckSummary = Infer<typeof checkSummary>;

/** checkSummaries is the list of what became of the checks. */
export const checkSummaries = {
  type: 'array',
  maxItems: maxChecks,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name'],
  items: checkSummary,
  description: 'checks says what became of each check.',
} as const satisfies ListSchema;

/** severities are how much a finding matters; a Warning never decides. */
export const severities = ['Failed', 'Unknown', 'Warning'] as const;
/** Severity is how much a finding matters. */
export type Severity = (typeof severities)[number];

/** finding is what a person must read. */
export const finding = {
  type: 'object',
  description: 'One thing that a person must read.',
  required: ['severity', 'check', 'reason', 'node', 'message', 'since'],
  properties: {
    severity: {
      type: 'string',
      enum: severities,
      description:
        'severity is Failed (the network broke its contract), Unknown (it could not be told) or Warning (worth knowing, decides nothing).',
    },
    check: { ...checkName, description: 'check is the name of the item of spec.checks.' },
    reason: { ...reason, description: 'reason says in one documented word what is wrong.' },
    node: {
      ...nodeName,
      description: 'node is the node whose probe saw it; empty where it is about no one node.',
    },
    subject: {
      type: 'string',
      maxLength: 600,
      description: 'subject is what it is about, as people name it: a pair of nodes, a Service, a file.',
    },
    message: {
      type: 'string',
      maxLength: maxMessageLength,
      description: 'message is a sentence for people: what was expected, and what was seen instead.',
    },
    since: { ...time, description: 'since is when this was first seen without a pass in between.' },
    evidence: {
      type: 'string',
      maxLength: maxEvidenceLength,
      description: 'evidence is what the probe saw, as compact JSON.',
    },
  },
} as const satisfies ObjectSchema;
/** Finding is what a person must read. */
export type Finding = Infer<typeof finding>;

/** suspectKinds are the kinds of objects that can explain findings. */
export const suspectKinds = ['Node', 'Pod', 'Service'] as const;

/** suspect is the node or object that explains most findings. */
export const suspect = {
  type: 'object',
  description: 'A node or an object that explains many findings at once.',
  required: ['kind', 'name', 'why'],
  properties: {
    kind: { type: 'string', enum: suspectKinds, description: 'kind is the kind of the object.' },
    name: {
      type: 'string',
      maxLength: 320,
      description: 'name is the name of the object, behind its namespace and a slash where it has one.',
    },
    why: {
      type: 'string',
      maxLength: maxMessageLength,
      description: 'why is a sentence that says what speaks against it, and how many observers agree.',
    },
  },
} as const satisfies ObjectSchema;
/** Suspect is the node or object that explains most findings. */
export type Suspect = Infer<typeof suspect>;

/** suspects is the list of suspects. */
export const suspects = {
  type: 'array',
  maxItems: maxSuspects,
  'x-kubernetes-list-type': 'atomic',
  items: suspect,
  description: 'suspects are the nodes or objects that explain most of the findings, the likeliest first.',
} as const satisfies ListSchema;
