/** The results of a run: what its verdicts come to, made to fit into one object. */
import {
  type CheckSummary,
  fitRunStatus,
  maxMessageLength,
  type NetworkAuditRun,
  type NetworkAuditRunStatus,
  type Plan,
  type RunOutcome,
  type Summary,
} from '../api/v1alpha1/index.ts';
import type { Check } from '../checks/check.ts';
import type { Verdict } from '../checks/verdict.ts';
import { withConditions } from './conditions.ts';
import { carriedOver, findingsOf } from './findings.ts';
import { countsOf, matrixOf, nodeResultsOf, worstOf } from './matrix.ts';
import type { ProbeReport } from './reports.ts';
import { pairResultsOf, suspectsOf } from './suspects.ts';
import { compare, cut, plural } from './text.ts';
import { timeText } from './time.ts';

/** ResultInput is what results are made of. */
export interface ResultInput {
  readonly run: NetworkAuditRun;
  readonly plan: Plan;
  readonly verdicts: readonly Verdict[];
  readonly reports: readonly ProbeReport[];
  /** nodeNames are the nodes of the cluster: what failed on one that is gone is not carried over. */
  readonly nodeNames: ReadonlySet<string>;
  readonly previous?: NetworkAuditRun;
  /** late is true when the run is closed because its time is over. */
  readonly late: boolean;
}

/** Passing is the outcome of a run with the reason and the sentence for its `Passed` condition. */
export interface Passing {
  readonly outcome: RunOutcome;
  readonly reason: 'NetworkSound' | 'FindingsFailed' | 'TooManyUnknown' | 'NothingJudged';
  readonly message: string;
}

/** resultsOf is the final status of a run. */
export function resultsOf(input: ResultInput, now: Date, kinds: readonly Check[]): NetworkAuditRunStatus {
  const { run, plan, verdicts, reports, previous } = input;
  const checks = new Set(plan.checks.map(({ name }) => name));
  const carried = carriedOver(previous, verdicts, checks, input.nodeNames);
  const { findings, omitted } = findingsOf(verdicts, carried, previous, timeText(now));
  const suspects = suspectsOf(pairResultsOf(verdicts));
  const summary = summaryOf(plan, verdicts, reports);
  const passing = passingOf(summary, plan.maxUnknownPercent, causeOf(verdicts, suspects[0]?.name));
  const matrix = matrixOf(plan, verdicts);
  return fitRunStatus({
    ...run.status,
    observedGeneration: run.metadata.generation,
    conditions: withConditions(run.status?.conditions, finalConditions(input, passing), now),
    completionTime: timeText(now),
    outcome: passing.outcome,
    summary,
    checks: plan.checks.map(({ name, type }) => checkSummary(name, type, verdicts, plan.maxUnknownPercent)),
    findings: [...findings],
    findingsOmitted: omitted,
    suspects: suspects.map((suspect) => ({ ...suspect, why: cut(suspect.why, maxMessageLength) })),
    nodes: [...nodeResultsOf(reports, verdicts, kinds)],
    ...(matrix === undefined ? {} : { matrix }),
  });
}

/**
 * passingOf is what decides: any failure fails; else too many unanswered questions, or none answered at all, leave it
 * unknown; else it passed. Warnings never decide. The cause stands behind the count of failures.
 */
export function passingOf(
  { passed, failed, unknown, skipped }: Omit<Summary, 'warnings' | 'nodes'>,
  maxUnknownPercent: number,
  cause = '',
): Passing {
  const judged = passed + failed + unknown;
  if (failed > 0) {
    return {
      outcome: 'Failed',
      reason: 'FindingsFailed',
      message: `${failed} of ${judged} questions failed${cause}`,
    };
  }
  if (passed === 0) {
    const message =
      judged + skipped === 0
        ? 'Nothing was asked: no node can take part'
        : `None of ${plural(judged + skipped, 'question')} was answered (${unknown} unknown, ${skipped} skipped)`;
    return { outcome: 'Unknown', reason: 'NothingJudged', message };
  }
  if (unknown * 100 > maxUnknownPercent * judged) {
    const message = `${unknown} of ${judged} questions could not be answered, at most ${maxUnknownPercent} % may`;
    return { outcome: 'Unknown', reason: 'TooManyUnknown', message };
  }
  const rest = unknown === 0 ? '' : `, ${unknown} could not be answered`;
  return {
    outcome: 'Passed',
    reason: 'NetworkSound',
    message: `${passed} of ${judged} questions passed${rest}`,
  };
}

/** causeOf counts the reasons of failures, the most frequent first, and names the suspect: ` (2 OneWay); …`. */
function causeOf(verdicts: readonly Verdict[], suspect: string | undefined): string {
  const failed = verdicts.filter(({ outcome }) => outcome === 'Failed');
  const reasons = [...Map.groupBy(failed, ({ reason }) => reason)]
    .map(([reason, { length }]) => ({ reason, length }))
    .sort((a, b) => b.length - a.length || compare(a.reason, b.reason))
    .map(({ reason, length }) => `${length} ${reason}`);
  const blame = suspect === undefined ? '' : `; node ${suspect} explains most of it`;
  return ` (${reasons.join(', ')})${blame}`;
}

/** statusOfPassed is the status of a `Passed` condition. */
export function statusOfPassed(outcome: RunOutcome): 'True' | 'False' | 'Unknown' {
  return outcome === 'Passed' ? 'True' : outcome === 'Failed' ? 'False' : 'Unknown';
}

function finalConditions({ run, plan, reports, late }: ResultInput, passing: Passing) {
  const observedGeneration = run.metadata.generation;
  const silent = reports.filter(({ outcome }) => outcome.kind !== 'Answered').length;
  const complete =
    plan.nodes.length === 0
      ? { reason: 'NothingToDo', message: 'No node can take part: see status.plan.skipped' }
      : late
        ? {
            reason: 'DeadlineExceeded',
            message: `The run's time was over: ${silent} of ${reports.length} probes gave no answer`,
          }
        : { reason: 'Finished', message: `${reports.length - silent} of ${reports.length} probes answered` };
  const { outcome, reason, message } = passing;
  return [
    { type: 'Complete', status: 'True' as const, observedGeneration, ...complete },
    { type: 'Passed', status: statusOfPassed(outcome), observedGeneration, reason, message },
  ];
}

function summaryOf(plan: Plan, verdicts: readonly Verdict[], reports: readonly ProbeReport[]): Summary {
  const reported = reports.filter(({ outcome }) => outcome.kind === 'Answered').map(({ node }) => node);
  return {
    ...countsOf(verdicts),
    warnings: verdicts.filter(({ warning }) => warning !== undefined).length,
    nodes: { eligible: plan.eligible, probed: plan.nodes.length, reported: new Set(reported).size },
  };
}

function checkSummary(
  name: string,
  type: CheckSummary['type'],
  verdicts: readonly Verdict[],
  maxUnknownPercent: number,
): CheckSummary {
  const ours = verdicts.filter(({ check }) => check === name);
  const counts = countsOf(ours);
  const base = { name, type, ...counts };
  const worst = worstOf(ours);
  if (worst === undefined) return { ...base, outcome: 'Skipped', reason: 'NothingAsked', message: '' };
  const { outcome } = passingOf(counts, maxUnknownPercent);
  if (outcome === 'Passed') return { ...base, outcome, reason: 'AsExpected', message: '' };
  const skipped = outcome === 'Unknown' && counts.unknown === 0;
  return {
    ...base,
    outcome: skipped ? 'Skipped' : outcome,
    reason: worst.reason,
    message: cut(worst.message, maxMessageLength),
  };
}
