/** The audits' metrics, collected from the cache when they are scraped: series vanish with their objects. */
import { Gauge, type Registry } from 'prom-client';
import type { NetworkAudit, NetworkAuditRun } from '../api/v1alpha1/index.ts';
import { isForeign } from '../plan/runs.ts';
import { auditFamilies } from './audit-families.ts';
import type { Description, Family, Sample } from './family.ts';
import { historyOf } from './history.ts';
import { runFamilies } from './run-families.ts';

/** AuditSource is where the objects of a scrape come from: the caches of a replica. */
export interface AuditSource {
  /** leads tells whether this replica leads; one that does not leaves the audits' series out. */
  readonly leads: () => boolean;
  readonly audits: () => readonly NetworkAudit[];
  /** runs are those of all audits. */
  readonly runs: () => readonly NetworkAuditRun[];
}

/** auditMetrics describes all metrics about audits, in the order of the reference. */
export const auditMetrics: readonly Description[] = [...auditFamilies, ...runFamilies];

/** registerAudits adds the audits' metrics to a registry. Nothing is kept between two scrapes. */
export function registerAudits(registry: Registry, source: AuditSource): void {
  const audits = () => (source.leads() ? source.audits().filter(isStaying) : []);
  for (const family of auditFamilies) register(registry, family, audits);
  for (const family of runFamilies) {
    register(registry, family, () => {
      const runs = Map.groupBy(source.runs(), ({ spec }) => spec.auditName);
      return audits().map((audit) => {
        const { name } = audit.metadata;
        return historyOf(
          name,
          (runs.get(name) ?? []).filter((run) => !isForeign(run, audit)),
        );
      });
    });
  }
}

function register<Source>(registry: Registry, family: Family<Source>, sources: () => readonly Source[]) {
  new Gauge({
    name: family.name,
    help: family.help,
    labelNames: family.labels.map(({ name }) => name),
    registers: [registry],
    collect() {
      this.reset();
      for (const sample of sources().flatMap(family.samples)) setSample(this, sample);
    },
  });
}

function setSample(gauge: Gauge, { labels, value }: Sample): void {
  gauge.set({ ...labels }, value);
}

function isStaying(audit: NetworkAudit): boolean {
  return audit.metadata.deletionTimestamp === undefined;
}
