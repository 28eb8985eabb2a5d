/**
 * Who asks whom what. One list of questions for each prober, the same for whoever derives it from the plan: the
 * probe answers in its order, and the judge reads the answers in that order.
 *
 * A prober asks the first `peersPerNode` of the plan's targets (the same block for every prober of a run), the
 * responder on its own node, and the targets of its retries, wherever in the list those are.
 */
import { createHash } from 'node:crypto';
import type { Plan, PlannedCheck, Target } from '../../api/v1alpha1/index.ts';
import type { Task } from '../check.ts';
import { addressOf, type Family, families } from './addresses.ts';
import { podToPodOptions } from './options.ts';
import { heardBit, type PodToPodTask, type Protocol, responderPort } from './task.ts';

/** Asked is one question of one prober: does this address answer over this protocol, and what does it see? */
export interface Asked {
  /** target is the index in `plan.targets`. */
  readonly target: number;
  readonly address: string;
  readonly family: Family;
  readonly protocol: Protocol;
}

/** asked lists the questions of one node's prober. */
export function asked(plan: Plan, check: PlannedCheck, node: string): readonly Asked[] {
  return questionsOf(indexed(plan, check), node);
}

/** task is `Check.task` of PodToPod. */
export function task(plan: Plan, check: PlannedCheck, node: string): Task | undefined {
  const view = indexed(plan, check);
  const prober = view.probers.get(node);
  const indices = prober === undefined ? [] : targetsOf(view, node);
  const targets = indices.map((index) => wireTarget(view, node, index));
  if (prober === undefined || targets.length === 0) return undefined;
  const { protocols, timeoutMilliseconds } = view.options;
  const built: PodToPodTask = {
    key: createHash('sha256').update(`${plan.seed}/${check.name}`).digest('hex').slice(0, 16),
    prober,
    port: responderPort,
    protocols,
    timeoutMilliseconds,
    targets,
    own: indices.indexOf(view.targets.get(node) ?? -1),
    expected: expectedOf(view, node),
    heardWaitMilliseconds: Math.min(60_000, 2000 + 400 * plan.nodes.length),
  };
  return { ...built };
}

/** IndexedPlan is a plan with what is looked up again and again: made once for each plan and check. */
export interface IndexedPlan {
  readonly plan: Plan;
  readonly options: ReturnType<typeof podToPodOptions>;
  /** probers holds the index in `plan.nodes` of each node that probes from a Pod. */
  readonly probers: ReadonlyMap<string, number>;
  /** targets holds the index in `plan.targets` of each node. */
  readonly targets: ReadonlyMap<string, number>;
  /** retries holds, for each node, the nodes that it asks again. */
  readonly retries: ReadonlyMap<string, ReadonlySet<string>>;
  /** block is how many of the first targets every prober asks. */
  readonly block: number;
  /** addresses holds each target's address of each family, in the order of `families`. */
  readonly addresses: readonly (readonly (string | undefined)[])[];
}

/** indexed prepares a plan for `questionsOf`. */
export function indexed(plan: Plan, check: PlannedCheck): IndexedPlan {
  const options = podToPodOptions(check);
  const retries = new Map<string, Set<string>>();
  for (const { from, to } of plan.retries) retries.set(from, (retries.get(from) ?? new Set()).add(to));
  const probers = plan.nodes.flatMap(({ name, places }, index) =>
    places.includes('pod') ? [[name, index] as const] : [],
  );
  return {
    plan,
    options,
    probers: new Map(probers),
    targets: new Map(plan.targets.map(({ node }, index) => [node, index])),
    retries,
    block: Math.min(options.peersPerNode, plan.targets.length),
    addresses: plan.targets.map((target) => families.map((family) => addressOf(target.addresses, family))),
  };
}

/** questionsOf is `asked` on a prepared plan. */
export function questionsOf(view: IndexedPlan, node: string): readonly Asked[] {
  if (!view.probers.has(node)) return [];
  return targetsOf(view, node).flatMap((target) =>
    familiesOf(view, node, target).flatMap(({ family, address }) =>
      view.options.protocols.map((protocol) => ({ target, address, family, protocol })),
    ),
  );
}

/** targetsOf lists the indices of the targets that a node asks, ascending. */
function targetsOf(view: IndexedPlan, node: string): readonly number[] {
  const again = [...new Set([node, ...(view.retries.get(node) ?? [])])];
  const beyond = again.map((name) => view.targets.get(name) ?? -1).filter((index) => index >= view.block);
  const all = [...Array(view.block).keys(), ...beyond.sort((one, other) => one - other)];
  return all.filter((index) => familiesOf(view, node, index).length > 0);
}

/** familiesOf lists the families that both ends have: the responder on a node has the families of its Pods. */
function familiesOf(view: IndexedPlan, node: string, target: number) {
  const own = view.addresses[view.targets.get(node) ?? target] ?? [];
  return families.flatMap((family, index) => {
    const address = view.addresses[target]?.[index];
    return address === undefined || own[index] === undefined ? [] : [{ family, address }];
  });
}

function wireTarget(view: IndexedPlan, node: string, index: number): readonly [string, ...string[]] {
  const target: Target | undefined = view.plan.targets[index];
  return [target?.uid ?? '', ...familiesOf(view, node, index).map(({ address }) => address)];
}

/** expectedOf is what the responder on a node should hear from each prober of the plan. */
function expectedOf(view: IndexedPlan, node: string): string {
  const target = view.targets.get(node);
  const digit = (prober: string) => {
    if (target === undefined || !view.probers.has(prober) || !asks(view, prober, target)) return 0;
    return familiesOf(view, prober, target)
      .flatMap(({ family }) => view.options.protocols.map((protocol) => heardBit(protocol, family)))
      .reduce((all, bit) => all | bit, 0);
  };
  return view.plan.nodes.map(({ name }) => digit(name).toString(16)).join('');
}

function asks(view: IndexedPlan, prober: string, target: number): boolean {
  const node = view.plan.targets[target]?.node ?? '';
  return target < view.block || prober === node || (view.retries.get(prober)?.has(node) ?? false);
}
