/** Whether a proxy keeps up, as its health port tells (pkg/proxy/healthcheck/proxy_health.go). Pure. */
import type { FamilyRecord, SyncRecord } from './sync-record.ts';

/** Health is an answer of the health port. */
export interface Health {
  code: 200 | 503;
  body: Record<string, unknown>;
}

/** goTime is time.Time as Go writes it into JSON, to the millisecond. */
function goTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.?0*Z$/, 'Z');
}

/** A change may wait for two periods: then something hangs. */
function isHealthy({ pendingSince }: FamilyRecord, now: number, syncPeriod: number): boolean {
  return pendingSince === undefined || now - pendingSince < 2 * syncPeriod;
}

/** health is what a proxy says of itself at a moment; /livez does not ask whether the node is to get traffic. */
export function health(
  record: SyncRecord,
  path: 'healthz' | 'livez',
  now: number,
  syncPeriod: number,
): Health {
  const { families, nodeEligible } = record;
  const status = Object.fromEntries(
    Object.entries(families).map(([family, own]) => [
      family,
      // Go's zero time: a proxy that has never written says so.
      {
        lastUpdated: own.syncedAt === undefined ? '0001-01-01T00:00:00Z' : goTime(own.syncedAt),
        healthy: isHealthy(own, now, syncPeriod),
      },
    ]),
  );
  const healthy = Object.values(status).every((own) => own.healthy);
  const oldest = Math.min(...Object.values(families).map(({ syncedAt = record.startedAt }) => syncedAt));
  const eligible = path === 'livez' ? {} : { nodeEligible };
  return {
    code: healthy && (path === 'livez' || nodeEligible) ? 200 : 503,
    body: {
      lastUpdated: goTime(healthy ? now : oldest),
      currentTime: goTime(now),
      ...eligible,
      healthy,
      status,
    },
  };
}
