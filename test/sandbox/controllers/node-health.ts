/** What the node controller makes of a node's conditions and its silence (pkg/controller/nodelifecycle). Pure. */
import { type Condition, conditionOf, type Lease, type Node, rfc3339, type Taint } from '../kinds.ts';

/** A taint for each state of a condition that keeps new Pods off a node. */
const BY_CONDITION: [type: string, status: Condition['status'], taint: string][] = [
  ['Ready', 'False', 'not-ready'],
  ['Ready', 'Unknown', 'unreachable'],
  ['MemoryPressure', 'True', 'memory-pressure'],
  ['DiskPressure', 'True', 'disk-pressure'],
  ['NetworkUnavailable', 'True', 'network-unavailable'],
  ['PIDPressure', 'True', 'pid-pressure'],
];
/** Those that also drive away Pods that run there. */
const EVICTING = ['not-ready', 'unreachable'];
const KUBELETS_OWN = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

const keyOf = (name: string) => `node.kubernetes.io/${name}`;
const OWN = new Set([...BY_CONDITION.map(([, , name]) => keyOf(name)), keyOf('unschedulable')]);

/** taintsFor are all taints that belong on a node as it is: those of others, then the node controller's own. */
export function taintsFor(node: Node, now: Date): Taint[] {
  const before = node.spec?.taints ?? [];
  const held = BY_CONDITION.filter(
    ([type, status]) => conditionOf(node.status?.conditions, type)?.status === status,
  ).map(([, , name]) => name);
  const wanted: [string, Taint['effect']][] = held.map((name) => [name, 'NoSchedule']);
  for (const name of held) if (EVICTING.includes(name)) wanted.push([name, 'NoExecute']);
  if (node.spec?.unschedulable === true) wanted.push(['unschedulable', 'NoSchedule']);
  const own = wanted.map(([name, effect]): Taint => {
    const known = before.find((taint) => taint.key === keyOf(name) && taint.effect === effect);
    return known ?? { key: keyOf(name), effect, timeAdded: rfc3339(now) };
  });
  return [...before.filter(({ key }) => !OWN.has(key)), ...own];
}

/** lastHeard is when a node's kubelet last gave a sign: by its Lease, its status, or else by registering. */
export function lastHeard(node: Node, lease: Lease | undefined): number {
  const ready = conditionOf(node.status?.conditions, 'Ready');
  const signs = [
    lease?.spec?.renewTime,
    ready?.status === 'Unknown' ? undefined : ready?.lastHeartbeatTime,
    node.metadata.creationTimestamp,
  ];
  return Math.max(...signs.map((time) => Date.parse(time ?? '') || 0));
}

/** silentConditions are a node's conditions once its kubelet has been silent for too long. */
export function silentConditions(node: Node, now: Date): Condition[] {
  const before = node.status?.conditions ?? [];
  const missing = KUBELETS_OWN.filter((type) => conditionOf(before, type) === undefined);
  const silent = before.map((condition): Condition => {
    if (condition.status === 'Unknown' || !KUBELETS_OWN.includes(condition.type)) return condition;
    return {
      ...condition,
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
      lastTransitionTime: rfc3339(now),
    };
  });
  const never = missing.map(
    (type): Condition => ({
      type,
      status: 'Unknown',
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
      lastHeartbeatTime: node.metadata.creationTimestamp ?? rfc3339(now),
      lastTransitionTime: rfc3339(now),
    }),
  );
  return [...silent, ...never];
}
