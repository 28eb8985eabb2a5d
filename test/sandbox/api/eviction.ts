/** PodDisruptionBudgets, as far as evictions ask them. */
import type { Call } from './call.ts';
import { ApiError } from './errors.ts';
import { at, type JsonObject, numberOf, objectOf, stringOf } from './json.ts';
import { labelsOf, matchesLabelSelector } from './selectors.ts';
import type { ServerState } from './state.ts';

/** checkDisruption throws 429 when a budget that selects the Pod allows no disruption now. */
export function checkDisruption(state: ServerState, call: Call, pod: JsonObject): void {
  const phase = at(pod, 'status', 'phase');
  const over = phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending';
  if (over || at(pod, 'metadata', 'deletionTimestamp') !== undefined) return;
  for (const budget of state.store.values('policy/poddisruptionbudgets', call.namespace)) {
    const selector = at(budget, 'spec', 'selector');
    if (selector === undefined || !matchesLabelSelector(objectOf(selector), labelsOf(pod))) continue;
    if ((numberOf(at(budget, 'status', 'disruptionsAllowed')) ?? 0) > 0) continue;
    const name = stringOf(at(budget, 'metadata', 'name'));
    const message = `The disruption budget ${name} needs ${numberOf(at(budget, 'status', 'desiredHealthy')) ?? 0} healthy pods and has ${numberOf(at(budget, 'status', 'currentHealthy')) ?? 0} currently`;
    throw new ApiError(
      429,
      'TooManyRequests',
      "Cannot evict pod as it would violate the pod's disruption budget.",
      { causes: [{ reason: 'DisruptionBudget', message }] },
    );
  }
}
