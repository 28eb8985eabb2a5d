/** What the probe on a node is asked: the same everywhere, since it reports what is there and knows nothing of the API. */
import type { Plan, PlannedCheck } from '../../api/v1alpha1/index.ts';
import type { Task } from '../check.ts';

/** task is `Check.task` of ServiceRules. */
export function task(plan: Plan, _check: PlannedCheck, node: string): Task | undefined {
  return askedNodes(plan).includes(node) ? { version: 1 } : undefined;
}

/** askedNodes are the nodes on which the kernel is read, in the plan's order. */
export function askedNodes(plan: Plan): readonly string[] {
  return plan.nodes.filter(({ places }) => places.includes('node')).map(({ name }) => name);
}
