/** The schema of a NetworkAudit's `status`: the last observation, small, and rebuilt from the runs at any time. */
import type { Infer, ObjectSchema } from '../structural.ts';
import { conditions } from './condition.ts';
import { maxAuditFindings, maxRunNameLength } from './limits.ts';
import { checkSummaries, finding, summary, suspects } from './results.ts';
import { count, generation, runOutcomes, time } from './scalars.ts';

/** auditStatus is a NetworkAudit's `status`. */
export const auditStatus = {
  type: 'object',
  default: { observedGeneration: -1 },
  description: 'status is what was last observed.',
  properties: {
    observedGeneration: {
      ...generation,
      default: -1,
      description: 'observedGeneration is the metadata.generation of the spec that this status is about.',
    },
    conditions: {
      ...conditions,
      description:
        'conditions are Ready (audits can run), Passed (the network keeps its contract) and Running (a run is under way).',
    },
    lastRun: {
      type: 'object',
      description: 'lastRun is the newest run.',
      required: ['name', 'number', 'startTime'],
      properties: {
        name: {
          type: 'string',
          maxLength: maxRunNameLength,
          description: 'name is the name of the NetworkAuditRun.',
        },
        number: {
          ...generation,
          minimum: 0,
          description: 'number counts the runs of this audit; it decides whose turn it is.',
        },
        startTime: { ...time, description: 'startTime is when the run was planned.' },
        completionTime: {
          ...time,
          description: 'completionTime is when the run ended; absent while it goes on.',
        },
        outcome: {
          type: 'string',
          enum: runOutcomes,
          description: 'outcome is what the run came to; absent while it goes on.',
        },
      },
    },
    lastScheduleTime: {
      ...time,
      description:
        'lastScheduleTime is the newest due time of the schedule that a run was started for, whatever became of that run since.',
    },
    nextRunTime: { ...time, description: 'nextRunTime is when the next run is due; absent if none is.' },
    coverage: {
      type: 'object',
      description: 'coverage says within how many runs everything has had its turn.',
      required: ['nodesEveryRuns', 'pairsEveryRuns'],
      properties: {
        nodesEveryRuns: { ...count, description: 'nodesEveryRuns is within how many runs each node probes.' },
        pairsEveryRuns: {
          ...count,
          description: 'pairsEveryRuns is within how many runs each ordered pair of nodes is tried.',
        },
      },
    },
    summary,
    checks: checkSummaries,
    findings: {
      type: 'array',
      maxItems: maxAuditFindings,
      'x-kubernetes-list-type': 'atomic',
      items: finding,
      description: 'findings are what a person must read, the worst first; the run has more of them.',
    },
    suspects,
  },
} as const satisfies ObjectSchema;
/** NetworkAuditStatus is a NetworkAudit's `status`. */
export type NetworkAuditStatus = Infer<typeof auditStatus>;
