import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { askProxy } from '../../../src/probe/service-rules/proxy.ts';
import { proxyConfigOf } from '../../../src/probe/service-rules/proxy-config.ts';
import { syncTimesOf } from '../../../src/probe/service-rules/proxy-metrics.ts';
import { capturedFile, capturedNode, meansOn, type Node } from './captured-node.ts';

const node = capturedNode('iptables-healthy', 'n1');
const asked = (ports: Node['ports']) => askProxy(meansOn({ ...node, ports }));
const metric = (name: string, value: number, family?: string) =>
  `kubeproxy_sync_proxy_rules_${name}${family === undefined ? '' : `{ip_family="${family}"}`} ${value}`;
const times = (...lines: readonly string[]) => syncTimesOf(`# HELP\n${lines.join('\n')}\n`);

test('a kube-proxy that is well says its mode, its state and its configuration', async () => {
  const { config, ...said } = await asked(node.ports);
  assert.deepEqual(said, {
    mode: 'iptables',
    state: {
      health: { status: 200, healthy: true },
      lastSyncTime: '2026-11-22T07:09:51.138Z',
      lastQueuedTime: '2026-11-22T07:09:50.078Z',
      now: '2026-11-22T07:27:00.000Z',
    },
  });
  assert.equal(config, capturedFile('kube-proxy-configz.json'));
});

test('ports that nobody listens at are told as such', async () => {
  assert.deepEqual(await asked({}), {
    state: { healthError: 'refused', metricsError: 'refused', now: '2026-11-22T07:27:00.000Z' },
  });
});

test('another server at these ports is not taken for kube-proxy', async () => {
  const other = { status: 404, body: 'iptables' };
  const ports = {
    '10249/proxyMode': other,
    '10249/configz': other,
    '10249/metrics': other,
    '10256/healthz': other,
  };
  assert.deepEqual(await asked(ports), {
    state: { healthError: 'answered 404', metricsError: 'answered 404', now: '2026-11-22T07:27:00.000Z' },
  });
  assert.equal((await asked({ '10249/proxyMode': '<html>iptables</html>' })).mode, undefined);
});

test('health is what kube-proxy says of itself, not of the node that is on its way out', async () => {
  const health = async (status: number, body: string) =>
    (await asked({ '10256/healthz': { status, body } })).state.health;
  assert.deepEqual(await health(503, '{"healthy": false}'), { status: 503, healthy: false });
  assert.deepEqual(await health(503, '{"healthy": true, "nodeEligible": false}'), {
    status: 503,
    healthy: true,
  });
  assert.deepEqual(await health(503, '{"nodeEligible": false}'), { status: 503, healthy: true });
  assert.deepEqual(await health(503, '{"lastUpdated": ""}'), { status: 503, healthy: false });
  assert.deepEqual(await health(200, 'ok'), { status: 200, healthy: true });
});

test('times are of one family: the one whose change waits longest, else the one that wrote last', () => {
  const four = [
    metric('last_timestamp_seconds', 1000, 'IPv4'),
    metric('last_queued_timestamp_seconds', 990, 'IPv4'),
  ];
  const at = (seconds: number) => new Date(seconds * 1000).toISOString();
  assert.deepEqual(
    times(
      ...four,
      metric('last_timestamp_seconds', 900, 'IPv6'),
      metric('last_queued_timestamp_seconds', 890, 'IPv6'),
    ),
    { lastSyncTime: at(1000), lastQueuedTime: at(990) },
  );
  assert.deepEqual(
    times(
      ...four,
      metric('last_timestamp_seconds', 900, 'IPv6'),
      metric('last_queued_timestamp_seconds', 950, 'IPv6'),
    ),
    { lastSyncTime: at(900), lastQueuedTime: at(950) },
  );
  assert.deepEqual(
    times(
      metric('last_timestamp_seconds', 900, 'IPv6'),
      metric('last_queued_timestamp_seconds', 950, 'IPv6'),
      metric('last_queued_timestamp_seconds', 940, 'IPv4'),
    ),
    { lastQueuedTime: at(940) },
  );
});

