import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { kernelOfIptables } from './iptables.ts';
import { meetingOf, type Sent, sameMeeting } from './meeting.ts';
import { kernelOfNft } from './nft.ts';

const root = join(import.meta.dirname, '../../fixtures/kube-proxy');
const own = ['10.99.0.11', '10.244.1.1'];
const kernels = {
  iptables: kernelOfIptables(readFileSync(join(root, 'iptables-healthy/n1.iptables-save.txt'), 'utf8'), own),
  nftables: kernelOfNft(readFileSync(join(root, 'nftables-healthy/n1.nft.json'), 'utf8'), 4, own),
};

/** met are the ways to end with their shares in hundredths, without what comes of the next connection. */
function met(mode: keyof typeof kernels, sent: Sent): Readonly<Record<string, number>> {
  const endings = [...meetingOf(kernels[mode], sent)].filter(([text]) => !text.includes(' after '));
  return Object.fromEntries(endings.map(([text, share]) => [text, Math.round(100 * share)]));
}

const fromPod = { from: 'pod', protocol: 'tcp', port: 80 } as const;
const fromWire = { from: 'wire', protocol: 'tcp', port: 443 } as const;

describe('the simulator of packets', () => {
  it('spreads packets over all endpoints, and masquerades those that come back to where they are from', () => {
    const sent: Sent = { ...fromPod, source: '10.244.1.5', destination: '10.96.149.21' };
    assert.deepEqual(met('iptables', sent), {
      '10.244.1.5:8080 masqueraded': 25,
      '10.244.2.4:8080': 25,
      '10.244.3.4:8080': 25,
      '10.244.3.6:8080': 25,
    });
    assert.deepEqual(met('nftables', sent), {
      '10.244.1.5:8080 masqueraded': 25,
      '10.244.2.4:8080': 25,
      '10.244.3.7:8080': 25,
      '10.244.3.8:8080': 25,
    });
  });

  it('lets through only the sources that a load balancer lets through', () => {
    for (const mode of ['iptables', 'nftables'] as const) {
      const to = { ...fromWire, destination: '198.51.100.21' };
      assert.deepEqual(met(mode, { ...to, source: '8.8.8.8' }), { dropped: 100 });
      assert.deepEqual(met(mode, { ...to, source: '203.0.113.9' }), { '10.244.1.5:8080': 100 });
    }
  });

  it('refuses what has no endpoints, and in nftables mode what no Service has', () => {
    const to = { ...fromPod, source: '10.244.1.9', destination: '10.96.246.186' };
    assert.deepEqual(met('iptables', to), { rejected: 100 });
    assert.deepEqual(met('nftables', to), { rejected: 100 });
    assert.deepEqual(met('iptables', { ...to, port: 9 }), { nowhere: 100 });
    assert.deepEqual(met('nftables', { ...to, port: 9 }), { rejected: 100 });
  });

  it('leads the node’s own packets to a node port, over loopback in iptables mode only', () => {
    const sent: Sent = {
      ...fromWire,
      from: 'node',
      source: '127.0.0.1',
      destination: '127.0.0.1',
      port: 30432,
    };
    assert.deepEqual(met('iptables', sent), { '10.244.3.5:5432 masqueraded': 100 });
    assert.deepEqual(met('nftables', sent), { nowhere: 100 });
  });

  it('remembers sources for as long as affinity says, and no longer', () => {
    for (const mode of ['iptables', 'nftables'] as const) {
      const sent: Sent = { ...fromPod, source: '10.244.1.9', destination: '10.96.217.146' };
      const later = [...meetingOf(kernels[mode], sent)].filter(
        ([text, share]) => / after /.test(text) && text.endsWith(': 10.244.1.5:8080') && share === 1,
      );
      const ages = later.map(([text]) => Number.parseInt(text, 10));
      assert.deepEqual(ages, [1, 299, 450, 599]);
    }
  });

  it('tells meetings apart by a thousandth of the packets', () => {
    assert.ok(sameMeeting(new Map([['a', 0.5]]), new Map([['a', 0.50001]])));
    assert.ok(!sameMeeting(new Map([['a', 0.5]]), new Map([['a', 0.501]])));
    assert.ok(!sameMeeting(new Map(), new Map([['a', 0.5]])));
  });
});
