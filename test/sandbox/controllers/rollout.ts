/** How a Deployment moves from its old ReplicaSets to the new one (pkg/controller/deployment/rolling.go). Pure. */
import type { Deployment, ReplicaSet } from '../kinds.ts';
import { scaled } from './availability.ts';

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
    leastAvailable: replicas - Math.min(surge + down === 0 ? 1 : down, replicas),
  };
}

/** sizeOf is how many Pods a ReplicaSet shall have. */
export function sizeOf(set: ReplicaSet): number {
  return set.spec.replicas ?? 1;
}

const availableOf = ({ status }: ReplicaSet) => status?.availableReplicas ?? 0;

/** sumOf adds a number up over ReplicaSets. */
export function sumOf(sets: ReplicaSet[], count: (set: ReplicaSet) => number): number {
  return sets.reduce((total, set) => total + count(set), 0);
}

/** Scaling is one ReplicaSet's next size. */
export interface Scaling {
  set: ReplicaSet;
  replicas: number;
}

function recreate(replicas: number, current: ReplicaSet, old: ReplicaSet[]): Scaling[] {
  const running = old.filter((set) => sizeOf(set) > 0);
  if (running.length > 0) return running.map((set) => ({ set, replicas: 0 }));
  if (sumOf(old, ({ status }) => status?.replicas ?? 0) > 0) return [];
  return sizeOf(current) === replicas ? [] : [{ set: current, replicas }];
}

/** Old ReplicaSets lose what is not available first, then what can be missed, and never more than is safe. */
function shrink(old: ReplicaSet[], mayGo: number, spare: number): Scaling[] {
  let [left, healthy] = [mayGo, spare];
  const scalings: Scaling[] = [];
  const broken = old.map((set) => {
    const count = Math.min(left, Math.max(sizeOf(set) - availableOf(set), 0));
    left -= count;
    return count;
  });
  for (const [i, set] of old.entries()) {
    const rest = sizeOf(set) - (broken[i] ?? 0);
    const count = Math.min(healthy, rest);
    healthy -= count;
    if (rest - count < sizeOf(set)) scalings.push({ set, replicas: rest - count });
  }
  return scalings;
}

/** planRollout says which ReplicaSets to scale now: `current` has the present template, `old` are all others. */
export function planRollout(deployment: Deployment, current: ReplicaSet, old: ReplicaSet[]): Scaling[] {
  const { replicas = 1, strategy } = deployment.spec;
  if (strategy?.type === 'Recreate') return recreate(replicas, current, old);
  const { most, leastAvailable } = boundsOf(deployment);
  const all = [current, ...old];
  const total = sumOf(all, sizeOf);
  const next = Math.min(replicas, sizeOf(current) + Math.max(most - total, 0));
  if (next !== sizeOf(current)) return [{ set: current, replicas: next }];
  const missing = sizeOf(current) - availableOf(current);
  const mayGo = total - leastAvailable - missing;
  if (mayGo <= 0) return [];
  const spare = Math.max(sumOf(all, availableOf) - leastAvailable, 0);
  return shrink(
    old.filter((set) => sizeOf(set) > 0),
    mayGo,
    spare,
  );
}
