/** What the Deployment controller decides (pkg/controller/deployment). Pure. */
import { type Condition, conditionOf, type Deployment, type ReplicaSet } from '../kinds.ts';
import { scaled } from './availability.ts';

type Status = NonNullable<Deployment['status']>;

/** Bounds are how many Pods a Deployment may have and must keep while it rolls. */
export interface Bounds {
  most: number;
  leastAvailable: number;
}

/** boundsOf resolves maxSurge and maxUnavailable; when both come out as 0 one may be unavailable. */
export function boundsOf({ spec }: Deployment): Bounds {
  const { replicas = 1 } = spec;
  if (spec.strategy?.type === 'Recreate') return { most: replicas, leastAvailable: 0 };
  const { maxSurge = '25%', maxUnavailable = '25%' } = spec.strategy?.rollingUpdate ?? {};
  const surge = scaled(maxSurge, replicas, 'up');
  const down = scaled(maxUnavailable, replicas, 'down');
  return {
    most: replicas + surge,
    leastAvailable: replicas - (surge + down === 0 ? 1 : Math.min(down, replicas)),
  };
}

const size = (set: ReplicaSet) => set.spec.replicas ?? 0;
const sum = (sets: ReplicaSet[], count: (set: ReplicaSet) => number) =>
  sets.reduce((total, set) => total + count(set), 0);

/** Scaling is one ReplicaSet's next size. */
export interface Scaling {
  set: ReplicaSet;
  replicas: number;
}

/** planRollout says which ReplicaSets to scale now: `current` has the present template, `old` are all others. */
export function planRollout(deployment: Deployment, current: ReplicaSet, old: ReplicaSet[]): Scaling[] {
  const { replicas = 1, strategy } = deployment.spec;
  const { most, leastAvailable } = boundsOf(deployment);
  const scalings: Scaling[] = [];
  if (strategy?.type === 'Recreate') {
    const running = old.filter((set) => size(set) > 0);
    if (running.length > 0) return running.map((set) => ({ set, replicas: 0 }));
    if (sum(old, ({ status }) => status?.replicas ?? 0) > 0) return [];
    return size(current) === replicas ? [] : [{ set: current, replicas }];
  }
  const total = sum([current, ...old], size);
  const grown = Math.min(replicas, size(current) + Math.max(most - total, 0));
  const next = size(current) > replicas ? replicas : grown;
  if (next !== size(current)) scalings.push({ set: current, replicas: next });
  const available = sum([current, ...old], ({ status }) => status?.availableReplicas ?? 0);
  let spare = Math.max(available - leastAvailable, 0);
  for (const set of old.filter((candidate) => size(candidate) > 0)) {
    const broken = Math.max(size(set) - (set.status?.availableReplicas ?? 0), 0);
    const healthy = Math.min(spare, size(set) - broken);
    spare -= healthy;
    if (broken + healthy > 0) scalings.push({ set, replicas: size(set) - broken - healthy });
  }
  return scalings;
}

function condition(
  before: Condition | undefined,
  next: Pick<Condition, 'type' | 'status' | 'reason' | 'message'>,
  now: string,
): Condition {
  if (before?.status === next.status && before.reason === next.reason && before.message === next.message)
    return before;
  const lastTransitionTime = before?.status === next.status ? (before.lastTransitionTime ?? now) : now;
  return { lastTransitionTime, lastUpdateTime: now, ...next };
}

function progress(
  deployment: Deployment,
  current: ReplicaSet,
  status: Status,
  now: Date,
): Pick<Condition, 'type' | 'status' | 'reason' | 'message'> {
  const { replicas = 1, progressDeadlineSeconds = 600 } = deployment.spec;
  const name = current.metadata.name ?? '';
  const done =
    status.updatedReplicas === replicas &&
    status.replicas === replicas &&
    status.availableReplicas === replicas;
  if (done || (replicas === 0 && (status.replicas ?? 0) === 0)) {
    return {
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetAvailable',
      message: `ReplicaSet "${name}" has successfully progressed.`,
    };
  }
  const before = conditionOf(deployment.status?.conditions, 'Progressing');
  const moved = (['updatedReplicas', 'readyReplicas', 'availableReplicas'] as const).some(
    (key) => (status[key] ?? 0) > (deployment.status?.[key] ?? 0),
  );
  const late =
    before !== undefined &&
    !moved &&
    now.getTime() > Date.parse(before.lastUpdateTime ?? '') + progressDeadlineSeconds * 1000;
  if (late && before.reason !== 'NewReplicaSetAvailable') {
    return {
      type: 'Progressing',
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: `ReplicaSet "${name}" has timed out progressing.`,
    };
  }
  return {
    type: 'Progressing',
    status: 'True',
    reason: 'ReplicaSetUpdated',
    message: `ReplicaSet "${name}" is progressing.`,
  };
}

/** deploymentStatus is the status that belongs to the ReplicaSets as they are. */
export function deploymentStatus(
  deployment: Deployment,
  current: ReplicaSet,
  old: ReplicaSet[],
  now: Date,
): Status {
  const all = [current, ...old];
  const replicas = sum(all, (set) => set.status?.replicas ?? 0);
  const ready = sum(all, (set) => set.status?.readyReplicas ?? 0);
  const available = sum(all, (set) => set.status?.availableReplicas ?? 0);
  const updated = current.status?.replicas ?? 0;
  const unavailable = Math.max(sum(all, size), deployment.spec.replicas ?? 1) - available;
  const counts: Status = {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...(replicas > 0 ? { replicas } : {}),
    ...(updated > 0 ? { updatedReplicas: updated } : {}),
    ...(ready > 0 ? { readyReplicas: ready } : {}),
    ...(available > 0 ? { availableReplicas: available } : {}),
    ...(unavailable > 0 ? { unavailableReplicas: unavailable } : {}),
  };
  const time = `${now.toISOString().slice(0, 19)}Z`;
  const enough = available >= boundsOf(deployment).leastAvailable;
  const availability = enough
    ? {
        status: 'True' as const,
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        status: 'False' as const,
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
  const before = deployment.status?.conditions;
  return {
    ...counts,
    conditions: [
      condition(conditionOf(before, 'Available'), { type: 'Available', ...availability }, time),
      condition(conditionOf(before, 'Progressing'), progress(deployment, current, counts, now), time),
    ],
  };
}
