/** The judge of DNS: a verdict on every question that every prober was asked, whatever became of the probes. Pure. */
import type { DNSOptions, DNSPath } from '../../api/v1alpha1/index.ts';
import type { JudgeInput } from '../check.ts';
import type { Verdict } from '../verdict.ts';
import { hazardsOf } from './corefile-hazards.ts';
import { type Diagnosis, diagnose } from './diagnosis.ts';
import { excerptOf } from './excerpt.ts';
import { opinionOn, opinionOnPath } from './judgement.ts';
import { opinionWithoutEvidence } from './lost.ts';
import { lookupName, type Opinion, subjectOf } from './opinion.ts';
import { dnsOptionsOf } from './options.ts';
import { differingNodes } from './resolver.ts';
import { latencyOf, type Side, sidesOf } from './sides.ts';

/**
 * judge is `Check.judge` of DNS. A probe without evidence has one verdict for each lookup and path of the plan; one with
 * evidence has one for each question, and one more for a path along which there was nobody to ask.
 */
export function judge(input: JudgeInput): readonly Verdict[] {
  const options = dnsOptionsOf(input.check);
  if (options === undefined) return [];
  const sides = sidesOf(input, options);
  const diagnosis = diagnose(
    input,
    sides.filter(({ evidence }) => evidence !== undefined),
  );
  const differing = differingNodes(diagnosis.sides.filter((side) => isOwn(diagnosis, side)));
  const verdicts = sides.flatMap((side) => {
    if (side.evidence === undefined) return unseen(input, options, side);
    const ours = verdictsOn(diagnosis, options, side);
    const differs = differing.get(side.node);
    return differs === undefined ? ours : warned(ours, side, differs);
  });
  return withHazards(verdicts, input);
}

/** A resolver that somebody gave the Pod by `dnsConfig` differs because it was told to. */
function isOwn({ input }: Diagnosis, { node }: Side): boolean {
  return input.api.probeDNS.get(node)?.configured !== true;
}

function unseen(input: JudgeInput, options: DNSOptions, side: Side): readonly Verdict[] {
  const opinion = opinionWithoutEvidence(input, side);
  return options.paths.flatMap((path) =>
    options.lookups.map((lookup) => ({
      ...verdictOf(input, side.node, path, opinion),
      subject: `${side.node} → ${path === 'ResolvConf' ? 'resolv.conf' : path} ${lookupName(lookup)}`,
    })),
  );
}

function verdictsOn(diagnosis: Diagnosis, options: DNSOptions, side: Side): readonly Verdict[] {
  const { input } = diagnosis;
  const pod = input.plan.targets.find(({ node }) => node === side.node)?.pod;
  const asked = side.looks.map((look): Verdict => {
    const opinion = opinionOn(diagnosis, options, side, look);
    const time = look.transport === 'UDP' ? latencyOf(side, look) : undefined;
    const measured = time === undefined || time.answered === 0 ? undefined : time.p50;
    const verdict = verdictOf(input, side.node, look.server.path, opinion, measured, subjectOf(side, look));
    if (opinion.outcome === 'Passed' || look.seen === undefined) return verdict;
    return { ...verdict, evidence: excerptOf(pod, input.api.cluster.ownNamespace, side, look) };
  });
  const paths = options.paths.flatMap((path) => {
    const opinion = opinionOnPath(diagnosis, side, path);
    return opinion === undefined ? [] : [verdictOf(input, side.node, path, opinion)];
  });
  return [...asked, ...paths];
}

function verdictOf(
  { check }: JudgeInput,
  node: string,
  path: DNSPath,
  opinion: Opinion,
  latencyMicroseconds?: number,
  about = `${node} → ${path}`,
): Verdict {
  const { outcome, reason, message, subject = about, everywhere, blames } = opinion;
  const lookup = latencyMicroseconds === undefined ? { path } : { path, latencyMicroseconds };
  const verdict = { check: check.name, type: check.type, outcome, reason, message, node, subject, lookup };
  if (everywhere === undefined && blames === undefined) return verdict;
  return {
    ...verdict,
    ...(everywhere === undefined ? {} : { everywhere }),
    ...(blames === undefined ? {} : { blames }),
  };
}

/** warned tells of a resolver that differs, where all that it was asked had the right answer. */
function warned(verdicts: readonly Verdict[], side: Side, message: string): readonly Verdict[] {
  const ours = verdicts.filter(({ lookup }) => lookup?.path === 'ResolvConf');
  const [first] = ours;
  if (first === undefined || ours.some(({ outcome }) => outcome !== 'Passed')) return verdicts;
  const warning = { reason: 'ResolverDiffers', message, subject: `${side.node} → resolv.conf` };
  return verdicts.map((verdict) => (verdict === first ? { ...verdict, warning } : verdict));
}

/** Hazards of the server's configuration are of no node: each rides on a verdict that has no warning of its own. */
function withHazards(verdicts: readonly Verdict[], { api }: JudgeInput): readonly Verdict[] {
  const left = [...hazardsOf(api.cluster)];
  if (left.length === 0) return verdicts;
  const order = [...verdicts].sort((a, b) => Number(a.outcome !== 'Passed') - Number(b.outcome !== 'Passed'));
  const carriers = new Map<Verdict, ReturnType<typeof hazardsOf>[number]>();
  for (const verdict of order) {
    const next = verdict.warning === undefined ? left.shift() : undefined;
    if (left.length === 0 && next === undefined) break;
    if (next !== undefined) carriers.set(verdict, next);
  }
  if (carriers.size === 0) return verdicts;
  return verdicts.map((verdict) => {
    const warning = carriers.get(verdict);
    return warning === undefined ? verdict : { ...verdict, warning };
  });
}
