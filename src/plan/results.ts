/** The results of a run: what its verdicts come to, made to fit into one object. */
import {
  type CheckSummary,
  fitRunStatus,
  maxMessageLength,
  type NetworkAuditRun,
  type NetworkAuditRunStatus,
  type Plan,
  type Summary,
} from '../api/v1alpha1/index.ts';
import type { Check } from '../checks/check.ts';
import type { Verdict } from '../checks/verdict.ts';
import { carriedOver } from './carried.ts';
import { withConditions } from './conditions.ts';
import { findingsOf } from './findings.ts';
import { warningsOf } from './gather.ts';
import { countsOf, matrixOf, nodeResultsOf, worstOf } from './matrix.ts';
import { type Passing, passingOf, passingOfRun, statusOfPassed } from './passing.ts';
import type { ProbeReport } from './reports.ts';
import { suspectsOf } from './suspects.ts';
import { cut } from './text.ts';
import { timeText } from './time.ts';

/** ResultInput is what results are made of. */
export interface ResultInput {
  readonly run: NetworkAuditRun;
  readonly plan: Plan;
  readonly verdicts: readonly Verdict[];
  readonly reports: readonly ProbeReport[];
  /** nodeNames are the nodes that the audit selects: what failed on one that is gone or left out is not carried over. */
  readonly nodeNames: ReadonlySet<string>;
  readonly previous?: NetworkAuditRun;
  /** late is true when the run is closed because its time is over. */
  readonly late: boolean;
}

/** resultsOf is the final status of a run. */
export function resultsOf(input: ResultInput, now: Date, kinds: readonly Check[]): NetworkAuditRunStatus {
  const { run, plan, verdicts, reports, previous } = input;
  const checks = new Set(plan.checks.map(({ name }) => name));
  const carried = carriedOver(previous, verdicts, checks, input.nodeNames);
  const { findings, omitted } = findingsOf(verdicts, carried, previous, timeText(now));
  const suspects = suspectsOf(verdicts);
  const summary = summaryOf(plan, verdicts, reports);
  const passing = passingOfRun(plan, verdicts, suspects[0]);
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
    warnings: warningsOf(verdicts).length,
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
