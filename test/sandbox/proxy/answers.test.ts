/** What a proxy says of its syncs, at moments that no cluster shows on demand. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { cleanupText } from './cleanup.ts';
import { health } from './health.ts';
import { goFloat, metricsText } from './metrics.ts';
import { SyncRecord } from './sync-record.ts';

const PERIOD = 30_000;
const BEGUN = Date.parse('2026-11-22T07:00:00.000Z');
const WRITTEN = { full: true, noLocal: { internal: 0, external: 0 } };

function record(): SyncRecord {
  const made = new SyncRecord(BEGUN);
  for (const family of [made.families.IPv4, made.families.IPv6]) {
    family.queued(BEGUN);
    family.synced(WRITTEN, BEGUN, BEGUN + 120);
  }
  return made;
}

describe('the health of a proxy', () => {
  it('goes when a change has waited for two periods, and comes back with the sync', () => {
    const made = record();
    const at = (now: number) => health(made, 'healthz', now, PERIOD).code;
    made.families.IPv4.queued(BEGUN + 1000);
    made.families.IPv4.queued(BEGUN + 50_000);
    assert.deepEqual([at(BEGUN + 60_999), at(BEGUN + 61_000)], [200, 503]);
    assert.deepEqual(health(made, 'healthz', BEGUN + 61_000, PERIOD).body, {
      lastUpdated: '2026-11-22T07:00:00.12Z',
      currentTime: '2026-11-22T07:01:01Z',
      nodeEligible: true,
      healthy: false,
      status: {
        IPv4: { lastUpdated: '2026-11-22T07:00:00.12Z', healthy: false },
        IPv6: { lastUpdated: '2026-11-22T07:00:00.12Z', healthy: true },
      },
    });
    made.families.IPv4.synced(WRITTEN, BEGUN + 61_000, BEGUN + 61_100);
    assert.equal(at(BEGUN + 200_000), 200);
  });

  it('is denied to load balancers by a node that is about to go, but not to those who would restart it', () => {
    const made = record();
    made.nodeEligible = false;
    const codes = (['healthz', 'livez'] as const).map((path) => health(made, path, BEGUN + 500, PERIOD).code);
    assert.deepEqual(codes, [503, 200]);
  });
});

describe('the metrics of a proxy', () => {
  it('write numbers as Go does', () => {
    const numbers = [0, 1, 0.25, 248, 999_999, 1_000_000, 1795331390.0787714, 0.0001, 0.000015];
    const written = [
      '0',
      '1',
      '0.25',
      '248',
      '999999',
      '1e+06',
      '1.7953313900787714e+09',
      '0.0001',
      '1.5e-05',
    ];
    assert.deepEqual(numbers.map(goFloat), written);
  });

  it('know of failures only when there were some, in the words of the mode', () => {
    const made = record();
    const failures = (mode: 'iptables' | 'nftables') =>
      metricsText(made, mode)
        .split('\n')
        .filter((line) => /^[^#].*failures/.test(line));
    assert.deepEqual(failures('iptables'), []);
    made.families.IPv4.failed(true);
    made.families.IPv4.failed(false);
    assert.deepEqual(failures('iptables'), [
      'kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total{ip_family="IPv4"} 1',
      'kubeproxy_sync_proxy_rules_iptables_restore_failures_total{ip_family="IPv4"} 2',
    ]);
    assert.deepEqual(failures('nftables'), [
      'kubeproxy_sync_proxy_rules_nftables_sync_failures_total{ip_family="IPv4"} 2',
    ]);
  });
});

describe('the cleaning of a node for nftables mode', () => {
  const file = new URL('../../fixtures/kube-proxy/iptables-healthy/n1.iptables-save.txt', import.meta.url);
  const saved = readFileSync(file, 'utf8');
  const lines = cleanupText(saved, 'IPv4').split('\n');

  it('removes each of the proxy’s chains and what leads there, and nothing of the kubelet’s', () => {
    const all = (text: string, form: RegExp) => [...text.matchAll(form)].map(([, name = '']) => name).sort();
    const made = all(saved, /^:(KUBE-(?!KUBELET|IPTABLES|FIREWALL).*) - /gm);
    assert.ok(made.length > 90);
    assert.deepEqual(all(lines.join('\n'), /^-X (.*)$/gm), made);
    assert.equal(lines.filter((line) => line.startsWith('-D ')).length, 12);
    assert.deepEqual(
      lines.filter((line) => /^-[DXI].*KUBE-(FIREWALL|KUBELET|IPTABLES)/.test(line)),
      [],
    );
  });

  it('makes what is missing of the kubelet’s', () => {
    const fresh = cleanupText('', 'IPv6').split('\n');
    assert.deepEqual(
      fresh.filter((line) => line.startsWith('-')),
      ['-I INPUT -j KUBE-FIREWALL', '-I OUTPUT -j KUBE-FIREWALL'],
    );
  });
});
