/** The objects of the cluster's DNS, as kubeadm makes them (cmd/kubeadm/app/phases/addons/dns/manifests.go). Pure. */
import type { KubeObject, Resource } from '../client.ts';
import { CONFIG_MAPS, DEPLOYMENTS } from '../kinds.ts';
import { SERVICES } from '../service-kinds.ts';
import { reverseZone } from './server/names.ts';

/** COREDNS_IMAGE is the name under which the sandbox knows its DNS server. */
export const COREDNS_IMAGE = 'registry.sandbox/coredns:1';
/** DNS_NAMESPACE and its companions name the objects. */
export const DNS_NAMESPACE = 'kube-system';
export const DNS_DEPLOYMENT = 'coredns';
export const DNS_SERVICE = 'kube-dns';
/** DNS_LABELS are those of the DNS Pods. */
export const DNS_LABELS = { 'k8s-app': 'kube-dns' };

/** DnsOptions are what differs between clusters. */
export interface DnsOptions {
  /** The address that the DNS Service gets. */
  address: string;
  domain: string;
  /** The ranges of Services and Pods. */
  ranges: readonly string[];
}

const ACCOUNTS: Resource = { group: '', version: 'v1', plural: 'serviceaccounts' };
const rbac = (plural: string): Resource => ({ group: 'rbac.authorization.k8s.io', version: 'v1', plural });
const named = (name: string, labels?: Record<string, string>) => ({
  metadata: { name, namespace: DNS_NAMESPACE, ...(labels === undefined ? {} : { labels }) },
});

/** corefile is kubeadm's. The server reads the domain from it; the rest is for people, and for audits, to read. */
export function corefile(domain: string): string {
  return `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes ${domain} in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success ${domain}
       disable denial ${domain}
    }
    loop
    reload
    loadbalance
}
`;
}

function podSpec({ address, ranges }: DnsOptions) {
  const http = (path: string, port: number) => ({ httpGet: { path, port, scheme: 'HTTP' } });
  const reverse = ranges.flatMap((range) => ['--reverse', reverseZone(range)]);
  return {
    priorityClassName: 'system-cluster-critical',
    serviceAccountName: DNS_DEPLOYMENT,
    dnsPolicy: 'Default',
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [
      { key: 'CriticalAddonsOnly', operator: 'Exists' as const },
      { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
    ],
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            podAffinityTerm: {
              labelSelector: { matchLabels: DNS_LABELS },
              topologyKey: 'kubernetes.io/hostname',
            },
          },
        ],
      },
    },
    containers: [
      {
        name: 'coredns',
        image: COREDNS_IMAGE,
        imagePullPolicy: 'IfNotPresent' as const,
        resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
        args: ['--conf', '/etc/coredns/Corefile', '--address', address, ...reverse],
        volumeMounts: [
          { name: 'config-volume', mountPath: '/etc/coredns', readOnly: true },
          { name: 'tmp', mountPath: '/tmp' },
        ],
        ports: [
          { containerPort: 53, name: 'dns', protocol: 'UDP' },
          { containerPort: 53, name: 'dns-tcp', protocol: 'TCP' },
          { containerPort: 9153, name: 'metrics', protocol: 'TCP' },
        ],
        livenessProbe: {
          ...http('/health', 8080),
          initialDelaySeconds: 60,
          timeoutSeconds: 5,
          successThreshold: 1,
          failureThreshold: 5,
        },
        readinessProbe: http('/ready', 8181),
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { add: ['NET_BIND_SERVICE'], drop: ['all'] },
          readOnlyRootFilesystem: true,
        },
      },
    ],
    volumes: [
      {
        name: 'config-volume',
        configMap: { name: 'coredns', items: [{ key: 'Corefile', path: 'Corefile' }] },
      },
      // CoreDNS writes nothing; BIND keeps its zones here.
      { name: 'tmp', emptyDir: { medium: 'Memory' } },
    ],
  };
}

function deployment(options: DnsOptions): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    ...named(DNS_DEPLOYMENT, DNS_LABELS),
    ...{
      spec: {
        replicas: 2,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
        selector: { matchLabels: DNS_LABELS },
        template: { metadata: { labels: DNS_LABELS }, spec: podSpec(options) },
      },
    },
  };
}

function service({ address }: DnsOptions): KubeObject {
  const labels = {
    ...DNS_LABELS,
    'kubernetes.io/cluster-service': 'true',
    'kubernetes.io/name': 'CoreDNS',
  };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    ...named(DNS_SERVICE, labels),
    ...{
      spec: {
        clusterIP: address,
        selector: DNS_LABELS,
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
          { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
          { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
        ],
      },
    },
  };
}

function permissions(): [Resource, KubeObject][] {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const metadata = { name: 'system:coredns' };
  const read = ['list', 'watch'];
  const rules = [
    { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: read },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read },
  ];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: metadata.name };
  const subjects = [{ kind: 'ServiceAccount', name: DNS_DEPLOYMENT, namespace: DNS_NAMESPACE }];
  return [
    [rbac('clusterroles'), { apiVersion, kind: 'ClusterRole', metadata, ...{ rules } }],
    [
      rbac('clusterrolebindings'),
      { apiVersion, kind: 'ClusterRoleBinding', metadata, ...{ roleRef, subjects } },
    ],
    [ACCOUNTS, { apiVersion: 'v1', kind: 'ServiceAccount', ...named(DNS_DEPLOYMENT) }],
  ];
}

/** dnsObjects are all objects of the cluster's DNS, in the order in which they are created. */
export function dnsObjects(options: DnsOptions): [Resource, KubeObject][] {
  const data = { Corefile: corefile(options.domain) };
  return [
    ...permissions(),
    [CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', ...named('coredns'), ...{ data } }],
    [SERVICES, service(options)],
    [DEPLOYMENTS, deployment(options)],
  ];
}
