/** The plan of a run: who probes, who is asked, with which options, until when. Written once, before the first Job. */
import { hash } from 'node:crypto';
import {
  type CheckSpec,
  fitPlan,
  maxPeersPerNode,
  maxRetries,
  maxSkippedNodes,
  maxTargets,
  type NetworkAudit,
  type NetworkAuditRun,
  type Plan,
  type PlannedCheck,
  type Retry,
  type SkippedNode,
  type SkippedNodeReason,
  type Target,
} from '../api/v1alpha1/index.ts';
import type { Check, Place } from '../checks/check.ts';
import type { ClusterView } from '../checks/cluster-view.ts';
import { type EligibleNode, eligibleNodes } from './eligible.ts';
import { outstandingOf } from './outstanding.ts';
import { type Coverage, coverageOf, rotationOrder, turnOf } from './rotation.ts';
import type { Settings } from './settings.ts';
import { compare, cut } from './text.ts';
import { plusSeconds, timeText } from './time.ts';
import type { ResponderView, World } from './world.ts';

/** noResponder is the reason of a skipped node that would have been asked and has no responder Pod with an address. */
export const noResponder = 'NoResponder' satisfies SkippedNodeReason;

/** noResponderMessage is the sentence that goes with it. */
export const noResponderMessage = 'The node has no responder Pod with an address';

/** PlanInput is what a plan is made from. */
export interface PlanInput {
  readonly audit: NetworkAudit;
  readonly run: NetworkAuditRun;
  readonly world: World;
  /** number is the run's number, for the rotation. */
  readonly number: number;
  /** dueTime is when the run should have started. */
  readonly dueTime: string;
  /** previous is the newest finished run: what failed in it is tried again. */
  readonly previous?: NetworkAuditRun;
}

/** makePlan decides a run. The same input gives the same plan. */
export function makePlan(input: PlanInput, now: Date, settings: Settings, kinds: readonly Check[]): Plan {
  const { audit, run, world, number, dueTime, previous } = input;
  const checks = plannedChecks(audit.spec.checks, kinds, world.cluster);
  const eligible = eligibleNodes(
    world,
    audit.spec.nodes.selector,
    placesOf(audit.spec.checks, kinds),
    now,
    settings,
  );
  const chosen = choose(
    eligible.nodes,
    world.responders,
    input,
    sizesOf(audit.spec.nodes.perRun, checks),
    previous,
  );
  return fitPlan({
    auditGeneration: audit.metadata.generation,
    number,
    seed: hash('sha256', run.metadata.uid).slice(0, 16),
    dueTime,
    deadlineTime: timeText(plusSeconds(now, audit.spec.runTimeoutSeconds)),
    maxUnknownPercent: audit.spec.maxUnknownPercent,
    checks,
    nodes: chosen.nodes.map(({ name, uid, places }) => ({ name, uid, places: [...places] })),
    targets: chosen.targets,
    retries: chosen.retries,
    skipped: [...chosen.skipped, ...eligible.skipped]
      .slice(0, maxSkippedNodes)
      .map((node) => ({ ...node, message: cut(node.message, 256) })),
    eligible: eligible.nodes.length,
  });
}

/** plannedChecks fills in the defaults of every check, in the spec's order. */
export function plannedChecks(
  specs: readonly CheckSpec[],
  kinds: readonly Check[],
  cluster: ClusterView,
): PlannedCheck[] {
  return specs.flatMap((spec) => {
    const kind = kinds.find(({ type }) => type === spec.type);
    return kind === undefined ? [] : [kind.withDefaults(spec, cluster)];
  });
}

/** placesOf are the places that an audit's checks need, each once. */
export function placesOf(
  specs: readonly { readonly type: string }[],
  kinds: readonly Check[],
): readonly Place[] {
  const places = specs.flatMap((spec) => kinds.find(({ type }) => type === spec.type)?.place ?? []);
  return [...new Set(places)];
}

/** coverageOfPlan is the coverage that a plan's audit has, as long as its nodes stay the same. */
export function coverageOfPlan(plan: Plan, retrying: boolean): Coverage {
  // Fewer probers than eligible nodes are exactly perRun of them.
  const sizes = sizesOf(Math.max(1, plan.nodes.length), plan.checks);
  return coverageOf(plan.eligible, plan.eligible, sizes, retrying);
}

/** Where several checks ask peers, all take turns at the pace of the one that asks the fewest. */
function sizesOf(perRun: number, checks: readonly PlannedCheck[]) {
  const peers = checks.flatMap(({ podToPod }) => podToPod?.peersPerNode ?? []);
  return { perRun, peersPerNode: Math.min(maxPeersPerNode, ...peers) };
}

interface Chosen {
  readonly nodes: readonly EligibleNode[];
  readonly targets: readonly Target[];
  readonly retries: readonly Retry[];
  readonly skipped: readonly SkippedNode[];
}

function choose(
  eligible: readonly EligibleNode[],
  responders: readonly ResponderView[],
  { number }: PlanInput,
  sizes: { readonly perRun: number; readonly peersPerNode: number },
  previous: NetworkAuditRun | undefined,
): Chosen {
  const byName = new Map(eligible.map((node) => [node.name, node]));
  const inPods = (name: string) => byName.get(name)?.places.includes('pod') === true;
  const order = rotationOrder([...byName.keys()]);
  const outstanding = outstandingOf(previous);
  const turn = turnOf(order, order.filter(inPods), sizes, number, outstanding.nodes);
  const block = new Set(turn.targets);
  const probers = new Set(turn.probers.filter(inPods));
  const wanted = outstanding.pairs.filter(
    ({ from, to }) => probers.has(from) && inPods(to) && !block.has(to) && from !== to,
  );
  const answering = respondersByNode(responders);
  const asked = [...turn.targets].sort(compare);
  const own = [...probers].filter((name) => !block.has(name));
  const again = wanted.map(({ to }) => to).filter((name) => !probers.has(name));
  const names = [...new Set([...asked, ...own.sort(compare), ...again])];
  const targets = names.flatMap((name) => answering.get(name) ?? []).slice(0, maxTargets);
  const known = new Set(targets.map(({ node }) => node));
  const places = Math.floor((turn.probers.length * Math.max(1, block.size)) / 2);
  return {
    nodes: turn.probers.flatMap((name) => byName.get(name) ?? []),
    targets,
    retries: wanted.filter(({ to }) => known.has(to)).slice(0, Math.min(maxRetries, places)),
    skipped: asked.filter((name) => !answering.has(name)).map(withoutResponder),
  };
}

function withoutResponder(name: string): SkippedNode {
  return { name, reason: noResponder, message: noResponderMessage };
}

/** respondersByNode picks one responder a node: a ready one before one that is not, never one that is going away. */
function respondersByNode(responders: readonly ResponderView[]): ReadonlyMap<string, Target> {
  const found = new Map<string, Target>();
  const usable = responders.filter(({ deleting, addresses }) => !deleting && addresses.length > 0);
  const ordered = [...usable].sort((a, b) => Number(b.ready) - Number(a.ready) || compare(a.name, b.name));
  for (const { name, uid, node, addresses } of ordered) {
    if (!found.has(node)) found.set(node, { node, pod: name, uid, addresses: addresses.slice(0, 2) });
  }
  return found;
}
