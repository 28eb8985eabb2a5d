/** Which Pods go first when there are too many (controller.ActivePods). Pure. */
import { isReady, type Pod } from '../kinds.ts';

/** leastLossFirst orders Pods: those that are not scheduled, then those that are not ready, then the newest. */
export function leastLossFirst(a: Pod, b: Pod): number {
  const rank = (pod: Pod) => (pod.spec.nodeName === undefined ? 0 : isReady(pod) ? 2 : 1);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  return (a.metadata.creationTimestamp ?? '') > (b.metadata.creationTimestamp ?? '') ? -1 : 1;
}
