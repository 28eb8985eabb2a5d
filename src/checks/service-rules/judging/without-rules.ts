/** Nodes whose rules cannot be held against the API: they could not be read, are of a kind that is not, or are none. */
import type { JudgeInput } from '../../check.ts';
import { bucketCount } from '../digest.ts';
import { auditedMode } from './buckets.ts';
import { type Opinion, subjects } from './opinion.ts';
import type { Run } from './run.ts';
import type { SeenSide } from './sides.ts';
import { factsOf, rowsOfNode, tablesOf } from './tables.ts';
import { isBlind, unreadableText } from './unreadable.ts';

/** withoutRules are the opinions on such a node; undefined on any other. */
export function withoutRules(input: JudgeInput, run: Run, side: SeenSide): readonly Opinion[] | undefined {
  const { evidence, node, report } = side;
  const about = subjects.services;
  if (evidence.mode === 'ipvs') {
    const message = `kube-proxy on ${node} is in mode ipvs, whose rules are not read`;
    return [{ outcome: 'Skipped', reason: 'ModeNotAudited', message, about }];
  }
  if (isBlind(evidence) || evidence.mode === 'unknown') {
    const message = unreadableText(evidence);
    return [{ outcome: 'Unknown', reason: 'RulesUnreadable', message, about }];
  }
  if (evidence.mode === 'none') return [emptyNode(input, run, side)];
  if (evidence.digests !== '' && evidence.families.length > 0) return undefined;
  if (!report.complete) {
    const message = `the probe on ${node} ended before it had read the rules`;
    return [{ outcome: 'Unknown', reason: 'NoReport', message, about }];
  }
  const message = `the probe on ${node} reported no table of what it read`;
  return [{ outcome: 'Unknown', reason: 'EvidenceBroken', message, about }];
}

/** A node without any rules, where others have some, lacks all of them. */
function emptyNode({ api }: JudgeInput, run: Run, { evidence, node, report }: SeenSide): Opinion {
  const about = subjects.services;
  const mode = auditedMode(run.mode ?? 'none');
  if (mode === undefined) {
    const message = `there are no rules of kube-proxy on ${node}, and it is in mode ${run.mode ?? 'unknown'} on others`;
    return { outcome: 'Skipped', reason: 'ModeNotAudited', message, about };
  }
  const facts = factsOf(node, mode, evidence, report.podAddresses, api.cluster);
  const all = new Set(Array.from({ length: bucketCount }, (_, bucket) => bucket));
  const rows = [...rowsOfNode(tablesOf(api.cluster), facts, evidence.families, all).values()];
  const services = new Set(rows.map(({ service }) => service));
  const message = `there are no rules of kube-proxy on ${node}, which other nodes have: all of ${services.size} Services are missing`;
  return { outcome: 'Failed', reason: 'ServiceMissing', message, about };
}
