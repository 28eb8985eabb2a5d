/** The faults of API objects and kubelets. Each returns its undo. */
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { ApiError } from '../api/errors.ts';
import type { Client, KubeObject, Resource } from '../client.ts';
import { NODES } from '../kinds.ts';
import type { Kubelet } from '../node/kubelet.ts';
import type { PodWorker } from '../node/pod-worker.ts';

const QUOTAS: Resource = { group: '', version: 'v1', plural: 'resourcequotas' };

interface Quota extends KubeObject {
  spec: { hard: Record<string, string> };
}

/** Undo takes a fault back. */
export type Undo = () => Promise<void>;

async function removed(client: Client, resource: Resource, namespace: string, name: string): Promise<void> {
  await client.delete(resource, namespace, name).catch((error: unknown) => {
    if (!(error instanceof ApiError && error.code === 404)) throw error;
  });
}

/** cordon makes a node unschedulable. */
export async function cordon(client: Client, node: string): Promise<Undo> {
  await client.patch(NODES, '', node, { spec: { unschedulable: true } });
  return async () => {
    await client.patch(NODES, '', node, { spec: { unschedulable: null } });
  };
}

/** fill leaves a node no room for another Pod: it takes no more than it has. */
export async function fill(client: Client, node: string): Promise<Undo> {
  const before = await client.get<KubeObject & { status?: { allocatable?: Record<string, string> } }>(
    NODES,
    '',
    node,
  );
  const pods = before.status?.allocatable?.pods ?? '110';
  await client.patch(NODES, '', node, { status: { allocatable: { pods: '0' } } }, 'status');
  return async () => {
    await client.patch(NODES, '', node, { status: { allocatable: { pods } } }, 'status');
  };
}

/** quota allows a namespace no more than so many Pods. */
export async function quota(client: Client, namespace: string, pods: number): Promise<Undo> {
  const name = 'netaudit-fault';
  const object: Quota = {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name, namespace },
    spec: { hard: { pods: `${pods}` } },
  };
  await client.create(QUOTAS, object);
  return () => removed(client, QUOTAS, namespace, name);
}

/** loseImage takes an image from a node's store. */
export async function loseImage(kubelet: Kubelet, image: string): Promise<Undo> {
  const restore = kubelet.context.images.remove(image);
  return async () => restore();
}

/** stopKubelet leaves a node's Pods running and unreported, and its Lease getting old. */
export async function stopKubelet(kubelet: Kubelet): Promise<Undo> {
  kubelet.stop();
  return () => kubelet.start();
}

/** loseNode switches a node off and deletes its Node; undone, it comes back empty. */
export async function loseNode(client: Client, kubelet: Kubelet): Promise<Undo> {
  await kubelet.kill();
  await removed(client, NODES, '', kubelet.name);
  return () => kubelet.start();
}

/** evict ends a Pod as a node under memory pressure does. */
export async function evict(worker: PodWorker): Promise<Undo> {
  worker.evict('The node was low on resource: memory. Threshold quantity: 100Mi, available: 51200Ki. ');
  return async () => {};
}

async function isStopped(pid: number): Promise<boolean> {
  return /^State:\tT/m.test(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''));
}

/** hang stops all threads of a container's first process; it answers nothing, not even SIGTERM. */
export async function hang(worker: PodWorker, container: string): Promise<Undo> {
  const running = worker.container(container)?.running;
  if (running === undefined) throw new Error(`Container ${container} does not run`);
  await running.started;
  running.signal('SIGSTOP');
  // A signal is delivered when the process next gets a CPU, and nothing tells of it but its state.
  while (running.pid !== undefined && !(await isStopped(running.pid))) await setTimeout(1);
  return async () => running.signal('SIGCONT');
}
