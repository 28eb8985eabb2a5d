/** Whether a Pod fits on a node, in the scheduler's default order of filters. Pure. */
import { quantityNano } from '../api/quantity.ts';
import type { Pod } from '../kinds.ts';
import { matchesNode, pinnedNodes } from './node-affinity.ts';
import { type NodeLoad, nameOf } from './node-load.ts';
import { affinityObstacles } from './pod-affinity.ts';
import { podRequests } from './requests.ts';
import { spreadObstacles } from './spread.ts';
import { tolerates, untolerated } from './taints.ts';

/** Obstacle is why a node is out; `resolvable` says that preemption might help. */
export interface Obstacle {
  reasons: string[];
  resolvable: boolean;
}

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

/** fitOf says of each node what keeps the Pod off it, or undefined. `loads` are all nodes. */
export function fitOf(pod: Pod, loads: NodeLoad[]): (load: NodeLoad) => Obstacle | undefined {
  const pinned = pinnedNodes(pod);
  const { tolerations = [] } = pod.spec;
  const cordonTolerated = tolerations.some((toleration) => tolerates(toleration, UNSCHEDULABLE));
  const wantedPorts = usedPorts(pod);
  const uneven = spreadObstacles(pod, loads);
  const unwelcome = affinityObstacles(pod, loads);
  const never = (reason: string): Obstacle => ({ reasons: [reason], resolvable: false });
  return (load) => {
    const { node } = load;
    if (pinned?.has(nameOf(node)) === false) return never("node(s) didn't satisfy plugin(s) [NodeAffinity]");
    if (node.spec?.unschedulable === true && !cordonTolerated) return never('node(s) were unschedulable');
    if (untolerated(pod, node, ['NoSchedule', 'NoExecute'])) return never('node(s) had untolerated taint(s)');
    if (!matchesNode(pod, node)) return never("node(s) didn't match Pod's node affinity/selector");
    if (load.pods.some((other) => usedPorts(other).some((port) => wantedPorts.includes(port)))) {
      return { reasons: ["node(s) didn't have free ports for the requested pod ports"], resolvable: true };
    }
    const reasons = insufficient(pod, load);
    if (reasons.length > 0) return { reasons, resolvable: true };
    const between = uneven(node) ?? unwelcome(node);
    return between === undefined ? undefined : { reasons: [between.reason], resolvable: between.resolvable };
  };
}
