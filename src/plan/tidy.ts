/** How runs end: their probes are deleted, and the oldest of them after a while. */

import type { NetworkAudit, NetworkAuditRun } from '../api/v1alpha1/index.ts';
import { tooOld } from './runs.ts';
import { type Case, deleteProbes, type Step } from './step.ts';
import { earliest, plusSeconds, timeOf } from './time.ts';

/** leftoverSeconds is how long after a run's end its probes are deleted once more, if any are still there. */
const leftoverSeconds = 30;

/**
 * tidyUp deletes the probes of runs that are over: once while the audit's status does not yet tell of the run's end,
 * which is written right after, and once more if any are left much later.
 */
export function tidyUp({ audit, runs, world, now, settings }: Case): Step {
  const busy = new Set(world.jobs.map(({ runUid }) => runUid));
  let again: Date | undefined;
  const actions = runs.finished.flatMap((run) => {
    if (!busy.has(run.metadata.uid)) return [];
    const later = plusSeconds(timeOf(run.status?.completionTime) ?? now, leftoverSeconds);
    if (!toldOf(run, audit) || later <= now) return deleteProbes(run, world, settings);
    again = earliest(again, later);
    return [];
  });
  return { actions, again };
}

/** A run may be over before the status ever told of its beginning: a leader died meanwhile, or the probes were quick. */
function toldOf(run: NetworkAuditRun, audit: NetworkAudit): boolean {
  const last = audit.status?.lastRun;
  const number = run.status?.plan?.number;
  if (last === undefined || number === undefined) return false;
  return last.number > number || (last.number === number && last.completionTime !== undefined);
}

/** prune deletes the finished runs beyond the limit. */
export function prune({ audit, runs }: Case): Step {
  return {
    actions: tooOld(audit, runs).map(({ metadata: { name, uid } }) => ({ type: 'DeleteRun', name, uid })),
  };
}
