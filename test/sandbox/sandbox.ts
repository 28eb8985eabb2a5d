/** The sandbox put together: network, API server, controllers and kubelets of one small cluster. */
import { mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Addresses } from './api/cluster-ip.ts';
import { ApiError, notFound } from './api/errors.ts';
import { type ApiServer, startApiServer } from './api/server.ts';
import type { Client, PodLogs, PodProxy } from './client.ts';
import { type ControllerTimes, SANDBOX_TIMES, startControllers } from './controllers/start.ts';
import { bundleDns, dnsImage } from './dns/image.ts';
import { installDns } from './dns/install.ts';
import { findKubectl } from './kubectl.ts';
import { newPrefix, removeLeftovers } from './leftovers.ts';
import {
  API_PORT,
  clusterCIDRs,
  controlPlaneAddresses,
  type Families,
  nodeAddresses,
} from './node/addresses.ts';
import { inNamespace, type Output, type RunOptions, run } from './node/command.ts';
import type { Log } from './node/context.ts';
import { defaultImages, type Image } from './node/images.ts';
import type { Kubelet } from './node/kubelet.ts';
import { makeKubelet } from './node/make.ts';
import { type Network, startNetwork, stopNetwork } from './node/network.ts';
import type { PodWorker } from './node/pod-worker.ts';
import type { NodeFacts } from './node/registration.ts';
import { listenIn } from './node/sockets.ts';
import { makeRootFs } from './node/tree.ts';
import type { ProxyMode } from './proxy/config.ts';
import { KubeProxy } from './proxy/kube-proxy.ts';

/** SandboxOptions all have defaults: three nodes with IPv4, a directory and a prefix of their own. */
export interface SandboxOptions {
  nodes?: number;
  families?: Families;
  /** Where everything lies; it is removed by `stop`. */
  directory?: string;
  /** What the names of the network namespaces start with. */
  prefix?: string;
  /** The directory of the project's bundles. */
  dist?: string;
  /** Whether the cluster has DNS: two replicas, which come up after the cluster. Without a word it has. */
  dns?: boolean;
  /** More images, by name. */
  images?: ReadonlyMap<string, Image>;
  /** What each node has, where it shall not be what this machine has. */
  capacity?: NodeFacts['capacity'];
  /** How every node's kube-proxy writes its rules: iptables without a word. */
  proxyMode?: ProxyMode;
  /** Milliseconds between two looks of a kube-proxy whether its rules were flushed: 30,000 without a word. */
  proxySyncPeriod?: number;
  /** The waits of controllers, where they shall not be the sandbox's own. */
  times?: Partial<ControllerTimes>;
  /** Back-off of restarts and image pulls, in milliseconds. */
  backOff?: { first: number; cap: number };
  /** Milliseconds between two renewals of a node's Lease. */
  heartbeat?: number;
  log?: Log;
}

/** Sandbox is a running cluster. */
export interface Sandbox {
  api: ApiServer;
  /** The cluster's administrator, in process. */
  client: Client;
  kubeconfigPath: string;
  directory: string;
  network: Network;
  /** The kubelets, by the names of their nodes. */
  nodes: ReadonlyMap<string, Kubelet>;
  /** The kube-proxies, by the names of their nodes: one that is stopped leaves its rules as they are. */
  proxies: ReadonlyMap<string, KubeProxy>;
  kubectl(args: string[], options?: RunOptions): Promise<Output>;
  /** nodeExec runs a command on a node: in its network namespace, with its own /etc, /opt and /var/lib. */
  nodeExec(node: string, argv: string[], options?: RunOptions): Promise<Output>;
  /** fabricExec runs a command in the namespace between the nodes; port pK there leads to node nK. */
  fabricExec(argv: string[], options?: RunOptions): Promise<Output>;
  /** podExec runs a command inside a container, as `kubectl exec` does; without a name in the first one. */
  podExec(namespace: string, pod: string, argv: string[], container?: string): Promise<Output>;
  /** podNetworkExec runs a command of this machine in a Pod's network namespace. */
  podNetworkExec(namespace: string, pod: string, argv: string[], options?: RunOptions): Promise<Output>;
  stop(): Promise<void>;
}

