/** Which nodes a Pod may run on by its selector and affinity (component-helpers/scheduling/corev1/nodeaffinity). Pure. */
import type { Node, NodeSelectorTerm, Pod, Requirement } from '../kinds.ts';

function matchesRequirement(
  { key, operator, values = [] }: Requirement,
  labels: Record<string, string>,
): boolean {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

/** matchesTerm tells whether a term's expressions and fields all hold; a term with neither matches nothing. */
export function matchesTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  node: Node,
): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const fields = { 'metadata.name': node.metadata.name ?? '' };
  return (
    matchExpressions.every((requirement) => matchesRequirement(requirement, node.metadata.labels ?? {})) &&
    matchFields.every((requirement) => matchesRequirement(requirement, fields))
  );
}

/** matchesNode tells whether `nodeSelector` and the required node affinity allow a node. */
export function matchesNode(
  { spec }: { spec: Pick<Pod['spec'], 'nodeSelector' | 'affinity'> },
  node: Node,
): boolean {
  const labels = node.metadata.labels ?? {};
  if (Object.entries(spec.nodeSelector ?? {}).some(([key, value]) => labels[key] !== value)) return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

/** affinityNode is the one node that a DaemonSet's or probe's Pod is pinned to by name, if it is. */
export function affinityNode(pod: Pod): string | undefined {
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const fields = required?.nodeSelectorTerms.flatMap(({ matchFields = [] }) => matchFields) ?? [];
  const pin = fields.find(({ key, operator }) => key === 'metadata.name' && operator === 'In');
  return pin?.values?.[0];
}
