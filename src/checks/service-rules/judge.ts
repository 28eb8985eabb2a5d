/** The judge of ServiceRules: whether what each node does with packets to Services is what the API says. Pure. */
import type { JudgeInput } from '../check.ts';
import type { Verdict } from '../verdict.ts';
import { comparedOf } from './judging/buckets.ts';
import { linePrefix } from './judging/detail-reader.ts';
import { opinionWithoutEvidence } from './judging/lost.ts';
import { withModes } from './judging/modes.ts';
import { type Opinion, subjects, verdictsOf } from './judging/opinion.ts';
import { opinionOnProxy } from './judging/proxy.ts';
import { opinionsOnRules } from './judging/rules.ts';
import { type Run, runOf } from './judging/run.ts';
import { type SeenSide, sidesOf } from './judging/sides.ts';
import { withoutRules } from './judging/without-rules.ts';
import { serviceRulesOptionsOf } from './options.ts';

/**
 * judge is `Check.judge` of ServiceRules. A node without evidence has one verdict; one with evidence has one for each
 * bucket of Services that is right, one for each reason for which another is wrong, and one on kube-proxy itself.
 */
export function judge(input: JudgeInput): readonly Verdict[] {
  const options = serviceRulesOptionsOf(input.check);
  if (options === undefined) return [];
  const sides = sidesOf(input);
  const seen = sides.filter((side) => side.kind === 'Seen');
  const run = runOf(seen, options);
  const verdicts = sides.flatMap((side) => {
    const opinions = side.kind === 'Seen' ? opinionsOn(input, run, side) : [opinionWithoutEvidence(side)];
    return opinions.flatMap((opinion) => verdictsOf(input, side.node, opinion));
  });
  return withModes(verdicts, seen);
}

/** wantsLog is `Check.wantsLog` of ServiceRules: the rows of the buckets that differ, where there are any. */
export function wantsLog(input: JudgeInput): ReadonlyMap<string, readonly string[]> {
  const { api, check } = input;
  const wanted = new Map<string, readonly string[]>();
  for (const side of sidesOf(input)) {
    if (side.kind !== 'Seen' || goneOf(input, side) !== undefined || api.settling.has(side.node)) continue;
    const { unclear = [] } = comparedOf(side, api.cluster) ?? {};
    if (unclear.length > 0)
      wanted.set(
        side.node,
        unclear.map((bucket) => linePrefix(check.name, bucket)),
      );
  }
  return wanted;
}

function opinionsOn(input: JudgeInput, run: Run, side: SeenSide): readonly Opinion[] {
  const { evidence, node } = side;
  const gone = goneOf(input, side);
  if (gone !== undefined)
    return [{ outcome: 'Skipped', reason: 'NodeGone', message: gone, about: subjects.services }];
  if (!run.proxied && evidence.unreadable.length === 0) {
    const message = `there is nothing of kube-proxy on ${node}, nor on any other node of this run`;
    return [{ outcome: 'Skipped', reason: 'NoKubeProxy', message, about: subjects.services }];
  }
  const proxy = evidence.mode === 'none' ? undefined : opinionOnProxy(side, run.options, run.answering);
  const rules = withoutRules(input, run, side) ?? opinionsOnRules(input, run.options, side);
  const opinions = proxy === undefined ? rules : [...rules, proxy];
  const settling = input.api.settling.get(node);
  return settling === undefined ? opinions : settled(opinions, settling);
}

/** What became of a node decides less here than elsewhere: one that is not Ready is what we came to see. */
function goneOf({ api }: JudgeInput, { node }: SeenSide): string | undefined {
  if (api.cluster.nodes.has(node)) return undefined;
  return api.gone.get(node) ?? `Node ${node} was deleted while the run went on`;
}

/** On a node that has just become Ready kube-proxy may not have come so far: what is wrong there does not count yet. */
function settled(opinions: readonly Opinion[], message: string): readonly Opinion[] {
  const rest = opinions.filter(({ outcome, reason }) => outcome !== 'Failed' && reason !== 'RowsNotRead');
  if (rest.length === opinions.length) return opinions;
  return [...rest, { outcome: 'Skipped', reason: 'Settling', message, about: subjects.services }];
}
