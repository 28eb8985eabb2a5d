/** The judge of PodToPod: one verdict for every question of the plan, whatever became of the probes. Pure. */
import type { Target } from '../../api/v1alpha1/index.ts';
import type { JudgeInput, Report } from '../check.ts';
import type { Verdict } from '../verdict.ts';
import { addressOf, sameAddress } from './addresses.ts';
import {
  type Deviation,
  type Evidence,
  localOf,
  type ParsedEvidence,
  parseEvidence,
  type Result,
} from './evidence.ts';
import { failed, type Observed, type Opinion, skipped, unknown } from './opinion.ts';
import { type Asked, type IndexedPlan, indexed, questionsOf } from './plan.ts';
import { type Reason, reasons } from './reasons.ts';
import { type Heard, opinionOnSilence } from './silence.ts';
import { opinionOnSizes } from './sizes.ts';
import { heardBit } from './task.ts';
import { opinionOnViews } from './views.ts';

/** judge is `Check.judge` of PodToPod. */
export function judge(input: JudgeInput): readonly Verdict[] {
  const view = indexed(input.plan, input.check);
  const sides = new Map([...view.probers.keys()].map((node) => [node, sideOf(input, view, node)]));
  return [...sides].flatMap(([node, side]) =>
    side.questions.flatMap((asked, position) => {
      const target = input.plan.targets[asked.target];
      return target === undefined
        ? []
        : [verdictOn({ input, view, sides, node, side, asked, target, position })];
    }),
  );
}

/** Side is one prober: what it was asked, what became of it, and its evidence where there is any. */
interface Side {
  readonly questions: readonly Asked[];
  readonly report: Report | undefined;
  readonly parsed: ParsedEvidence | undefined;
}

interface Case {
  readonly input: JudgeInput;
  readonly view: IndexedPlan;
  readonly sides: ReadonlyMap<string, Side>;
  readonly node: string;
  readonly side: Side;
  readonly asked: Asked;
  readonly target: Target;
  readonly position: number;
}

function sideOf(input: JudgeInput, view: IndexedPlan, node: string): Side {
  const questions = questionsOf(view, node);
  const report = input.reports.get(node);
  const parsed =
    report?.kind === 'Answered'
      ? parseEvidence(report.evidence, questions.length, input.plan.nodes.length)
      : undefined;
  return { questions, report, parsed };
}

function verdictOn(at: Case): Verdict {
  const { input, node, asked, target } = at;
  const opinion = opinionOn(at);
  const time = roundTripOf(resultOf(at));
  const own = target.node === node ? ' (same node)' : '';
  return {
    check: input.check.name,
    type: input.check.type,
    outcome: opinion.outcome,
    reason: opinion.reason,
    message: opinion.message,
    node,
    peer: target.node,
    subject: `${node} → ${target.node} ${asked.protocol} ${asked.family}${own}`,
    ...(opinion.warning === undefined ? {} : { warning: opinion.warning }),
    ...(time === 0 ? {} : { roundTripMicroseconds: time }),
    ...(opinion.evidence === undefined ? {} : { evidence: opinion.evidence }),
  };
}

function opinionOn(at: Case): Opinion {
  const { input, node, side, asked, target } = at;
  const gone = input.api.gone.get(node) ?? input.api.gone.get(target.node);
  if (gone !== undefined) return skipped('NodeGone', gone);
  if (side.report?.kind === 'Gone') return skipped('NodeGone', side.report.message);
  if (side.report === undefined) return unknown('NoReport', `nothing is known of the probe on ${node}`);
  if (side.report.kind === 'Lost') return unknown(lostReason(side.report.reason), side.report.message);
  if (side.parsed?.ok !== true) {
    return unknown('EvidenceBroken', side.parsed?.problem ?? 'there is no evidence');
  }
  const result = resultOf(at);
  if (result === undefined || result === 0) {
    return unknown('NoReport', `the probe on ${node} ended before it had asked ${target.node} to the end`);
  }
  const local = localOf(side.parsed.evidence, asked.family);
  const seen: Deviation = typeof result === 'number' ? { t: result, n: 1 } : result;
  const opinion = opinionOnSeen(at, { asked, target, node, local, seen }, side.report.podAddresses);
  if (opinion.outcome !== 'Failed') return opinion;
  const state = input.api.targets.get(target.node);
  if (state?.kind === 'Mutated') {
    return unknown('PodMutated', `${state.message}; seen: ${opinion.message}`, opinion.evidence);
  }
  const change = changeOf(at);
  return change === undefined ? opinion : skipped('Settling', `${change}; seen: ${opinion.message}`);
}

