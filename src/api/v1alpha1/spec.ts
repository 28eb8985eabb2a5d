/** The schema of a NetworkAudit's `spec`: the whole intent, where everything that is left out has a good default. */
import type { Infer, ObjectSchema } from '../structural.ts';
import { checks } from './checks.ts';
import { maxPerRun } from './limits.ts';
import { labelSelector } from './selector.ts';

const schedule = {
  type: 'string',
  minLength: 1,
  maxLength: 100,
  description:
    'schedule is when to run, in the five fields of cron: minute, hour, day of the month, month, day of the week. Without it the audit runs once for each generation of its spec.',
  'x-kubernetes-validations': [
    {
      rule: "self.matches('^[0-9A-Za-z*/,?#-]+( +[0-9A-Za-z*/,?#-]+){4}$')",
      message:
        "schedule must have the five fields of cron, separated by blanks: minute, hour, day of the month, month, day of the week, as in '*/10 * * * *'; a time zone goes into timeZone",
    },
  ],
} as const;

const timeZone = {
  type: 'string',
  minLength: 1,
  maxLength: 64,
  description:
    "timeZone is the IANA name of the zone that the schedule is meant in, as 'Europe/Amsterdam'. Without it the schedule is in UTC.",
  'x-kubernetes-validations': [
    {
      rule: "self.matches('^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$') && self != 'Local' && timestamp('2026-01-01T00:00:00Z').getHours(self) >= 0",
      message: "timeZone must be the name of a zone in the IANA database, as in 'Europe/Amsterdam' or 'UTC'",
    },
  ],
} as const;

const nodes = {
  type: 'object',
  default: {},
  description: 'nodes says which nodes take part, and how many of them probe in one run.',
  properties: {
    selector: {
      ...labelSelector,
      description: 'selector selects the nodes that take part by their labels. Without it all nodes do.',
    },
    perRun: {
      type: 'integer',
      format: 'int32',
      minimum: 1,
      maximum: maxPerRun,
      default: 50,
      description:
        'perRun is how many nodes probe in one run; the next run takes the next ones, and status.coverage says within how many runs each node has had its turn.',
    },
  },
} as const;

/** auditSpec is a NetworkAudit's `spec`. */
export const auditSpec = {
  type: 'object',
  default: {},
  description: 'spec is what to check, where and how often. An empty one is a good audit.',
  properties: {
    schedule,
    timeZone,
    suspend: {
      type: 'boolean',
      default: false,
      description: 'suspend stops the making of new runs while it is true; a run that is under way goes on.',
    },
    startingDeadlineSeconds: {
      type: 'integer',
      format: 'int32',
      minimum: 10,
      maximum: 86400,
      description:
        'startingDeadlineSeconds is how late a run may start: one that was missed by more is not made up for. Without it the last missed run is made up for, however late.',
    },
    runTimeoutSeconds: {
      type: 'integer',
      format: 'int32',
      minimum: 60,
      maximum: 3600,
      default: 180,
      description:
        'runTimeoutSeconds is how long a run may take; what has not reported by then is Unknown. At least 60 and one more for each node of nodes.perRun.',
    },
    runsHistoryLimit: {
      type: 'integer',
      format: 'int32',
      minimum: 1,
      maximum: 100,
      default: 10,
      description: 'runsHistoryLimit is how many finished runs are kept.',
    },
    maxUnknownPercent: {
      type: 'integer',
      format: 'int32',
      minimum: 0,
      maximum: 100,
      default: 10,
      description:
        'maxUnknownPercent is how many of a hundred questions may stay unanswered in a run that passes: with more, Passed is Unknown.',
    },
    nodes,
    checks,
  },
  'x-kubernetes-validations': [
    {
      rule: '!has(self.timeZone) || has(self.schedule)',
      message: 'timeZone is of no use without a schedule: set schedule, or remove timeZone',
      reason: 'FieldValueForbidden',
      fieldPath: '.timeZone',
    },
    {
      // The API server holds a default to the rules before the defaults below it are filled in: hence each `has`.
      rule: '!has(self.runTimeoutSeconds) || !has(self.nodes) || !has(self.nodes.perRun) || self.runTimeoutSeconds >= 60 + self.nodes.perRun',
      message:
        'runTimeoutSeconds must be at least 60 and one more for each node of nodes.perRun, since Jobs start at about two and a half a second: raise runTimeoutSeconds, or lower nodes.perRun',
      fieldPath: '.runTimeoutSeconds',
    },
  ],
} as const satisfies ObjectSchema;
/** NetworkAuditSpec is a NetworkAudit's `spec`, with the defaults that the API server fills in. */
export type NetworkAuditSpec = Infer<typeof auditSpec>;
