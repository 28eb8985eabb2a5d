/** The faults of a node's kube-proxy by name, each in the modes that have it. Each returns its undo. */
import type { Client } from '../client.ts';
import type { ProxyMode } from '../proxy/config.ts';
import type { KubeProxy } from '../proxy/kube-proxy.ts';
import { type ServicePort, servicePorts } from '../proxy/service-ports.ts';
import {
  ENDPOINT_SLICES,
  type EndpointSlice,
  familyOf,
  SERVICE_NAME,
  SERVICES,
  type Service,
} from '../service-kinds.ts';
import type { Undo } from './cluster.ts';
import { type Execute, type Fault, inject } from './fault.ts';
import type { Edit } from './iptables-edit.ts';
import { makingOf, type RuleFaultName } from './proxy-edits.ts';

/** ProxyFault tells of a fault of rules what a test must know to use it. */
export interface ProxyFault {
  name: RuleFaultName;
  modes: readonly ProxyMode[];
  /** The Service that it hits: one with at least two ready endpoints, one of affinity ClientIP, one with no endpoint. */
  needs: 'endpoints' | 'affinity' | 'no-endpoints';
  /** What mends it, by mode, if nobody does: the proxy's next write of anything, or only its full one, or nothing. */
  until: Partial<Record<ProxyMode, 'next-sync' | 'full-sync' | 'undone'>>;
}

const BOTH: readonly ProxyMode[] = ['iptables', 'nftables'];
const FULL = { iptables: 'full-sync', nftables: 'full-sync' } as const;
/** Chains of all Services are written with every sync in iptables mode. */
const SHARED = { iptables: 'next-sync', nftables: 'full-sync' } as const;
const FOREIGN = { iptables: 'undone', nftables: 'undone' } as const;

/** PROXY_FAULTS are the faults of rules; a proxy that is stopped or in the other mode is no fault of rules. */
export const PROXY_FAULTS: readonly ProxyFault[] = [
  { name: 'endpoint-deleted', modes: BOTH, needs: 'endpoints', until: FULL },
  { name: 'target-altered', modes: BOTH, needs: 'endpoints', until: FULL },
  { name: 'shares-altered', modes: BOTH, needs: 'endpoints', until: FULL },
  { name: 'service-deleted', modes: BOTH, needs: 'endpoints', until: SHARED },
  { name: 'dispatch-removed', modes: BOTH, needs: 'endpoints', until: FULL },
  { name: 'masquerade-removed', modes: BOTH, needs: 'endpoints', until: SHARED },
  { name: 'mark-removed', modes: BOTH, needs: 'endpoints', until: FULL },
  { name: 'reject-removed', modes: BOTH, needs: 'no-endpoints', until: SHARED },
  { name: 'affinity-broken', modes: BOTH, needs: 'affinity', until: FULL },
  { name: 'foreign-drop', modes: BOTH, needs: 'endpoints', until: FOREIGN },
  { name: 'foreign-dnat', modes: BOTH, needs: 'endpoints', until: FOREIGN },
  { name: 'foreign-notrack', modes: BOTH, needs: 'endpoints', until: FOREIGN },
  { name: 'legacy-leftovers', modes: BOTH, needs: 'endpoints', until: FOREIGN },
  { name: 'nft-leftovers', modes: ['iptables'], needs: 'endpoints', until: { iptables: 'undone' } },
];

/** portOf is the first port of a Service with its endpoints, as a proxy sees them in its primary family. */
export async function portOf(client: Client, namespace: string, name: string): Promise<ServicePort> {
  const service = await client.get<Service>(SERVICES, namespace, name);
  const slices = await client.list<EndpointSlice>(ENDPOINT_SLICES, {
    namespace,
    labelSelector: `${SERVICE_NAME}=${name}`,
  });
  const [port] = servicePorts([service], slices.items, familyOf(service.spec.clusterIP ?? ''));
  if (port === undefined) throw new Error(`Service ${namespace}/${name} has no port that a proxy serves`);
  return port;
}

async function text(execute: Execute, node: string, argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await execute({ place: { node }, argv });
  if (code !== 0) throw new Error(`${argv.join(' ')} on ${node} ended with code ${code}: ${stderr}`);
  return stdout;
}

function faultOf(name: string, node: string, { argv, apply, undo }: Edit): Fault {
  const step = (input: string) => ({ place: { node }, argv, input });
  return { name: `${name} on ${node}`, apply: [step(apply)], undo: [step(undo)] };
}

/** ruleFault makes a fault of rules out of the rules that a node has now; it is data, to be injected at once. */
export async function ruleFault(
  execute: Execute,
  { node, mode }: { node: string; mode: ProxyMode },
  name: RuleFaultName,
  port: ServicePort,
): Promise<Fault> {
  const making = makingOf(name, mode);
  if (making === undefined) throw new Error(`There is no fault ${name} in ${mode} mode`);
  const tool = familyOf(port.clusterIP) === 'IPv4' ? 'iptables-nft-save' : 'ip6tables-nft-save';
  const saved = await text(execute, node, [tool]);
  const listing = await text(execute, node, ['nft', 'list', 'ruleset']);
  return faultOf(name, node, making({ port, saved, listing }));
}

/** breakRules injects a fault of rules; the undo puts back what was there, if the proxy has not written since. */
export async function breakRules(
  execute: Execute,
  on: { node: string; mode: ProxyMode },
  name: RuleFaultName,
  port: ServicePort,
): Promise<Undo> {
  return inject(await ruleFault(execute, on, name, port), execute);
}

/** stopProxy ends a node's proxy: its rules stay as they are, and nobody answers on its ports. */
export async function stopProxy(proxy: KubeProxy): Promise<Undo> {
  await proxy.stop();
  return () => proxy.start();
}

/** switchProxy starts a node's proxy again in the other mode. */
export async function switchProxy(proxy: KubeProxy): Promise<Undo> {
  const { mode } = proxy;
  await proxy.restart({ mode: mode === 'iptables' ? 'nftables' : 'iptables' });
  return () => proxy.restart({ mode });
}
