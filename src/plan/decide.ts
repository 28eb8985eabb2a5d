/**
 * What must happen next for one audit: small steps in order, each a pure function of the world.
 *
 *   no plan ──plan──▶ planned ──Jobs──▶ probing ──all reported, or time over──▶ results ──▶ probes deleted ──▶ pruned
 *
 * Each step looks only at what is there, and each arrow is one write: whoever dies between two of them leaves a world
 * from which the next one goes on. A run's results are written before its probes are deleted, and its plan before its
 * first Job exists.
 */
import type { Check } from '../checks/check.ts';
import { registry } from '../checks/registry.ts';
import type { Decision } from './actions.ts';
import { progressOf } from './progress.ts';
import { readinessOf, withName } from './ready.ts';
import { closeWithout } from './run-status.ts';
import { newestJudged, type Runs, refuseAt, sortRuns, straysOf } from './runs.ts';
import { selects } from './selector.ts';
import type { Settings } from './settings.ts';
import { makeDue, startNext } from './start.ts';
import { type Case, deleteProbes, type Step, writeRun } from './step.ts';
import { writeAudit } from './tell.ts';
import { prune, tidyUp } from './tidy.ts';
import { earliest, plusSeconds, timeText } from './time.ts';
import type { World } from './world.ts';

/** decide tells what to do. The same world at the same time gives the same answer. */
export function decide(
  world: World,
  now: Date,
  settings: Settings,
  kinds: readonly Check[] = registry,
): Decision {
  const audit = world.audit?.metadata.deletionTimestamp === undefined ? world.audit : undefined;
  const runs = sortRuns(world.runs, audit);
  const steps =
    audit === undefined
      ? orphaned(runs, world, now, settings)
      : attended({ audit, runs, world, now, settings, kinds });
  const again = earliest(...steps.map((step) => step.again));
  // Times are written in whole seconds, rounded down: waking up a moment too early would be of no use.
  const moment = again === undefined ? {} : { again: timeText(plusSeconds(again, 0.999)) };
  return { actions: steps.flatMap(({ actions }) => actions), ...moment };
}

/** orphaned closes the runs of an audit that does not exist, or not any more. */
function orphaned(runs: Runs, world: World, now: Date, settings: Settings): readonly Step[] {
  const tidied = runs.finished.map((run) => ({ actions: deleteProbes(run, world, settings) }));
  const closed = [...runs.active, ...runs.waiting].map((run): Step => {
    const patience = refuseAt(run, settings);
    if (run.status?.plan === undefined && patience > now) return { actions: [], again: patience };
    return { actions: [writeRun(run, closeWithout(run, now))] };
  });
  return [...tidied, ...closed];
}

function attended(at: Case): readonly Step[] {
  const ready = withName(readinessOf(at.audit, at.world, at.now, at.settings, at.kinds), at);
  const strays = straysOf(at.world.runs, at.audit).map((run) => writeRun(run, closeWithout(run, at.now)));
  const steps = [
    { actions: strays },
    tidyUp(at),
    ...goOn(at),
    startNext(at, ready),
    makeDue(at, ready),
    prune(at),
  ];
  return steps.some(movesRun) ? steps : [...steps, writeAudit(at, ready)];
}

/**
 * movesRun tells a step that makes a run or writes its status. What the run becomes by it is not in the world yet: the
 * audit's status is written once, when it is, and not a moment before as well.
 */
function movesRun({ actions }: Step): boolean {
  return actions.some(({ type }) => type === 'CreateRun' || type === 'WriteRunStatus');
}

/** goOn makes the Jobs that are missing, reads what must be read, and judges what is complete or over its time. */
function goOn({ audit, runs, world, now, settings, kinds }: Case): readonly Step[] {
  const previous = newestJudged(runs);
  const { selector } = audit.spec.nodes;
  const selected = world.nodes.filter(({ labels }) => selects(selector, labels));
  const nodeNames = new Set(selected.map(({ name }) => name));
  const unfinished = world.jobs.filter(({ finished }) => finished === undefined).length;
  let room = settings.jobCap - world.otherJobs - unfinished;
  return runs.active.map((run) => {
    const progress = progressOf({ run, world, previous, nodeNames, room }, now, settings, kinds);
    if (progress.kind === 'Over') return { actions: [writeRun(run, progress.status)] };
    room -= progress.jobs.length;
    return { actions: [...progress.jobs, ...progress.reads], again: progress.again };
  });
}
