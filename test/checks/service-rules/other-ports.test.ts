import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { captureOf } from '../../mutate/capture.ts';
import { networkOf, reportOf } from '../../mutate/evidence.ts';
import { findingsOf, viewOf } from '../../mutate/judged.ts';

const capture = captureOf('nftables-healthy');
const cluster = viewOf(capture);

/** found is what is found on n1 after a change of what nft prints. */
function found(change: (text: string) => string): readonly string[] {
  const [node] = capture.nodes;
  assert.ok(node !== undefined);
  const text = change(node.text);
  assert.notEqual(text, node.text);
  const report = reportOf([{ mode: 'nftables', family: 'IPv4', text }], networkOf(node));
  return findingsOf(cluster, [{ node: node.name, addresses: [node.primary], ...report }]);
}

/** notReady begins what nft prints of the element by which a Service without endpoints is refused. */
const notReady = '"10.96.135.198", "tcp", ';

/** unrefused is the table without the rule that refuses unused ports of cluster addresses. */
function unrefused(text: string): string {
  return text.replace('"right": "@cluster-ips"}}, {"reject"', '"right": "@cluster-ips"}}, {"counter"');
}

describe('a port that is refused like every unused one of its address', () => {
  it('needs no rule of its own', () => {
    assert.deepEqual(
      found((text) => text.replace(`${notReady}80`, `${notReady}81`)),
      [],
    );
  });

  it('is missed where unused ports are not refused', () => {
    const findings = found((text) => unrefused(text.replace(`${notReady}80`, `${notReady}81`)));
    assert.ok(findings.some((each) => /RejectMissing: .*10\.96\./.test(each)));
  });

  it('is missed where a rule lets it through before it is refused', () => {
    const refused = `{"concat": [${notReady}80]}, "comment": "shop/not-ready"}}, `;
    const findings = found((text) =>
      text.replace(`${refused}{"goto": {"target": "reject-chain"}}`, `${refused}{"accept": null}`),
    );
    assert.deepEqual(findings, [
      'n1 Failed RejectMissing: shop/not-ready: 10.96.135.198:80/TCP must be rejected, and is not; kube-proxy last wrote its rules at 2026-11-22T08:19:50Z',
    ]);
  });

  it('is not one that must be dropped, or is sent to endpoints', () => {
    const dropped = '"10.96.136.100", "tcp", ';
    const findings = found((text) => text.replace(`${dropped}5432`, `${dropped}5433`));
    assert.ok(findings.length > 0);
  });
});
