/** Whether kube-proxy runs on a node and follows changes, by what its own ports say. */
import type { ServiceRulesOptions } from '../../../api/v1alpha1/index.ts';
import type { ProxyState } from '../evidence.ts';
import { defaultMaxLagSeconds } from '../options.ts';
import { type Opinion, passed, subjects } from './opinion.ts';
import { isAnswering } from './run.ts';
import type { SeenSide } from './sides.ts';

/**
 * opinionOnProxy judges kube-proxy itself. Its ports can be switched off: where they answer on no node of the run, nothing
 * can be said of it, and its rules speak for it.
 */
export function opinionOnProxy(
  { evidence, node }: SeenSide,
  { maxLagSeconds }: ServiceRulesOptions,
  answering: readonly string[],
): Opinion | undefined {
  const { proxy } = evidence;
  const about = subjects.proxy;
  if (isAnswering(proxy)) {
    const lag = lagOf(proxy, maxLagSeconds);
    if (lag === undefined) return passed(about);
    return { outcome: 'Failed', reason: 'ProxyLagging', message: `kube-proxy on ${node}: ${lag}`, about };
  }
  if (answering.length === 0) return undefined;
  const { healthError = 'no answer', metricsError = 'no answer' } = proxy;
  const elsewhere = `${answering.slice(0, 3).join(', ')}${answering.length > 3 ? ` and ${answering.length - 3} more` : ''}`;
  const message = `kube-proxy on ${node} does not answer (:10256: ${healthError}; :10249: ${metricsError}), and does on ${elsewhere}`;
  return { outcome: 'Failed', reason: 'ProxyStopped', message, about };
}

/** lagOf says in which way kube-proxy is behind; undefined while it is not. All times are of the node's own clock. */
export function lagOf(
  { health, lastQueuedTime, lastSyncTime, now, restoreFailures = 0 }: ProxyState,
  maxLagSeconds: number,
): string | undefined {
  const waiting = waitingSeconds(lastQueuedTime, lastSyncTime, now);
  const signs = [
    ...(health?.healthy === false && isLate(lastSyncTime, now, maxLagSeconds)
      ? [`healthz says that it is not healthy (${health.status})`]
      : []),
    ...(waiting > maxLagSeconds
      ? [`a change has been waiting for ${Math.floor(waiting)} s, of at most ${maxLagSeconds}`]
      : []),
  ];
  if (signs.length === 0) return undefined;
  const synced = lastSyncTime === undefined ? [] : [`its rules were last written at ${lastSyncTime}`];
  const failures = restoreFailures === 0 ? [] : [`${restoreFailures} writes have failed since it started`];
  return [...signs, ...synced, ...failures].join('; ');
}

/** kube-proxy has a bound of its own for its health; an audit with another one goes by what was written when. */
function isLate(synced: string | undefined, now: string, maxLagSeconds: number): boolean {
  if (maxLagSeconds <= defaultMaxLagSeconds || synced === undefined) return true;
  return Date.parse(now) - Date.parse(synced) > maxLagSeconds * 1000;
}

function waitingSeconds(queued: string | undefined, synced: string | undefined, now: string): number {
  if (queued === undefined) return 0;
  const since = Date.parse(queued);
  if (synced !== undefined && Date.parse(synced) >= since) return 0;
  return (Date.parse(now) - since) / 1000;
}
