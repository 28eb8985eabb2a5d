/** The replicas of the operator, as tests of their lives and deaths handle them: on the sandbox only. */
import type { KubeObject } from '../../sandbox/client.ts';
import { LEASES, PODS, type Pod } from '../../sandbox/kinds.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { SandboxCluster } from './cluster.ts';
import { becomes } from './objects.ts';

/** operatorUser is whom the API server takes the operator for. */
export const operatorUser = 'system:serviceaccount:netaudit:netaudit-operator';

/** shortLease are the shortest times that the operator's flags admit: 3 s until another may lead. */
export const shortLease = {
  NETAUDIT_LEASE_SECONDS: '3',
  NETAUDIT_RENEW_DEADLINE_SECONDS: '2',
  NETAUDIT_RETRY_SECONDS: '1',
};

const namespace = 'netaudit';
const leaseName = 'netaudit-operator';
const selector = { namespace, labelSelector: 'app.kubernetes.io/component=operator' };

/** operate rolls the operator out with so many replicas and other flags, and resolves when one of them leads. */
export async function operate(
  cluster: SandboxCluster,
  replicas: number,
  flags: Readonly<Record<string, string>>,
): Promise<void> {
  const env = Object.entries(flags).map(([name, value]) => ({ name, value }));
  const patch = { spec: { replicas, template: { spec: { containers: [{ name: 'operator', env }] } } } };
  const deployment = ['--namespace', namespace, 'deployment/netaudit-operator'];
  await cluster.kubectl(['patch', ...deployment, '--patch', JSON.stringify(patch)]);
  await cluster.kubectl(['rollout', 'status', ...deployment, '--timeout=60s']);
  const names = () => operatorPods(cluster.sandbox).then((pods) => pods.map(({ metadata }) => metadata.name));
  await becomes('only the new replicas are left', names, ({ length }) => length === replicas);
  const holder = () => leader(cluster.sandbox);
  await becomes('one of them leads', holder, (pod) => pod !== undefined);
}

/** operatorPods are the Pods of the operator, those that are going away too. */
export async function operatorPods({ client }: Sandbox): Promise<readonly Pod[]> {
  return (await client.list<Pod>(PODS, selector)).items;
}

interface Lease extends KubeObject {
  spec: { holderIdentity?: string };
}

/** leader is the Pod that the Lease names, if that Pod is there. */
export async function leader(sandbox: Sandbox): Promise<string | undefined> {
  const [lease, pods] = await Promise.all([
    sandbox.client.get<Lease>(LEASES, namespace, leaseName),
    operatorPods(sandbox),
  ]);
  return pods.find(({ metadata }) => metadata.name === podOf(lease))?.metadata.name;
}

/** Following knows at every moment which Pod the Lease names. */
export interface Following {
  readonly pod: () => string;
  readonly stop: () => void;
}

/** followLeader watches the Lease. */
export function followLeader({ client }: Sandbox): Following {
  let pod = '';
  const fieldSelector = `metadata.name=${leaseName}`;
  const stop = client.watch<Lease>(LEASES, { namespace, fieldSelector }, ({ object }) => {
    pod = podOf(object);
  });
  return { pod: () => pod, stop };
}

/** An identity is the Pod's name and what tells its processes apart. */
function podOf({ spec }: Lease): string {
  const identity = spec.holderIdentity ?? '';
  return identity.slice(0, Math.max(0, identity.lastIndexOf('_')));
}

/** endLease lets the next replica lead at once, as it may some seconds later when the holder is dead. */
export async function endLease({ client }: Sandbox): Promise<void> {
  await client.patch(LEASES, namespace, leaseName, { spec: { holderIdentity: '' } });
}

/** signal sends a signal to the process in an operator's Pod; it throws if none runs there. */
export function signal(sandbox: Sandbox, pod: string, what: NodeJS.Signals): void {
  const workers = [...sandbox.nodes.values()].map((kubelet) => kubelet.worker(namespace, pod));
  const running = workers.find((worker) => worker !== undefined)?.container('operator')?.running;
  if (running === undefined) throw new Error(`No operator runs in Pod ${pod}`);
  running.signal(what);
}

/** metricsOf are the lines of one replica's /metrics. */
export async function metricsOf(cluster: SandboxCluster, pod: string): Promise<readonly string[]> {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}:8080/proxy/metrics`;
  return (await cluster.kubectl(['get', '--raw', path])).split('\n');
}

/** leads tells whether a replica says of itself that it leads. */
export function leads(metrics: readonly string[]): boolean {
  return metrics.includes(`leader_election_master_status{name="${leaseName}"} 1`);
}
