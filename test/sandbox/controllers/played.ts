/** Nodes and Pods as tests play them: nothing runs behind them. */
import { type Node, type PodSpec, type PodStatus, rfc3339 } from '../kinds.ts';

/** SPEC is a Pod that asks for nothing. */
export const SPEC: PodSpec = { containers: [{ name: 'c', image: 'registry.example/c:1' }] };

/** JOB_SPEC is the same for Jobs, whose Pods may not always restart. */
export const JOB_SPEC: PodSpec = { ...SPEC, restartPolicy: 'Never' };

/** nodeNamed is a Ready node with room for 110 Pods, 4 CPUs and 8 GiB. */
export function nodeNamed(
  name: string,
  more: { labels?: Record<string, string>; spec?: Node['spec'] } = {},
): Node {
  const allocatable = { cpu: '4', memory: '8Gi', pods: '110' };
  const now = rfc3339(new Date());
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'KubeletReady',
    message: 'kubelet is posting ready status',
  } as const;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...more.labels } },
    ...(more.spec === undefined ? {} : { spec: more.spec }),
    status: { allocatable, conditions: [{ ...ready, lastHeartbeatTime: now, lastTransitionTime: now }] },
  };
}

/** readyStatus is a Pod's that runs and is ready. */
export function readyStatus(since = new Date()): PodStatus {
  return {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: rfc3339(since) }],
  };
}

/** endStatus is a Pod's whose only container has ended. */
export function endStatus(exitCode: number, at = new Date()): PodStatus {
  const time = rfc3339(at);
  const reason = exitCode === 0 ? 'Completed' : 'Error';
  const terminated = { exitCode, reason, startedAt: time, finishedAt: time };
  const container = {
    name: 'c',
    image: 'c',
    imageID: '',
    lastState: {},
    ready: false,
    started: false,
    restartCount: 0,
  };
  return {
    phase: exitCode === 0 ? 'Succeeded' : 'Failed',
    conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: time }],
    containerStatuses: [{ ...container, state: { terminated } }],
  };
}
