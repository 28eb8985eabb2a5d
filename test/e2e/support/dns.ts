/** The DNS of a cluster as the faults of test/sandbox/faults/dns.ts know it: found through kubectl, on whatever cluster. */
import type { DnsReplica } from '../../sandbox/faults/dns.ts';
import type { Cluster } from './cluster.ts';

const NAMESPACE = '--namespace=kube-system';

/** dnsReplicas are the running Pods of the cluster's DNS, by the names of their nodes. */
export async function dnsReplicas(cluster: Cluster): Promise<DnsReplica[]> {
  const path = '{range .items[*]}{.metadata.name}|{.spec.nodeName}|{.status.podIPs[*].ip}{"\\n"}{end}';
  const which = ['--selector=k8s-app=kube-dns', '--field-selector=status.phase=Running'];
  const text = await cluster.kubectl(['get', 'pods', NAMESPACE, ...which, `--output=jsonpath=${path}`]);
  const replicas = text
    .trim()
    .split('\n')
    .map(async (line) => {
      const [name = '', node = '', addresses = ''] = line.split('|');
      return { name, addresses: addresses.split(' '), target: await cluster.target(node) };
    });
  return (await Promise.all(replicas)).sort((a, b) => (a.target.name < b.target.name ? -1 : 1));
}

/** dnsAddresses are the cluster addresses of the DNS Service. */
export async function dnsAddresses(cluster: Cluster): Promise<string[]> {
  const text = await cluster.kubectl([
    'get',
    'service',
    'kube-dns',
    NAMESPACE,
    '--output=jsonpath={.spec.clusterIPs[*]}',
  ]);
  return text.trim().split(' ');
}
