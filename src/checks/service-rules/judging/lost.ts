/** Opinions on nodes of which nothing is known: that is never a fault of their rules, and never a pass. */

import { type Reason, reasons } from '../reasons.ts';
import { type Opinion, subjects } from './opinion.ts';
import type { UnseenSide } from './sides.ts';

/** opinionWithoutEvidence says why nothing can be said. */
export function opinionWithoutEvidence({ node, problem, report }: UnseenSide): Opinion {
  const about = subjects.services;
  if (report?.kind === 'Gone') {
    return { outcome: 'Skipped', reason: 'NodeGone', message: report.message, about };
  }
  if (report?.kind === 'Lost') {
    return { outcome: 'Unknown', reason: lostReason(report.reason), message: report.message, about };
  }
  if (problem !== undefined) return { outcome: 'Unknown', reason: 'EvidenceBroken', message: problem, about };
  const message = `nothing is known of the probe on ${node}`;
  return { outcome: 'Unknown', reason: 'NoReport', message, about };
}

/** What becomes of probes has the same names for every kind of check. */
const ofProbes: readonly Reason[] = [
  'NoReport',
  'ProbeNotScheduled',
  'PodRefused',
  'ImageNotPulled',
  'PodMutated',
];

function lostReason(reason: string): Reason {
  if (reason === 'EvidenceBroken') return reason;
  return ofProbes.find((each) => each === reason && reasons[each].outcome === 'Unknown') ?? 'NoReport';
}
