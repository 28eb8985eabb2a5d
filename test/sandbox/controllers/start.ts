import type { Client } from '../client.ts';
import type { Controller, ControllerLog } from './controller.ts';
import { DaemonSetController } from './daemonsets.ts';
import { DeploymentController } from './deployments.ts';
import { EndpointSliceController } from './endpointslices.ts';
import { JobTTL } from './job-ttl.ts';
import { JobController } from './jobs.ts';
import { NodeLifecycle } from './node-lifecycle.ts';
import { PodGC } from './pod-gc.ts';
import { ReplicaSetController } from './replicasets.ts';
import { Scheduler } from './scheduler.ts';
import { TaintEviction } from './taint-eviction.ts';
import { OrphanTracking } from './tracking.ts';

/** ControllerTimes are the waits of controllers, in milliseconds. */
export interface ControllerTimes {
  /** How old a node's Lease may get before the node is NotReady (node-monitor-grace-period). */
  nodeGracePeriod: number;
  /** How long a node must have been gone before its Pods are removed. */
  podQuarantine: number;
  /** How long changes of a Job's Pods are gathered before the Job is looked at (syncJobBatchPeriod). */
  jobBatch: number;
}

/** REAL_TIMES are those of kube-controller-manager. */
export const REAL_TIMES: ControllerTimes = { nodeGracePeriod: 50_000, podQuarantine: 40_000, jobBatch: 1000 };

/** SANDBOX_TIMES keep tests from waiting: everything else about the controllers is the same. */
export const SANDBOX_TIMES: ControllerTimes = { nodeGracePeriod: 50_000, podQuarantine: 500, jobBatch: 0 };

/** startControllers starts the scheduler and all controllers and returns what stops them. */
export function startControllers(
  client: (user: string) => Client,
  log: ControllerLog,
  times: ControllerTimes = SANDBOX_TIMES,
): () => Promise<void> {
  const manager = client('system:kube-controller-manager');
  const controllers: Controller[] = [
    new Scheduler(client('system:kube-scheduler'), log),
    new NodeLifecycle(manager, log, times.nodeGracePeriod),
    new TaintEviction(manager, log),
    new PodGC(manager, log, times.podQuarantine),
    new JobController(manager, log, times.jobBatch),
    new JobTTL(manager, log),
    new OrphanTracking(manager, log),
    new DaemonSetController(manager, log),
    new ReplicaSetController(manager, log),
    new DeploymentController(manager, log),
    new EndpointSliceController(manager, log),
  ];
  return async () => {
    await Promise.all(controllers.map((controller) => controller.stop()));
  };
}
