/** The CNI protocol as a container runtime speaks it: plugins of a conflist in turn, JSON in, JSON out. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  isObject,
  type JsonObject,
  type JsonValue,
  objectOf,
  objectsOf,
  parseJson,
  stringOf,
} from '../api/json.ts';
import { inNamespace, must, run } from './command.ts';

/** CniNode is what the plugins of a node work on. */
export interface CniNode {
  /** The node's network namespace. */
  namespace: string;
  /** The directory that stands for the node's `/`. */
  root: string;
}

/** Attachment is one Pod's attachment: what ADD gave and DEL needs again. */
export interface Attachment {
  network: JsonObject;
  result: JsonObject;
  addresses: string[];
}

/** PodRef says whom a plugin works for. */
export interface PodRef {
  containerID: string;
  netns: string;
  namespace: string;
  name: string;
  uid: string;
}

/** CNI_DIRECTORY is where configuration lies on a node; the first file by name counts. */
export const CNI_DIRECTORY = 'etc/cni/net.d';

function jsonOrNull(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}

/** loadNetwork reads the network that the runtime of a node would load; undefined when there is none that parses. */
export async function loadNetwork(root: string): Promise<JsonObject | undefined> {
  const directory = join(root, CNI_DIRECTORY);
  const files = (await readdir(directory).catch(() => []))
    .filter((file) => /\.(conflist|conf|json)$/.test(file))
    .sort();
  for (const file of files) {
    const parsed = jsonOrNull(await readFile(join(directory, file), 'utf8').catch(() => ''));
    if (!isObject(parsed)) continue;
    if (file.endsWith('.conflist') && objectsOf(parsed.plugins).length > 0) return parsed;
    if (!file.endsWith('.conflist') && typeof parsed.type === 'string') {
      return { cniVersion: stringOf(parsed.cniVersion), name: stringOf(parsed.name), plugins: [parsed] };
    }
  }
  return undefined;
}

/** The address store of a node's plugins lies in the node's own tree, whatever path its file names. */
function inTree(node: CniNode, plugin: JsonObject): JsonObject {
  if (!isObject(plugin.ipam)) return plugin;
  const dataDir = stringOf(plugin.ipam.dataDir) || '/var/lib/cni/networks';
  return { ...plugin, ipam: { ...plugin.ipam, dataDir: join(node.root, dataDir) } };
}

function environment(node: CniNode, pod: PodRef, command: 'ADD' | 'DEL'): Record<string, string> {
  return {
    CNI_COMMAND: command,
    CNI_CONTAINERID: pod.containerID,
    CNI_NETNS: pod.netns,
    CNI_IFNAME: 'eth0',
    CNI_PATH: join(node.root, 'opt/cni/bin'),
    CNI_ARGS: `K8S_POD_NAMESPACE=${pod.namespace};K8S_POD_NAME=${pod.name};K8S_POD_INFRA_CONTAINER_ID=${pod.containerID};K8S_POD_UID=${pod.uid};IgnoreUnknown=1`,
  };
}

async function call(
  node: CniNode,
  pod: PodRef,
  command: 'ADD' | 'DEL',
  network: JsonObject,
  plugin: JsonObject,
  prevResult: JsonObject | undefined,
): Promise<JsonObject> {
  const type = stringOf(plugin.type);
  const config = {
    ...inTree(node, plugin),
    cniVersion: network.cniVersion,
    name: network.name,
    ...(prevResult === undefined ? {} : { prevResult }),
  };
  const binary = join(node.root, 'opt/cni/bin', type);
  const { code, stdout, stderr } = await run(inNamespace(node.namespace, [binary]), {
    input: JSON.stringify(config),
    env: environment(node, pod, command),
  });
  const answer = jsonOrNull(stdout) ?? {};
  if (code === 0) return objectOf(answer);
  const why = stringOf(objectOf(answer).msg) || stderr.trim();
  const missing = /No such file or directory/.test(why)
    ? `failed to find plugin "${type}" in path [/opt/cni/bin]`
    : why;
  throw new Error(`plugin type="${type}" failed (${command === 'ADD' ? 'add' : 'delete'}): ${missing}`);
}

/** attach runs ADD of every plugin; its rejection is the sentence that a runtime would put into an event. */
export async function attach(node: CniNode, pod: PodRef): Promise<Attachment> {
  const network = await loadNetwork(node.root);
  if (network === undefined) throw new Error('cni plugin not initialized');
  let result: JsonObject | undefined;
  for (const plugin of objectsOf(network.plugins))
    result = await call(node, pod, 'ADD', network, plugin, result);
  const addresses = objectsOf(result?.ips).map((ip) => stringOf(ip.address).replace(/\/\d+$/, ''));
  return { network, result: result ?? {}, addresses };
}

/** detach runs DEL of every plugin, last one first. */
export async function detach(node: CniNode, pod: PodRef, { network, result }: Attachment): Promise<void> {
  for (const plugin of objectsOf(network.plugins).reverse())
    await call(node, pod, 'DEL', network, plugin, result);
}

/** addNamespace makes a Pod's network namespace with its loopback up. */
export async function addNamespace(name: string): Promise<void> {
  await must(['ip', 'netns', 'add', name]);
  await must(['ip', '-n', name, 'link', 'set', 'lo', 'up']);
}

/** removeNamespace removes one; a namespace that is gone already is no error. */
export async function removeNamespace(name: string): Promise<void> {
  const { code, stderr } = await run(['ip', 'netns', 'del', name]);
  if (code !== 0 && !/No such file/.test(stderr))
    throw new Error(`Network namespace ${name} stayed: ${stderr.trim()}`);
}
