/** The small schemas that many fields share. Each is completed by a description where it is used. */
import type { Infer, IntegerSchema, StringSchema } from '../structural.ts';
import { maxNodeNameLength } from './limits.ts';

/** time is a moment, RFC 3339 in UTC. */
export const time = { type: 'string', format: 'date-time' } as const satisfies StringSchema;
/** Time is RFC 3339 text, as `2026-01-31T12:00:00Z`. */
export type Time = Infer<typeof time>;

/** count is how many of something there are. */
export const count = {
  type: 'integer',
  format: 'int32',
  minimum: 0,
  maximum: 2147483647,
} as const satisfies IntegerSchema;

/**
 * generation is a `metadata.generation`, or -1 where none was seen yet. It is bounded by the largest whole number that
 * JavaScript and JSON readers hold exactly.
 */
export const generation = {
  type: 'integer',
  format: 'int64',
  minimum: -1,
  maximum: 9007199254740991,
} as const satisfies IntegerSchema;

/** microseconds is a duration of at most a minute. */
export const microseconds = {
  type: 'integer',
  format: 'int32',
  minimum: 0,
  maximum: 60000000,
} as const satisfies IntegerSchema;

/** nodeName is the name of a Node: a DNS subdomain. */
export const nodeName = { type: 'string', maxLength: maxNodeNameLength } as const satisfies StringSchema;

/** uid is a `metadata.uid`. */
export const uid = { type: 'string', maxLength: 64 } as const satisfies StringSchema;

/** checkName is the name of an item of `spec.checks`: a DNS label, since it becomes a metric's label. */
export const checkName = { type: 'string', minLength: 1, maxLength: 63 } as const satisfies StringSchema;

/** reason is a CamelCase word out of a documented set, in the form that `metav1.Condition` asks for. */
export const reason = {
  type: 'string',
  maxLength: 64,
  pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
} as const satisfies StringSchema;

/** outcomes are the four answers to a question about the network. */
export const outcomes = ['Passed', 'Failed', 'Unknown', 'Skipped'] as const;
/**
 * Outcome says how a question was answered: `Unknown` means that it could not be told (a fault of the probe, not of
 * the network), `Skipped` that it does not apply here.
 */
export type Outcome = (typeof outcomes)[number];

/** runOutcomes are what a whole run can come to. */
export const runOutcomes = ['Passed', 'Failed', 'Unknown'] as const;
/** RunOutcome is what a whole run came to. */
export type RunOutcome = (typeof runOutcomes)[number];

/** places are where a probe runs: in an ordinary Pod, or in the node's own network. */
export const places = ['pod', 'node'] as const;
