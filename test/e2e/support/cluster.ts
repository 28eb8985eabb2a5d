/** The cluster that end-to-end tests run on: a sandbox of their own, or a real one when KUBECONFIG says so. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { bundle } from '../../../src/tools/bundle.ts';
import { type Execute, type Fault, inject, type Target } from '../../sandbox/faults/fault.ts';
import { type Output, type RunOptions, run } from '../../sandbox/node/command.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/sandbox.ts';

const PROJECT = join(import.meta.dirname, '../../..');

/** Cluster is a running Kubernetes with netaudit installed. */
export interface Cluster {
  readonly nodes: readonly string[];
  /** sandbox is absent on a real cluster: what needs it is skipped there, with a word why. */
  readonly sandbox?: Sandbox;
  /** kubectl resolves to its stdout and rejects with its stderr. */
  kubectl(args: readonly string[], options?: RunOptions): Promise<string>;
  /** tryKubectl resolves whatever the exit code is. */
  tryKubectl(args: readonly string[], options?: RunOptions): Promise<Output>;
  /** target is a node as network faults know it. */
  target(node: string): Promise<Target>;
  /** inject breaks a network and returns what mends it. */
  inject(fault: Fault): Promise<() => Promise<void>>;
  stop(): Promise<void>;
}

/**
 * openCluster starts a sandbox, or takes the cluster of KUBECONFIG, and installs netaudit on it. A real cluster needs
 * the image loaded. Network faults work there if NETAUDIT_NODE_EXEC says how to get into a node's network
 * (`ip netns exec lab-{node}`); NETAUDIT_KUBECTL is the command for kubectl if it is not just `kubectl`.
 */
export async function openCluster(options: SandboxOptions = {}): Promise<Cluster> {
  return process.env.KUBECONFIG ? installed(await realCluster(), false) : openSandbox(options);
}

/** SandboxCluster is a Cluster that is a sandbox for certain. */
export interface SandboxCluster extends Cluster {
  readonly sandbox: Sandbox;
}

/** openSandbox starts a sandbox, whatever KUBECONFIG says, and installs netaudit on it. */
export async function openSandbox(options: SandboxOptions = {}): Promise<SandboxCluster> {
  return installed(await sandboxCluster(options), options.dns !== false);
}

/** installed installs netaudit; a cluster whose DNS has only been begun is given the time to have it. */
async function installed<C extends Cluster>(cluster: C, dns: boolean): Promise<C> {
  try {
    await install(cluster);
    if (dns) await rolledOut(cluster, 'kube-system', 'deployment/coredns');
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

async function sandboxCluster(options: SandboxOptions): Promise<SandboxCluster> {
  await built();
  const sandbox = await startSandbox(options);
  const tryKubectl: Cluster['tryKubectl'] = (args, more) => sandbox.kubectl([...args], more);
  const execute: Execute = ({ place, argv, input }) => {
    const more = input === undefined ? {} : { input };
    return 'node' in place ? sandbox.nodeExec(place.node, argv, more) : sandbox.fabricExec(argv, more);
  };
  return {
    nodes: [...sandbox.nodes.keys()],
    sandbox,
    ...commands(tryKubectl, execute),
    stop: () => sandbox.stop(),
  };
}

async function realCluster(): Promise<Cluster> {
  const kubectl = (process.env.NETAUDIT_KUBECTL ?? 'kubectl').split(' ');
  const env = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const tryKubectl: Cluster['tryKubectl'] = (args, more) =>
    run([...kubectl, ...args], { ...more, env: { ...env, ...more?.env } });
  const execute: Execute = ({ place, argv, input }) => {
    const into = process.env.NETAUDIT_NODE_EXEC;
    if (into === undefined || !('node' in place)) {
      throw new Error(
        'Set NETAUDIT_NODE_EXEC to a command that leads into a node, as in: ip netns exec lab-{node}',
      );
    }
    const prefix = into.replaceAll('{node}', place.node).split(' ');
    return run([...prefix, ...argv], input === undefined ? {} : { input });
  };
  const names = await commands(tryKubectl, execute).kubectl(['get', 'nodes', '-o', 'name']);
  return {
    nodes: names
      .trim()
      .split('\n')
      .map((name) => name.replace('node/', '')),
    ...commands(tryKubectl, execute),
    stop: async () => {},
  };
}

function commands(tryKubectl: Cluster['tryKubectl'], execute: Execute) {
  const kubectl: Cluster['kubectl'] = async (args, options) => {
    const { code, stdout, stderr } = await tryKubectl(args, options);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with code ${code}: ${stderr.trim()}`);
    return stdout;
  };
  const target: Cluster['target'] = async (name) => {
    const path = '{.spec.podCIDRs[*]}|{.status.addresses[?(@.type=="InternalIP")].address}';
    const text = await kubectl(['get', 'node', name, '-o', `jsonpath=${path}`]);
    const [ranges = '', addresses = ''] = text.split('|');
    return { name, addresses: addresses.split(' '), podCIDRs: ranges.split(' ') };
  };
  return { tryKubectl, kubectl, target, inject: (fault: Fault) => inject(fault, execute) };
}

async function install(cluster: Cluster): Promise<void> {
  await cluster.kubectl(['apply', '--server-side', '-k', join(PROJECT, 'test/sandbox/install')]);
  const rollouts = ['daemonset/netaudit-responder', 'deployment/netaudit-operator'];
  for (const rollout of rollouts) await rolledOut(cluster, 'netaudit', rollout);
}

async function rolledOut({ kubectl }: Cluster, namespace: string, rollout: string): Promise<void> {
  await kubectl(['--namespace', namespace, 'rollout', 'status', rollout, '--timeout=120s']);
}

/** built makes the bundles that Pods of the sandbox run, once a process, unless the caller has just made them. */
async function built(): Promise<void> {
  const folder = join(PROJECT, 'dist');
  if (process.env.NETAUDIT_BUILT === undefined) await bundle(folder);
  process.env.NETAUDIT_BUILT = execFileSync('date', ['+%s'], { encoding: 'utf8' }).trim();
}
