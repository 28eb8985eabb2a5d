/** How far a run is: which Jobs are still to be made, what is to be read, and whether it can be judged. */
import type { NetworkAuditRun, NetworkAuditRunStatus } from '../api/v1alpha1/index.ts';
import type { Check } from '../checks/check.ts';
import type { CreateJob, ReadLog, ReadRefusal } from './actions.ts';
import { probeJob } from './job.ts';
import { linesWanted, verdictsOf } from './judge.ts';
import { type Asking, askingsOf } from './questions.ts';
import { type ProbeReport, reportsOf } from './reports.ts';
import { resultsOf } from './results.ts';
import type { Settings } from './settings.ts';
import { plusSeconds } from './time.ts';
import type { ProbePodView, World } from './world.ts';

/** Progress is what a run under way needs next: more time, with what to do meanwhile, or its end. */
export type Progress =
  | {
      readonly kind: 'Going';
      readonly jobs: readonly CreateJob[];
      readonly reads: readonly (ReadLog | ReadRefusal)[];
      readonly again: Date;
    }
  | { readonly kind: 'Over'; readonly status: NetworkAuditRunStatus };

/** ProgressInput is a run that has a plan and is not over. */
export interface ProgressInput {
  readonly run: NetworkAuditRun;
  readonly world: World;
  readonly previous: NetworkAuditRun | undefined;
  /** nodeNames are the nodes that the audit selects now. */
  readonly nodeNames: ReadonlySet<string>;
  /** room is how many more Jobs fit under the cap. */
  readonly room: number;
}

/** refusalsAtOnce bounds the look-ups of one decision: what refuses one Pod mostly refuses all. */
const refusalsAtOnce = 50;

/**
 * progressOf looks at every probe of a run. A run is over when no probe can tell more: all have ended, or it is too late
 * for those that did not start; and when what the judges want of their logs was read. Otherwise it is over when its time is.
 */
export function progressOf(
  { run, world, previous, nodeNames, room }: ProgressInput,
  now: Date,
  settings: Settings,
  kinds: readonly Check[],
): Progress {
  const plan = run.status?.plan;
  if (plan === undefined) throw new Error(`Run ${run.metadata.name} has no plan`);
  const askings = askingsOf(run, plan, settings, kinds);
  const reports = reportsOf(run, plan, askings, world);
  const deadline = new Date(plan.deadlineTime);
  const closing = plusSeconds(deadline, -settings.reportMarginSeconds);
  // Probes end at `closing`; what did not run by then is waited for a little longer, since reports can be late.
  const givingUp = plusSeconds(deadline, -settings.reportMarginSeconds / 2);
  const whole = reports.every(({ final }) => final);
  const late = !whole && (now >= deadline || (now >= givingUp && reports.every(isHopeless)));
  // What one hung probe makes a run wait for is time to read the logs of the others in.
  const judging = { run, plan, reports, world, kinds, settings, now };
  const wanted = whole || now >= closing ? linesWanted(judging) : undefined;
  const details = detailsOf(wanted ?? new Map());
  if ((whole || late) && (details.length === 0 || now >= deadline)) {
    const told = reports.map((report) => (wanted?.has(report) ? withoutDetails(report) : report));
    const verdicts = verdictsOf({ ...judging, reports: told });
    const input = {
      run,
      plan,
      verdicts,
      reports,
      nodeNames,
      late,
      ...(previous === undefined ? {} : { previous }),
    };
    return { kind: 'Over', status: resultsOf(input, now, kinds) };
  }
  const lastStart = plusSeconds(closing, -settings.reportMarginSeconds);
  return {
    kind: 'Going',
    jobs: now < lastStart ? missingJobs(run, plan.deadlineTime, askings, reports, room, now, settings) : [],
    reads: [...answersOf(reports), ...details, ...(now < closing ? [] : refusalsOf(reports))],
    again: [closing, givingUp].find((moment) => now < moment) ?? deadline,
  };
}

/** isHopeless tells, when it is too late to start, that a probe will have nothing more to tell. */
function isHopeless({ final, unstarted }: ProbeReport): boolean {
  return final || unstarted;
}

function missingJobs(
  run: NetworkAuditRun,
  deadlineTime: string,
  askings: readonly Asking[],
  reports: readonly ProbeReport[],
  room: number,
  now: Date,
  settings: Settings,
): readonly CreateJob[] {
  return askings
    .flatMap(({ node, place, question }, index) => {
      const report = reports[index];
      if (report === undefined || report.job !== undefined || report.final || 'problem' in question)
        return [];
      return [{ run, node, place, question: question.text, deadlineTime }];
    })
    .slice(0, Math.max(0, room))
    .map((input) => ({ type: 'CreateJob', job: probeJob(input, now, settings) }));
}

function answersOf(reports: readonly ProbeReport[]): readonly ReadLog[] {
  return reports.flatMap(({ answerLine: length, pod }) =>
    length === undefined || pod === undefined ? [] : [readLog(pod, { length })],
  );
}

/** detailsOf reads each log once: what a second look wants beside, with an API that changed meanwhile, it does without. */
function detailsOf(wanted: ReadonlyMap<ProbeReport, readonly string[]>): readonly ReadLog[] {
  return [...wanted].flatMap(([{ pod }, beginnings]) =>
    pod === undefined || pod.details !== undefined ? [] : [readLog(pod, { beginnings })],
  );
}

function readLog(pod: ProbePodView, keep: ReadLog['keep']): ReadLog {
  return { type: 'ReadLog', namespace: pod.namespace, pod: pod.name, podUid: pod.uid, keep };
}

/** withoutDetails tells the judge that there was no time for what it wants, where it was not read. */
function withoutDetails(report: ProbeReport): ProbeReport {
  const { pod } = report;
  if (pod === undefined || pod.details !== undefined) return report;
  return {
    ...report,
    pod: { ...pod, details: { error: `The log of Pod ${pod.name} was not read in time` } },
  };
}

/** refusalsOf asks about Jobs without a Pod, near the end only: the Job controller may just be slow. */
function refusalsOf(reports: readonly ProbeReport[]): readonly ReadRefusal[] {
  return reports
    .flatMap(({ job, pod }) =>
      job !== undefined && pod === undefined && job.finished === undefined && job.refusal === undefined
        ? [{ type: 'ReadRefusal' as const, namespace: job.namespace, job: job.name, jobUid: job.uid }]
        : [],
    )
    .slice(0, refusalsAtOnce);
}
