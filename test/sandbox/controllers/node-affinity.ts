/** Which nodes a Pod may run on by its selector and affinity (component-helpers/scheduling/corev1/nodeaffinity). Pure. */
import type { Node, NodeSelectorTerm, Pod } from '../kinds.ts';
import { matchesRequirement } from './label-selector.ts';

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

/**
 * pinnedNodes are the only nodes that the scheduler looks at, where every term of the affinity names some by
 * `metadata.name`, as those of DaemonSets and probes do; undefined where it looks at all.
 */
export function pinnedNodes({ spec }: { spec: Pick<Pod['spec'], 'affinity'> }): Set<string> | undefined {
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const terms = (required?.nodeSelectorTerms ?? []).map(({ matchFields = [] }) =>
    matchFields.filter(({ key, operator }) => key === 'metadata.name' && operator === 'In'),
  );
  if (terms.length === 0 || terms.some((pins) => pins.length === 0)) return undefined;
  const named = terms.flatMap(([first, ...others]) =>
    (first?.values ?? []).filter((name) => others.every(({ values = [] }) => values.includes(name))),
  );
  return new Set(named);
}
