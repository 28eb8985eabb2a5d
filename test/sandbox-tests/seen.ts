import type { KubeObject, Resource, Selector } from '../sandbox/client.ts';
import { type Container, EVENTS, type KubeEvent, PODS, type Pod, type PodSpec } from '../sandbox/kinds.ts';
import { TOOLS_IMAGE } from '../sandbox/node/images.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';

/** seen resolves to the first state of an object that a watch shows and `wanted` accepts. */
export function seen<T extends KubeObject>(
  sandbox: Sandbox,
  resource: Resource,
  selector: Selector,
  wanted: (object: T, type: string) => boolean,
): Promise<T> {
  return new Promise((resolve) => {
    const end = sandbox.client.watch<T>(resource, selector, ({ object, type }) => {
      if (!wanted(object, type)) return;
      queueMicrotask(() => end());
      resolve(object);
    });
  });
}

/** podSeen resolves to a Pod of the default namespace once `wanted` accepts it. */
export function podSeen(
  sandbox: Sandbox,
  name: string,
  wanted: (pod: Pod, type: string) => boolean,
): Promise<Pod> {
  return seen<Pod>(sandbox, PODS, { namespace: 'default', fieldSelector: `metadata.name=${name}` }, wanted);
}

/** isOver accepts Pods that have come to their end. */
export function isOver({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** eventSeen resolves to the first event of a reason about an object. */
export function eventSeen(sandbox: Sandbox, name: string, reason: string): Promise<KubeEvent> {
  const fieldSelector = `involvedObject.name=${name}`;
  return seen<KubeEvent>(sandbox, EVENTS, { fieldSelector }, (event) => event.reason === reason);
}

/** podOf is a Pod of the default namespace with one container that runs a shell script. */
export function podOf(
  name: string,
  script: string,
  container: Partial<Container> = {},
  spec: Partial<PodSpec> = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app: name } },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'main', image: TOOLS_IMAGE, command: ['/bin/sh', '-c', script], ...container }],
      ...spec,
    },
  };
}

/** outcome creates a Pod and resolves to what its first container wrote as its termination message. */
export async function outcome(sandbox: Sandbox, pod: Pod): Promise<string> {
  await sandbox.client.create(PODS, pod);
  const over = await podSeen(sandbox, pod.metadata.name ?? '', isOver);
  return over.status?.containerStatuses?.[0]?.state.terminated?.message ?? '';
}

/** logOf is the log of a Pod's only container, read as kubectl does. */
export async function logOf(sandbox: Sandbox, name: string): Promise<string> {
  const { stdout, stderr, code } = await sandbox.kubectl(['logs', name]);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}
