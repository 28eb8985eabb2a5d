/** How a kubelet presents its node to the API server. */
import { readFile } from 'node:fs/promises';
import { arch, cpus, hostname, release, totalmem } from 'node:os';
import { ApiError } from '../api/errors.ts';
import type { Client } from '../client.ts';
import {
  type Condition,
  conditionOf,
  LEASES,
  type Lease,
  microTime,
  NODES,
  type Node,
  rfc3339,
} from '../kinds.ts';
import { imageID } from './images.ts';

/** NodeFacts are what a node says of itself. */
export interface NodeFacts {
  name: string;
  addresses: string[];
  podCIDRs: string[];
  images: string[];
  labels: Record<string, string>;
  /** How many of everything; the rest is this machine's. */
  capacity: Partial<Record<'cpu' | 'memory' | 'pods', string>>;
}

const VERSION = 'v1.36.2';
/** Seconds: node-lifecycle calls a node NotReady when its Lease is older than the grace period, which is longer. */
const LEASE_DURATION = 40;

const ARCHITECTURES: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };

/** architecture is this machine's, in Go's words. */
export function architecture(): string {
  return ARCHITECTURES[arch()] ?? arch();
}

async function line(file: string): Promise<string> {
  return (await readFile(file, 'utf8').catch(() => '')).trim();
}

/** resourcesOf are capacity and allocatable of a node. */
export function resourcesOf(capacity: NodeFacts['capacity']): Record<string, string> {
  return {
    cpu: `${cpus().length}`,
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: '110',
    ...capacity,
  };
}

/** readyCondition is the Ready condition of a node whose runtime has a network, or has none. */
export function readyCondition(networkReady: boolean): Pick<Condition, 'status' | 'reason' | 'message'> {
  if (networkReady)
    return { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' };
  const message =
    'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized';
  return { status: 'False', reason: 'KubeletNotReady', message };
}

/** nodeConditions are the four conditions; one keeps its transition time while its status stays the same. */
export function nodeConditions(
  before: Condition[] | undefined,
  networkReady: boolean,
  now: string,
): Condition[] {
  const quiet: [string, string, string][] = [
    ['MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
    ['DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
    ['PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ];
  const condition = (type: string, rest: Pick<Condition, 'status' | 'reason' | 'message'>): Condition => {
    const previous = conditionOf(before, type);
    const since = previous?.status === rest.status ? previous.lastTransitionTime : undefined;
    return { lastHeartbeatTime: now, lastTransitionTime: since ?? now, ...rest, type };
  };
  return [
    ...quiet.map(([type, reason, message]) => condition(type, { status: 'False', reason, message })),
    condition('Ready', readyCondition(networkReady)),
  ];
}

/** nodeObject is a Node as it registers itself. */
export async function nodeObject(facts: NodeFacts, networkReady: boolean): Promise<Node> {
  const [bootID, machineID, os] = await Promise.all([
    line('/proc/sys/kernel/random/boot_id'),
    line('/etc/machine-id'),
    line('/etc/os-release'),
  ]);
  const platform = { arch: architecture(), os: 'linux' };
  const resources = resourcesOf(facts.capacity);
  const [podCIDR] = facts.podCIDRs;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: facts.name,
      annotations: {
        'node.alpha.kubernetes.io/ttl': '0',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
      },
      labels: {
        'beta.kubernetes.io/arch': platform.arch,
        'beta.kubernetes.io/os': platform.os,
        'kubernetes.io/arch': platform.arch,
        'kubernetes.io/hostname': facts.name,
        'kubernetes.io/os': platform.os,
        ...facts.labels,
      },
    },
    spec: { ...(podCIDR === undefined ? {} : { podCIDR }), podCIDRs: facts.podCIDRs },
    status: {
      addresses: [
        ...facts.addresses.map((address) => ({ type: 'InternalIP', address })),
        { type: 'Hostname', address: facts.name },
      ],
      allocatable: resources,
      capacity: resources,
      conditions: nodeConditions(undefined, networkReady, rfc3339(new Date())),
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      images: facts.images.map((name) => ({ names: [name, imageID(name)], sizeBytes: 1 })),
      nodeInfo: {
        architecture: platform.arch,
        bootID,
        containerRuntimeVersion: 'containerd://2.1.9',
        kernelVersion: release(),
        kubeProxyVersion: '',
        kubeletVersion: VERSION,
        machineID: machineID || hostname(),
        operatingSystem: platform.os,
        osImage: /PRETTY_NAME="([^"]*)"/.exec(os)?.[1] ?? 'Linux',
        systemUUID: machineID || hostname(),
      },
    },
  };
}

/** register creates the Node, or takes the one of its name over as a restarted kubelet does. */
export async function register(client: Client, node: Node): Promise<Node> {
  try {
    return await client.create(NODES, node);
  } catch (error) {
    if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error;
    const { name = '' } = node.metadata;
    const { labels = {}, annotations = {} } = node.metadata;
    await client.patch(NODES, '', name, { metadata: { labels, annotations } });
    return client.patch<Node>(NODES, '', name, { status: JSON.parse(JSON.stringify(node.status)) }, 'status');
  }
}

/** renewLease writes the node's heartbeat; it creates the Lease when there is none. */
export async function renewLease(client: Client, node: Node): Promise<void> {
  const { name = '', uid = '' } = node.metadata;
  const renewTime = microTime(new Date());
  try {
    await client.patch(LEASES, 'kube-node-lease', name, { spec: { renewTime } });
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 404)) throw error;
    const lease: Lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name,
        namespace: 'kube-node-lease',
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }],
      },
      spec: { holderIdentity: name, leaseDurationSeconds: LEASE_DURATION, renewTime },
    };
    await client.create(LEASES, lease);
  }
}
