/** What a kubelet refuses to run although the Pod names it (pkg/kubelet/lifecycle/predicate.go). Pure. */
import { quantityNano } from '../api/quantity.ts';
import { matchesNode } from '../controllers/node-affinity.ts';
import { podRequests } from '../controllers/requests.ts';
import { untolerated } from '../controllers/taints.ts';
import type { Node, Pod } from '../kinds.ts';

/** Refusal is the reason and message of the Failed Pod. */
export interface Refusal {
  reason: string;
  message: string;
}

/** refusal is why a node does not take a Pod, or undefined when it does. `others` are those that it runs already. */
export function refusal(pod: Pod, node: Node, others: Pod[]): Refusal | undefined {
  const allocatable = node.status?.allocatable ?? {};
  for (const [resource, wanted] of Object.entries(podRequests(pod))) {
    const used = others.reduce((sum, other) => sum + (podRequests(other)[resource] ?? 0n), 0n);
    const capacity = quantityNano(allocatable[resource] ?? '0') ?? 0n;
    if (wanted === 0n || used + wanted <= capacity) continue;
    // cpu is counted in thousandths, everything else in units.
    const unit = resource === 'cpu' ? 1_000_000n : 1_000_000_000n;
    const figures = `requested: ${wanted / unit}, used: ${used / unit}, capacity: ${capacity / unit}`;
    return {
      reason: `OutOf${resource}`,
      message: `Pod was rejected: Node didn't have enough resource: ${resource}, ${figures}`,
    };
  }
  if (!matchesNode(pod, node)) {
    const message =
      "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector";
    return { reason: 'NodeAffinity', message };
  }
  if (untolerated(pod, node, ['NoExecute']) !== undefined) {
    const message = 'Pod was rejected: Predicate TaintToleration failed: node(s) had untolerated taint(s)';
    return { reason: 'TaintToleration', message };
  }
  return undefined;
}
