/** Where Pods of a DaemonSet belong, as its controller and the scheduler decide it (nodeaffinity.go, daemonset_util.go). */
import { type LabelRequirement, selects } from './selector.ts';
import type { NodeTerm, NodeView, ResponderSetView, Toleration } from './world.ts';

/** misplaced says why a DaemonSet Pod does not belong on a node, by node selector, affinity and taints. */
export function misplaced(node: NodeView, set: ResponderSetView): string | undefined {
  for (const [key, value] of Object.entries(set.nodeSelector)) {
    if (node.labels[key] !== value) {
      return `The responder DaemonSet wants the label ${key}=${value}`;
    }
  }
  if (set.terms !== undefined && !set.terms.some((term) => meets(node, term))) {
    return 'The affinity of the responder DaemonSet leaves the node out';
  }
  const tolerations = [...daemonTolerations, ...set.tolerations];
  const taint = node.taints.find(
    ({ key, value, effect }) =>
      effect !== 'PreferNoSchedule' &&
      !tolerations.some((each) => tolerates(each, { key, value: value ?? '', effect })),
  );
  if (taint === undefined) return undefined;
  return `The responder DaemonSet does not tolerate the taint ${taint.key}:${taint.effect}`;
}

/** daemonTolerations are what the DaemonSet controller adds to every Pod it makes (daemonset_util.go). */
const daemonTolerations: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];

/** tolerates is corev1.Toleration.ToleratesTaint. */
function tolerates(
  toleration: Toleration,
  taint: { readonly key: string; readonly value: string; readonly effect: string },
): boolean {
  if ((toleration.effect ?? '') !== '' && toleration.effect !== taint.effect) return false;
  if ((toleration.key ?? '') !== '' && toleration.key !== taint.key) return false;
  if (toleration.operator === 'Exists') return true;
  return (
    (toleration.operator ?? 'Equal') === 'Equal' &&
    (toleration.value ?? '') === taint.value &&
    (toleration.key ?? '') !== ''
  );
}

/** meets is nodeaffinity's match of one term; `Gt` and `Lt` compare whole numbers, and exist for nodes only. */
function meets(node: NodeView, { labels, fields }: NodeTerm): boolean {
  if (labels.length + fields.length === 0) return false;
  return (
    labels.every((each) => meetsOne(each, node.labels)) &&
    fields.every((each) => meetsOne(each, { 'metadata.name': node.name }))
  );
}

function meetsOne(requirement: LabelRequirement, labels: Readonly<Record<string, string>>): boolean {
  const { key, operator, values = [] } = requirement;
  if (operator !== 'Gt' && operator !== 'Lt') return selects({ matchExpressions: [requirement] }, labels);
  const [has, wants] = [Object.hasOwn(labels, key) ? labels[key] : undefined, values[0]];
  if (has === undefined || wants === undefined || !/^-?\d+$/.test(has) || !/^-?\d+$/.test(wants))
    return false;
  return operator === 'Gt' ? BigInt(has) > BigInt(wants) : BigInt(has) < BigInt(wants);
}
