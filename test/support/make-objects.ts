/** Objects as people and controllers make them, for the small API server. */
import type { Stored } from './api-server/objects.ts';

/** metadataOf is metadata in which the server fills in the rest. */
export function metadataOf(name: string, more: Record<string, unknown> = {}): Stored['metadata'] {
  const creationTimestamp = '2026-01-01T00:00:00Z';
  return { name, uid: '', resourceVersion: '', generation: 1, creationTimestamp, ...more };
}

/** auditOf is a NetworkAudit with one check, as the API server stores it with its defaults. */
export function auditOf(name: string, spec: Record<string, unknown> = {}): Stored {
  return {
    apiVersion: 'netaudit.dev/v1alpha1',
    kind: 'NetworkAudit',
    metadata: metadataOf(name),
    spec: {
      suspend: false,
      runTimeoutSeconds: 180,
      runsHistoryLimit: 10,
      maxUnknownPercent: 10,
      nodes: { perRun: 50 },
      checks: [{ name: 'pods', type: 'PodToPod' }],
      ...spec,
    },
  };
}

/** runOf is a NetworkAuditRun of an audit. */
export function runOf(name: string, auditName: string, status?: Record<string, unknown>): Stored {
  return {
    apiVersion: 'netaudit.dev/v1alpha1',
    kind: 'NetworkAuditRun',
    metadata: metadataOf(name),
    spec: { auditName },
    ...(status === undefined ? {} : { status }),
  };
}
