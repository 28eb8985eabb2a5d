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
import type { NetworkAudit, NewNetworkAuditRun } from '../api/v1alpha1/index.ts';
import { conditionOf } from './conditions.ts';
import type { Runs } from './runs.ts';
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
  const created = timeOf(audit.metadata.creationTimestamp) ?? now;
  const names = [...runs.finished, ...runs.active, ...runs.waiting].map(({ metadata }) => metadata.name);
  const known = [...names, audit.status?.lastRun?.name ?? ''].flatMap(
    (name) => scheduledTime(audit.metadata.name, name) ?? [],
  );
  const since = new Date(Math.max(created.getTime(), ...known.filter((time) => time <= now.getTime())));
  return dueSince(schedule, since, now, audit.spec.startingDeadlineSeconds);
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
