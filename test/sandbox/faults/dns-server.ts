/** The faults of DNS that only a sandbox has: what its replicas answer, and what its kubelets write. */
import type { DnsFault, Garbage } from '../dns/server/fault.ts';
import { FAULT_PORT } from '../dns/server/ports.ts';
import type { Kubelet } from '../node/kubelet.ts';
import type { DnsSettings } from '../node/resolver.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Undo } from './cluster.ts';

/** Replicas are names of Pods of the cluster's DNS: what a fault shall break. */
export type Replicas = readonly string[];

const NAMESPACE = 'kube-system';
let count = 0;

async function ask(sandbox: Sandbox, pod: string, request: string[]): Promise<void> {
  const curl = ['curl', '--silent', '--show-error', '--fail-with-body', '--max-time', '20', ...request];
  const { code, stdout, stderr } = await sandbox.podExec(NAMESPACE, pod, curl);
  if (code !== 0) throw new Error(`DNS replica ${pod} took no fault: ${stdout || stderr}`);
}

/** inServers breaks replicas from inside; it resolves when they answer so. A Pod that is gone needs no mending. */
async function inServers(sandbox: Sandbox, pods: Replicas, fault: DnsFault): Promise<Undo> {
  count += 1;
  const url = `http://127.0.0.1:${FAULT_PORT}/${count}`;
  const put = ['--request', 'PUT', '--data', JSON.stringify(fault), url];
  await Promise.all(pods.map((pod) => ask(sandbox, pod, put)));
  const isThere = (pod: string) => [...sandbox.nodes.values()].some((node) => node.worker(NAMESPACE, pod));
  return async () => {
    await Promise.all(pods.filter(isThere).map((pod) => ask(sandbox, pod, ['--request', 'DELETE', url])));
  };
}

/** dnsReplicaLying changes what a replica says of names; a set without data is no more there. */
export function dnsReplicaLying(
  sandbox: Sandbox,
  pod: string,
  records: NonNullable<DnsFault['records']>,
): Promise<Undo> {
  return inServers(sandbox, [pod], { records });
}

/** servfailZone lets replicas fail to answer for a zone, such as 96.10.in-addr.arpa. */
export function servfailZone(sandbox: Sandbox, pods: Replicas, zone: string): Promise<Undo> {
  return inServers(sandbox, pods, { broken: [zone] });
}

/** refused lets replicas refuse every question. */
export function refused(sandbox: Sandbox, pods: Replicas): Promise<Undo> {
  return inServers(sandbox, pods, { refuse: true });
}

/** slowAnswers lets replicas answer so many milliseconds late. */
export function slowAnswers(sandbox: Sandbox, pods: Replicas, delay = 5000): Promise<Undo> {
  return inServers(sandbox, pods, { delay });
}

/** garbage lets replicas answer with what is no DNS. */
export function garbage(sandbox: Sandbox, pods: Replicas, kind: Garbage = 'noise'): Promise<Undo> {
  return inServers(sandbox, pods, { garbage: kind });
}

/** resolving changes what a kubelet writes into the resolv.conf of new Pods; those that are there keep theirs. */
async function resolving({ context: { dns } }: Kubelet, change: Partial<DnsSettings>): Promise<Undo> {
  const before = { ...dns };
  Object.assign(dns, change);
  return async () => {
    Object.assign(dns, { ndots: undefined, ...before });
  };
}

/** wrongResolvConf lets a kubelet name another DNS server, where nobody answers. */
export function wrongResolvConf(kubelet: Kubelet, address = '10.96.0.99'): Promise<Undo> {
  return resolving(kubelet, { clusterDNS: [address] });
}

/** wrongNdots lets a kubelet write another number of dots. */
export function wrongNdots(kubelet: Kubelet, ndots = 1): Promise<Undo> {
  return resolving(kubelet, { ndots });
}

/** wrongSearch lets a kubelet take the cluster for one of another domain. */
export function wrongSearch(kubelet: Kubelet, clusterDomain = 'cluster.example'): Promise<Undo> {
  return resolving(kubelet, { clusterDomain });
}
