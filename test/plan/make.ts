/** Builders: whole objects of the API and of the world, each test says only what it is about. */
import type {
  NetworkAudit,
  NetworkAuditRun,
  NetworkAuditRunStatus,
  NetworkAuditSpec,
  Plan,
} from '../../src/api/v1alpha1/index.ts';
import { emptyClusterView } from '../../src/checks/cluster-view.ts';
import type { Verdict } from '../../src/checks/verdict.ts';
import { defaultSettings, type Settings } from '../../src/plan/settings.ts';
import type { NodeView, ResponderView, World } from '../../src/plan/world.ts';

/** noon is the moment at which most tests happen. */
export const noon = new Date('2026-11-24T12:00:00Z');
/** longAgo is when everything was created, unless a test says otherwise. */
export const longAgo = '2026-11-01T00:00:00Z';

export const settings: Settings = defaultSettings;

/** at is a moment some seconds after noon. */
export function at(seconds: number): Date {
  return new Date(noon.getTime() + seconds * 1000);
}

export function makeSpec(spec: Partial<NetworkAuditSpec> = {}): NetworkAuditSpec {
  return {
    suspend: false,
    runTimeoutSeconds: 180,
    runsHistoryLimit: 10,
    maxUnknownPercent: 10,
    nodes: { perRun: 50 },
    checks: [{ name: 'pods', type: 'PodToPod' }],
    ...spec,
  };
}

export function makeAudit(
  spec: Partial<NetworkAuditSpec> = {},
  more: Partial<NetworkAudit> = {},
): NetworkAudit {
  return {
    apiVersion: 'netaudit.dev/v1alpha1',
    kind: 'NetworkAudit',
    metadata: {
      name: 'cluster',
      uid: 'audit-uid',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: longAgo,
    },
    spec: makeSpec(spec),
    ...more,
  };
}

/** makeRun is a run that a person asked for, with a status if one is given. */
export function makeRun(
  name: string,
  status?: NetworkAuditRunStatus,
  metadata: Partial<NetworkAuditRun['metadata']> = {},
): NetworkAuditRun {
  return {
    apiVersion: 'netaudit.dev/v1alpha1',
    kind: 'NetworkAuditRun',
    metadata: {
      name,
      uid: `${name}-uid`,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-11-24T12:00:00Z',
      ...metadata,
    },
    spec: { auditName: 'cluster' },
    ...(status === undefined ? {} : { status }),
  };
}

/** ours is the metadata of a run that the operator made by itself. */
export const ours = {
  ownerReferences: [
    {
      apiVersion: 'netaudit.dev/v1alpha1',
      kind: 'NetworkAudit',
      name: 'cluster',
      uid: 'audit-uid',
      controller: true,
      blockOwnerDeletion: true,
    },
  ],
} as const;

export function makePlanned(plan: Partial<Plan> = {}): Plan {
  return {
    auditGeneration: 1,
    number: 0,
    seed: '0123456789abcdef',
    dueTime: '2026-11-24T12:00:00Z',
    deadlineTime: '2026-11-24T12:03:00Z',
    maxUnknownPercent: 10,
    checks: [
      {
        name: 'pods',
        type: 'PodToPod',
        podToPod: { protocols: ['TCP', 'UDP'], peersPerNode: 50, timeoutMilliseconds: 2000 },
      },
    ],
    nodes: [],
    targets: [],
    retries: [],
    skipped: [],
    eligible: 0,
    ...plan,
  };
}

/** finishedStatus is the status of a run that ended well a minute after noon, unless told otherwise. */
export function finishedStatus(
  plan: Partial<Plan> = {},
  more: Partial<NetworkAuditRunStatus> = {},
): NetworkAuditRunStatus {
  return {
    observedGeneration: 1,
    conditions: [
      {
        type: 'Complete',
        status: 'True',
        observedGeneration: 1,
        reason: 'Finished',
        message: '3 of 3 probes answered',
        lastTransitionTime: '2026-11-24T12:01:00Z',
      },
      {
        type: 'Passed',
        status: 'True',
        observedGeneration: 1,
        reason: 'NetworkSound',
        message: '18 of 18 questions passed',
        lastTransitionTime: '2026-11-24T12:01:00Z',
      },
    ],
    startTime: '2026-11-24T12:00:00Z',
    completionTime: '2026-11-24T12:01:00Z',
    outcome: 'Passed',
    plan: makePlanned(plan),
    findings: [],
    findingsOmitted: 0,
    suspects: [],
    ...more,
  };
}

export function makeNode(name: string, more: Partial<NodeView> = {}): NodeView {
  return {
    name,
    uid: `${name}-uid`,
    labels: { 'kubernetes.io/hostname': name },
    creationTime: longAgo,
    deleting: false,
    ready: 'True',
    unschedulable: false,
    taints: [],
    os: 'linux',
    ...more,
  };
}

export function makeResponder(node: string, more: Partial<ResponderView> = {}): ResponderView {
  const number = Number(node.replace(/\D/g, '') || '0');
  return {
    name: `netaudit-responder-${node}`,
    uid: `responder-${node}`,
    node,
    addresses: [`10.244.${Math.floor(number / 250)}.${(number % 250) + 2}`],
    ready: true,
    deleting: false,
    foreignContainers: [],
    ...more,
  };
}

/** nodeNames are n1, n2 … */
export function nodeNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `n${index + 1}`);
}

/** makeWorld is a healthy cluster of so many nodes, with an audit and nothing else. */
export function makeWorld(count: number, more: Partial<World> = {}): World {
  const names = nodeNames(count);
  return {
    audit: makeAudit(),
    runs: [],
    otherRuns: new Map(),
    nodes: names.map((name) => makeNode(name)),
    responders: names.map((name) => makeResponder(name)),
    responderSet: { nodeSelector: {}, tolerations: [] },
    jobs: [],
    probePods: [],
    policies: [],
    cluster: emptyClusterView,
    otherJobs: 0,
    otherProbes: 0,
    ...more,
  };
}

export function makeVerdict(from: string, to: string, more: Partial<Verdict> = {}): Verdict {
  return {
    check: 'pods',
    type: 'PodToPod',
    outcome: 'Passed',
    reason: 'AsExpected',
    message: '',
    node: from,
    peer: to,
    subject: `${from} → ${to} TCP IPv4`,
    ...more,
  };
}

/** allPairs judges every ordered pair of so many nodes: `fails` gives the reason of those that fail. */
export function allPairs(
  count: number,
  fails: (from: string, to: string) => string | undefined,
): readonly Verdict[] {
  return nodeNames(count).flatMap((from) =>
    nodeNames(count).map((to) => {
      const reason = fails(from, to);
      if (reason === undefined) return makeVerdict(from, to);
      return makeVerdict(from, to, { outcome: 'Failed', reason, message: `${from} does not reach ${to}` });
    }),
  );
}
