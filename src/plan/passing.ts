/** What the verdicts of a run come to: the outcome, with the reason and the sentence of its `Passed` condition. */
import type { Plan, RunOutcome, SkippedNodeReason, Summary, Suspect } from '../api/v1alpha1/index.ts';
import type { Verdict } from '../checks/verdict.ts';
import { countsOf } from './matrix.ts';
import { compare, plural } from './text.ts';

/** Passing is the outcome of a run with the reason and the sentence for its `Passed` condition. */
export interface Passing {
  readonly outcome: RunOutcome;
  readonly reason: 'NetworkSound' | 'FindingsFailed' | 'TooManyUnknown' | 'NothingJudged';
  readonly message: string;
}

/** Named is a suspect by its name. */
type Named = Pick<Suspect, 'kind' | 'name'>;

/** Counts are verdicts, counted by outcome. */
export type Counts = Omit<Summary, 'warnings' | 'nodes'>;

/**
 * passingOfRun is what decides over a whole run. A check of few questions counts by itself as well: that none of it was
 * answered, or could be judged yet, must not be lost among thousands of questions of another.
 */
export function passingOfRun(plan: Plan, verdicts: readonly Verdict[], suspect: Named | undefined): Passing {
  const { maxUnknownPercent } = plan;
  const passing = passingOf(countsOf(verdicts), maxUnknownPercent, causeOf(verdicts, suspect));
  if (passing.outcome !== 'Passed') return passing;
  for (const { name } of plan.checks) {
    const ours = verdicts.filter(({ check }) => check === name);
    const unknown = tooManyUnknown(countsOf(ours), maxUnknownPercent) ?? nothingSettled(ours);
    if (unknown !== undefined) return { ...unknown, message: `Check ${name}: ${unknown.message}` };
  }
  return { ...passing, message: `${passing.message}${limitsOf(plan)}` };
}

/**
 * passingOf is what decides: any failure fails; else too many unanswered questions, or none answered at all, leave it
 * unknown; else it passed. Warnings never decide. The cause stands behind the count of failures.
 */
export function passingOf(counts: Counts, maxUnknownPercent: number, cause = ''): Passing {
  const { passed, failed, unknown, skipped } = counts;
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
  const rest = [
    ...(unknown === 0 ? [] : [`${unknown} could not be answered`]),
    ...(skipped === 0 ? [] : [`${skipped} skipped`]),
  ];
  return (
    tooManyUnknown(counts, maxUnknownPercent) ?? {
      outcome: 'Passed',
      reason: 'NetworkSound',
      message: [`${passed} of ${judged} questions passed`, ...rest].join(', '),
    }
  );
}

/** A check that applies nowhere may be skipped as a whole; one whose every answer came amid a change has told nothing. */
function nothingSettled(verdicts: readonly Verdict[]): Passing | undefined {
  const skipped = verdicts.every(({ outcome }) => outcome === 'Skipped');
  if (!skipped || !verdicts.some(({ reason }) => reason === 'Settling')) return undefined;
  const message = `none of ${plural(verdicts.length, 'question')} was judged, since what they are about was changing`;
  return { outcome: 'Unknown', reason: 'NothingJudged', message };
}

function tooManyUnknown({ passed, failed, unknown }: Counts, maxUnknownPercent: number): Passing | undefined {
  const judged = passed + failed + unknown;
  if (unknown * 100 <= maxUnknownPercent * judged) return undefined;
  const message = `${unknown} of ${judged} questions could not be answered, at most ${maxUnknownPercent} % may`;
  return { outcome: 'Unknown', reason: 'TooManyUnknown', message };
}

/** limitsOf says what a run that passed says nothing about. */
function limitsOf({ eligible, skipped }: Plan): string {
  const notReady = skipped.filter(
    ({ reason }) => reason === ('NodeNotReady' satisfies SkippedNodeReason),
  ).length;
  const alone = eligible === 1 ? '; one node only can take part, so that nothing went from node to node' : '';
  return alone + (notReady === 0 ? '' : `; ${plural(notReady, 'node')} not Ready took no part`);
}

/** causeOf counts the reasons of failures, the most frequent first, and names the suspect: ` (2 OneWay); …`. */
function causeOf(verdicts: readonly Verdict[], suspect: Named | undefined): string {
  const failed = verdicts.filter(({ outcome }) => outcome === 'Failed');
  const reasons = [...Map.groupBy(failed, ({ reason }) => reason)]
    .map(([reason, { length }]) => ({ reason, length }))
    .sort((a, b) => b.length - a.length || compare(a.reason, b.reason))
    .map(({ reason, length }) => `${length} ${reason}`);
  const blame = suspect === undefined ? '' : `; ${nameOf(suspect)} explains most of it`;
  return ` (${reasons.join(', ')})${blame}`;
}

function nameOf({ kind, name }: Named): string {
  return `${kind === 'Node' ? 'node' : kind} ${name}`;
}

/** statusOfPassed is the status of a `Passed` condition. */
export function statusOfPassed(outcome: RunOutcome): 'True' | 'False' | 'Unknown' {
  return outcome === 'Passed' ? 'True' : outcome === 'Failed' ? 'False' : 'Unknown';
}
