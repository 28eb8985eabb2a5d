/** A Pod's volumes as directories and files of this machine, to be bound into its containers. */
import { chmod, chown, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Container, DownwardFile, KeyToPath, Pod, Projection, Volume } from '../kinds.ts';
import { fieldValue, resourceValue, type Sources } from './environment.ts';
import { onNode } from './tree.ts';

/** VolumeSources are what volumes are filled from. */
export interface VolumeSources extends Sources {
  /** The directory that stands for the node's `/`. */
  root: string;
  token(): string | Promise<string>;
}

/** VolumeError is a FailedMount: it is tried again until the API or the node says something else. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
}

interface ProjectedFile {
  content: string;
  mode?: number;
}

type Files = Record<string, ProjectedFile>;

function pick(data: Record<string, string>, items: KeyToPath[] | undefined, what: string): Files {
  if (items === undefined)
    return Object.fromEntries(Object.entries(data).map(([key, content]) => [key, { content }]));
  const files: Files = {};
  for (const { key, path, mode } of items) {
    const content = data[key];
    if (content === undefined) throw new VolumeError(`${what} references non-existent config key: ${key}`);
    files[path] = { content, ...(mode === undefined ? {} : { mode }) };
  }
  return files;
}

function fromData(
  kind: 'configmap' | 'secret',
  name: string,
  source: { items?: KeyToPath[]; optional?: boolean },
  sources: VolumeSources,
): Files {
  const data = kind === 'configmap' ? sources.configMap(name) : sources.secret(name);
  if (data === undefined && source.optional !== true) throw new VolumeError(`${kind} "${name}" not found`);
  if (source.optional === true && source.items !== undefined) {
    return pick(
      data ?? {},
      source.items.filter(({ key }) => data?.[key] !== undefined),
      kind,
    );
  }
  return pick(data ?? {}, source.items, kind);
}

function downward(pod: Pod, items: DownwardFile[] = [], sources: VolumeSources): Files {
  const files: Files = {};
  for (const { path, fieldRef, resourceFieldRef, mode } of items) {
    const container = pod.spec.containers.find(({ name }) => name === resourceFieldRef?.containerName);
    const content =
      resourceFieldRef && container
        ? resourceValue(container, resourceFieldRef, sources.allocatable)
        : fieldValue(pod, fieldRef?.fieldPath ?? '', sources);
    if (content === undefined) throw new VolumeError(`unsupported fieldPath: ${fieldRef?.fieldPath}`);
    files[path] = { content, ...(mode === undefined ? {} : { mode }) };
  }
  return files;
}

async function project(pod: Pod, projection: Projection, sources: VolumeSources): Promise<Files> {
  const { serviceAccountToken, configMap, secret, downwardAPI } = projection;
  if (serviceAccountToken)
    return { [serviceAccountToken.path]: { content: await sources.token(), mode: 0o644 } };
  if (configMap) return fromData('configmap', configMap.name ?? '', configMap, sources);
  if (secret) return fromData('secret', secret.name ?? '', secret, sources);
  return downward(pod, downwardAPI?.items, sources);
}

/** filesOf are the files of a volume that the API fills, or undefined for volumes that are plain directories. */
async function filesOf(pod: Pod, volume: Volume, sources: VolumeSources): Promise<Files | undefined> {
  if (volume.configMap) return fromData('configmap', volume.configMap.name ?? '', volume.configMap, sources);
  if (volume.secret) return fromData('secret', volume.secret.secretName ?? '', volume.secret, sources);
  if (volume.downwardAPI) return downward(pod, volume.downwardAPI.items, sources);
  if (volume.projected === undefined) return undefined;
  const parts = await Promise.all(
    (volume.projected.sources ?? []).map((source) => project(pod, source, sources)),
  );
  return Object.assign({}, ...parts);
}

