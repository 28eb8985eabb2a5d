/** Nodes with what runs on them. Pure. */
import { isTerminal, type Node, type Pod } from '../kinds.ts';

/** NodeLoad is a node with the Pods that are bound to it and not at their end. */
export interface NodeLoad {
  node: Node;
  pods: Pod[];
}

/** nameOf is a node's name. */
export function nameOf({ metadata }: Node): string {
  return metadata.name ?? '';
}

/** loadsOf puts Pods to the nodes that they are bound to. Nodes that are going away take no more. */
export function loadsOf(nodes: Node[], pods: Pod[]): NodeLoad[] {
  const bound = Map.groupBy(
    pods.filter((pod) => pod.spec.nodeName !== undefined && !isTerminal(pod)),
    (pod) => pod.spec.nodeName ?? '',
  );
  const alive = nodes.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return alive.map((node) => ({ node, pods: bound.get(nameOf(node)) ?? [] }));
}
