/** A Pod's status out of what its containers do, as the kubelet computes it (pkg/kubelet/kubelet_pods.go). Pure. */
import {
  type Condition,
  type Container,
  type ContainerState,
  type ContainerStatus,
  conditionOf,
  type Pod,
  type PodStatus,
} from '../kinds.ts';

/** ContainerView is what a kubelet knows of one container. */
export interface ContainerView {
  spec: Container;
  state: ContainerState;
  lastState: ContainerState;
  restartCount: number;
  ready: boolean;
  started: boolean;
  imageID: string;
  containerID?: string;
  user?: { uid: number; gid: number; supplementalGroups: number[] };
}

/** PodView is what a kubelet knows of one Pod. */
export interface PodView {
  startTime: string;
  hostIPs: string[];
  podIPs: string[];
  /** The Pod's network is up. */
  sandboxReady: boolean;
  init: ContainerView[];
  containers: ContainerView[];
  /** Set when the Pod is at its end: containers without an end of their own are then unknown ones. */
  ended: boolean;
  /** Why the Pod was ended from outside, such as its deadline or an eviction: it decides the phase. */
  failure?: { reason: string; message: string };
  /** Conditions beside the five usual ones. */
  extraConditions?: Condition[];
}

type Phase = NonNullable<PodStatus['phase']>;

const UNKNOWN: ContainerState = {
  terminated: {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
    startedAt: null,
    finishedAt: null,
  },
};

function settled(view: ContainerView, pod: PodView): ContainerView {
  // Containers that had to wait for init containers were never there at all.
  if (!pod.ended || !initialized(pod.init) || view.state.terminated !== undefined) return view;
  return { ...view, state: UNKNOWN, ready: false, started: false };
}

function containerStatus(view: ContainerView): ContainerStatus {
  const { spec, state, lastState, ready, started, restartCount, imageID, containerID, user } = view;
  const begun = containerID !== undefined;
  return {
    ...(begun && spec.resources?.requests ? { allocatedResources: spec.resources.requests } : {}),
    ...(begun ? { containerID } : {}),
    image: spec.image,
    imageID: begun ? imageID : '',
    lastState,
    name: spec.name,
    ready,
    ...(begun ? { resources: spec.resources ?? {} } : {}),
    restartCount,
    started,
    state,
    ...(begun && user ? { user: { linux: user } } : {}),
    ...(spec.volumeMounts === undefined
      ? {}
      : {
          volumeMounts: spec.volumeMounts.map(({ mountPath, name, readOnly }) => ({
            mountPath,
            name,
            ...(readOnly === true ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
          })),
        }),
  };
}

/** initialized tells whether all init containers have done their work. */
function initialized(init: ContainerView[]): boolean {
  return init.every(({ state }) => state.terminated?.exitCode === 0);
}

/** phaseOf is the Pod's phase by its containers (getPhase). */
export function phaseOf(pod: Pod, view: PodView): Phase {
  const { restartPolicy = 'Always' } = pod.spec;
  if (view.failure !== undefined) {
    const over = view.ended || view.containers.every(({ state }) => state.terminated !== undefined);
    if (over) return 'Failed';
  }
  const failedInit = view.init.some(({ state }) => (state.terminated?.exitCode ?? 0) !== 0);
  if (failedInit && (restartPolicy === 'Never' || view.ended)) return 'Failed';
  if (!initialized(view.init) && !view.ended) return 'Pending';
  const containers = view.containers.map((container) => settled(container, view));
  if (view.ended && containers.some(({ state }) => state.terminated === undefined)) return 'Failed';
  if (
    containers.some(
      ({ state, lastState }) => state.waiting !== undefined && lastState.terminated === undefined,
    )
  ) {
    return 'Pending';
  }
  if (containers.some(({ state }) => state.terminated === undefined)) return 'Running';
  const succeeded = containers.every(({ state }) => state.terminated?.exitCode === 0);
  if (view.ended) return succeeded ? 'Succeeded' : 'Failed';
  if (restartPolicy === 'Always') return 'Running';
  if (succeeded) return 'Succeeded';
  return restartPolicy === 'Never' ? 'Failed' : 'Running';
}

function readiness(phase: Phase, view: PodView): Pick<Condition, 'status' | 'reason' | 'message'> {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const unready = view.containers.filter(({ ready }) => !ready).map(({ spec }) => spec.name);
  if (unready.length === 0) return { status: 'True' };
  const message = `containers with unready status: [${unready.join(' ')}]`;
  return { status: 'False', reason: 'ContainersNotReady', message };
}

function initialization(phase: Phase, view: PodView): Pick<Condition, 'status' | 'reason' | 'message'> {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  const open = view.init.filter(({ state }) => state.terminated?.exitCode !== 0).map(({ spec }) => spec.name);
  if (open.length === 0) return { status: 'True' };
  const message = `containers with incomplete status: [${open.join(' ')}]`;
  return { status: 'False', reason: 'ContainersNotInitialized', message };
}

/** podStatus is the whole status. A condition keeps its transition time while its status stays the same. */
export function podStatus(pod: Pod, view: PodView, now: string): PodStatus {
  const phase = phaseOf(pod, view);
  const observedGeneration = pod.metadata.generation ?? 1;
  const before = pod.status?.conditions;
  const condition = (type: string, rest: Pick<Condition, 'status' | 'reason' | 'message'>): Condition => {
    const previous = conditionOf(before, type);
    const same = previous?.status === rest.status;
    const lastTransitionTime = (same ? previous?.lastTransitionTime : undefined) ?? now;
    return { lastProbeTime: null, lastTransitionTime, observedGeneration, ...rest, type };
  };
  const ready = readiness(phase, view);
  const scheduled = conditionOf(before, 'PodScheduled');
  const conditions = [
    ...(view.extraConditions ?? []),
    condition('PodReadyToStartContainers', { status: view.sandboxReady ? 'True' : 'False' }),
    condition('Initialized', initialization(phase, view)),
    condition('Ready', ready),
    condition('ContainersReady', ready),
    condition('PodScheduled', { status: scheduled?.status ?? 'True' }),
  ];
  const shown = (views: ContainerView[]) =>
    views.map((container) => containerStatus(settled(container, view)));
  const [hostIP, podIP] = [view.hostIPs[0], view.podIPs[0]];
  return {
    phase,
    observedGeneration,
    conditions,
    ...(phase === 'Failed' ? view.failure : {}),
    ...(hostIP === undefined ? {} : { hostIP, hostIPs: view.hostIPs.map((ip) => ({ ip })) }),
    ...(podIP === undefined ? {} : { podIP, podIPs: view.podIPs.map((ip) => ({ ip })) }),
    startTime: view.startTime,
    ...(view.init.length > 0 ? { initContainerStatuses: shown(view.init) } : {}),
    containerStatuses: shown(view.containers),
    qosClass: pod.status?.qosClass ?? 'BestEffort',
    resources: {},
  };
}
