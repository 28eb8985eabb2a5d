/** The Pod of a DaemonSet for one node, and which nodes get one (pkg/controller/daemon/util). Pure. */
import type { DaemonSet, Node, PodSpec, PodTemplate, Taint, Toleration } from '../kinds.ts';
import { matchesNode } from './node-affinity.ts';
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
  const own = OWN_TOLERATIONS.map(
    ([name, effect]): Toleration => ({ key: `node.kubernetes.io/${name}`, operator: 'Exists', effect }),
  );
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
  const nodeAffinity = {
    ...template.spec.affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [pin] },
  };
  return {
    metadata: { ...template.metadata, labels },
    spec: withTolerations({ ...template.spec, affinity: { ...template.spec.affinity, nodeAffinity } }),
  };
}

/** Belonging is whether a node gets a Pod, and whether one that is there may stay. */
export interface Belonging {
  shouldRun: boolean;
  mayStay: boolean;
}

/** belongingOf decides by the template's selector and affinity and by the node's taints. */
export function belongingOf(set: DaemonSet, node: Node): Belonging {
  const spec = withTolerations(set.spec.template.spec);
  const { nodeName } = spec;
  const named = nodeName === undefined || nodeName === node.metadata.name;
  if (!named || !matchesNode({ spec }, node)) return { shouldRun: false, mayStay: false };
  return {
    shouldRun: untolerated({ spec }, node, ['NoSchedule', 'NoExecute']) === undefined,
    mayStay: untolerated({ spec }, node, ['NoExecute']) === undefined,
  };
}
