/** Verdicts on probes of which there is no evidence: that is never a fault of the network, and never a pass. */
import type { JudgeInput } from '../check.ts';
import type { Opinion } from './opinion.ts';
import { type Reason, reasons } from './reasons.ts';
import type { Side } from './sides.ts';

/** opinionWithoutEvidence says why nothing can be said. */
export function opinionWithoutEvidence({ api }: JudgeInput, { node, report, problem }: Side): Opinion {
  const gone = api.gone.get(node) ?? (report?.kind === 'Gone' ? report.message : undefined);
  if (gone !== undefined) return { outcome: 'Skipped', reason: 'NodeGone', message: gone };
  if (report?.kind === 'Lost') {
    return { outcome: 'Unknown', reason: lostReason(report.reason), message: report.message };
  }
  if (problem !== undefined) return { outcome: 'Unknown', reason: 'EvidenceBroken', message: problem };
  return { outcome: 'Unknown', reason: 'NoReport', message: `nothing is known of the probe on ${node}` };
}

function lostReason(reason: string): Reason {
  return isReason(reason) && reasons[reason].outcome === 'Unknown' ? reason : 'NoReport';
}

function isReason(text: string): text is Reason {
  return Object.hasOwn(reasons, text);
}
