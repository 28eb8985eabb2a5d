/** Lists and watches of the API from inside a Pod, with the token of its ServiceAccount. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeObject } from '../../client.ts';

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
/** What fails is tried again after so many milliseconds, twice as many each time. */
const RETRY = { first: 100, cap: 2000 };

/** Followed is called with all objects of a kind, first and whenever one of them has changed. */
export type Followed<T extends KubeObject> = (objects: ReadonlyMap<string, T>) => void;

/** Expired is what a watch ends with when the API does not have its past any more. */
class Expired extends Error {}

function isStatus(object: KubeObject): boolean {
  return object.kind === 'Status';
}

const agent = new Agent({ keepAlive: true, ca: readOr(`${ACCOUNT}/ca.crt`) });

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Outside of a Pod there is no account: the tests of the pure parts import nothing of this file.
    return undefined;
  }
}

function get(path: string): Promise<IncomingMessage> {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT_HTTPS: port = '443' } = process.env;
  // It is read each time: the kubelet writes a new one before it expires.
  const headers = {
    authorization: `Bearer ${readOr(`${ACCOUNT}/token`)?.trim()}`,
    accept: 'application/json',
  };
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, path, headers, agent }, (response) => {
      if (response.statusCode === 200) return resolve(response);
      response.resume();
      reject(response.statusCode === 410 ? new Expired() : new Error(`${path}: ${response.statusCode}`));
    });
    asked.on('error', reject);
    asked.end();
  });
}

async function list<T extends KubeObject>(path: string): Promise<{ items: T[]; resourceVersion: string }> {
  const chunks: Buffer[] = [];
  for await (const chunk of await get(path)) chunks.push(chunk);
  const { items, metadata } = JSON.parse(Buffer.concat(chunks).toString());
  return { items, resourceVersion: metadata.resourceVersion };
}

async function watch<T extends KubeObject>(
  path: string,
  from: string,
  seen: (type: string, object: T) => void,
): Promise<string> {
  let version = from;
  const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${from}`;
  for await (const line of createInterface({ input: await get(`${path}?${query}`) })) {
    const { type, object } = JSON.parse(line);
    if (isStatus(object)) throw object.code === 410 ? new Expired() : new Error(object.message);
    version = object.metadata.resourceVersion;
    if (type !== 'BOOKMARK') seen(type, object);
  }
  return version;
}

/** follow lists and watches a kind for ever. What fails is tried again; meanwhile the last state stands. */
export async function follow<T extends KubeObject>(path: string, changed: Followed<T>): Promise<never> {
  const objects = new Map<string, T>();
  const keyOf = ({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`;
  let version: string | undefined;
  let wait = RETRY.first;
  for (;;) {
    try {
      if (version === undefined) {
        const { items, resourceVersion } = await list<T>(path);
        objects.clear();
        for (const item of items) objects.set(keyOf(item), item);
        version = resourceVersion;
        changed(objects);
      }
      version = await watch<T>(path, version, (type, object) => {
        wait = RETRY.first;
        if (type === 'DELETED') objects.delete(keyOf(object));
        else objects.set(keyOf(object), object);
        changed(objects);
      });
    } catch (error) {
      if (error instanceof Expired) version = undefined;
      console.error(`[ERROR] plugin/kubernetes: ${String(error)}`);
      await delay(wait);
      wait = Math.min(2 * wait, RETRY.cap);
    }
  }
}
