/** Which Pods count as available (pkg/api/v1/pod.IsPodAvailable), and numbers given as shares. Pure. */
import { conditionOf, isReady, type Pod } from '../kinds.ts';

/** availableIn is after how many milliseconds a Pod is available: 0 when it is, undefined while it is not ready. */
export function availableIn(pod: Pod, minReadySeconds: number, now: number): number | undefined {
  if (!isReady(pod) || pod.metadata.deletionTimestamp !== undefined) return undefined;
  const since = Date.parse(conditionOf(pod.status?.conditions, 'Ready')?.lastTransitionTime ?? '');
  return Math.max(since + minReadySeconds * 1000 - now, 0) || 0;
}

/** isAvailable tells whether a Pod has been ready for long enough. */
export function isAvailable(pod: Pod, minReadySeconds = 0, now = 0): boolean {
  const delay = availableIn(pod, minReadySeconds, now);
  return delay === 0 || (delay !== undefined && minReadySeconds === 0);
}

/** scaled is an IntOrString of a total: "25%" rounded up or down. */
export function scaled(value: number | string, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const share = (Number.parseInt(value, 10) * total) / 100;
  return round === 'up' ? Math.ceil(share) : Math.floor(share);
}
