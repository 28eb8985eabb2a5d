/** The nodes of a run as the judge looks at them: what each reported, and what of kube-proxy there is. */
import type { JudgeInput, Report } from '../../check.ts';
import type { Evidence } from '../evidence.ts';
import { type ReadEvidence, readEvidence } from '../evidence-reader.ts';
import { askedNodes } from '../plan.ts';

/** Side is one node. */
export type Side = SeenSide | UnseenSide;

/** SeenSide is a node that reported what it has. */
export interface SeenSide {
  readonly kind: 'Seen';
  readonly node: string;
  readonly report: Extract<Report, { kind: 'Answered' }>;
  readonly evidence: Evidence;
}

/** UnseenSide is a node of which nothing is known, with what is the matter with its evidence, if there is any. */
export interface UnseenSide {
  readonly kind: 'Unseen';
  readonly node: string;
  readonly report?: Report;
  readonly problem?: string;
}

/** sidesOf are the nodes that were asked, in the plan's order. */
export function sidesOf({ plan, reports }: JudgeInput): readonly Side[] {
  return askedNodes(plan).map((node): Side => {
    const report = reports.get(node);
    if (report === undefined) return { kind: 'Unseen', node };
    if (report.kind !== 'Answered') return { kind: 'Unseen', node, report };
    const read = readOnce(report.evidence);
    if (!read.ok) return { kind: 'Unseen', node, report, problem: read.problem };
    return { kind: 'Seen', node, report, evidence: read.evidence };
  });
}

/** Evidence is read at every look at a run; it stays the same object. */
const known = new WeakMap<object, ReadEvidence>();

function readOnce(evidence: unknown): ReadEvidence {
  if (typeof evidence !== 'object' || evidence === null) return readEvidence(evidence);
  const before = known.get(evidence);
  if (before !== undefined) return before;
  const read = readEvidence(evidence);
  known.set(evidence, read);
  return read;
}
