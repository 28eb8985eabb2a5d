/** What a person must read of a run: findings out of verdicts, and what failed before and could not be told now. */
import {
  type Finding,
  maxEvidenceLength,
  maxMessageLength,
  type NetworkAuditRun,
  type Severity,
} from '../api/v1alpha1/index.ts';
import type { EvidenceExcerpt, Verdict } from '../checks/verdict.ts';
import { pairOf } from './outstanding.ts';
import { compare, cut, plural } from './text.ts';

/** maxSubjectLength is the schema's bound of a finding's subject. */
const maxSubjectLength = 600;

/**
 * findingsOf lists findings, the worst first: `Failed`, `Unknown`, `Warning`, in each the order of the verdicts. Each
 * failure is a finding of its own; what could not be told for one cause is one finding, however many questions it took.
 */
export function findingsOf(
  verdicts: readonly Verdict[],
  previous: NetworkAuditRun | undefined,
  time: string,
): readonly Finding[] {
  const since = sinceIn(previous);
  const dated = (finding: Omit<Finding, 'since'>): Finding => ({ ...finding, since: since(finding) ?? time });
  const failed = verdicts
    .filter(({ outcome }) => outcome === 'Failed')
    .map((verdict) => one('Failed', verdict));
  const unknown = groupsOf(verdicts.filter(({ outcome }) => outcome === 'Unknown'));
  const warnings = verdicts.flatMap((verdict) =>
    verdict.warning === undefined ? [] : [one('Warning', { ...verdict, ...verdict.warning })],
  );
  return [...failed.sort(byPlace), ...unknown, ...warnings.sort(byPlace)].map(dated);
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

/** groupsOf makes one finding of all that could not be told for the same cause: a probe that never ran, a peer. */
function groupsOf(verdicts: readonly Verdict[]): readonly Omit<Finding, 'since'>[] {
  const groups = Map.groupBy(verdicts, ({ check, reason, message }) => `${check}\n${reason}\n${message}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    if (group.length === 1) return [one('Unknown', first)];
    const { subject: _, ...finding } = one('Unknown', first);
    const node = commonNode(group);
    const message = cut(`${first.message} (${plural(group.length, 'question')})`, maxMessageLength);
    return [{ ...finding, node, message }];
  });
}

/** commonNode is the node that all questions share: the one that asked, else the one that was to be asked. */
function commonNode(group: readonly Verdict[]): string {
  const [first] = group;
  if (first === undefined) return '';
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
  const fields = Object.entries(evidence).sort(([, a], [, b]) => sizeOf(a) - sizeOf(b));
  for (let count = fields.length; count > 0; count--) {
    const kept = new Set(fields.slice(0, count).map(([name]) => name));
    const text = JSON.stringify(
      Object.fromEntries(Object.entries(evidence).filter(([name]) => kept.has(name))),
    );
    if (text.length <= maxEvidenceLength) return text;
  }
  return undefined;
}

function sizeOf(value: EvidenceExcerpt[string]): number {
  return JSON.stringify(value).length + (typeof value === 'object' ? maxEvidenceLength : 0);
}

function byPlace(a: Omit<Finding, 'since'>, b: Omit<Finding, 'since'>): number {
  return compare(a.node, b.node) || compare(a.subject ?? '', b.subject ?? '');
}
