/** Audits and runs as the metrics' tests need them: whole objects, of which a test changes what it is about. */
import type {
  NetworkAudit,
  NetworkAuditRun,
  NetworkAuditRunStatus,
  ObjectMeta,
} from '../../src/api/v1alpha1/index.ts';

/** makeAudit is an audit that ran and passed. */
export function makeAudit(name: string, changes: Partial<NetworkAudit> = {}): NetworkAudit {
  return {
    apiVersion: 'netaudit.dev/v1alpha1',
    kind: 'NetworkAudit',
    metadata: metadata(name),
    spec: {
      suspend: false,
      runTimeoutSeconds: 180,
      runsHistoryLimit: 10,
      maxUnknownPercent: 10,
      nodes: { perRun: 50 },
      checks: [{ name: 'pods', type: 'PodToPod' }],
    },
    ...changes,
  };
}

/** makeRun is a run of the audit that ended; without an end in `changes` it ended at 10:00:42.5. */
export function makeRun(
  audit: string,
  name: string,
  changes: Partial<NetworkAuditRunStatus> = {},
): NetworkAuditRun {
  return {
    apiVersion: 'netaudit.dev/v1alpha1',
    kind: 'NetworkAuditRun',
    metadata: metadata(name),
    spec: { auditName: audit },
    status: {
      observedGeneration: 1,
      conditions: [],
      startTime: '2026-11-01T10:00:00Z',
      completionTime: '2026-11-01T10:00:42.500Z',
      outcome: 'Passed',
      ...changes,
    },
  };
}

function metadata(name: string): ObjectMeta {
  return {
    name,
    uid: `uid-${name}`,
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: '2026-11-01T08:00:00Z',
  };
}