const PROJECT = resolve(fileURLToPath(new URL('../..', import.meta.url)));
const EXEC_TIMEOUT = 60_000;

/**
 * ENTER_NODE puts a node's own directories over the machine's, in the mount namespace that `ip netns exec` has made.
 * bubblewrap would first mount everything there is once more, and fail when a Pod's namespace goes away meanwhile.
 */
const ENTER_NODE = [
  'cd "$0"',
  // As it is: once /opt is covered, the absolute path may no longer lead here.
  'for own in etc opt var/lib; do mount --no-canonicalize --bind "$own" "/$own" || exit; done',
  'cd /',
  'exec "$@"',
].join(' && ');

function workerOf(
  kubelets: ReadonlyMap<string, Kubelet>,
  namespace: string,
  name: string,
): PodWorker | undefined {
  for (const kubelet of kubelets.values()) {
    const worker = kubelet.worker(namespace, name);
    if (worker !== undefined) return worker;
  }
  return undefined;
}

function podLogs(kubelets: ReadonlyMap<string, Kubelet>): PodLogs {
  return {
    read: async (namespace, pod, container, { previous }) => {
      const kubelet = [...kubelets.values()].find(
        (candidate) => candidate.worker(namespace, pod) !== undefined,
      );
      if (kubelet !== undefined) return kubelet.log(namespace, pod, container, previous);
      // The API server asks only about Pods that exist: this one waits for a node or a kubelet.
      throw new ApiError(
        400,
        'BadRequest',
        `container "${container}" in pod "${pod}" is waiting to start: ContainerCreating`,
      );
    },
  };
}

function podProxy(kubelets: ReadonlyMap<string, Kubelet>): PodProxy {
  return {
    get: async (namespace, pod, port, path) => {
      const kubelet = [...kubelets.values()].find(
        (candidate) => candidate.worker(namespace, pod) !== undefined,
      );
      const host = kubelet?.worker(namespace, pod)?.podIPs[0];
      if (kubelet === undefined || host === undefined) throw notFound({ group: '', plural: 'pods' }, pod);
      const answer = await kubelet.context.asker.get({
        host,
        port,
        path,
        tls: false,
        headers: {},
        timeout: 30_000,
      });
      if (!('error' in answer)) return answer;
      throw new ApiError(503, 'ServiceUnavailable', `error trying to reach service: ${answer.error}`);
    },
  };
}

