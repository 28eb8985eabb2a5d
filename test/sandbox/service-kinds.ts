/** The parts of Services and EndpointSlices that the sandbox's controllers and proxies read and write. */
import type { KubeObject, Resource } from './client.ts';

/** SERVICES and its companion name the resources. */
export const SERVICES: Resource = { group: '', version: 'v1', plural: 'services' };
export const ENDPOINT_SLICES: Resource = {
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
};

/** SERVICE_NAME is the label that ties an EndpointSlice to its Service. */
export const SERVICE_NAME = 'kubernetes.io/service-name';
/** MANAGED_BY is the label that says who writes an EndpointSlice. */
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
/** HEADLESS is the label of EndpointSlices that no proxy need look at. */
export const HEADLESS = 'service.kubernetes.io/headless';
/** PROXY_NAME is the label of Services that are another proxy's. */
export const PROXY_NAME = 'service.kubernetes.io/service-proxy-name';

/** Family is an IP family, in the word of `ipFamilies` and `addressType`. */
export type Family = 'IPv4' | 'IPv6';
/** Policy is a traffic policy. */
export type Policy = 'Cluster' | 'Local';

/** ServicePort is v1.ServicePort. */
export interface ServicePort {
  name?: string;
  port: number;
  protocol?: string;
  targetPort?: number | string;
  nodePort?: number;
  appProtocol?: string;
}

/** Service is v1.Service. */
export interface Service extends KubeObject {
  spec: {
    type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
    clusterIP?: string;
    clusterIPs?: string[];
    externalIPs?: string[];
    externalName?: string;
    externalTrafficPolicy?: Policy;
    healthCheckNodePort?: number;
    internalTrafficPolicy?: Policy;
    ipFamilies?: Family[];
    ipFamilyPolicy?: 'SingleStack' | 'PreferDualStack' | 'RequireDualStack';
    loadBalancerSourceRanges?: string[];
    ports?: ServicePort[];
    publishNotReadyAddresses?: boolean;
    selector?: Record<string, string>;
    sessionAffinity?: 'None' | 'ClientIP';
    sessionAffinityConfig?: { clientIP?: { timeoutSeconds?: number } };
    trafficDistribution?: string;
  };
  status?: { loadBalancer?: { ingress?: { ip?: string; hostname?: string; ipMode?: string }[] } };
}

/** EndpointPort is discovery/v1.EndpointPort. */
export interface EndpointPort {
  name?: string;
  port?: number;
  protocol?: string;
  appProtocol?: string;
}

/** Endpoint is discovery/v1.Endpoint. */
export interface Endpoint {
  addresses: string[];
  conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean };
  hints?: { forZones?: { name: string }[]; forNodes?: { name: string }[] };
  hostname?: string;
  nodeName?: string;
  targetRef?: { kind: string; namespace?: string; name: string; uid: string };
  zone?: string;
}

/** EndpointSlice is discovery/v1.EndpointSlice. */
export interface EndpointSlice extends KubeObject {
  addressType: string;
  endpoints: Endpoint[] | null;
  ports: EndpointPort[] | null;
}

/** familyOf tells a family by how an address or a range is written. */
export function familyOf(address: string): Family {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}
