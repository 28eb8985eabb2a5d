/** Which node a Pod fits on, in the scheduler's default order of filters, and how it says that none does. Pure. */
import { quantityNano } from '../api/quantity.ts';
import { controllerOf, isTerminal, type Node, type Pod } from '../kinds.ts';
import { affinityNode, matchesNode } from './node-affinity.ts';
import { podRequests } from './requests.ts';
import { tolerates, untolerated } from './taints.ts';

/** NodeLoad is a node with the Pods that are bound to it and not at their end. */
export interface NodeLoad {
  node: Node;
  pods: Pod[];
}

/** Why a node is out; `resolvable` says that preemption might help. */
interface Obstacle {
  reasons: string[];
  resolvable: boolean;
}

/** Placement is a node's name, or the sentence of the FailedScheduling event. */
export type Placement = { node: string } | { message: string };

const UNSCHEDULABLE = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' } as const;

function usedPorts(pod: Pod): string[] {
  const ports = pod.spec.containers.flatMap(({ ports: own = [] }) => own);
  const host =
    pod.spec.hostNetwork === true ? ports.map((port) => ({ ...port, hostPort: port.containerPort })) : ports;
  return host
    .filter(({ hostPort }) => hostPort !== undefined)
    .map(({ hostPort, protocol }) => `${protocol ?? 'TCP'}/${hostPort}`);
}

function insufficient(pod: Pod, { node, pods }: NodeLoad): string[] {
  const allocatable = node.status?.allocatable ?? {};
  return Object.entries(podRequests(pod)).flatMap(([resource, wanted]) => {
    if (wanted === 0n) return [];
    const used = pods.reduce((sum, other) => sum + (podRequests(other)[resource] ?? 0n), 0n);
    if (used + wanted <= (quantityNano(allocatable[resource] ?? '0') ?? 0n)) return [];
    return [resource === 'pods' ? 'Too many pods' : `Insufficient ${resource}`];
  });
}

function obstacle(pod: Pod, load: NodeLoad): Obstacle | undefined {
  const { node } = load;
  const never = (reason: string): Obstacle => ({ reasons: [reason], resolvable: false });
  const pinned = affinityNode(pod);
  if (pinned !== undefined && pinned !== node.metadata.name) {
    return never("node(s) didn't satisfy plugin(s) [NodeAffinity]");
  }
  const cordonTolerated = (pod.spec.tolerations ?? []).some((toleration) =>
    tolerates(toleration, UNSCHEDULABLE),
  );
  if (node.spec?.unschedulable === true && !cordonTolerated) return never('node(s) were unschedulable');
  if (untolerated(pod, node, ['NoSchedule', 'NoExecute'])) return never('node(s) had untolerated taint(s)');
  if (!matchesNode(pod, node)) return never("node(s) didn't match Pod's node affinity/selector");
  const wanted = usedPorts(pod);
  if (load.pods.some((other) => usedPorts(other).some((port) => wanted.includes(port)))) {
    return { reasons: ["node(s) didn't have free ports for the requested pod ports"], resolvable: true };
  }
  const reasons = insufficient(pod, load);
  return reasons.length > 0 ? { reasons, resolvable: true } : undefined;
}

function histogram(reasons: string[], nodes: number): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const parts = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${parts.join(', ')}.`;
}

function explain(pod: Pod, obstacles: Obstacle[]): string {
  const total = obstacles.length;
  const filter = histogram(
    obstacles.flatMap(({ reasons }) => reasons),
    total,
  );
  const help = (resolvable: boolean) =>
    resolvable ? 'No preemption victims found for incoming pod' : 'Preemption is not helpful for scheduling';
  const preemption =
    pod.spec.preemptionPolicy === 'Never'
      ? 'not eligible due to preemptionPolicy=Never.'
      : histogram(
          obstacles.map(({ resolvable }) => help(resolvable)),
          total,
        );
  return `${filter} no new claims to deallocate, preemption: ${preemption}`;
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
  const judged = loads.map((load) => ({ load, obstacle: obstacle(pod, load) }));
  const owner = controllerOf(pod);
  const siblings = ({ pods }: NodeLoad) =>
    owner === undefined ? 0 : pods.filter((other) => controllerOf(other) === owner).length;
  const [best] = judged
    .flatMap((judgement) => (judgement.obstacle === undefined ? [judgement.load] : []))
    .sort(
      (a, b) =>
        siblings(a) - siblings(b) || a.pods.length - b.pods.length || lot(pod, a.node) - lot(pod, b.node),
    );
  if (best !== undefined) return { node: best.node.metadata.name ?? '' };
  return {
    message: explain(
      pod,
      judged.flatMap((judgement) => judgement.obstacle ?? []),
    ),
  };
}

/** loadsOf puts Pods to the nodes that they are bound to. */
export function loadsOf(nodes: Node[], pods: Pod[]): NodeLoad[] {
  const bound = Map.groupBy(
    pods.filter((pod) => pod.spec.nodeName !== undefined && !isTerminal(pod)),
    (pod) => pod.spec.nodeName ?? '',
  );
  const alive = nodes.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return alive.map((node) => ({ node, pods: bound.get(node.metadata.name ?? '') ?? [] }));
}