/** changeOf says what changed at either end so shortly before that a failure may come from the change alone. */
function changeOf({ input: { api }, node, target }: Case): string | undefined {
  const state = api.targets.get(target.node);
  if (state?.kind === 'Changed') return state.message;
  return api.settling.get(node) ?? api.settling.get(target.node);
}

function opinionOnSeen(at: Case, observed: Observed, podAddresses: readonly string[]): Opinion {
  const { input, view, asked, target } = at;
  const { timeoutMilliseconds, maxRoundTripMilliseconds } = view.options;
  const views = opinionOnViews(observed);
  if (views?.outcome === 'Failed') return views;
  const opinion =
    opinionOnSilence(
      observed,
      timeoutMilliseconds,
      heardOf(at),
      input.api.targets.get(target.node),
      input.api.policies,
    ) ??
    opinionOnSizes(observed) ??
    opinionOnOwnAddress(observed, addressOf(podAddresses, asked.family), podAddresses.length > 0);
  if (opinion !== undefined && opinion.outcome !== 'Passed') return opinion;
  const limit = (maxRoundTripMilliseconds ?? Number.POSITIVE_INFINITY) * 1000;
  const { t } = observed.seen;
  if (t > limit) {
    const message = `the median round trip to ${target.node} took ${milliseconds(t)} ms, at most ${maxRoundTripMilliseconds} ms pass`;
    return failed('TooSlow', message, { roundTripMicroseconds: t });
  }
  return opinion ?? views ?? { outcome: 'Passed', reason: 'AsExpected', message: '' };
}

/** opinionOnOwnAddress holds the address that the socket had against the one that the API gives the Pod. */
function opinionOnOwnAddress(
  observed: Observed,
  given: string | undefined,
  told: boolean,
): Opinion | undefined {
  const { local, node, asked, seen, target } = observed;
  const used = seen.c ?? local;
  const own = given ?? (told ? '' : local);
  if (used === '') return unknown('EvidenceBroken', `the evidence names no own ${asked.family} address`);
  if (sameAddress(used, own)) return undefined;
  const message = `the probe's Pod on ${node} asks ${target.node} from ${used} where the API gives it ${own || `no ${asked.family} address`}`;
  return failed('AddressMismatch', message, { used, given: own });
}

/** heardOf looks into the evidence of the node that was asked: what did its responder hear of this prober? */
function heardOf(at: Case): Heard {
  const parsed = at.sides.get(at.target.node)?.parsed;
  const heard: Evidence['heard'] = parsed?.ok ? parsed.evidence.heard : undefined;
  if (heard === undefined) return 'NotKnown';
  const digit = Number.parseInt(heard[at.view.probers.get(at.node) ?? -1] ?? '0', 16);
  if ((digit & heardBit(at.asked.protocol, at.asked.family)) !== 0) return 'This';
  const overUDP = (digit & heardBit('UDP', at.asked.family)) !== 0;
  return overUDP && silentOverUDP(at) ? 'Pair' : 'Nothing';
}

/** silentOverUDP tells whether the same pair had no answer over UDP either: then TCP's silence has the same cause. */
function silentOverUDP(at: Case): boolean {
  const { side, asked } = at;
  const position = side.questions.findIndex(
    (other) => other.target === asked.target && other.family === asked.family && other.protocol === 'UDP',
  );
  const result = side.parsed?.ok ? side.parsed.evidence.results[position] : undefined;
  return typeof result === 'object' && result.u !== undefined;
}

function resultOf({ side, position }: Case): Result | undefined {
  return side.parsed?.ok ? side.parsed.evidence.results[position] : undefined;
}

function roundTripOf(result: Result | undefined): number {
  return typeof result === 'object' ? result.t : (result ?? 0);
}

function lostReason(reason: string): Reason {
  return isReason(reason) && reasons[reason].outcome === 'Unknown' ? reason : 'NoReport';
}

function isReason(text: string): text is Reason {
  return Object.hasOwn(reasons, text);
}

function milliseconds(microseconds: number): string {
  return (microseconds / 1000).toFixed(1);
}
