import { join } from 'node:path';
import type { ApiServer } from '../api/server.ts';
import { CLUSTER_DOMAIN, dnsAddress } from '../dns/address.ts';
import { Recorder } from '../recorder.ts';
import { API_PORT, nodeAddresses, podCIDRs } from './addresses.ts';
import { Asker } from './asker.ts';
import type { Log } from './context.ts';
import { type Image, ImageStore } from './images.ts';
import { Kubelet } from './kubelet.ts';
import type { Network } from './network.ts';
import { type NodeFacts, resourcesOf } from './registration.ts';
import { makeTree, type RootFs } from './tree.ts';

/** NodeOptions are what one kubelet of a sandbox is made of. */
export interface NodeOptions {
  name: string;
  /** From 1: it decides the node's addresses. */
  index: number;
  directory: string;
  network: Network;
  rootfs: RootFs;
  images: ReadonlyMap<string, Image>;
  api: ApiServer;
  /** Where Pods reach the API server. */
  apiHost: string;
  capacity?: NodeFacts['capacity'];
  backOff?: { first: number; cap: number };
  /** Milliseconds between two renewals of the node's Lease. */
  heartbeat?: number;
  log: Log;
}

const REAL_BACKOFF = { first: 10_000, cap: 300_000 };

function serviceEnvironment(host: string): Record<string, string> {
  const address = host.includes(':') ? `[${host}]` : host;
  const tcp = `tcp://${address}:${API_PORT}`;
  return {
    KUBERNETES_SERVICE_HOST: host,
    KUBERNETES_SERVICE_PORT: `${API_PORT}`,
    KUBERNETES_SERVICE_PORT_HTTPS: `${API_PORT}`,
    KUBERNETES_PORT: tcp,
    [`KUBERNETES_PORT_${API_PORT}_TCP`]: tcp,
    [`KUBERNETES_PORT_${API_PORT}_TCP_PROTO`]: 'tcp',
    [`KUBERNETES_PORT_${API_PORT}_TCP_PORT`]: `${API_PORT}`,
    [`KUBERNETES_PORT_${API_PORT}_TCP_ADDR`]: host,
  };
}

/** makeKubelet makes a node's files and its kubelet, which is not started; `close` ends what it has beside Pods. */
export async function makeKubelet(
  options: NodeOptions,
): Promise<{ kubelet: Kubelet; close: () => Promise<void> }> {
  const { name, index, directory, network, api, log, capacity = {} } = options;
  const namespace = network.nodes.get(name) ?? '';
  const own = join(directory, 'nodes', name);
  const cidrs = podCIDRs(network.families, index);
  const addresses = nodeAddresses(network.families, index).map(({ address }) => address);
  // It starts while the files are made.
  const asker = new Asker(namespace);
  const nodeResolvConf = 'nameserver 10.199.0.1\n';
  const root = await makeTree(own, name, cidrs, nodeResolvConf);
  const client = api.client(`system:node:${name}`);
  const recorder = new Recorder(client, { component: 'kubelet', host: name }, (error) =>
    log('Event was not written', { node: name, error: String(error) }),
  );
  const images = new ImageStore(options.images);
  const kubelet = new Kubelet({
    heartbeat: options.heartbeat,
    facts: { name, addresses, podCIDRs: cidrs, images: images.names(), labels: {}, capacity },
    context: {
      node: name,
      namespace,
      prefix: network.prefix,
      root,
      podsDirectory: join(own, 'pods'),
      rootfs: options.rootfs,
      hostIPs: addresses,
      allocatable: resourcesOf(capacity),
      client,
      recorder,
      images,
      asker,
      dns: {
        clusterDNS: [dnsAddress(network.families)],
        clusterDomain: CLUSTER_DOMAIN,
        nodeResolvConf,
      },
      service: serviceEnvironment(options.apiHost),
      backOff: options.backOff ?? REAL_BACKOFF,
      token: (podNamespace, account, pod) => api.serviceAccountToken(podNamespace, account, pod),
      log,
    },
  });
  const close = async () => {
    await recorder.idle();
    await asker.stop();
  };
  return { kubelet, close };
}
