/** What a proxy's process remembers of its syncs: its health and its metrics are read from here. */
import type { Family } from '../service-kinds.ts';

/** Written is what one sync has written. */
export interface Written {
  full: boolean;
  /** In iptables mode, how many rules of each table it wrote and how many are there in all. */
  iptables?: Record<'filter' | 'nat', { last: number; total: number }>;
  /** The ports with a policy Local of which the node has no endpoint. */
  noLocal: { internal: number; external: number };
}

/** BUCKETS are the upper bounds of the histograms of syncs, in seconds. */
export const BUCKETS = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);

/** Histogram counts durations in seconds. */
export class Histogram {
  /** counts are cumulative, one for each of BUCKETS. */
  readonly counts = BUCKETS.map(() => 0);
  count = 0;
  sum = 0;

  /** observe counts one. */
  observe(seconds: number): void {
    this.count += 1;
    this.sum += seconds;
    for (const [i, bound] of BUCKETS.entries())
      if (seconds <= bound) this.counts[i] = (this.counts[i] ?? 0) + 1;
  }
}

/** FamilyRecord is one family's part. Times are milliseconds since the epoch. */
export class FamilyRecord {
  /** When a sync was last asked for. */
  queuedAt: number | undefined;
  /** Since when one has been waited for; undefined while none is. */
  pendingSince: number | undefined;
  /** When the last one succeeded. */
  syncedAt: number | undefined;
  failures = 0;
  partialFailures = 0;
  written: Written | undefined;
  readonly all = new Histogram();
  readonly full = new Histogram();
  readonly partial = new Histogram();

  /** queued says that a sync is needed. */
  queued(now: number): void {
    this.queuedAt = now;
    this.pendingSince ??= now;
  }

  /** synced says that one began at `begun` and has succeeded now. */
  synced(written: Written, begun: number, now: number): void {
    const seconds = (now - begun) / 1000;
    this.all.observe(seconds);
    (written.full ? this.full : this.partial).observe(seconds);
    this.written = written;
    this.syncedAt = now;
    this.pendingSince = undefined;
  }

  /** failed says that one has failed. */
  failed(full: boolean): void {
    this.failures += 1;
    if (!full) this.partialFailures += 1;
  }
}

/** SyncRecord is a process's memory, empty when it starts. */
export class SyncRecord {
  readonly startedAt: number;
  readonly families: Record<Family, FamilyRecord> = { IPv4: new FamilyRecord(), IPv6: new FamilyRecord() };
  readonly changes = { service: { pending: 0, total: 0 }, endpoint: { pending: 0, total: 0 } };
  /** Answers of the health port by their code. */
  readonly answers = { healthz: new Map<number, number>(), livez: new Map<number, number>() };
  /** Whether the node may get traffic from load balancers. */
  nodeEligible = true;

  constructor(now: number) {
    this.startedAt = now;
  }

  /** changed counts a change of the API. */
  changed(kind: 'service' | 'endpoint'): void {
    this.changes[kind].pending += 1;
    this.changes[kind].total += 1;
  }

  /** taken says that what has changed is being written. */
  taken(): void {
    this.changes.service.pending = 0;
    this.changes.endpoint.pending = 0;
  }
}
