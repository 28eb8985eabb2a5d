/** Which verdicts make one finding together, and how it reads: what has one cause is told once, with who saw it. */
import { type Finding, maxMessageLength, type Severity } from '../api/v1alpha1/index.ts';
import type { EvidenceExcerpt, Verdict } from '../checks/verdict.ts';
import { evidenceText } from './evidence-text.ts';
import { compare, cut, plain, plural } from './text.ts';

/** maxSubjectLength is the schema's bound of a finding's subject. */
export const maxSubjectLength = 600;

/** namedNodes is how many nodes a finding of no one node names. */
const namedNodes = 3;

/** Gathered is a finding that is not dated yet. */
export type Gathered = Omit<Finding, 'since'>;

/** Draft writes a finding out; it is only called if there is room for it. */
export type Draft = () => Gathered;

type Group = readonly [Verdict, ...Verdict[]];

/**
 * failuresOf are the failures: what fails for one node in one way about one subject is one finding, however many
 * questions show it; what fails alike from everywhere is one for all nodes, and comes first.
 */
export function failuresOf(verdicts: readonly Verdict[]): readonly Draft[] {
  const failed = verdicts.filter(({ outcome }) => outcome === 'Failed').sort(byPlace);
  const groups = groupsOf(failed, (verdict) => [placeOf(verdict), verdict.reason, verdict.subject]);
  return groups
    .sort(([a], [b]) => compare(placeOf(a), placeOf(b)) || compare(a.subject, b.subject))
    .map((group) => () => withCount('Failed', group, placeOf(group[0])));
}

/** unansweredOf are what could not be told, one for each cause: a probe that never ran, a peer without a responder. */
export function unansweredOf(verdicts: readonly Verdict[]): readonly Draft[] {
  const unknown = verdicts.filter(({ outcome }) => outcome === 'Unknown');
  return groupsOf(unknown, ({ reason, message }) => [reason, message]).map((group) => () => {
    if (group.length === 1) return one('Unknown', group[0]);
    const { subject: _, ...finding } = withCount('Unknown', group, commonNode(group));
    return finding;
  });
}

/** warningsOf are what is worth knowing, each once, whichever verdicts carry it. */
export function warningsOf(verdicts: readonly Verdict[]): readonly Draft[] {
  const warnings = verdicts.flatMap((verdict) => (verdict.warning === undefined ? [] : [warned(verdict)]));
  return groupsOf(warnings.sort(byPlace), ({ reason, node, subject }) => [reason, node, subject]).map(
    ([first]) =>
      () =>
        one('Warning', first),
  );
}

/** warned is a verdict as its warning tells it. */
function warned({ warning, evidence, ...verdict }: Verdict): Verdict {
  const shown = warning?.evidence ?? (warning?.subject === undefined ? evidence : undefined);
  return { ...verdict, ...warning, ...evidenceField(shown) };
}

function evidenceField(evidence: EvidenceExcerpt | undefined) {
  return evidence === undefined ? {} : { evidence };
}

/** groupsOf gathers the verdicts of one check that agree in all of a key, in the order of the first of each. */
function groupsOf(verdicts: readonly Verdict[], keyOf: (verdict: Verdict) => readonly string[]): Group[] {
  const groups = new Map<string, [Verdict, ...Verdict[]]>();
  for (const verdict of verdicts) {
    const key = [verdict.check, ...keyOf(verdict)].join('\n');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [verdict]);
    else group.push(verdict);
  }
  return [...groups.values()];
}

/** placeOf is the node of a failure, empty for one that is of no one node. */
function placeOf({ node, everywhere }: Verdict): string {
  return everywhere === true ? '' : node;
}

function withCount(severity: Severity, group: Group, node: string): Gathered {
  const [first] = group;
  const seen = [
    ...(node === '' ? [seenFrom([...new Set(group.map((verdict) => verdict.node))])] : []),
    ...(group.length === 1 ? [] : [plural(group.length, 'question')]),
  ].join('; ');
  const end = seen === '' ? '' : ` (${seen})`;
  const message = `${cut(first.message, maxMessageLength - end.length)}${plain(end)}`;
  return { ...one(severity, first), node, message };
}

function seenFrom(nodes: readonly string[]): string {
  const named = nodes.slice(0, namedNodes).join(', ');
  const more = nodes.length > namedNodes ? ` and ${nodes.length - namedNodes} more` : '';
  return `from ${plural(nodes.length, 'node')}: ${named}${more}`;
}

function one(severity: Severity, verdict: Verdict): Gathered {
  const evidence = verdict.evidence && evidenceText(verdict.evidence);
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

/** commonNode is the node that all questions share: the one that asked, else the one that was to be asked, else none. */
function commonNode(group: Group): string {
  const [first] = group;
  if (group.every(({ node }) => node === first.node)) return first.node;
  if (group.every(({ peer }) => peer === undefined)) return '';
  return group.every(({ peer }) => peer === first.peer) ? (first.peer ?? first.node) : first.node;
}

function byPlace(a: Verdict, b: Verdict): number {
  return compare(a.node, b.node) || compare(a.subject, b.subject);
}
