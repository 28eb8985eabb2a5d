/** What a kube-proxy is told to do, and how it shows that (pkg/proxy/apis/config). Pure. */

/** ProxyMode is how a proxy writes its rules. */
export type ProxyMode = 'iptables' | 'nftables';

/** ProxySettings are what nodes and tests decide of a configuration; everything else is the default. */
export interface ProxySettings {
  node: string;
  mode: ProxyMode;
  /** The ranges of all Pods, at most one of each family. */
  clusterCIDRs: readonly string[];
  /** Whether the node's first address is one of IPv6. */
  ipv6: boolean;
  /** Milliseconds: how often a proxy looks whether its rules were flushed, and how soon it tries again. */
  syncPeriod: number;
  /** Milliseconds for which changes are gathered before they are written. */
  minSyncPeriod: number;
}

/** BindAddresses are where a proxy's two servers listen. */
export interface BindAddresses {
  health: { host: string; port: number };
  metrics: { host: string; port: number };
}

/** bindAddresses are those of the default configuration. */
export function bindAddresses({ ipv6 }: Pick<ProxySettings, 'ipv6'>): BindAddresses {
  return {
    health: { host: ipv6 ? '::' : '0.0.0.0', port: 10_256 },
    metrics: { host: ipv6 ? '::1' : '127.0.0.1', port: 10_249 },
  };
}

function hostPort({ host, port }: { host: string; port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** duration is metav1.Duration as JSON has it, of up to a minute. */
function duration(milliseconds: number): string {
  return milliseconds < 1000 && milliseconds > 0 ? `${milliseconds}ms` : `${milliseconds / 1000}s`;
}

/** configz is the answer of /configz: the whole effective configuration. */
export function configz(settings: ProxySettings): unknown {
  const { node, mode, clusterCIDRs, ipv6, syncPeriod, minSyncPeriod } = settings;
  const { health, metrics } = bindAddresses(settings);
  const own = { syncPeriod: duration(syncPeriod), minSyncPeriod: duration(minSyncPeriod) };
  const none = { syncPeriod: '0s', minSyncPeriod: '0s' };
  const masquerade = { masqueradeBit: 14, masqueradeAll: false };
  return {
    'kubeproxy.config.k8s.io': {
      kind: 'KubeProxyConfiguration',
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      clientConnection: {
        kubeconfig: '/var/lib/kube-proxy/kubeconfig.conf',
        acceptContentTypes: '',
        contentType: 'application/vnd.kubernetes.protobuf',
        qps: 5,
        burst: 10,
      },
      logging: {
        format: 'text',
        flushFrequency: '5s',
        verbosity: 2,
        options: { text: { infoBufferSize: '0' }, json: { infoBufferSize: '0' } },
      },
      hostnameOverride: node,
      bindAddress: ipv6 ? '::' : '0.0.0.0',
      healthzBindAddress: hostPort(health),
      metricsBindAddress: hostPort(metrics),
      bindAddressHardFail: false,
      enableProfiling: false,
      showHiddenMetricsForVersion: '',
      mode,
      iptables: { ...masquerade, localhostNodePorts: true, ...(mode === 'iptables' ? own : none) },
      ipvs: {
        ...none,
        scheduler: '',
        excludeCIDRs: null,
        strictARP: false,
        tcpTimeout: '0s',
        tcpFinTimeout: '0s',
        udpTimeout: '0s',
      },
      nftables: { ...masquerade, ...(mode === 'nftables' ? own : none) },
      winkernel: {
        networkName: '',
        sourceVip: '',
        enableDSR: false,
        rootHnsEndpointName: '',
        forwardHealthCheckVip: false,
      },
      detectLocalMode: 'ClusterCIDR',
      detectLocal: { bridgeInterface: '', interfaceNamePrefix: '' },
      clusterCIDR: clusterCIDRs.join(','),
      nodePortAddresses: mode === 'nftables' ? ['primary'] : null,
      oomScoreAdj: -999,
      conntrack: {
        maxPerCore: 0,
        min: 131_072,
        tcpEstablishedTimeout: '24h0m0s',
        tcpCloseWaitTimeout: '1h0m0s',
        tcpBeLiberal: false,
        udpTimeout: '0s',
        udpStreamTimeout: '0s',
      },
      configSyncPeriod: '15m0s',
      portRange: '',
    },
  };
}
