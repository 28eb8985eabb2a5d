/** What the DaemonSet controller decides (pkg/controller/daemon). Pure. */
import {
  type DaemonSet,
  isReady,
  isTerminal,
  type Node,
  type Pod,
  type PodSpec,
  type PodTemplate,
  type Taint,
  type Toleration,
} from '../kinds.ts';
import { isAvailable, scaled } from './availability.ts';
import { matchesNode, pinnedNodes } from './node-affinity.ts';
import { untolerated } from './taints.ts';

/** The tolerations that every DaemonSet's Pod gets. */
const OWN_TOLERATIONS: [string, Taint['effect']][] = [
  ['not-ready', 'NoExecute'],
  ['unreachable', 'NoExecute'],
  ['disk-pressure', 'NoSchedule'],
  ['memory-pressure', 'NoSchedule'],
  ['pid-pressure', 'NoSchedule'],
  ['unschedulable', 'NoSchedule'],
];

function withTolerations(spec: PodSpec): PodSpec {
  const own: Toleration[] = OWN_TOLERATIONS.map(([key, effect]) => ({
    key: `node.kubernetes.io/${key}`,
    operator: 'Exists',
    effect,
  }));
  if (spec.hostNetwork === true) {
    own.push({ key: 'node.kubernetes.io/network-unavailable', operator: 'Exists', effect: 'NoSchedule' });
  }
  return { ...spec, tolerations: [...(spec.tolerations ?? []), ...own] };
}

/** daemonTemplate is the template of the Pod for one node: pinned to it by name, with the controller's tolerations. */
export function daemonTemplate(set: DaemonSet, node: string, hash: string): PodTemplate {
  const { template } = set.spec;
  const labels = {
    ...template.metadata?.labels,
    'controller-revision-hash': hash,
    'pod-template-generation': `${set.metadata.generation ?? 1}`,
  };
  const pin = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] };
  const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [pin] } };
  return {
    metadata: { ...template.metadata, labels },
    spec: withTolerations({ ...template.spec, affinity: { ...template.spec.affinity, nodeAffinity } }),
  };
}

/** DaemonPlan is what is to be done for one DaemonSet, and what its status says. */
export interface DaemonPlan {
  create: string[];
  remove: Pod[];
  /** Failed Pods, which are removed too, with an event of their own. */
  failed: Pod[];
  status: Record<string, number>;
}

function nodeOf(pod: Pod): string {
  const [pin = ''] = pinnedNodes(pod) ?? [];
  return pod.spec.nodeName ?? pin;
}

function oldestFirst(a: Pod, b: Pod): number {
  const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  if (isReady(a) !== isReady(b)) return isReady(a) ? -1 : 1;
  return left < right ? -1 : 1;
}

function outdated(
  set: DaemonSet,
  current: Pod[],
  hash: string,
  desired: number,
  available: (pod: Pod) => boolean,
): Pod[] {
  const { type = 'RollingUpdate', rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type !== 'RollingUpdate') return [];
  const old = current.filter(({ metadata }) => metadata.labels?.['controller-revision-hash'] !== hash);
  const most = Math.max(scaled(rollingUpdate?.maxUnavailable ?? 1, desired, 'up'), 1);
  const unavailable = desired - current.filter(available).length;
  const broken = old.filter((pod) => !available(pod));
  return [...broken, ...old.filter(available).slice(0, Math.max(most - unavailable, 0))];
}

/** planDaemons decides for all nodes. `pods` are those that the DaemonSet controls. */
export function planDaemons(
  set: DaemonSet,
  nodes: Node[],
  pods: Pod[],
  hash: string,
  now: number,
): DaemonPlan {
  const spec = withTolerations(set.spec.template.spec);
  const wanted = nodes.filter(
    (node) => matchesNode({ spec }, node) && !untolerated({ spec }, node, ['NoSchedule', 'NoExecute']),
  );
  const tolerated = nodes.filter(
    (node) => matchesNode({ spec }, node) && !untolerated({ spec }, node, ['NoExecute']),
  );
  const wantedNames = new Set(wanted.map(({ metadata }) => metadata.name ?? ''));
  const keptNames = new Set(tolerated.map(({ metadata }) => metadata.name ?? ''));
  const failed = pods.filter((pod) => isTerminal(pod) && pod.metadata.deletionTimestamp === undefined);
  const alive = pods.filter((pod) => !isTerminal(pod)).sort(oldestFirst);
  const staying = alive.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const current = staying.filter(
    (pod, i) =>
      keptNames.has(nodeOf(pod)) && staying.findIndex((other) => nodeOf(other) === nodeOf(pod)) === i,
  );
  const surplus = staying.filter((pod) => !current.includes(pod));
  const minReady = set.spec.minReadySeconds ?? 0;
  const available = (pod: Pod) => isAvailable(pod, minReady, now);
  const inPlace = current.filter((pod) => wantedNames.has(nodeOf(pod)));
  const old = outdated(set, inPlace, hash, wanted.length, available);
  // A node gets its new Pod when the old one is gone for good.
  const occupied = new Set(alive.map(nodeOf));
  const updated = inPlace.filter(({ metadata }) => metadata.labels?.['controller-revision-hash'] === hash);
  const numberAvailable = inPlace.filter(available).length;
  const unavailable = wanted.length - numberAvailable;
  return {
    create: [...wantedNames].filter((name) => !occupied.has(name)),
    remove: [...surplus, ...old],
    failed,
    status: {
      currentNumberScheduled: inPlace.length,
      numberMisscheduled: alive.filter((pod) => !wantedNames.has(nodeOf(pod))).length,
      desiredNumberScheduled: wanted.length,
      numberReady: inPlace.filter(isReady).length,
      observedGeneration: set.metadata.generation ?? 1,
      ...(updated.length > 0 ? { updatedNumberScheduled: updated.length } : {}),
      ...(numberAvailable > 0 ? { numberAvailable } : {}),
      ...(unavailable > 0 ? { numberUnavailable: unavailable } : {}),
    },
  };
}
