/** Which run the operator must make by itself now, and what it looks like. */
import {
  apiVersion,
  kinds,
  labels,
  labelValue,
  objects,
  runName,
  runNameOfGeneration,
} from '../api/names.ts';
import type { NetworkAudit, NetworkAuditRun, NewNetworkAuditRun } from '../api/v1alpha1/index.ts';
import { conditionOf } from './conditions.ts';
import { ownedBy, type Runs } from './runs.ts';
import { type Due, dueSince, type Schedule } from './schedule.ts';
import { timeOf } from './time.ts';

/** DueRun is a run that the operator must make by itself. */
export interface DueRun {
  readonly name: string;
  readonly dueTime?: Date;
  /** missed counts the due times before it that no run was made for. */
  missed(): number;
}

/**
 * dueRun tells which run must be made now: the most recent due time of the schedule, or, without one, the run of this
 * generation. Its name is the same whoever makes it, so that it is never made twice.
 */
export function dueRun(
  audit: NetworkAudit,
  schedule: Schedule | undefined,
  runs: Runs,
  now: Date,
): DueRun | undefined {
  if (audit.spec.suspend) return undefined;
  if (schedule === undefined) return generationRun(audit, runs);
  const due = dueTime(audit, schedule, runs, now);
  return due.time === undefined
    ? undefined
    : { name: runName(audit.metadata.name, due.time), dueTime: due.time, missed: due.missed };
}

/** dueTime is what the schedule asks for now, counted from the last due time that had a run. */
function dueTime(audit: NetworkAudit, schedule: Schedule, runs: Runs, now: Date): Due {
  const all = [...runs.finished, ...runs.active, ...runs.waiting];
  return dueSince(schedule, servedUntil(audit, all, now), now, audit.spec.startingDeadlineSeconds);
}

/** servedUntil is the newest due time that one of the runs was made for, or the audit's status tells of, else its birth. */
function servedUntil(audit: NetworkAudit, runs: readonly NetworkAuditRun[], now: Date): Date {
  const created = timeOf(audit.metadata.creationTimestamp) ?? now;
  return new Date(Math.max(created.getTime(), lastScheduled(audit, runs, now)?.getTime() ?? 0));
}

/**
 * lastScheduled is the newest due time that is told of by the name of one of the runs, or by the audit's status. What
 * lies in the future was told by a clock that went wrong.
 */
export function lastScheduled(
  audit: NetworkAudit,
  runs: readonly NetworkAuditRun[],
  now: Date,
): Date | undefined {
  const told = timeOf(audit.status?.lastScheduleTime)?.getTime() ?? 0;
  const named = runs.map(({ metadata }) => scheduledTime(audit.metadata.name, metadata.name) ?? 0);
  const past = [told, ...named].filter((time) => time <= now.getTime());
  const newest = past.reduce((last, time) => Math.max(last, time), 0);
  return newest === 0 ? undefined : new Date(newest);
}

/**
 * startsByItself tells a waiting run that the operator makes by itself from one that a person made, whatever that one
 * is called and whoever it says owns it: no run of this due time, or of this generation, has been started.
 */
export function startsByItself(audit: NetworkAudit, runs: Runs, run: NetworkAuditRun, now: Date): boolean {
  if (!ownedBy(run, audit)) return false;
  const started = { ...runs, waiting: [] };
  if (audit.spec.schedule === undefined) return generationRun(audit, started)?.name === run.metadata.name;
  const time = scheduledTime(audit.metadata.name, run.metadata.name) ?? Number.POSITIVE_INFINITY;
  const since = servedUntil(audit, [...runs.finished, ...runs.active], now);
  return since.getTime() < time && time <= now.getTime();
}

/** scheduledTime reads the due time, in milliseconds, out of a run's name; undefined where there is none in it. */
export function scheduledTime(auditName: string, name: string): number | undefined {
  const minutes = name.startsWith(`${auditName}-`) ? name.slice(auditName.length + 1) : '';
  // Eight digits: from 1989 to 2160. A name that the API server generated has only five behind the dash.
  return /^\d{8}$/.test(minutes) ? Number(minutes) * 60_000 : undefined;
}

function generationRun(audit: NetworkAudit, runs: Runs): DueRun | undefined {
  const { generation } = audit.metadata;
  const name = runNameOfGeneration(audit.metadata.name, generation);
  const all = [...runs.finished, ...runs.active, ...runs.waiting];
  // A run that was pruned or deleted has left its mark in the audit's status.
  const judged = conditionOf(audit.status?.conditions, 'Passed')?.observedGeneration === generation;
  const had = audit.status?.lastRun !== undefined && (audit.status.lastRun.name === name || judged);
  return had || all.some(({ metadata }) => metadata.name === name) ? undefined : { name, missed: () => 0 };
}

/** newRun is the manifest of a run that the operator makes by itself. */
export function newRun(audit: NetworkAudit, name: string): NewNetworkAuditRun {
  return {
    apiVersion,
    kind: kinds.run.kind,
    metadata: {
      name,
      labels: { [labels.audit]: labelValue(audit.metadata.name), [labels.managedBy]: objects.operator },
      ownerReferences: [
        {
          apiVersion,
          kind: kinds.audit.kind,
          name: audit.metadata.name,
          uid: audit.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: { auditName: audit.metadata.name },
  };
}
