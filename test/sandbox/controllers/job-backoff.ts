/** How long a Job waits before it replaces a failed Pod (pkg/controller/job/backoff_utils.go). Pure. */
import { conditionOf, type Pod } from '../kinds.ts';

/** The pauses in milliseconds: the first doubles with each failure. */
const FIRST = 10_000;
const MOST = 600_000;

/** Failures are those since the last success, and when the last one ended. */
export interface Failures {
  count: number;
  last: number;
}

/** endOf is when a Pod came to its end: by its containers, else by its readiness, its deletion, its creation. */
export function endOf({ metadata, status }: Pod): number {
  const states = (status?.containerStatuses ?? []).map(({ state }) =>
    Date.parse(state.terminated?.finishedAt ?? ''),
  );
  if (states.length > 0 && states.every((time) => !Number.isNaN(time))) return Math.max(...states);
  const ready = conditionOf(status?.conditions, 'Ready');
  if (ready?.status === 'False' && ready.lastTransitionTime !== undefined)
    return Date.parse(ready.lastTransitionTime);
  if (metadata.deletionTimestamp !== undefined)
    return Date.parse(metadata.deletionTimestamp) - (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  return Date.parse(metadata.creationTimestamp ?? '');
}

/** failuresAfter adds what became of Pods that were not counted yet. */
export function failuresAfter(
  before: Failures | undefined,
  succeeded: Pod[],
  failed: Pod[],
): Failures | undefined {
  const success = Math.max(...succeeded.map(endOf));
  const ends = failed.map(endOf).filter((end) => succeeded.length === 0 || end > success);
  const known = succeeded.length === 0 ? before : undefined;
  if (ends.length === 0) return known;
  return { count: (known?.count ?? 0) + ends.length, last: Math.max(known?.last ?? 0, ...ends) };
}

/** pauseLeft is how many milliseconds must pass before the next Pod may be made. */
export function pauseLeft(failures: Failures | undefined, now: number): number {
  if (failures === undefined) return 0;
  const pause = Math.min(FIRST * 2 ** (failures.count - 1), MOST);
  return Math.max(failures.last + pause - now, 0);
}
