/** A stage for controllers: a real API server in process, the controllers of one test, nodes and Pods that are played. */

import { startTestServer } from '../api/test-server.ts';
import type { Client, KubeObject, Resource } from '../client.ts';
import {
  EVENTS,
  identity,
  type KubeEvent,
  NODES,
  type Node,
  PODS,
  type Pod,
  type PodStatus,
} from '../kinds.ts';
import type { Controller, ControllerLog } from './controller.ts';

/** Stage is one server with its controllers. */
export interface Stage {
  client: Client;
  /** What the controllers logged. */
  logged: string[];
  /** until resolves to an object of this name once it is as asked. */
  until<T extends KubeObject>(resource: Resource, key: string, test: (object: T) => boolean): Promise<T>;
  /** gone resolves once no object has this name. */
  gone(resource: Resource, key: string): Promise<void>;
  /** told waits for so many events about an object, and lists them as "Type Reason: message". */
  told(key: string, count: number): Promise<string[]>;
  /** play writes what a kubelet says of a Pod. */
  play(pod: Pod, status: PodStatus): Promise<Pod>;
  end(): Promise<void>;
}

/** Start makes the controllers that a test is about. */
export type Start = (client: (user: string) => Client, log: ControllerLog) => Controller[];

function split(key: string): { namespace: string; name: string } {
  const [name = '', namespace = ''] = key.split('/').reverse();
  return { namespace, name };
}

function watched<T extends KubeObject, Found>(
  client: Client,
  resource: Resource,
  key: string,
  find: (object: T, type: string) => Found | undefined,
): Promise<Found> {
  const { namespace, name } = split(key);
  return new Promise((resolve) => {
    const selector = { namespace, fieldSelector: `metadata.name=${name}` };
    let over = false;
    const end = client.watch<T>(resource, selector, ({ type, object }) => {
      const found = over ? undefined : find(object, type);
      if (found === undefined) return;
      over = true;
      queueMicrotask(() => end());
      resolve(found);
    });
  });
}

async function isThere(client: Client, resource: Resource, key: string): Promise<boolean> {
  const { namespace, name } = split(key);
  const { items } = await client.list(resource, { namespace, fieldSelector: `metadata.name=${name}` });
  return items.length > 0;
}

function told(client: Client, key: string, count: number): Promise<string[]> {
  const { namespace, name } = split(key);
  const lines: string[] = [];
  return new Promise((resolve) => {
    const fieldSelector = `involvedObject.name=${name}`;
    const end = client.watch<KubeEvent>(EVENTS, { namespace, fieldSelector }, ({ type, object }) => {
      if (type === 'ADDED') lines.push(`${object.type} ${object.reason}: ${object.message}`);
      if (lines.length < count) return;
      queueMicrotask(() => end());
      resolve(lines);
    });
  });
}

/** startStage starts a server, and the controllers on it. */
export async function startStage(start: Start): Promise<Stage> {
  const { server, admin: client, close } = await startTestServer();
  const logged: string[] = [];
  const log: ControllerLog = (message, fields) => logged.push(`${message} ${JSON.stringify(fields)}`);
  const controllers = start((user) => server.client(user), log);
  return {
    client,
    logged,
    until: <T extends KubeObject>(resource: Resource, key: string, test: (object: T) => boolean) =>
      watched<T, T>(client, resource, key, (object, type) =>
        type !== 'DELETED' && test(object) ? object : undefined,
      ),
    gone: async (resource, key) => {
      const removed = watched(client, resource, key, (_, type) => type === 'DELETED' || undefined);
      if (await isThere(client, resource, key)) await removed;
    },
    told: (key, count) => told(client, key, count),
    play: (pod, status) => {
      const { namespace, name } = identity(pod);
      return client.patch<Pod>(
        PODS,
        namespace,
        name,
        { status: JSON.parse(JSON.stringify(status)) },
        'status',
      );
    },
    end: async () => {
      await Promise.all(controllers.map((controller) => controller.stop()));
      await close();
    },
  };
}

/** podsOf resolves to the Pods with a label once there are so many that are not on their way out. */
export function podsOf(client: Client, labelSelector: string, count: number): Promise<Pod[]> {
  const pods = new Map<string, Pod>();
  return new Promise((resolve) => {
    let over = false;
    // What is there already comes in one burst: only what holds after it counts.
    const judge = () => {
      if (over || pods.size !== count) return;
      over = true;
      end();
      resolve([...pods.values()]);
    };
    const end = client.watch<Pod>(PODS, { namespace: 'default', labelSelector }, ({ type, object }) => {
      const { name } = identity(object);
      if (type === 'DELETED' || object.metadata.deletionTimestamp !== undefined) pods.delete(name);
      else pods.set(name, object);
      queueMicrotask(judge);
    });
  });
}

/** addNodes creates nodes. */
export async function addNodes(client: Client, nodes: Node[]): Promise<void> {
  for (const node of nodes) await client.create<Node>(NODES, node);
}
