/** Reads of kube-proxy's metrics when it wrote rules last, and how often that failed. */
import type { ProxyState } from '../../checks/service-rules/evidence.ts';

/** SyncTimes is what of ProxyState is in the metrics. */
export type SyncTimes = Pick<ProxyState, 'lastSyncTime' | 'lastQueuedTime' | 'restoreFailures'>;

const prefix = 'kubeproxy_sync_proxy_rules_';
const synced = 'last_timestamp_seconds';
const queued = 'last_queued_timestamp_seconds';

/** failures are counters of writes that failed; releases before the label ip_family, and other modes, have some of them. */
const failures: ReadonlySet<string> = new Set([
  'iptables_restore_failures_total',
  'iptables_partial_restore_failures_total',
  'nftables_sync_failures_total',
]);

/** Family is what is known of one family's proxier, in seconds since 1970. */
interface Family {
  synced?: number;
  queued?: number;
}

/**
 * syncTimesOf reads them. Where a family has a change queued that it has not written, the times are its own (the one that
 * waits longest); else those of the family that wrote last.
 */
export function syncTimesOf(metrics: string): SyncTimes {
  const families = new Map<string, Family>();
  let failed: number | undefined;
  for (const { name, labels, value } of samples(metrics)) {
    if (failures.has(name)) failed = (failed ?? 0) + Math.max(0, Math.round(value));
    if ((name !== synced && name !== queued) || !isTime(value)) continue;
    const label = /ip_family="([^"]*)"/.exec(labels)?.[1] ?? '';
    const family = families.get(label) ?? {};
    families.set(label, family);
    if (name === synced) family.synced = value;
    else family.queued = value;
  }
  const { synced: at, queued: asked } = ofConcern([...families.values()]) ?? {};
  return {
    ...(at === undefined ? {} : { lastSyncTime: timeText(at) }),
    ...(asked === undefined ? {} : { lastQueuedTime: timeText(asked) }),
    ...(failed === undefined ? {} : { restoreFailures: failed }),
  };
}

function ofConcern(families: readonly Family[]): Family | undefined {
  const waiting = families.filter(({ synced = 0, queued = 0 }) => queued > synced);
  const [longest] = waiting.sort((one, other) => (one.queued ?? 0) - (other.queued ?? 0));
  const [latest] = [...families].sort((one, other) => (other.synced ?? 0) - (one.synced ?? 0));
  return longest ?? latest;
}

interface Sample {
  readonly name: string;
  readonly labels: string;
  readonly value: number;
}

function* samples(metrics: string): Iterable<Sample> {
  for (let place = metrics.indexOf(prefix); place >= 0; place = metrics.indexOf(prefix, place + 1)) {
    if (place > 0 && metrics[place - 1] !== '\n') continue;
    const end = metrics.indexOf('\n', place);
    const line = metrics.slice(place + prefix.length, end < 0 ? metrics.length : end);
    const match = /^(\w{1,80})(?:\{([^}]{0,400})\})? (\S{1,40})/.exec(line);
    if (match === null) continue;
    const [, name = '', labels = '', text] = match;
    const value = Number(text);
    if (Number.isFinite(value)) yield { name, labels, value };
  }
}

/** Zero is what a gauge has that was never set. */
function isTime(seconds: number): boolean {
  return seconds > 0 && seconds < 2 ** 37;
}

function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
