/** The ConfigMaps and Secrets that a Pod refers to, fetched before its containers are made. */
import { ApiError } from '../api/errors.ts';
import type { Client, KubeObject } from '../client.ts';
import { CONFIG_MAPS, type Pod, SECRETS } from '../kinds.ts';

interface DataObject extends KubeObject {
  data?: Record<string, string>;
}

/** References are the contents of what was found; what does not exist is not in it. */
export interface References {
  configMaps: Map<string, Record<string, string>>;
  secrets: Map<string, Record<string, string>>;
}

function names(pod: Pod): { configMaps: Set<string>; secrets: Set<string> } {
  const configMaps = new Set<string>();
  const secrets = new Set<string>();
  const note = (set: Set<string>, name: string | undefined) => {
    if (name !== undefined && name !== '') set.add(name);
  };
  for (const volume of pod.spec.volumes ?? []) {
    note(configMaps, volume.configMap?.name);
    note(secrets, volume.secret?.secretName);
    for (const source of volume.projected?.sources ?? []) {
      note(configMaps, source.configMap?.name);
      note(secrets, source.secret?.name);
    }
  }
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    for (const { valueFrom } of container.env ?? []) {
      note(configMaps, valueFrom?.configMapKeyRef?.name);
      note(secrets, valueFrom?.secretKeyRef?.name);
    }
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      note(configMaps, configMapRef?.name);
      note(secrets, secretRef?.name);
    }
  }
  return { configMaps, secrets };
}

async function contents(
  client: Client,
  resource: typeof CONFIG_MAPS,
  namespace: string,
  wanted: Set<string>,
  decode: (value: string) => string,
): Promise<Map<string, Record<string, string>>> {
  const found = new Map<string, Record<string, string>>();
  const fetches = [...wanted].map(async (name) => {
    try {
      const { data = {} } = await client.get<DataObject>(resource, namespace, name);
      found.set(name, Object.fromEntries(Object.entries(data).map(([key, value]) => [key, decode(value)])));
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 404)) throw error;
    }
  });
  await Promise.all(fetches);
  return found;
}

/** loadReferences fetches everything that a Pod's volumes and environments name. */
export async function loadReferences(client: Client, pod: Pod): Promise<References> {
  const { configMaps, secrets } = names(pod);
  const namespace = pod.metadata.namespace ?? '';
  const base64 = (value: string) => Buffer.from(value, 'base64').toString();
  const [foundMaps, foundSecrets] = await Promise.all([
    contents(client, CONFIG_MAPS, namespace, configMaps, (value) => value),
    contents(client, SECRETS, namespace, secrets, base64),
  ]);
  return { configMaps: foundMaps, secrets: foundSecrets };
}
