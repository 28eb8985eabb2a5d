/** A kind of check as simple as can be: each node asks the block, itself and its retries; evidence names who failed. */
import type { Plan } from '../../src/api/v1alpha1/index.ts';
import type { Check } from '../../src/checks/check.ts';
import { withDefaults } from '../../src/checks/pod-to-pod/options.ts';
import { isObject } from '../../src/checks/shape.ts';

/** peersOf are the nodes that a prober is asked about. */
export function peersOf(plan: Plan, peersPerNode: number, node: string): readonly string[] {
  const block = plan.targets.slice(0, peersPerNode).map((target) => target.node);
  const again = plan.retries.filter(({ from }) => from === node).map(({ to }) => to);
  const own = plan.targets.some((target) => target.node === node) ? [node] : [];
  return [...new Set([...block, ...own, ...again])];
}

/** Evidence of the fake check: for each peer that failed, the reason. */
export type FakeEvidence = { readonly failed: Readonly<Record<string, string>> };

export const fakeCheck: Check = {
  type: 'PodToPod',
  place: 'pod',
  asksPeers: true,
  withDefaults,
  task: (plan, check, node) => {
    const peers = peersOf(plan, check.podToPod?.peersPerNode ?? 50, node);
    return peers.length === 0 ? undefined : { peers };
  },
  judge: ({ plan, check, reports, api }) =>
    plan.nodes.flatMap(({ name: node }) =>
      peersOf(plan, check.podToPod?.peersPerNode ?? 50, node).map((peer) => {
        const base = { check: check.name, type: check.type, node, peer, subject: `${node} → ${peer}` };
        const report = reports.get(node);
        const gone = api.gone.get(node) ?? api.gone.get(peer);
        if (gone !== undefined) return { ...base, outcome: 'Skipped', reason: 'NodeGone', message: gone };
        if (report?.kind !== 'Answered') {
          const why = report?.kind === 'Lost' ? report : { reason: 'NoReport', message: 'No report' };
          return { ...base, outcome: 'Unknown', reason: why.reason, message: why.message };
        }
        const failed =
          isObject(report.evidence) && isObject(report.evidence.failed) ? report.evidence.failed : {};
        const reason = failed[peer];
        return typeof reason === 'string'
          ? { ...base, outcome: 'Failed', reason, message: `${node} does not reach ${peer}` }
          : { ...base, outcome: 'Passed', reason: 'AsExpected', message: '', roundTripMicroseconds: 250 };
      }),
    ),
};
