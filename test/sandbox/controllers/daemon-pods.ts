/** What the DaemonSet controller decides (pkg/controller/daemon). Pure. */
import { type DaemonSet, isReady, isTerminal, type Node, type Pod } from '../kinds.ts';
import { isAvailable, scaled } from './availability.ts';
import { type Belonging, belongingOf } from './daemon-template.ts';
import { pinnedNodes } from './node-affinity.ts';

/** DaemonPlan is what is to be done for one DaemonSet, and what its status says. */
export interface DaemonPlan {
  /** Nodes that need a Pod. */
  create: string[];
  remove: Pod[];
  /** Pods that have ended, which are removed too, each with an event of its own. */
  ended: Pod[];
  status: Record<string, number>;
}

/** daemonNode is the node of a DaemonSet's Pod, also before it is scheduled. */
export function daemonNode(pod: Pod): string {
  const [pin = ''] = pinnedNodes(pod) ?? [];
  return pod.spec.nodeName ?? pin;
}

const HASH = 'controller-revision-hash';
const isGoing = ({ metadata }: Pod) => metadata.deletionTimestamp !== undefined;
const created = ({ metadata }: Pod) => metadata.creationTimestamp ?? '';

function oldestFirst(a: Pod, b: Pod): number {
  return created(a) < created(b) ? -1 : 1;
}

function bestFirst(a: Pod, b: Pod): number {
  return isReady(a) === isReady(b) ? oldestFirst(a, b) : isReady(a) ? -1 : 1;
}

/** Pods of an older template that go now: all that are not available anyway, and as many more as may be missing. */
function outdated(
  set: DaemonSet,
  pods: Pod[],
  hash: string,
  desired: number,
  available: (pod: Pod) => boolean,
): Pod[] {
  const { type = 'RollingUpdate', rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type !== 'RollingUpdate') return [];
  const old = pods.filter(({ metadata }) => metadata.labels?.[HASH] !== hash);
  const most = Math.max(scaled(rollingUpdate?.maxUnavailable ?? 1, desired, 'up'), 1);
  const unavailable = desired - pods.filter(available).length;
  const broken = old.filter((pod) => !available(pod));
  return [...broken, ...old.filter(available).slice(0, Math.max(most - unavailable, 0))];
}

function statusOf(
  set: DaemonSet,
  belonging: ReadonlyMap<string, Belonging>,
  pods: Pod[],
  hash: string,
  available: (pod: Pod) => boolean,
): Record<string, number> {
  const byNode = Map.groupBy([...pods].sort(oldestFirst), daemonNode);
  const nodes = [...belonging].map(([name, { shouldRun }]) => ({ shouldRun, first: byNode.get(name)?.[0] }));
  const desired = nodes.filter(({ shouldRun }) => shouldRun).length;
  const firsts = nodes.flatMap(({ shouldRun, first }) => (shouldRun && first !== undefined ? [first] : []));
  const ready = firsts.filter(isReady);
  const numberAvailable = ready.filter(available).length;
  const updated = firsts.filter(({ metadata }) => metadata.labels?.[HASH] === hash).length;
  const unavailable = desired - numberAvailable;
  return {
    currentNumberScheduled: firsts.length,
    numberMisscheduled: nodes.filter(({ shouldRun, first }) => !shouldRun && first !== undefined).length,
    desiredNumberScheduled: desired,
    numberReady: ready.length,
    observedGeneration: set.metadata.generation ?? 1,
    ...(updated > 0 ? { updatedNumberScheduled: updated } : {}),
    ...(numberAvailable > 0 ? { numberAvailable } : {}),
    ...(unavailable > 0 ? { numberUnavailable: unavailable } : {}),
  };
}

/** planDaemons decides for all nodes. `pods` are those that the DaemonSet controls. */
export function planDaemons(
  set: DaemonSet,
  nodes: Node[],
  pods: Pod[],
  hash: string,
  now: number,
): DaemonPlan {
  const belonging = new Map(
    nodes.map((node): [string, Belonging] => [node.metadata.name ?? '', belongingOf(set, node)]),
  );
  const wanted = new Set([...belonging].flatMap(([name, { shouldRun }]) => (shouldRun ? [name] : [])));
  const held = pods.filter((pod) => !(isTerminal(pod) && isGoing(pod)));
  const alive = held.filter((pod) => !isTerminal(pod) && !isGoing(pod));
  const stays = (pod: Pod) => belonging.get(daemonNode(pod))?.mayStay;
  const [kept, surplus]: [Pod[], Pod[]] = [[], []];
  for (const onNode of Map.groupBy(alive.filter(stays).sort(bestFirst), daemonNode).values()) {
    kept.push(...onNode.slice(0, 1));
    surplus.push(...onNode.slice(1));
  }
  // Who runs on a node that is gone is the Pod collector's; who only waits for it would wait for ever.
  const unwanted = alive.filter(
    (pod) => stays(pod) === false || (stays(pod) === undefined && pod.spec.nodeName === undefined),
  );
  const available = (pod: Pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, now);
  const inPlace = kept.filter((pod) => wanted.has(daemonNode(pod)));
  // A node gets its new Pod when the old one is gone for good.
  const occupied = new Set(held.map(daemonNode));
  return {
    create: [...wanted].filter((name) => !occupied.has(name)),
    remove: [...unwanted, ...surplus, ...outdated(set, inPlace, hash, wanted.size, available)],
    ended: held.filter((pod) => isTerminal(pod) && !isGoing(pod)),
    status: statusOf(set, belonging, held, hash, available),
  };
}
