/** The one writer of an audit's status: on change only, and with an Event where a person should hear of it. */
import { isDeepStrictEqual } from 'node:util';
import type { Condition, NetworkAudit } from '../api/v1alpha1/index.ts';
import type { Action } from './actions.ts';
import { conditionOf } from './conditions.ts';
import type { Readiness } from './ready.ts';
import { statusOf } from './status.ts';
import { auditEvent, type Case, type Step } from './step.ts';

/** writeAudit writes the status if it changed. */
export function writeAudit({ audit, runs, now }: Case, ready: Readiness): Step {
  const status = statusOf(audit, runs, ready, now);
  if (isDeepStrictEqual(audit.status, status)) return { actions: [] };
  const { name, uid, resourceVersion } = audit.metadata;
  const write: Action = { type: 'WriteAuditStatus', name, uid, resourceVersion, status };
  return { actions: [write, ...status.conditions.flatMap((condition) => news(audit, condition))] };
}

/** news is an Event for a condition that changed; the first word on an audit is news only if something is wrong. */
function news(audit: NetworkAudit, { type, status, reason, message }: Condition): readonly Action[] {
  if (type === 'Running') return [];
  const before = conditionOf(audit.status?.conditions, type);
  if (before?.status === status && (before.reason === reason || status === 'True')) return [];
  if (before === undefined && (reason === 'NotYetRun' || (type === 'Ready' && status === 'True'))) return [];
  const eventType = status === 'True' ? 'Normal' : 'Warning';
  const action = type === 'Passed' ? 'Judge' : 'Schedule';
  return [auditEvent(audit, { eventType, reason, message, action })];
}
