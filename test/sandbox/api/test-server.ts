/** A server for tests: no nodes behind it, one listener on loopback, requests as plain as curl's. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client, KubeObject, Resource } from '../client.ts';
import { ApiError } from './errors.ts';
import { isObject, type JsonObject, type JsonValue, objectOf, parseJson } from './json.ts';
import { type ApiServer, startApiServer } from './server.ts';

/** Answer is an HTTP answer with its body read. */
export interface Answer {
  code: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** json is the body as an object; empty where it is none. */
  json: JsonObject;
}

/** Asked says how to ask. `as` is a user's name; without it nobody asks. */
export interface Asked {
  method?: string;
  body?: JsonValue | Buffer;
  headers?: Record<string, string>;
  as?: string;
}

/** TestServer is a server and the ways to ask it. */
export interface TestServer {
  server: ApiServer;
  admin: Client;
  ask(path: string, asked?: Asked): Promise<Answer>;
  close(): Promise<void>;
}

function tokenFor(server: ApiServer, user: string): string {
  const [, , namespace = '', name = ''] = user.split(':');
  return server.serviceAccountToken(namespace, name);
}

/** startTestServer starts a server. Users of `ask` are `admin` by default, or ServiceAccounts. */
export async function startTestServer(options: { eventWindow?: number } = {}): Promise<TestServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'netaudit-api-'));
  const server = await startApiServer({
    dataDir,
    listen: [{ host: '127.0.0.1', port: 0 }],
    logs: {
      read: async (namespace, pod, container) => Buffer.from(`${namespace}/${pod}/${container}\nsecond\n`),
    },
    proxy: {
      get: async (_namespace, pod, port, path) => ({
        status: 200,
        contentType: 'text/plain',
        body: Buffer.from(`${pod}:${port}${path}`),
      }),
    },
    ...options,
  });
  const admin = server.client('admin');
  await admin.create(serviceAccounts, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'root', namespace: 'kube-system' },
  });
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'root' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'root', namespace: 'kube-system' }],
  };
  await admin.create(clusterRoleBindings, binding);
  const root = server.serviceAccountToken('kube-system', 'root');
  return {
    server,
    admin,
    ask: (path, asked = {}) => ask(server, path, asked, asked.as ? tokenFor(server, asked.as) : root),
    close: async () => {
      await server.close();
      rmSync(dataDir, { recursive: true });
    },
  };
}

function ask(server: ApiServer, path: string, asked: Asked, token: string): Promise<Answer> {
  const { body } = asked;
  const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const headers = {
    authorization: `Bearer ${token}`,
    ...(bytes ? { 'content-type': 'application/json' } : {}),
    ...asked.headers,
  };
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, server.url),
      { method: asked.method ?? 'GET', ca: server.caPem, headers, agent: false },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          const text = Buffer.concat(parts).toString();
          resolve({ code: response.statusCode ?? 0, headers: response.headers, text, json: asJson(text) });
        });
      },
    );
    sent.on('error', reject);
    sent.end(bytes);
  });
}

function asJson(text: string): JsonObject {
  try {
    return objectOf(parseJson(text));
  } catch {
    return {};
  }
}

/** Resources that tests name often. */
export const pods: Resource = { group: '', version: 'v1', plural: 'pods' };
export const jobs: Resource = { group: 'batch', version: 'v1', plural: 'jobs' };
export const namespaces: Resource = { group: '', version: 'v1', plural: 'namespaces' };
export const configMaps: Resource = { group: '', version: 'v1', plural: 'configmaps' };
export const serviceAccounts: Resource = { group: '', version: 'v1', plural: 'serviceaccounts' };
export const clusterRoleBindings: Resource = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural: 'clusterrolebindings',
};
export const definitions: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
};

/** manifest is any object, typed for the client. */
export function manifest(object: JsonObject): KubeObject & JsonObject {
  const { apiVersion, kind, metadata } = object;
  return {
    ...object,
    apiVersion: String(apiVersion),
    kind: String(kind),
    metadata: { ...objectOf(metadata) },
  };
}

/** pod is a small Pod. */
export function pod(name: string, more: { spec?: JsonObject; metadata?: JsonObject } = {}) {
  const spec = { containers: [{ name: 'c', image: 'registry.example/c:1' }], ...more.spec };
  return manifest({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', ...more.metadata },
    spec,
  });
}

/** job is a small Job. */
export function job(name: string, spec: JsonObject = {}) {
  const template = {
    spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'registry.example/c:1' }] },
  };
  return manifest({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default' },
    spec: { template, ...spec },
  });
}

/** configMap is a small ConfigMap. */
export function configMap(name: string, more: JsonObject = {}) {
  return manifest({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, ...more });
}

/** refusal is the ApiError that a promise rejects with. */
export async function refusal(promise: Promise<unknown>): Promise<ApiError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('It was not refused');
}

/** settled waits until a question has a true answer; it gives up after two seconds. */
export async function settled(question: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 2000;
  while (!(await question())) {
    if (Date.now() > deadline) throw new Error('It did not settle');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** present tells whether an object is there. */
export async function isThere(
  client: Client,
  resource: Resource,
  namespace: string,
  name: string,
): Promise<boolean> {
  try {
    await client.get(resource, namespace, name);
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return false;
    throw error;
  }
}

/** member reads a path of an object. */
export function member(object: object, ...path: (string | number)[]): JsonValue | undefined {
  let here: JsonValue | undefined = parseJson(JSON.stringify(object));
  for (const step of path) {
    if (Array.isArray(here) && typeof step === 'number') here = here[step];
    else here = isObject(here) ? here[String(step)] : undefined;
  }
  return here;
}
