/** Topology spread constraints that must hold (plugins/podtopologyspread). Pure. */
import type { LabelSelector, Node, Pod, SpreadConstraint } from '../kinds.ts';
import { matchesSelector } from './label-selector.ts';
import { matchesNode } from './node-affinity.ts';
import type { NodeLoad } from './node-load.ts';
import { untolerated } from './taints.ts';

const UNEVEN = "node(s) didn't match pod topology spread constraints";
const UNLABELLED = `${UNEVEN} (missing required label)`;

function selectorOf(
  { labelSelector, matchLabelKeys = [] }: SpreadConstraint,
  pod: Pod,
): LabelSelector | undefined {
  const own = pod.metadata.labels ?? {};
  const more = matchLabelKeys.flatMap((key) => {
    const value = own[key];
    return value === undefined ? [] : [{ key, operator: 'In', values: [value] }];
  });
  if (labelSelector === undefined) return undefined;
  return { ...labelSelector, matchExpressions: [...(labelSelector.matchExpressions ?? []), ...more] };
}

function counts(constraint: SpreadConstraint, pod: Pod, node: Node): boolean {
  if (constraint.nodeAffinityPolicy !== 'Ignore' && !matchesNode(pod, node)) return false;
  if (constraint.nodeTaintsPolicy !== 'Honor') return true;
  return untolerated(pod, node, ['NoSchedule', 'NoExecute']) === undefined;
}

/** How many matching Pods each domain of a constraint has. */
function domains(
  constraint: SpreadConstraint,
  keys: string[],
  pod: Pod,
  loads: NodeLoad[],
): Map<string, number> {
  const selector = selectorOf(constraint, pod);
  const found = new Map<string, number>();
  for (const { node, pods } of loads) {
    const labels = node.metadata.labels ?? {};
    const domain = labels[constraint.topologyKey];
    if (
      domain === undefined ||
      keys.some((key) => labels[key] === undefined) ||
      !counts(constraint, pod, node)
    )
      continue;
    const matching = pods.filter(
      ({ metadata }) =>
        metadata.namespace === pod.metadata.namespace &&
        metadata.deletionTimestamp === undefined &&
        matchesSelector(selector, metadata.labels),
    );
    found.set(domain, (found.get(domain) ?? 0) + matching.length);
  }
  return found;
}

/** spreadObstacles says of a node what keeps the Pod off it, or undefined: the domains are counted once for all. */
export function spreadObstacles(
  pod: Pod,
  loads: NodeLoad[],
): (node: Node) => { reason: string; resolvable: boolean } | undefined {
  const hard = (pod.spec.topologySpreadConstraints ?? []).filter(
    ({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule',
  );
  const keys = hard.map(({ topologyKey }) => topologyKey);
  const counted = hard.map((constraint) => {
    const found = domains(constraint, keys, pod, loads);
    const least = found.size < (constraint.minDomains ?? 1) ? 0 : Math.min(...found.values());
    const self = matchesSelector(selectorOf(constraint, pod), pod.metadata.labels) ? 1 : 0;
    return { ...constraint, found, least, self };
  });
  return (node) => {
    for (const { topologyKey, found, least, self, maxSkew } of counted) {
      const domain = node.metadata.labels?.[topologyKey];
      if (domain === undefined) return { reason: UNLABELLED, resolvable: false };
      if ((found.get(domain) ?? 0) + self - least > maxSkew) return { reason: UNEVEN, resolvable: true };
    }
    return undefined;
  };
}
