/** Which node a Pod is put on, or how the scheduler says that there is none. Pure. */
import { controllerOf, type Node, type Pod } from '../kinds.ts';
import { fitOf, type Obstacle } from './fit.ts';
import { type NodeLoad, nameOf } from './node-load.ts';

/** Placement is a node's name, or the sentence of the FailedScheduling event. */
export type Placement = { node: string } | { message: string };

function histogram(reasons: string[], nodes: number): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const parts = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${parts.join(', ')}.`;
}

function explain(pod: Pod, obstacles: Obstacle[]): string {
  const total = obstacles.length;
  const reasons = obstacles.flatMap((obstacle) => obstacle.reasons);
  const help = obstacles.map(({ resolvable }) =>
    resolvable ? 'No preemption victims found for incoming pod' : 'Preemption is not helpful for scheduling',
  );
  const preemption =
    pod.spec.preemptionPolicy === 'Never'
      ? 'not eligible due to preemptionPolicy=Never.'
      : histogram(help, total);
  return `${histogram(reasons, total)} no new claims to deallocate, preemption: ${preemption}`;
}

/** Equal nodes take turns by a number that a Pod and a node have together, so that tests can repeat themselves. */
function lot(pod: Pod, node: Node): number {
  let sum = 0;
  for (const character of `${pod.metadata.name}/${node.metadata.name}`)
    sum = (sum * 31 + character.charCodeAt(0)) % 65_521;
  return sum;
}

/** place finds the node for a Pod: the one with the fewest Pods of its owner, then with the fewest Pods. */
export function place(pod: Pod, loads: NodeLoad[]): Placement {
  if (loads.length === 0) return { message: 'no nodes available to schedule pods' };
  const fit = fitOf(pod, loads);
  const judged = loads.map((load) => ({ load, obstacle: fit(load) }));
  const owner = controllerOf(pod);
  const siblings = ({ pods }: NodeLoad) =>
    owner === undefined ? 0 : pods.filter((other) => controllerOf(other) === owner).length;
  const [best] = judged
    .flatMap(({ load, obstacle }) => (obstacle === undefined ? [load] : []))
    .sort(
      (a, b) =>
        siblings(a) - siblings(b) || a.pods.length - b.pods.length || lot(pod, a.node) - lot(pod, b.node),
    );
  if (best !== undefined) return { node: nameOf(best.node) };
  const obstacles = judged.flatMap(({ obstacle }) => obstacle ?? []);
  return { message: explain(pod, obstacles) };
}

/** wouldPreempt tells whether a real scheduler would end Pods of a lower priority for this one, which none here does. */
export function wouldPreempt(pod: Pod, loads: NodeLoad[]): boolean {
  if (pod.spec.preemptionPolicy === 'Never') return false;
  const { priority = 0 } = pod.spec;
  const without = loads.map(({ node, pods }) => ({
    node,
    pods: pods.filter((other) => (other.spec.priority ?? 0) >= priority),
  }));
  return 'node' in place(pod, without);
}
