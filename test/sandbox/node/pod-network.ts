import { randomBytes } from 'node:crypto';
import { identity, type Pod } from '../kinds.ts';
import { type Attachment, addNamespace, attach, detach, type PodRef, removeNamespace } from './cni.ts';
import { inNamespace, must } from './command.ts';
import type { KubeletContext } from './context.ts';

/** PodNetwork is a Pod's network: a namespace of its own with addresses from CNI, or its node's. */
export interface PodNetwork {
  namespace: string;
  addresses: string[];
  /** remove gives the addresses back and takes the namespace away. */
  remove(): Promise<void>;
}

/** namespaceOf is the name of a Pod's own network namespace. */
export function namespaceOf(prefix: string, uid: string): string {
  return `${prefix}pod-${uid}`;
}

function sysctls(pod: Pod): string[] {
  const ports = pod.spec.containers.flatMap((container) => container.ports ?? []);
  // containerd lets every user of a Pod bind to low ports.
  const low = ports.some(({ containerPort }) => containerPort < 1024)
    ? ['net.ipv4.ip_unprivileged_port_start=0']
    : [];
  const own = pod.spec.securityContext?.sysctls ?? [];
  return [...low, ...own.map(({ name, value }) => `${name}=${value}`)];
}

/** addNetwork makes a Pod's network; when it fails nothing of it stays. Its rejection is a runtime's sentence. */
export async function addNetwork(context: KubeletContext, pod: Pod): Promise<PodNetwork> {
  if (pod.spec.hostNetwork === true) {
    return { namespace: context.namespace, addresses: context.hostIPs, remove: async () => {} };
  }
  const { namespace: podNamespace, name, uid } = identity(pod);
  const namespace = namespaceOf(context.prefix, uid);
  const containerID = randomBytes(32).toString('hex');
  const reference: PodRef = {
    containerID,
    netns: `/run/netns/${namespace}`,
    namespace: podNamespace,
    name,
    uid,
  };
  await addNamespace(namespace);
  try {
    const attachment: Attachment = await attach(context, reference);
    const settings = sysctls(pod);
    if (settings.length > 0) await must(inNamespace(namespace, ['sysctl', '-qw', ...settings]));
    const remove = async () => {
      await detach(context, reference, attachment);
      await removeNamespace(namespace);
    };
    return { namespace, addresses: attachment.addresses, remove };
  } catch (error) {
    await removeNamespace(namespace);
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "${containerID}": ${reason}`,
    );
  }
}
