/** An audit's runs in order: which are over, which goes on, which wait, which must be made, which are too old. */

import {
  apiVersion,
  kinds,
  labels,
  labelValue,
  objects,
  runName,
  runNameOfGeneration,
} from '../api/names.ts';
import type { NetworkAudit, NetworkAuditRun } from '../api/v1alpha1/index.ts';
import { conditionOf } from './conditions.ts';
import { type Due, dueSince, type Schedule } from './schedule.ts';
import type { Settings } from './settings.ts';
import { compare } from './text.ts';
import { plusSeconds, timeOf, timeText } from './time.ts';

/** Runs are an audit's runs by what must happen to them. */
export interface Runs {
  /** finished are over, the newest first. */
  readonly finished: readonly NetworkAuditRun[];
  /** active have a plan and are not over: at most one, if nobody interferes. */
  readonly active: readonly NetworkAuditRun[];
  /** waiting have no plan yet, the oldest first. */
  readonly waiting: readonly NetworkAuditRun[];
}

/**
 * sortRuns sorts the runs. Those that are being deleted are nobody's business any more, nor are those of a former audit
 * of the same name, which the garbage collector will take.
 */
export function sortRuns(runs: readonly NetworkAuditRun[], audit: NetworkAudit | undefined): Runs {
  const live = runs
    .filter((run) => run.metadata.deletionTimestamp === undefined && !isForeign(run, audit))
    .sort(byAge);
  return {
    finished: live.filter(isFinished).sort(newestFirst),
    active: live.filter((run) => !isFinished(run) && run.status?.plan !== undefined),
    waiting: live.filter((run) => !isFinished(run) && run.status?.plan === undefined),
  };
}

/** isFinished tells whether a run is over. */
export function isFinished(run: NetworkAuditRun): boolean {
  return conditionOf(run.status?.conditions, 'Complete')?.status === 'True';
}

/** newestPlanned is the newest run that was ever planned: the one of the highest number. */
export function newestPlanned(runs: Runs): NetworkAuditRun | undefined {
  return [...runs.active, ...runs.finished]
    .filter(({ status }) => status?.plan !== undefined)
    .sort(newestFirst)[0];
}

/** newestJudged is the newest finished run that had a plan: what the audit's status tells of. */
export function newestJudged(runs: Runs): NetworkAuditRun | undefined {
  return runs.finished.find(({ status }) => status?.plan !== undefined);
}

/** nextNumber is the number of the next run: one more than the highest ever seen, 0 for the first. */
export function nextNumber(audit: NetworkAudit, runs: Runs): number {
  const newest = newestPlanned(runs)?.status?.plan?.number ?? -1;
  return Math.max(newest, audit.status?.lastRun?.number ?? -1) + 1;
}

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

/** scheduledTime reads the due time out of a run's name. */
function scheduledTime(auditName: string, name: string): number | undefined {
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
export function newRun(audit: NetworkAudit, name: string) {
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
  } as const;
}

/** StartTurn is the waiting run that may start now, or when one may. */
export interface StartTurn {
  readonly run?: NetworkAuditRun;
  /** notBefore is when the first waiting run may start that may not yet. */
  readonly notBefore?: Date;
}

/** nextToStart picks the oldest waiting run whose turn it is: runs that people asked for start at most one a minute. */
export function nextToStart(audit: NetworkAudit, runs: Runs, now: Date, settings: Settings): StartTurn {
  const started = [...runs.active, ...runs.finished]
    .filter((run) => isAskedFor(audit, run))
    .flatMap(({ status }) => timeOf(status?.startTime)?.getTime() ?? []);
  const notBefore = plusSeconds(new Date(Math.max(0, ...started)), settings.askedForIntervalSeconds);
  const run = runs.waiting.find((each) => !isAskedFor(audit, each) || notBefore <= now);
  if (run !== undefined) return { run };
  return runs.waiting.length > 0 ? { notBefore } : {};
}

/** isAskedFor tells a run that a person made from one that the operator made by itself. */
export function isAskedFor(audit: NetworkAudit, run: NetworkAuditRun): boolean {
  const { name } = run.metadata;
  const generation = name.startsWith(`${audit.metadata.name}-g`)
    ? name.slice(audit.metadata.name.length + 2)
    : '';
  const named = scheduledTime(audit.metadata.name, name) !== undefined || /^[1-9]\d{0,15}$/.test(generation);
  return !named || !ownedBy(run, audit);
}

/** dueTimeOf is when a run should have started: out of its name if that says so, else when it was created. */
export function dueTimeOf(audit: NetworkAudit, run: NetworkAuditRun): string {
  const time = isAskedFor(audit, run) ? undefined : scheduledTime(audit.metadata.name, run.metadata.name);
  return time === undefined ? run.metadata.creationTimestamp : timeText(new Date(time));
}

/** tooOld are the finished runs beyond the limit, the oldest first; never the one that the audit's status names. */
export function tooOld(audit: NetworkAudit, runs: Runs): readonly NetworkAuditRun[] {
  const kept = new Set([audit.status?.lastRun?.name, newestJudged(runs)?.metadata.name]);
  return runs.finished
    .slice(audit.spec.runsHistoryLimit)
    .filter(({ metadata }) => !kept.has(metadata.name))
    .reverse();
}

/** refuseAt is when a run whose audit does not exist is refused: an audit may be created just after its run. */
export function refuseAt(run: NetworkAuditRun, settings: Settings): Date {
  const created = timeOf(run.metadata.creationTimestamp) ?? new Date(0);
  return plusSeconds(created, settings.refuseAfterSeconds);
}

/** ownedBy tells whether a run has the audit among its owners. */
export function ownedBy(run: NetworkAuditRun, audit: NetworkAudit): boolean {
  return run.metadata.ownerReferences?.some(({ uid }) => uid === audit.metadata.uid) === true;
}

function isForeign(run: NetworkAuditRun, audit: NetworkAudit | undefined): boolean {
  const owner = run.metadata.ownerReferences?.find(({ kind }) => kind === kinds.audit.kind);
  return audit !== undefined && owner !== undefined && owner.uid !== audit.metadata.uid;
}

function byAge(a: NetworkAuditRun, b: NetworkAuditRun): number {
  return (
    compare(a.metadata.creationTimestamp, b.metadata.creationTimestamp) ||
    compare(a.metadata.name, b.metadata.name)
  );
}

function newestFirst(a: NetworkAuditRun, b: NetworkAuditRun): number {
  const number = (run: NetworkAuditRun) => run.status?.plan?.number ?? -1;
  return (
    number(b) - number(a) ||
    compare(b.status?.completionTime ?? '', a.status?.completionTime ?? '') ||
    compare(b.metadata.name, a.metadata.name)
  );
}
