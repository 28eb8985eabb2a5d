/** What a person must read of a run: findings out of verdicts, and what failed before and could not be told now. */
import {
  type Finding,
  maxEvidenceLength,
  maxMessageLength,
  maxRunFindings,
  type NetworkAuditRun,
  type Severity,
} from '../api/v1alpha1/index.ts';
import type { EvidenceExcerpt, Verdict } from '../checks/verdict.ts';
import { pairOf } from './outstanding.ts';
import { compare, cut, plain, plural } from './text.ts';

/** maxSubjectLength is the schema's bound of a finding's subject. */
const maxSubjectLength = 600;

/** Findings are the worst that were found, and how many more there were. */
export interface Findings {
  readonly findings: readonly Finding[];
  readonly omitted: number;
}

/** Draft is a finding that is only written out if there is room for it. */
type Draft = () => Omit<Finding, 'since'>;

/**
 * findingsOf lists findings, the worst first: `Failed`, then failures that were carried over, `Unknown`, `Warning`. Each
 * failure is a finding of its own; what could not be told for one cause is one finding, however many questions it took.
 */
export function findingsOf(
  verdicts: readonly Verdict[],
  carried: readonly Finding[],
  previous: NetworkAuditRun | undefined,
  time: string,
): Findings {
  const failed = verdicts.filter(({ outcome }) => outcome === 'Failed').sort(byPlace);
  const unknown = groupsOf(verdicts.filter(({ outcome }) => outcome === 'Unknown'));
  const warnings = verdicts.flatMap((verdict) =>
    verdict.warning === undefined ? [] : [{ ...verdict, ...verdict.warning }],
  );
  const drafts: readonly Draft[] = [
    ...failed.map((verdict) => () => one('Failed', verdict)),
    ...carried.map((finding) => () => finding),
    ...unknown.map((group) => () => together(group)),
    ...warnings.sort(byPlace).map((verdict) => () => one('Warning', verdict)),
  ];
  const since = sinceIn(previous);
  const findings = drafts
    .slice(0, maxRunFindings)
    .map((draft) => draft())
    .map((finding) => ({ ...finding, since: since(finding) ?? time }));
  return { findings, omitted: drafts.length - findings.length };
}

/**
 * carriedOver are the failures of the previous run that this one neither confirms nor clears: their question was not
 * asked again, or could not be answered. They do not decide this run; the audit does not pass while there are any.
 */
export function carriedOver(
  previous: NetworkAuditRun | undefined,
  verdicts: readonly Verdict[],
  checks: ReadonlySet<string>,
  nodes: ReadonlySet<string>,
): readonly Finding[] {
  const before = (previous?.status?.findings ?? []).filter(
    ({ severity, check, node }) => severity === 'Failed' && checks.has(check) && nodes.has(node),
  );
  if (before.length === 0) return [];
  const now = Map.groupBy(verdicts, (verdict) => placeOf(verdict.check, verdict.node, verdict.peer));
  return before.filter((finding) => {
    const peer = pairOf(finding)?.to;
    if (peer !== undefined && !nodes.has(peer)) return false;
    const asked = now.get(placeOf(finding.check, finding.node, peer)) ?? [];
    const same = asked.filter(({ subject }) => cut(subject, maxSubjectLength) === finding.subject);
    return !(same.length > 0 ? same : asked).some(
      ({ outcome }) => outcome === 'Passed' || outcome === 'Failed',
    );
  });
}

function placeOf(check: string, node: string, peer: string | undefined): string {
  return `${check} ${node} ${peer ?? ''}`;
}

function one(severity: Severity, verdict: Verdict): Omit<Finding, 'since'> {
  const evidence = evidenceText(verdict.evidence);
  return {
    severity,
    check: verdict.check,
    reason: verdict.reason,
    node: verdict.node,
    subject: cut(verdict.subject, maxSubjectLength),
    message: cut(verdict.message, maxMessageLength),
    ...(evidence === undefined ? {} : { evidence }),
  };
}

/** groupsOf gathers all that could not be told for the same cause: a probe that never ran, a peer without responder. */
function groupsOf(verdicts: readonly Verdict[]): readonly (readonly [Verdict, ...Verdict[]])[] {
  const groups = new Map<string, [Verdict, ...Verdict[]]>();
  for (const verdict of verdicts) {
    const key = `${verdict.check}\n${verdict.reason}\n${verdict.message}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [verdict]);
    else group.push(verdict);
  }
  return [...groups.values()];
}

function together(group: readonly [Verdict, ...Verdict[]]): Omit<Finding, 'since'> {
  const [first] = group;
  if (group.length === 1) return one('Unknown', first);
  const { subject: _, ...finding } = one('Unknown', first);
  const message = cut(`${first.message} (${plural(group.length, 'question')})`, maxMessageLength);
  return { ...finding, node: commonNode(group), message };
}

/** commonNode is the node that all questions share: the one that asked, else the one that was to be asked. */
function commonNode(group: readonly [Verdict, ...Verdict[]]): string {
  const [first] = group;
  const shared = group.every(({ node }) => node === first.node);
  const peer = group.every((verdict) => verdict.peer === first.peer) ? first.peer : undefined;
  return shared || peer === undefined ? first.node : peer;
}

/** sinceIn finds when the same finding was first seen, in the run before. */
function sinceIn(previous: NetworkAuditRun | undefined) {
  const times = new Map(
    (previous?.status?.findings ?? []).map((finding) => [identityOf(finding), finding.since]),
  );
  return (finding: Omit<Finding, 'since'>) => times.get(identityOf(finding));
}

function identityOf({ severity, check, reason, node, subject }: Omit<Finding, 'since'>): string {
  return [severity, check, reason, node, subject ?? ''].join('\n');
}

/** evidenceText is compact JSON within the bound: lists go first, then whatever is longest. */
function evidenceText(evidence: EvidenceExcerpt | undefined): string | undefined {
  if (evidence === undefined) return undefined;
  const whole = plain(JSON.stringify(evidence));
  if (whole.length <= maxEvidenceLength) return whole;
  const fields = Object.entries(evidence).sort(([, a], [, b]) => sizeOf(a) - sizeOf(b));
  for (let count = fields.length - 1; count > 0; count--) {
    const kept = new Set(fields.slice(0, count).map(([name]) => name));
    const text = plain(
      JSON.stringify(Object.fromEntries(Object.entries(evidence).filter(([name]) => kept.has(name)))),
    );
    if (text.length <= maxEvidenceLength) return text;
  }
  return undefined;
}

function sizeOf(value: EvidenceExcerpt[string]): number {
  return JSON.stringify(value).length + (typeof value === 'object' ? maxEvidenceLength : 0);
}

function byPlace(a: Verdict, b: Verdict): number {
  return compare(a.node, b.node) || compare(a.subject, b.subject);
}
