/** A cluster of any size as the operator sees it, for figures about size. Everything in it is well. */
import type { NetworkAudit, NetworkAuditRun, ObjectMeta } from '../../src/api/v1alpha1/index.ts';
import { emptyClusterView } from '../../src/checks/cluster-view.ts';
import type { NodeView, ResponderView, World } from '../../src/plan/world.ts';

/** began is when the clusters' day starts. */
export const began = new Date('2026-11-01T10:00:00Z');

/** ClusterShape is how large a cluster is, and how much of it an audit asks. */
export interface ClusterShape {
  readonly nodes: number;
  readonly perRun: number;
  readonly peersPerNode: number;
  /** families is 2 for dual stack. */
  readonly families: 1 | 2;
}

/** worldOf is a world with an audit, every node Ready and every responder answering. */
export function worldOf(shape: ClusterShape): World & { readonly audit: NetworkAudit } {
  const nodes = Array.from({ length: shape.nodes }, (_, index) => nodeView(index));
  return {
    audit: auditOf(shape),
    runs: [],
    nodes,
    responders: nodes.map(({ name }, index) => responderView(name, index, shape.families)),
    responderSet: { nodeSelector: { 'kubernetes.io/os': 'linux' }, tolerations: [{ operator: 'Exists' }] },
    jobs: [],
    probePods: [],
    otherRuns: new Map(),
    policies: [],
    cluster: emptyClusterView,
    otherJobs: 0,
    otherProbes: 0,
  };
}

/** runOf is a run of that audit that has not been planned. */
export function runOf(audit: NetworkAudit): NetworkAuditRun {
  return {
    apiVersion: 'netaudit.dev/v1alpha1',
    kind: 'NetworkAuditRun',
    metadata: metadata(`${audit.metadata.name}-29700000`),
    spec: { auditName: audit.metadata.name },
  };
}

function auditOf({ perRun, peersPerNode }: ClusterShape): NetworkAudit {
  return {
    apiVersion: 'netaudit.dev/v1alpha1',
    kind: 'NetworkAudit',
    metadata: metadata('cluster'),
    spec: {
      schedule: '*/10 * * * *',
      suspend: false,
      runTimeoutSeconds: 300,
      runsHistoryLimit: 10,
      maxUnknownPercent: 10,
      nodes: { perRun },
      checks: [{ name: 'pods', type: 'PodToPod', podToPod: { peersPerNode } }],
    },
  };
}

function metadata(name: string): ObjectMeta {
  return {
    name,
    uid: uid(name.length),
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: '2026-11-01T08:00:00Z',
  };
}

function nodeView(index: number): NodeView {
  return {
    name: `ip-10-${index >> 8}-${index & 255}-17.eu-central-1.compute.internal`,
    uid: uid(index),
    labels: { 'kubernetes.io/os': 'linux', 'topology.kubernetes.io/zone': `eu-central-1${'abc'[index % 3]}` },
    creationTime: '2026-10-01T00:00:00Z',
    deleting: false,
    ready: 'True',
    unschedulable: false,
    taints: [],
    os: 'linux',
    leaseRenewTime: '2026-11-01T09:59:55Z',
  };
}

function responderView(node: string, index: number, families: 1 | 2): ResponderView {
  const addresses = [`10.${128 + (index >> 8)}.${index & 255}.3`, `fd00:10:${(index + 1).toString(16)}::3`];
  return {
    name: `netaudit-responder-${index.toString(36).padStart(5, '0')}`,
    uid: uid(100_000 + index),
    node,
    addresses: addresses.slice(0, families),
    ready: true,
    deleting: false,
    foreignContainers: [],
  };
}

/** uid has a uid's form and length, and as little pattern as a real one, so that sizes are real, too. */
export function uid(index: number): string {
  const digits = Array.from({ length: 4 }, (_, part) =>
    (Math.imul(index * 4 + part + 1, 2_654_435_761) >>> 0).toString(16).padStart(8, '0'),
  ).join('');
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20),
  ].join('-');
}
