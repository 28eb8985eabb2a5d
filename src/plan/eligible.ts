/** Which nodes can be asked, for each place, and why the others cannot. */
import type { SkippedNode, SkippedNodeReason } from '../api/v1alpha1/index.ts';
import type { Place } from '../checks/check.ts';
import { misplaced } from './placement.ts';
import { type LabelSelector, selects } from './selector.ts';
import type { Settings } from './settings.ts';
import { secondsBetween, timeOf } from './time.ts';
import type { NodeView, ResponderSetView } from './world.ts';

/** EligibleNode is a node that can be asked, and at which of the wanted places. */
export interface EligibleNode {
  readonly name: string;
  readonly uid: string;
  readonly places: readonly Place[];
}

/** Eligibility is every node of the cluster, sorted by name into those that can be asked and those that cannot. */
export interface Eligibility {
  readonly nodes: readonly EligibleNode[];
  /** skipped are the selected nodes that can be asked at none of the wanted places; unselected ones are not named. */
  readonly skipped: readonly SkippedNode[];
}

/** EligibleWorld is the part of the world that eligibility depends on. */
export interface EligibleWorld {
  readonly nodes: readonly NodeView[];
  readonly responderSet?: ResponderSetView;
}

/** eligibleNodes sorts the nodes that `selector` selects; a node needs one of the wanted places to be eligible. */
export function eligibleNodes(
  world: EligibleWorld,
  selector: LabelSelector | undefined,
  wanted: readonly Place[],
  now: Date,
  settings: Settings,
): Eligibility {
  const nodes: EligibleNode[] = [];
  const skipped: SkippedNode[] = [];
  for (const node of [...world.nodes].sort(byName)) {
    if (!selects(selector, node.labels)) continue;
    const reasons = wanted.map((place) => ({ place, why: ineligible(place, node, world, now, settings) }));
    const places = reasons.filter(({ why }) => why === undefined).map(({ place }) => place);
    const why = reasons[0]?.why;
    if (places.length > 0) nodes.push({ name: node.name, uid: node.uid, places });
    else if (why !== undefined) skipped.push({ name: node.name, ...why });
  }
  return { nodes, skipped };
}

/** Ineligible is why a node is not asked at a place: a documented reason and a sentence. */
interface Ineligible {
  readonly reason: SkippedNodeReason;
  readonly message: string;
}

/** ineligible says why a node cannot be asked at a place; undefined when it can. */
function ineligible(
  place: Place,
  node: NodeView,
  world: EligibleWorld,
  now: Date,
  settings: Settings,
): Ineligible | undefined {
  const common = neverAsked(node);
  if (common !== undefined) return common;
  return place === 'pod' ? noPodPlace(node, world, now, settings) : noNodePlace(node, now, settings);
}

/** neverAsked is what rules a node out for every place. */
function neverAsked(node: NodeView): Ineligible | undefined {
  if (node.deleting) return { reason: 'NodeDeleting', message: 'The node is being deleted' };
  if (
    node.labels.type === 'virtual-kubelet' ||
    node.taints.some((t) => t.key === 'virtual-kubelet.io/provider')
  ) {
    return { reason: 'VirtualNode', message: 'The node is virtual: no kubelet runs on it' };
  }
  if (node.os !== 'linux') {
    return { reason: 'NotLinux', message: `The node runs ${node.os === '' ? 'an unknown system' : node.os}` };
  }
  return undefined;
}

/** leavingTaints are put on nodes that are about to be taken away, by the autoscalers and the node controllers. */
const leavingTaints: ReadonlySet<string> = new Set([
  'ToBeDeletedByClusterAutoscaler',
  'karpenter.sh/disrupted',
  'node.cloudprovider.kubernetes.io/shutdown',
  'node.kubernetes.io/out-of-service',
]);

/** startingTaints are on nodes that are not yet set up. */
const startingTaints: ReadonlySet<string> = new Set([
  'node.cloudprovider.kubernetes.io/uninitialized',
  'karpenter.sh/unregistered',
]);

function noPodPlace(
  node: NodeView,
  world: EligibleWorld,
  now: Date,
  settings: Settings,
): Ineligible | undefined {
  const leaving = node.taints.find((taint) => leavingTaints.has(taint.key));
  if (leaving !== undefined)
    return { reason: 'NodeDeleting', message: `The node has the taint ${leaving.key}` };
  const starting = node.taints.find((taint) => startingTaints.has(taint.key));
  if (starting !== undefined) return { reason: 'NodeNew', message: `The node has the taint ${starting.key}` };
  if (node.ready !== 'True') {
    return { reason: 'NodeNotReady', message: `The node's Ready condition is ${node.ready}` };
  }
  const created = timeOf(node.creationTime);
  if (created !== undefined && secondsBetween(created, now) < settings.newNodeSeconds) {
    return { reason: 'NodeNew', message: `The node is younger than ${settings.newNodeSeconds} s` };
  }
  const why = world.responderSet === undefined ? notInstalled : misplaced(node, world.responderSet);
  return why === undefined ? undefined : { reason: 'NoResponderHere', message: why };
}

const notInstalled = 'The responder DaemonSet is not installed';

function noNodePlace(node: NodeView, now: Date, settings: Settings): Ineligible | undefined {
  const renewed = timeOf(node.leaseRenewTime);
  if (renewed === undefined) return { reason: 'NodeNotReady', message: "The node's kubelet has no Lease" };
  const age = Math.floor(secondsBetween(renewed, now));
  if (age <= settings.leaseFreshSeconds) return undefined;
  return { reason: 'NodeNotReady', message: `The node's kubelet renewed its Lease ${age} s ago` };
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
