/** A proxy's metrics, as far as they tell of its syncs, under the names and labels of the real one's. Pure. */
import type { Family } from '../service-kinds.ts';
import type { ProxyMode } from './config.ts';
import { BUCKETS, type FamilyRecord, type Histogram, type SyncRecord } from './sync-record.ts';

/** goFloat is a number as Go's shortest form has it, which is what Prometheus clients print. */
export function goFloat(value: number): string {
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  const power = Number(exponent);
  if (value === 0 || (power >= -4 && power < 6)) return `${value}`;
  return `${digits}e${power < 0 ? '-' : '+'}${`${Math.abs(power)}`.padStart(2, '0')}`;
}

type Sample = [labels: Record<string, string | number>, value: number, suffix?: string];

function metric(name: string, type: string, help: string, samples: Sample[]): string[] {
  if (samples.length === 0) return [];
  const lines = samples.map(([labels, value, suffix = '']) => {
    const shown = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
    return `${name}${suffix}${shown.length > 0 ? `{${shown.join(',')}}` : ''} ${goFloat(value)}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines];
}

function histogram(name: string, help: string, families: [Family, Histogram][]): string[] {
  const samples = families
    .filter(([, { count }]) => count > 0)
    .flatMap(([ip_family, { counts, count, sum }]): Sample[] => [
      ...BUCKETS.map((le, i): Sample => [{ ip_family, le: goFloat(le) }, counts[i] ?? 0, '_bucket']),
      [{ ip_family, le: '+Inf' }, count, '_bucket'],
      [{ ip_family }, sum, '_sum'],
      [{ ip_family }, count, '_count'],
    ]);
  return metric(name, 'histogram', help, samples);
}

const SYNC = 'kubeproxy_sync_proxy_rules';

/** metricsText is the answer of /metrics. */
export function metricsText(record: SyncRecord, mode: ProxyMode): string {
  const families: [Family, FamilyRecord][] = [
    ['IPv4', record.families.IPv4],
    ['IPv6', record.families.IPv6],
  ];
  const each = (value: (own: FamilyRecord) => number | undefined): Sample[] =>
    families.flatMap(([ip_family, own]): Sample[] => {
      const found = value(own);
      return found === undefined ? [] : [[{ ip_family }, found]];
    });
  const seconds = (time: number | undefined) => (time === undefined ? undefined : time / 1000);
  const some = (count: number) => (count === 0 ? undefined : count);
  const rules = (which: 'last' | 'total'): Sample[] =>
    families.flatMap(([ip_family, { written }]) =>
      (['filter', 'nat'] as const).flatMap((table): Sample[] =>
        written?.iptables === undefined ? [] : [[{ ip_family, table }, written.iptables[table][which]]],
      ),
    );
  const noLocal = families.flatMap(([ip_family, { written }]) =>
    (['external', 'internal'] as const).flatMap((traffic_policy): Sample[] =>
      written === undefined ? [] : [[{ ip_family, traffic_policy }, written.noLocal[traffic_policy]]],
    ),
  );
  const durations = (which: 'all' | 'full' | 'partial') =>
    families.map(([family, own]): [Family, Histogram] => [family, own[which]]);
  const changes = (kind: 'service' | 'endpoint', Kind: string) => [
    ...metric(`${SYNC}_${kind}_changes_pending`, 'gauge', `[ALPHA] Pending proxy rules ${Kind} changes`, [
      [{}, record.changes[kind].pending],
    ]),
    ...metric(`${SYNC}_${kind}_changes_total`, 'counter', `[ALPHA] Cumulative proxy rules ${Kind} changes`, [
      [{}, record.changes[kind].total],
    ]),
  ];
  const answers = (path: 'healthz' | 'livez') =>
    metric(
      `kubeproxy_proxy_${path}_total`,
      'counter',
      `[ALPHA] Cumulative proxy ${path} HTTP status`,
      [...record.answers[path]].map(([code, count]): Sample => [{ code }, count]),
    );
  const lines = [
    ...answers('healthz'),
    ...answers('livez'),
    ...histogram(
      'kubeproxy_sync_full_proxy_rules_duration_seconds',
      '[ALPHA] SyncProxyRules latency in seconds for full resyncs',
      durations('full'),
    ),
    ...histogram(
      'kubeproxy_sync_partial_proxy_rules_duration_seconds',
      '[ALPHA] SyncProxyRules latency in seconds for partial resyncs',
      durations('partial'),
    ),
    ...histogram(`${SYNC}_duration_seconds`, '[ALPHA] SyncProxyRules latency in seconds', durations('all')),
    ...changes('endpoint', 'Endpoint'),
    ...metric(
      `${SYNC}_iptables_last`,
      'gauge',
      '[ALPHA] Number of iptables rules written by kube-proxy in last sync',
      rules('last'),
    ),
    ...(mode === 'iptables'
      ? [
          ...metric(
            `${SYNC}_iptables_partial_restore_failures_total`,
            'counter',
            '[ALPHA] Cumulative proxy iptables partial restore failures',
            each(({ partialFailures }) => some(partialFailures)),
          ),
          ...metric(
            `${SYNC}_iptables_restore_failures_total`,
            'counter',
            '[ALPHA] Cumulative proxy iptables restore failures',
            each(({ failures }) => some(failures)),
          ),
        ]
      : []),
    ...metric(
      `${SYNC}_iptables_total`,
      'gauge',
      '[ALPHA] Total number of iptables rules owned by kube-proxy',
      rules('total'),
    ),
    ...metric(
      `${SYNC}_last_queued_timestamp_seconds`,
      'gauge',
      '[ALPHA] The last time a sync of proxy rules was queued',
      each(({ queuedAt }) => seconds(queuedAt)),
    ),
    ...metric(
      `${SYNC}_last_timestamp_seconds`,
      'gauge',
      '[ALPHA] The last time proxy rules were successfully synced',
      each(({ syncedAt }) => seconds(syncedAt)),
    ),
    ...(mode === 'nftables'
      ? metric(
          `${SYNC}_nftables_sync_failures_total`,
          'counter',
          '[ALPHA] Cumulative proxy nftables sync failures',
          each(({ failures }) => some(failures)),
        )
      : []),
    ...metric(
      `${SYNC}_no_local_endpoints_total`,
      'gauge',
      '[ALPHA] Number of services with a Local traffic policy and no endpoints',
      noLocal,
    ),
    ...changes('service', 'Service'),
    ...metric(
      'process_start_time_seconds',
      'gauge',
      'Start time of the process since unix epoch in seconds.',
      [[{}, record.startedAt / 1000]],
    ),
  ];
  return `${lines.join('\n')}\n`;
}