test('older releases have no family, and gauges that were never set are no times', () => {
  assert.deepEqual(
    times(
      metric('last_timestamp_seconds', 1_795_331_391.138),
      metric('last_queued_timestamp_seconds', 1_795_331_390),
    ),
    { lastSyncTime: '2026-11-22T07:09:51.138Z', lastQueuedTime: '2026-11-22T07:09:50.000Z' },
  );
  assert.deepEqual(
    times(metric('last_timestamp_seconds', 0), metric('last_queued_timestamp_seconds', 1000)),
    {
      lastQueuedTime: '1970-01-01T00:16:40.000Z',
    },
  );
});

test('failures of all kinds and families are summed up', () => {
  assert.deepEqual(
    times(
      metric('iptables_restore_failures_total', 2, 'IPv4'),
      metric('iptables_restore_failures_total', 1, 'IPv6'),
      metric('iptables_partial_restore_failures_total', 4),
      metric('nftables_sync_failures_total', 8, 'IPv4'),
      metric('nftables_cleanup_failures_total', 16, 'IPv4'),
    ),
    { restoreFailures: 15 },
  );
});

test('metrics and configurations in any form are read or left, and never throw', () => {
  const pieces = fc.constantFrom(
    ...[
      'kubeproxy_sync_proxy_rules_',
      'last_timestamp_seconds',
      '{ip_family="',
      '"} ',
      '1e99',
      'NaN',
      '-1',
      '\n',
      ' 7',
    ],
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (metrics) => {
      for (const time of [syncTimesOf(metrics).lastSyncTime, syncTimesOf(metrics).lastQueuedTime])
        if (time !== undefined) assert.match(time, /^\d{4}-\d\d-\d\dT[\d:.]{8,20}Z$/);
    }),
    { numRuns: 500 },
  );
  fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), (json) => void proxyConfigOf(json, 'nftables')));
});

const configz = (change: object) => {
  const all: { readonly [key: string]: object } = JSON.parse(capturedFile('kube-proxy-configz.json'));
  const key = 'kubeproxy.config.k8s.io';
  return JSON.stringify({ [key]: { ...all[key], ...change } });
};

test('of a configuration is read what decides about rules, from the section of the mode', () => {
  const usual = {
    clusterCIDR: '10.244.0.0/16',
    detectLocalMode: 'ClusterCIDR',
    bridgeInterface: '',
    interfaceNamePrefix: '',
    nodePortAddresses: [],
    masqueradeAll: false,
    localhostNodePorts: true,
  };
  assert.deepEqual(proxyConfigOf(configz({}), 'iptables'), usual);
  assert.deepEqual(proxyConfigOf(configz({}), 'nftables'), { ...usual, localhostNodePorts: false });
  const sections = { iptables: { masqueradeAll: true, localhostNodePorts: false }, nftables: {} };
  assert.deepEqual(proxyConfigOf(configz(sections), 'iptables'), {
    ...usual,
    masqueradeAll: true,
    localhostNodePorts: false,
  });
  assert.deepEqual(proxyConfigOf(configz(sections), 'nftables'), { ...usual, localhostNodePorts: false });
  const other = {
    detectLocalMode: 'InterfaceNamePrefix',
    detectLocal: { bridgeInterface: 'br0', interfaceNamePrefix: 'cali' },
    nodePortAddresses: ['primary'],
    clusterCIDR: '',
  };
  assert.deepEqual(proxyConfigOf(configz(other), 'iptables'), {
    ...usual,
    clusterCIDR: '',
    detectLocalMode: 'InterfaceNamePrefix',
    bridgeInterface: 'br0',
    interfaceNamePrefix: 'cali',
    nodePortAddresses: ['primary'],
  });
  assert.equal(proxyConfigOf(configz({ detectLocalMode: '' }), 'iptables')?.detectLocalMode, 'ClusterCIDR');
});

test('what is no configuration of kube-proxy is none', () => {
  const broken = [
    '',
    '[]',
    '{"kubeproxy.config.k8s.io": {}}',
    configz({ kind: 'KubeletConfiguration' }),
    configz({ clusterCIDR: 7 }),
    configz({ nodePortAddresses: 'all' }),
    configz({ detectLocalMode: 'x\ny' }),
  ];
  for (const text of broken) assert.equal(proxyConfigOf(text, 'iptables'), undefined, text.slice(0, 80));
});
