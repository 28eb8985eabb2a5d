/** Required affinity and anti-affinity between Pods (plugins/interpodaffinity). Pure. */
import type { Node, Pod, PodAffinityTerm } from '../kinds.ts';
import { matchesSelector } from './label-selector.ts';
import type { NodeLoad } from './node-load.ts';

const APART = "node(s) didn't match pod affinity rules";
const TOGETHER = "node(s) didn't match pod anti-affinity rules";
const UNWELCOME = "node(s) didn't satisfy existing pods anti-affinity rules";

const required = (pod: Pod, kind: 'podAffinity' | 'podAntiAffinity'): PodAffinityTerm[] =>
  pod.spec.affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? [];

function matches(
  { namespaces = [], namespaceSelector, labelSelector }: PodAffinityTerm,
  owner: Pod,
  other: Pod,
): boolean {
  const empty = matchesSelector(namespaceSelector);
  const own = namespaces.length === 0 && namespaceSelector === undefined;
  const { namespace = '', labels } = other.metadata;
  const inside = empty || namespaces.includes(namespace) || (own && namespace === owner.metadata.namespace);
  return inside && matchesSelector(labelSelector, labels);
}

/** Only labels of namespaces would tell what such a term means, and nothing here looks at them. */
function refuseUnknown({ namespaceSelector }: PodAffinityTerm): void {
  if (namespaceSelector !== undefined && !matchesSelector(namespaceSelector))
    throw new Error('A namespaceSelector that selects is not known here');
}

const domainOf = (node: Node, { topologyKey }: PodAffinityTerm) => node.metadata.labels?.[topologyKey];

/** The domains of a term that hold a Pod of which `test` is true. */
function domainsWith(term: PodAffinityTerm, loads: NodeLoad[], test: (other: Pod) => boolean): Set<string> {
  return new Set(
    loads.flatMap(({ node, pods }) => {
      const domain = domainOf(node, term);
      return domain !== undefined && pods.some(test) ? [domain] : [];
    }),
  );
}

/** affinityObstacles says of a node what keeps the Pod off it, or undefined. */
export function affinityObstacles(
  pod: Pod,
  loads: NodeLoad[],
): (node: Node) => { reason: string; resolvable: boolean } | undefined {
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const) required(pod, kind).forEach(refuseUnknown);
  const wanted = required(pod, 'podAffinity').map((term) => ({
    term,
    // The first of Pods that want to be together has nobody to go to.
    self: matches(term, pod, pod),
    found: domainsWith(term, loads, (other) => matches(term, pod, other)),
  }));
  const first = wanted.every(({ self, found }) => self && found.size === 0);
  const avoided = required(pod, 'podAntiAffinity').map((term) => ({
    term,
    found: domainsWith(term, loads, (other) => matches(term, pod, other)),
  }));
  const refused = loads.flatMap(({ node, pods }) =>
    pods.flatMap((other) =>
      required(other, 'podAntiAffinity')
        .filter((term) => matches(term, other, pod))
        .map((term) => ({ term, found: new Set([domainOf(node, term) ?? '']) })),
    ),
  );
  const within = (node: Node, { term, found }: { term: PodAffinityTerm; found: Set<string> }) =>
    found.has(domainOf(node, term) ?? '');
  return (node) => {
    const labelled = wanted.every(({ term }) => domainOf(node, term) !== undefined);
    if (!labelled || !(first || wanted.every((item) => within(node, item))))
      return { reason: APART, resolvable: false };
    if (avoided.some((item) => within(node, item))) return { reason: TOGETHER, resolvable: true };
    return refused.some((item) => within(node, item)) ? { reason: UNWELCOME, resolvable: true } : undefined;
  };
}

/** dependsOnPods tells whether Pods on other nodes decide where this one may go. */
export function dependsOnPods(pod: Pod): boolean {
  return required(pod, 'podAffinity').length > 0 || (pod.spec.topologySpreadConstraints ?? []).length > 0;
}
