import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseCorefile } from '../../../src/checks/dns/corefile.ts';
import { hazardsOf } from '../../../src/checks/dns/corefile-hazards.ts';
import { makeCluster } from './clusters.ts';

const kubeadm = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
`;

function told(text: string): readonly string[] {
  const cluster = { ...makeCluster(1, 1), corefile: { configMap: 'kube-system/coredns', text } };
  return hazardsOf(cluster).map(
    ({ reason, subject, message, node }) => `${reason} (${subject}) ${message}${node}`,
  );
}

describe('A Corefile', () => {
  it('is read into server blocks of plugins', () => {
    assert.deepEqual(
      parseCorefile('(x) {\n log\n}\na.org, b.org:54 { # two\n import x\n hosts "a b" {\n  ttl 5\n }\n}\n'),
      {
        blocks: [
          { keys: ['(x)'], line: 1, directives: [{ name: 'log', args: [], line: 2, block: [] }] },
          {
            keys: ['a.org', 'b.org:54'],
            line: 4,
            directives: [
              { name: 'import', args: ['x'], line: 5, block: [] },
              {
                name: 'hosts',
                args: ['a b'],
                line: 6,
                block: [{ name: 'ttl', args: ['5'], line: 7, block: [] }],
              },
            ],
          },
        ],
        problems: [],
      },
    );
  });

  it('may do without braces, and hold names from the environment', () => {
    assert.deepEqual(parseCorefile('{$ZONE}:53\nkubernetes {%ZONE%}\n'), {
      blocks: [
        {
          keys: ['{$ZONE}:53'],
          line: 1,
          directives: [{ name: 'kubernetes', args: ['{%ZONE%}'], line: 2, block: [] }],
        },
      ],
      problems: [],
    });
  });

  it('never throws, whatever it is', () => {
    const piece = fc.constantFrom('{', '}', '"', '\\"', '\n', ' ', 'a', 'import', ',', '#', '{$X}', '(s)');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((all) => all.join('')),
        ),
        (text) => {
          told(text);
          const lines = text.split('\n').length;
          for (const { line } of parseCorefile(text).problems) assert.ok(line >= 1 && line <= lines);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('The hazards of a Corefile', () => {
  it('are none in that of kubeadm', () => assert.deepEqual(told(kubeadm), []));

  it('are none where the domain may come from elsewhere', () => {
    assert.deepEqual(told('. {\n kubernetes {$DOMAIN}\n}\n'), []);
    assert.deepEqual(told('. {\n import /etc/coredns/*.conf\n}\n'), []);
    assert.deepEqual(told('cluster.local:53 {\n kubernetes\n forward . 127.0.0.1:5353\n}\n'), []);
  });

  it('are forwards to itself or to loopback', () => {
    const to = (upstream: string) => told(kubeadm.replace('/etc/resolv.conf', upstream));
    assert.deepEqual(to('10.96.0.10'), [
      'ForwardsToItself (ConfigMap kube-system/coredns line 13) line 13, "forward . 10.96.0.10 {": it forwards to the ClusterIP of Service kube-system/kube-dns, and so to itself',
    ]);
    assert.match(to('10.244.1.2:53')[0] ?? '', /an endpoint of Service kube-system\/kube-dns/);
    for (const loopback of ['127.0.0.53', 'dns://127.0.0.1:53', '[::1]:53', '::1', 'localhost']) {
      assert.equal(to(loopback).length, 1, loopback);
    }
    assert.deepEqual(to('8.8.8.8 tls://9.9.9.9'), []);
  });

  it('are a missing kubernetes block, fallthrough without zones, and what cannot be read', () => {
    assert.deepEqual(told(kubeadm.replace('kubernetes cluster.local', 'kubernetes example.org')), [
      'NoKubernetesBlock (ConfigMap kube-system/coredns) no kubernetes block serves the domain cluster.local',
    ]);
    assert.deepEqual(told(kubeadm.replace('fallthrough in-addr.arpa ip6.arpa', 'fallthrough')), [
      'FallthroughWithoutZones (ConfigMap kube-system/coredns line 9) line 9, "fallthrough": names of the cluster that do not exist go on to other servers',
    ]);
    assert.deepEqual(told(kubeadm.replace(/\}\n$/, '')), [
      'CorefileUnreadable (ConfigMap kube-system/coredns line 19) line 19, "loadbalance": a block is not closed',
    ]);
    assert.deepEqual(told(`${kubeadm}}\n`), [
      'CorefileUnreadable (ConfigMap kube-system/coredns line 21) line 21, "}": a brace stands where none can',
    ]);
  });
});
