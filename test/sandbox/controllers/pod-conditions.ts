/** Conditions that controllers add to Pods, in the form that a patch takes. Pure. */
import { type Condition, conditionOf, type Pod, rfc3339 } from '../kinds.ts';

/** DELETED_BY_TAINT and its companion are why a controller ends a Pod. */
export const DELETED_BY_TAINT = {
  reason: 'DeletionByTaintManager',
  message: 'Taint manager: deleting due to NoExecute taint',
};
export const DELETED_WITH_NODE = { reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' };

/** disrupted are a Pod's conditions with the one that says why it is ended. */
export function disrupted(pod: Pod, why: { reason: string; message: string }, now: Date): Condition[] {
  const before = pod.status?.conditions ?? [];
  const known = conditionOf(before, 'DisruptionTarget');
  const lastTransitionTime =
    (known?.status === 'True' ? known.lastTransitionTime : undefined) ?? rfc3339(now);
  const next: Condition = {
    type: 'DisruptionTarget',
    status: 'True',
    ...why,
    lastProbeTime: null,
    lastTransitionTime,
    observedGeneration: pod.metadata.generation ?? 1,
  };
  return [...before.filter((condition) => condition !== known), next];
}

/** notReady are a Pod's conditions when nobody on its node can say any more that it is ready; undefined without change. */
export function notReady(pod: Pod, now: Date): Condition[] | undefined {
  const before = pod.status?.conditions ?? [];
  if (conditionOf(before, 'Ready')?.status !== 'True') return undefined;
  return before.map((condition) =>
    condition.type === 'Ready'
      ? { ...condition, status: 'False', lastTransitionTime: rfc3339(now) }
      : condition,
  );
}
