/** Faults as end-to-end tests use them: by the names of nodes, on whatever cluster there is. */

import { duplicateAddress } from '../../sandbox/faults/duplicate.ts';
import type { Fault, Target } from '../../sandbox/faults/fault.ts';
import type { Pod } from '../../sandbox/kinds.ts';
import type { Cluster } from './cluster.ts';

/** Mend takes back what was broken. */
export type Mend = () => Promise<void>;

/** breaking makes of a fault on targets one on nodes by their names. */
export function breaking(fault: (...targets: [Target, ...Target[]]) => Fault, ...nodes: string[]) {
  return async (cluster: Cluster): Promise<Mend> => {
    const [first, ...others] = await Promise.all(nodes.map((name) => cluster.target(name)));
    if (first === undefined) throw new Error('A fault needs a node');
    return cluster.inject(fault(first, ...others));
  };
}

/** nodesByOperator lists the nodes, those without a replica of the operator first: faults there leave it its API. */
export async function nodesByOperator(cluster: Cluster): Promise<string[]> {
  const pods = ['pods', '--namespace=netaudit', '--selector=app.kubernetes.io/component=operator'];
  const output = await cluster.kubectl(['get', ...pods, '--output=jsonpath={.items[*].spec.nodeName}']);
  const busy = new Set(output.split(' '));
  const [free, others] = [cluster.nodes.filter((name) => !busy.has(name)), [...busy].filter(Boolean)];
  if (free.length === 0) throw new Error(`There is an operator on every node: ${others.join(', ')}`);
  return [...free, ...others];
}

/** responderAddresses are the addresses of the responder on a node. */
export async function responderAddresses(cluster: Cluster, node: string): Promise<string[]> {
  const selector = '--selector=app.kubernetes.io/component=responder';
  const where = `--field-selector=spec.nodeName=${node},status.phase=Running`;
  const output = '--output=jsonpath={.items[0].status.podIPs[*].ip}';
  const addresses = await cluster.kubectl(['get', 'pods', '-n', 'netaudit', selector, where, output]);
  return addresses.split(' ');
}

const NAMESPACE = 'netaudit-duplicate';

/** duplicating gives the address of the responder on one node to a second Pod, on another node. */
export async function duplicating(cluster: Cluster, of: string, on: string): Promise<Mend> {
  const [address = ''] = await responderAddresses(cluster, of);
  const command = ['/usr/local/bin/node', '--jitless', '/app/responder.cjs'];
  const { pod, fault } = duplicateAddress(await cluster.target(on), address, NAMESPACE, command);
  await cluster.kubectl(['apply', '-f', '-'], { input: privileged(pod) });
  const remove = () =>
    cluster.kubectl(['delete', 'namespace', NAMESPACE, '--wait=false', '--ignore-not-found']);
  try {
    const name = pod.metadata.name ?? '';
    await cluster.kubectl(['wait', '-n', NAMESPACE, `pod/${name}`, '--for=condition=Ready', '--timeout=60s']);
    const mend = await cluster.inject(fault);
    return async () => {
      await mend();
      await remove();
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** privileged are a Pod and a namespace that takes it, as the stream of objects that kubectl reads. */
function privileged(pod: Pod): string {
  const labels = { 'pod-security.kubernetes.io/enforce': 'privileged' };
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels } };
  return [namespace, pod].map((object) => JSON.stringify(object)).join('\n');
}
