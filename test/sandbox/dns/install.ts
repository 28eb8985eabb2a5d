import { Addresses } from '../api/cluster-ip.ts';
import type { Client } from '../client.ts';
import { clusterCIDRs, type Families } from '../node/addresses.ts';
import { CLUSTER_DOMAIN, dnsAddress } from './address.ts';
import { dnsObjects } from './manifests.ts';

/** installDns creates the objects of the cluster's DNS; its Pods come when controllers and kubelets have made them. */
export async function installDns(client: Client, families: Families): Promise<void> {
  const services = new Addresses(families);
  const ranges = [...families.map((family) => services.range(family)), ...clusterCIDRs(families)];
  const objects = dnsObjects({ address: dnsAddress(families), domain: CLUSTER_DOMAIN, ranges });
  for (const [resource, object] of objects) await client.create(resource, object);
}
