/** An audit's runs in order: which are over, which goes on, which wait, which are too old. */
import { kinds } from '../api/names.ts';
import type { NetworkAudit, NetworkAuditRun } from '../api/v1alpha1/index.ts';
import { conditionOf } from './conditions.ts';
import type { Settings } from './settings.ts';
import { compare } from './text.ts';
import { plusSeconds, timeOf } from './time.ts';
import type { World } from './world.ts';

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
 * of the same name, which the garbage collector will take, or would have taken had they not been orphaned.
 */
export function sortRuns(runs: readonly NetworkAuditRun[], audit: NetworkAudit | undefined): Runs {
  const live = runs
    .filter((run) => run.metadata.deletionTimestamp === undefined)
    .filter((run) => audit === undefined || !isForeign(run, audit))
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

/**
 * takenBy says whose the run is that has a name which the operator would give now; undefined while nobody's, and while
 * the garbage collector is about to take it.
 */
export function takenBy(name: string, world: Pick<World, 'runs' | 'otherRuns'>): string | undefined {
  const other = world.otherRuns.get(name);
  if (other !== undefined) return `audit ${other}`;
  const former = world.runs.find(({ metadata }) => metadata.name === name);
  return former === undefined || isLeaving(former) ? undefined : 'a former audit of this name';
}

/** isTaken tells whether no run of that name can be made now. */
export function isTaken(name: string, world: Pick<World, 'runs' | 'otherRuns'>): boolean {
  return world.otherRuns.has(name) || world.runs.some(({ metadata }) => metadata.name === name);
}

/**
 * straysOf are runs of a former audit that were planned and orphaned: nobody would close them, and whoever waits for one
 * would wait for ever.
 */
export function straysOf(runs: readonly NetworkAuditRun[], audit: NetworkAudit): readonly NetworkAuditRun[] {
  return runs.filter((run) => isForeign(run, audit) && !isLeaving(run) && !isFinished(run));
}

function isLeaving(run: NetworkAuditRun): boolean {
  return run.metadata.deletionTimestamp !== undefined || ownerOf(run) !== undefined;
}

/** isForeign tells a run of a former audit of the same name from one of this. */
export function isForeign(run: NetworkAuditRun, audit: NetworkAudit): boolean {
  const owner = ownerOf(run);
  if (owner !== undefined) return owner.uid !== audit.metadata.uid;
  // Before a run is planned it gets its owner: that of this one is gone, and the audit is younger than its plan.
  return run.status?.plan !== undefined && run.metadata.creationTimestamp < audit.metadata.creationTimestamp;
}

function ownerOf(run: NetworkAuditRun) {
  return run.metadata.ownerReferences?.find(({ kind }) => kind === kinds.audit.kind);
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
