/** What is followed of Services and of the cluster's DNS, and how the smaller parts are reduced. */
import type { Corefile } from '../checks/cluster-view.ts';
import { type JsonObject, objectAt, optionalText, textOf } from './json.ts';
import { configMaps, endpointSlices, pods, services } from './resources.ts';
import { responderView } from './views.ts';

/** allServices are those of the whole cluster. */
export const allServices = { resource: services };

/** allSlices are the EndpointSlices of the whole cluster. */
export const allSlices = { resource: endpointSlices };

/** nodeLocalPods are NodeLocal DNSCache's, by the label of its own manifest (cluster/addons/dns/nodelocaldns). */
export const nodeLocalPods = {
  resource: pods,
  namespace: 'kube-system',
  labelSelector: 'k8s-app=node-local-dns',
};

/** coreDNSConfig is CoreDNS's ConfigMap, by the name that kubeadm and the add-on manager give it. */
export const coreDNSConfig = {
  resource: configMaps,
  namespace: 'kube-system',
  fieldSelector: 'metadata.name=coredns',
};

/** readyNode is the node of a Pod that is ready, and nothing of any other. */
export function readyNode(pod: JsonObject): string | undefined {
  const { node, ready, deleting } = responderView(pod);
  return ready && !deleting && node !== '' ? node : undefined;
}

/** corefileView is the configuration in a ConfigMap, if there is one. */
export function corefileView(configMap: JsonObject): Corefile | undefined {
  const text = optionalText(objectAt(configMap, 'data').Corefile);
  const { namespace, name } = objectAt(configMap, 'metadata');
  return text === undefined ? undefined : { configMap: `${textOf(namespace)}/${textOf(name)}`, text };
}
