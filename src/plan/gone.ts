/** Which nodes went away while a run went on. */
import type { NodeView, World } from './world.ts';

/** goneNode says in a sentence how a node went away since it was planned; undefined while it is there and Ready. */
export function goneNode(name: string, node: NodeView | undefined, plannedUid?: string): string | undefined {
  if (node === undefined) return `Node ${name} was deleted while the run went on`;
  if (plannedUid !== undefined && node.uid !== plannedUid) {
    return `Node ${name} was deleted while the run went on, and another of its name came`;
  }
  if (node.deleting) return `Node ${name} is being deleted`;
  if (node.ready !== 'True')
    return `Node ${name} became NotReady while the run went on (Ready is ${node.ready})`;
  return undefined;
}

/** nodesByName indexes the nodes of a world. */
export function nodesByName(world: Pick<World, 'nodes'>): ReadonlyMap<string, NodeView> {
  return new Map(world.nodes.map((node) => [node.name, node]));
}
