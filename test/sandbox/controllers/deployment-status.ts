/** The status of a Deployment (pkg/controller/deployment/sync.go, progress.go). Pure. */
import { type Condition, conditionOf, type Deployment, type ReplicaSet, rfc3339 } from '../kinds.ts';
import { boundsOf, sizeOf, sumOf } from './rollout.ts';

type Status = NonNullable<Deployment['status']>;
type Said = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

const say = (type: string, status: Condition['status'], reason: string, message: string): Said => ({
  type,
  status,
  reason,
  message,
});

/** Only a change of status is a transition. */
function renewed(before: Condition | undefined, next: Said, now: Date): Condition {
  const kept = before?.status === next.status ? before.lastTransitionTime : undefined;
  return { lastTransitionTime: kept ?? rfc3339(now), lastUpdateTime: rfc3339(now), ...next };
}

/** A condition that says the same as before stays as it was. */
function dated(before: Condition | undefined, next: Said, now: Date): Condition {
  const same =
    before?.status === next.status && before.reason === next.reason && before.message === next.message;
  return same ? before : renewed(before, next, now);
}

function available(deployment: Deployment, count: number): Said {
  return count >= boundsOf(deployment).leastAvailable
    ? say('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
    : say(
        'Available',
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
      );
}

function hasMoved(before: Status, after: Status): boolean {
  const old = ({ replicas = 0, updatedReplicas = 0 }: Status) => replicas - updatedReplicas;
  const grew = (['updatedReplicas', 'readyReplicas', 'availableReplicas'] as const).some(
    (key) => (after[key] ?? 0) > (before[key] ?? 0),
  );
  return grew || old(after) < old(before);
}

function isComplete(
  { spec }: Deployment,
  { updatedReplicas = 0, replicas = 0, availableReplicas = 0 }: Status,
): boolean {
  const wanted = spec.replicas ?? 1;
  return updatedReplicas === wanted && replicas === wanted && availableReplicas === wanted;
}

/** startOf is what is said when a ReplicaSet becomes the present one: it is new, or an old one that is back. */
function startOf(current: ReplicaSet): Said {
  const { name } = current.metadata;
  return current.status?.observedGeneration === undefined
    ? say('Progressing', 'True', 'NewReplicaSetCreated', `Created new replica set "${name}"`)
    : say('Progressing', 'True', 'FoundNewReplicaSet', `Found new replica set "${name}"`);
}

function progressing(deployment: Deployment, current: ReplicaSet, after: Status, now: Date): Condition {
  const { name } = current.metadata;
  const { status: before = {}, spec } = deployment;
  const known = conditionOf(before.conditions, 'Progressing');
  const started = known?.message?.includes(`"${name}"`) === true ? known : undefined;
  const { replicas = 0, updatedReplicas = 0 } = after;
  if (started?.reason === 'NewReplicaSetAvailable' && replicas === updatedReplicas) return started;
  if (isComplete(deployment, after)) {
    const message = `ReplicaSet "${name}" has successfully progressed.`;
    return dated(known, say('Progressing', 'True', 'NewReplicaSetAvailable', message), now);
  }
  if (started === undefined) return dated(known, startOf(current), now);
  if (hasMoved(before, after)) {
    const moved = say('Progressing', 'True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`);
    return renewed(known, moved, now);
  }
  const deadline = Date.parse(started.lastUpdateTime ?? '') + (spec.progressDeadlineSeconds ?? 600) * 1000;
  if (started.reason === 'ProgressDeadlineExceeded' || now.getTime() < deadline) return started;
  const message = `ReplicaSet "${name}" has timed out progressing.`;
  return dated(known, say('Progressing', 'False', 'ProgressDeadlineExceeded', message), now);
}

/** progressLeft is after how many milliseconds a Deployment that does not move is late; undefined when it waits for nothing. */
export function progressLeft({ spec, status }: Deployment, now: number): number | undefined {
  const known = conditionOf(status?.conditions, 'Progressing');
  const waits = known?.status === 'True' && known.reason !== 'NewReplicaSetAvailable';
  if (!waits) return undefined;
  return Date.parse(known.lastUpdateTime ?? '') + (spec.progressDeadlineSeconds ?? 600) * 1000 - now;
}

const PAUSED = say('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused');

/** deploymentStatus is the status that belongs to the ReplicaSets as they are. A paused Deployment may have no current one. */
export function deploymentStatus(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  old: ReplicaSet[],
  now: Date,
): Status {
  const all = current === undefined ? old : [current, ...old];
  const count = (key: 'replicas' | 'readyReplicas' | 'availableReplicas', sets = all) =>
    sumOf(sets, ({ status }) => status?.[key] ?? 0);
  const counts = {
    replicas: count('replicas'),
    updatedReplicas: count('replicas', current === undefined ? [] : [current]),
    readyReplicas: count('readyReplicas'),
    availableReplicas: count('availableReplicas'),
    unavailableReplicas: Math.max(sumOf(all, sizeOf) - count('availableReplicas'), 0),
  };
  const written = Object.entries(counts).filter(([, value]) => value > 0);
  const after: Status = {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...Object.fromEntries(written),
  };
  const before = deployment.status?.conditions;
  const as = (next: Said) => dated(conditionOf(before, next.type), next, now);
  const conditions = [as(available(deployment, counts.availableReplicas))];
  if (deployment.spec.paused === true) conditions.push(as(PAUSED));
  else if (current !== undefined) conditions.push(progressing(deployment, current, after, now));
  const failure = all.flatMap(({ status }) => conditionOf(status?.conditions, 'ReplicaFailure') ?? [])[0];
  if (failure !== undefined)
    conditions.push(as(say('ReplicaFailure', failure.status, failure.reason ?? '', failure.message ?? '')));
  return { ...after, conditions };
}
