import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Capture, captureOf } from '../../mutate/capture.ts';
import { networkOf, type Rules, reportOf } from '../../mutate/evidence.ts';
import { findingsOf, viewOf } from '../../mutate/judged.ts';

/** judged is what the product finds in a capture, all nodes of it. */
function judged(capture: Capture, families: readonly Rules['family'][] = ['IPv4']): readonly string[] {
  const nodes = capture.nodes.map((node) => {
    const rules = families.map((family): Rules => {
      const text = family === 'IPv6' && node.mode === 'iptables' ? node.text6 : node.text;
      return { mode: node.mode, family, text };
    });
    return { node: node.name, addresses: [node.primary], ...reportOf(rules, networkOf(node)) };
  });
  return findingsOf(viewOf(capture), nodes);
}

/** reasons are the findings without their messages. */
function reasons(findings: readonly string[]): readonly string[] {
  return findings.map((finding) => finding.split(':')[0] ?? '').sort();
}

describe('the captures of real nodes', () => {
  for (const name of ['iptables-healthy', 'nftables-healthy']) {
    it(`has nothing to say of any node of ${name}`, () => {
      assert.deepEqual(judged(captureOf(name)), []);
      assert.deepEqual(judged(captureOf(name), ['IPv4', 'IPv6']), []);
    });
  }

  it('finds the endpoint that was emptied on n2, and nothing on the others', () => {
    assert.deepEqual(judged(captureOf('iptables-missing-endpoint')), [
      'n2 Failed EndpointMissing: shop/api:http: 10.96.149.21:80/TCP is not sent to 10.244.3.6:8080; kube-proxy last wrote its rules at 2026-11-22T08:19:50Z',
    ]);
  });

  for (const name of ['iptables-stale-proxy', 'nftables-stale-proxy']) {
    it(`finds all that the stopped kube-proxy on n3 of ${name} has not followed, and nothing on the others`, () => {
      const findings = judged(captureOf(name));
      assert.deepEqual(reasons(findings), [
        'n3 Failed EndpointStale',
        'n3 Failed EndpointWrong',
        'n3 Failed RejectMissing',
        'n3 Failed ServiceStale',
      ]);
      const [stale, wrong, reject, service] = findings;
      // Two Pods of four went, newcomer was made without endpoints, sctp was deleted.
      assert.match(stale ?? '', / 6 Services: shop\/api:/);
      assert.match(wrong ?? '', /: shop\/near:http: /);
      assert.match(reject ?? '', /: shop\/newcomer[^;]* must be rejected/);
      assert.match(service ?? '', /:2905\/SCTP has rules .* and no Service has it/);
    });
  }
});
