/** What the API says, around the moment when a run is judged, of the nodes and responders that its plan names. */
import type { Plan, Target } from '../api/v1alpha1/index.ts';
import type { ApiView, TargetState } from '../checks/check.ts';
import { goneNode, nodesByName } from './gone.ts';
import type { ProbeReport } from './reports.ts';
import type { ResponderView, World } from './world.ts';

/** apiViewOf reduces the world to what judges may know of it. */
export function apiViewOf(plan: Plan, reports: readonly ProbeReport[], world: World): ApiView {
  const nodes = nodesByName(world);
  const gone = new Map<string, string>();
  for (const { node, outcome } of reports) {
    if (outcome.kind === 'Gone') gone.set(node, outcome.message);
  }
  const uids = new Map(plan.nodes.map(({ name, uid }) => [name, uid]));
  for (const { node } of plan.targets) {
    const message = goneNode(node, nodes.get(node), uids.get(node));
    if (message !== undefined && !gone.has(node)) gone.set(node, message);
  }
  const byNode = Map.groupBy(world.responders, ({ node }) => node);
  const targets = new Map(
    plan.targets.map((target) => [target.node, stateOf(target, byNode.get(target.node) ?? [])]),
  );
  return { gone, targets, policies: world.policies };
}

function stateOf(target: Target, found: readonly ResponderView[]): TargetState {
  const pod = found.find(({ uid }) => uid === target.uid);
  if (pod === undefined) {
    const other = found[0];
    const now = other === undefined ? 'there is none now' : `Pod ${other.name} is there now`;
    return { kind: 'Changed', message: `Responder Pod ${target.pod} was replaced: ${now}` };
  }
  if (pod.deleting) return { kind: 'Changed', message: `Responder Pod ${target.pod} is being deleted` };
  if (!sameAddresses(pod.addresses, target.addresses)) {
    return { kind: 'Changed', message: `Responder Pod ${target.pod} has other addresses now` };
  }
  if (pod.foreignContainers.length > 0) {
    const names = pod.foreignContainers.slice(0, 8).join(', ');
    return { kind: 'NotReady', message: `it has containers that are not ours (${names})` };
  }
  return pod.ready ? { kind: 'Ready' } : { kind: 'NotReady', message: 'its Ready condition is not True' };
}

function sameAddresses(now: readonly string[], planned: readonly string[]): boolean {
  return planned.every((address) => now.includes(address));
}