/** startSandbox starts a cluster and resolves when its nodes are Ready and its API answers. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { nodes: count = 3, families = ['IPv4'], prefix = newPrefix(), log = () => {} } = options;
  const parent = join(PROJECT, '.sandbox');
  const directory = options.directory ?? join(parent, prefix.replace(/-$/, ''));
  await Promise.all([removeLeftovers(parent), stopNetwork(prefix)]);
  await mkdir(directory, { recursive: true });
  const cleanups: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  };
  try {
    cleanups.push(
      () => rm(directory, { recursive: true, force: true }),
      () => stopNetwork(prefix),
    );
    const [network, rootfs, node, dns] = await Promise.all([
      startNetwork(prefix, families, count),
      makeRootFs(join(directory, 'rootfs')),
      realpath(process.execPath),
      options.dns === false ? undefined : bundleDns(join(directory, 'dns')),
    ]);
    const hosts = controlPlaneAddresses(families).map(({ address }) => address);
    const sockets = await listenIn(
      network.controlPlane,
      hosts.map((host) => ({ host, port: API_PORT })),
    );
    const kubelets = new Map<string, Kubelet>();
    const api = await startApiServer({
      dataDir: join(directory, 'api'),
      listen: [{ host: '127.0.0.1', port: 0 }, ...sockets],
      logs: podLogs(kubelets),
      proxy: podProxy(kubelets),
      extraSANs: hosts,
      serviceFamilies: families,
      advertise: { address: hosts[0] ?? '', port: API_PORT },
    });
    cleanups.push(() => api.close());
    cleanups.push(startControllers((user) => api.client(user), log, { ...SANDBOX_TIMES, ...options.times }));
    const images = new Map([
      ...defaultImages(node, options.dist ?? join(PROJECT, 'dist')),
      ...(dns === undefined ? [] : [dnsImage(node, dns)]),
      ...(options.images ?? []),
    ]);
    const shared = { ...options, directory, network, rootfs, images, api, apiHost: hosts[0] ?? '', log };
    const made = await Promise.all(
      [...network.nodes.keys()].map((name, i) => makeKubelet({ ...shared, name, index: i + 1 })),
    );
    for (const { kubelet, close } of made) {
      kubelets.set(kubelet.name, kubelet);
      cleanups.push(close, () => kubelet.kill());
    }
    const proxies = new Map<string, KubeProxy>();
    for (const [i, [name, namespace]] of [...network.nodes].entries()) {
      const nodeIPs = nodeAddresses(families, i + 1).map(({ address }) => address);
      const client = api.client('system:kube-proxy');
      const proxy = new KubeProxy({
        node: name,
        namespace,
        nodeIPs,
        clusterCIDRs: clusterCIDRs(families),
        serviceCIDRs: families.map((family) => new Addresses(families).range(family)),
        mode: options.proxyMode,
        syncPeriod: options.proxySyncPeriod,
        client,
        log,
      });
      proxies.set(name, proxy);
      cleanups.push(() => proxy.stop());
    }
    await Promise.all([
      ...[...proxies.values()].map((proxy) => proxy.start()),
      ...made.map(({ kubelet }) => kubelet.start()),
    ]);
    if (dns !== undefined) await installDns(api.client('admin'), families);
    const kubeconfigPath = join(directory, 'kubeconfig');
    await writeFile(kubeconfigPath, api.kubeconfig('admin'), { mode: 0o600 });
    const commands = execution(network, kubelets, directory, kubeconfigPath);
    return {
      api,
      client: api.client('admin'),
      kubeconfigPath,
      directory,
      network,
      nodes: kubelets,
      proxies,
      ...commands,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Execution = Pick<Sandbox, 'kubectl' | 'nodeExec' | 'fabricExec' | 'podExec' | 'podNetworkExec'>;

function execution(
  network: Network,
  kubelets: ReadonlyMap<string, Kubelet>,
  directory: string,
  kubeconfig: string,
): Execution {
  const found = (namespace: string, pod: string) => {
    const worker = workerOf(kubelets, namespace, pod);
    if (worker === undefined) throw new Error(`No node runs Pod ${namespace}/${pod}`);
    return worker;
  };
  let kubectl: Promise<string | undefined> | undefined;
  return {
    kubectl: async (args, options = {}) => {
      kubectl ??= findKubectl(PROJECT, join(PROJECT, '.sandbox'));
      const command = await kubectl;
      if (command === undefined)
        throw new Error('There is no kubectl on this machine, and none in node_modules');
      const env = { PATH: process.env.PATH ?? '', HOME: directory, KUBECONFIG: kubeconfig, ...options.env };
      return run([command, ...args], { ...options, env });
    },
    nodeExec: async (node, argv, options) => {
      const kubelet = kubelets.get(node);
      if (kubelet === undefined) throw new Error(`There is no node ${node}`);
      const { namespace, root } = kubelet.context;
      return run(inNamespace(namespace, ['sh', '-c', ENTER_NODE, root, ...argv]), options);
    },
    fabricExec: (argv, options) => run(inNamespace(network.fabric, argv), options),
    podExec: async (namespace, pod, argv, container) => {
      const worker = found(namespace, pod);
      const running = worker.container(container ?? worker.pod.spec.containers[0]?.name ?? '')?.running;
      if (running === undefined) throw new Error(`No container of Pod ${namespace}/${pod} runs`);
      return running.execute(argv, EXEC_TIMEOUT);
    },
    podNetworkExec: async (namespace, pod, argv, options) => {
      const own = found(namespace, pod).namespace;
      if (own === undefined) throw new Error(`Pod ${namespace}/${pod} has no network yet`);
      return run(inNamespace(own, argv), options);
    },
  };
}
