/** What the API says, around the moment when a run is judged, of the nodes and responders that its plan names. */
import type { Plan, Target } from '../api/v1alpha1/index.ts';
import type { ApiView, TargetState } from '../checks/check.ts';
import { goneNode, nodesByName } from './gone.ts';
import type { ProbeReport } from './reports.ts';
import { timeOf } from './time.ts';
import type { NodeView, ResponderView, World } from './world.ts';

/**
 * apiViewOf reduces the world to what judges may know of it. What became ready after `settled` was not yet settled when
 * the run began; times of conditions are whole seconds, and count from the next one.
 */
export function apiViewOf(
  plan: Plan,
  reports: readonly ProbeReport[],
  world: World,
  settled: Date,
  now: Date,
): ApiView {
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
    plan.targets.map((target) => [target.node, stateOf(target, byNode.get(target.node) ?? [], settled)]),
  );
  const probeDNS = new Map(reports.flatMap(({ node, pod }) => (pod === undefined ? [] : [[node, pod.dns]])));
  return {
    gone,
    settling: settlingNodes(plan, nodes, settled),
    targets,
    policies: world.policies,
    cluster: world.cluster,
    settledTime: settled,
    judgedTime: now,
    probeDNS,
  };
}

/** settlingNodes are the nodes at either end of a question that were not Ready a short while before, or name. */
function settlingNodes(
  plan: Plan,
  nodes: ReadonlyMap<string, NodeView>,
  settled: Date,
): ReadonlyMap<string, string> {
  const names = new Set([...plan.nodes.map(({ name }) => name), ...plan.targets.map(({ node }) => node)]);
  const settling = new Map<string, string>();
  for (const name of names) {
    const since = nodes.get(name)?.readySince;
    if (isAfter(since, settled)) settling.set(name, `Node ${name} became Ready at ${since}`);
  }
  return settling;
}

function stateOf(target: Target, found: readonly ResponderView[], settled: Date): TargetState {
  const pod = found.find(({ uid }) => uid === target.uid);
  const name = `Responder Pod ${target.pod}`;
  if (pod === undefined) {
    const other = found[0];
    const now = other === undefined ? 'there is none now' : `Pod ${other.name} is there now`;
    return { kind: 'Changed', message: `${name} was replaced while the run went on: ${now}` };
  }
  if (pod.deleting) return { kind: 'Changed', message: `${name} is being deleted` };
  if (!sameAddresses(pod.addresses, target.addresses)) {
    return { kind: 'Changed', message: `${name} got other addresses while the run went on` };
  }
  if (pod.foreignContainers.length > 0) {
    const names = pod.foreignContainers.slice(0, 8).join(', ');
    return { kind: 'Mutated', message: `${name} has containers that are not ours: ${names}` };
  }
  if (!pod.ready) return { kind: 'NotReady', message: 'its Ready condition is not True' };
  if (isAfter(pod.readySince, settled)) {
    return { kind: 'Changed', message: `${name} became ready at ${pod.readySince}` };
  }
  return { kind: 'Ready' };
}

function isAfter(time: string | undefined, moment: Date): boolean {
  const at = timeOf(time);
  return at !== undefined && at > moment;
}

function sameAddresses(now: readonly string[], planned: readonly string[]): boolean {
  return planned.every((address) => now.includes(address));
}
