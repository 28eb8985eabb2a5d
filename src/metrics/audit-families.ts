/** What an audit's own object says, as metrics. Pure: a NetworkAudit in, samples out. */
import type { NetworkAudit } from '../api/v1alpha1/index.ts';
import { type Family, one, type Sample, seconds } from './family.ts';
import * as label from './labels.ts';

const statuses = ['True', 'False', 'Unknown'] as const;
const conditions = ['Ready', 'Passed', 'Running'] as const;

/** auditFamilies are the metrics out of one NetworkAudit, in the order of the reference. */
export const auditFamilies: readonly Family<NetworkAudit>[] = [
  {
    name: 'netaudit_created_timestamp_seconds',
    help: 'When the audit was created.',
    type: 'gauge',
    labels: [label.audit],
    samples: (audit) => one(of(audit), seconds(audit.metadata.creationTimestamp)),
  },
  {
    name: 'netaudit_suspended',
    help: '1 while the audit is suspended, else 0.',
    type: 'gauge',
    labels: [label.audit],
    samples: (audit) => one(of(audit), audit.spec.suspend ? 1 : 0),
  },
  {
    name: 'netaudit_condition',
    help: '1 for the status that the condition has, 0 for the two that it has not.',
    type: 'gauge',
    labels: [label.audit, label.condition, label.status],
    samples: conditionSamples,
  },
  {
    name: 'netaudit_condition_last_transition_timestamp_seconds',
    help: 'When the condition took the status that it has: for Passed, since when the network is well or is not.',
    type: 'gauge',
    labels: [label.audit, label.condition],
    samples: transitionSamples,
  },
  {
    name: 'netaudit_next_run_timestamp_seconds',
    help: 'When the next run is due; absent when none is.',
    type: 'gauge',
    labels: [label.audit],
    samples: (audit) => one(of(audit), seconds(audit.status?.nextRunTime)),
  },
  {
    name: 'netaudit_coverage_nodes_every_runs',
    help: 'Within how many runs every eligible node probes once.',
    type: 'gauge',
    labels: [label.audit],
    samples: (audit) => one(of(audit), audit.status?.coverage?.nodesEveryRuns),
  },
  {
    name: 'netaudit_coverage_pairs_every_runs',
    help: 'Within how many runs every ordered pair of eligible nodes is tried once.',
    type: 'gauge',
    labels: [label.audit],
    samples: (audit) => one(of(audit), audit.status?.coverage?.pairsEveryRuns),
  },
];

function of(audit: NetworkAudit): { audit: string } {
  return { audit: audit.metadata.name };
}

/** A condition that is absent is Unknown, as the API conventions have it. */
function conditionSamples(audit: NetworkAudit): readonly Sample[] {
  return conditions.flatMap((condition) => {
    const present = audit.status?.conditions.find((item) => item.type === condition)?.status ?? 'Unknown';
    return statuses.map((status) => ({
      labels: { ...of(audit), condition, status },
      value: status === present ? 1 : 0,
    }));
  });
}

function transitionSamples(audit: NetworkAudit): readonly Sample[] {
  return conditions.flatMap((condition) => {
    const present = audit.status?.conditions.find((item) => item.type === condition);
    return one({ ...of(audit), condition }, seconds(present?.lastTransitionTime));
  });
}