const HOST_TYPES: Record<string, (path: string) => Promise<boolean>> = {
  Directory: async (path) => (await stat(path)).isDirectory(),
  File: async (path) => (await stat(path)).isFile(),
  Socket: async (path) => (await stat(path)).isSocket(),
  CharDevice: async (path) => (await stat(path)).isCharacterDevice(),
  BlockDevice: async (path) => (await stat(path)).isBlockDevice(),
};

const HOST_TYPE_NAMES: Record<string, string> = {
  Directory: 'a directory',
  File: 'a file',
  Socket: 'a socket file',
  CharDevice: 'a character device',
  BlockDevice: 'a block device',
};

async function hostPath(root: string, { path, type = '' }: { path: string; type?: string }): Promise<string> {
  const place = onNode(root, path);
  const check = HOST_TYPES[type];
  if (check !== undefined && !(await check(place).catch(() => false))) {
    throw new VolumeError(`hostPath type check failed: ${path} is not ${HOST_TYPE_NAMES[type]}`);
  }
  if (type === 'FileOrCreate') {
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, '', { flag: 'a' });
    return place;
  }
  // Without a type the runtime makes a directory where there is nothing.
  if (!(await stat(place).catch(() => undefined))) await mkdir(place, { recursive: true });
  return place;
}

async function prepare(pod: Pod, volume: Volume, directory: string, sources: VolumeSources): Promise<string> {
  if (volume.hostPath) return hostPath(sources.root, volume.hostPath);
  const files = await filesOf(pod, volume, sources);
  if (files === undefined && volume.emptyDir === undefined)
    throw new VolumeError('this kind of volume is not supported by the sandbox');
  await mkdir(directory, { recursive: true });
  const group = pod.spec.securityContext?.fsGroup;
  if (files === undefined) {
    await chmod(directory, group === undefined ? 0o777 : 0o2777);
    if (group !== undefined) await chown(directory, 0, group);
    return directory;
  }
  const defaultMode =
    (volume.configMap ?? volume.secret ?? volume.downwardAPI ?? volume.projected)?.defaultMode ?? 0o644;
  for (const [path, { content, mode = defaultMode }] of Object.entries(files)) {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    await chmod(file, group === undefined ? mode : mode | 0o040);
    if (group !== undefined) await chown(file, 0, group);
  }
  return directory;
}

/** prepareVolumes makes all of a Pod's volumes below `directory`; it rejects with a VolumeError that names the volume. */
export async function prepareVolumes(
  pod: Pod,
  directory: string,
  sources: VolumeSources,
): Promise<Map<string, string>> {
  const places = new Map<string, string>();
  for (const volume of pod.spec.volumes ?? []) {
    try {
      places.set(volume.name, await prepare(pod, volume, join(directory, volume.name), sources));
    } catch (error) {
      if (!(error instanceof VolumeError)) throw error;
      throw new VolumeError(`MountVolume.SetUp failed for volume "${volume.name}" : ${error.message}`);
    }
  }
  return places;
}

/** parents makes the directories above a mount point, as the runtime would: for everyone to enter. */
export function parents(path: string): string[] {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .slice(0, -1);
  return parts.flatMap((_, i) => ['--dir', `/${parts.slice(0, i + 1).join('/')}`]);
}

/** mounts are bubblewrap's arguments for a container's volume mounts. */
export async function mounts(container: Container, places: ReadonlyMap<string, string>): Promise<string[]> {
  const args: string[] = [];
  for (const { name, mountPath, readOnly = false, subPath } of container.volumeMounts ?? []) {
    const place = places.get(name);
    if (place === undefined) throw new VolumeError(`volume "${name}" is not of this Pod`);
    const source = subPath === undefined ? place : join(place, subPath);
    if (subPath !== undefined && !(await stat(source).catch(() => undefined)))
      await mkdir(source, { recursive: true });
    args.push(...parents(mountPath), readOnly ? '--ro-bind' : '--bind', source, mountPath);
  }
  return args;
}
