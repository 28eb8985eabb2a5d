import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServiceView } from '../../../src/checks/cluster-view.ts';
import { judge } from '../../../src/checks/dns/judge.ts';
import {
  answer,
  answered,
  evidenceOf,
  type Fault,
  inputOf,
  judged,
  latency,
  makeCluster,
  recently,
  replicaAddress,
  seen,
  servfail,
  silent,
  told,
} from './clusters.ts';

const firstDead: Fault = { replica: (_, replica) => (replica === 0 ? silent : undefined) };

/** withDNS has the DNS Service otherwise than the model. */
function withDNS(change: (service: ServiceView) => Partial<ServiceView>) {
  const cluster = makeCluster(2, 2);
  const dns = cluster.services.get('kube-system/kube-dns');
  if (dns === undefined) throw new Error('no DNS Service');
  return { services: new Map([...cluster.services, ['kube-system/kube-dns', { ...dns, ...change(dns) }]]) };
}

describe('A replica that fails while the cluster changes', () => {
  const changed = ({ endpointTimes }: ServiceView) => ({
    endpointTimes: new Map([...endpointTimes, [replicaAddress(0), recently]]),
  });

  it('does not count, neither alone nor through the Service', () => {
    const verdicts = judged({ nodes: 2, replicas: 2, fault: firstDead, cluster: withDNS(changed) });
    assert.deepEqual([...new Set(verdicts.map(({ outcome, reason }) => `${outcome} ${reason}`))].sort(), [
      'Passed AsExpected',
      'Skipped ServerSilent',
      'Skipped Settling',
    ]);
  });

  it('cannot be told when that goes on for a quarter of an hour', () => {
    const restless = (service: ServiceView) => ({
      ...changed(service),
      restlessSince: '2026-11-22T08:00:00Z',
    });
    const verdicts = judged({ nodes: 2, replicas: 2, fault: firstDead, cluster: withDNS(restless) });
    assert.ok(verdicts.some(({ reason }) => reason === 'SettlingTooLong'));
    assert.ok(verdicts.every(({ outcome }) => outcome !== 'Failed'));
  });

  it('does not count from a node that has just become Ready, nor from one that is gone', () => {
    const n1 = new Map([['n1', 'Node n1 became Ready']]);
    const fault: Fault = { service: ({ node }) => (node === 'n1' ? silent : undefined) };
    for (const [api, reason] of [
      [{ settling: n1 }, 'Settling'],
      [{ gone: n1 }, 'NodeGone'],
    ] as const) {
      const verdicts = judged({ nodes: 2, replicas: 2, fault, api });
      const failing = verdicts.filter(
        ({ outcome, reason: told }) => outcome !== 'Passed' && told !== 'ServerSilent',
      );
      assert.deepEqual(
        [...new Set(failing.map(({ outcome, reason: told }) => `${outcome} ${told}`))],
        [`Skipped ${reason}`],
      );
    }
  });
});

describe('A NetworkPolicy of somebody else', () => {
  it('that denies what probes send leaves silence unexplained, and excuses no wrong answer', () => {
    const policies = [{ name: 'netaudit/deny', selects: ['probe'], denies: ['Egress'] }] as const;
    const mute = judged({ nodes: 2, replicas: 1, fault: { replica: () => silent }, api: { policies } });
    assert.ok(mute.some(({ reason }) => reason === 'BlockedByPolicy'));
    assert.ok(mute.every(({ outcome }) => outcome !== 'Failed'));
    const failing = judged({ nodes: 2, replicas: 1, fault: { replica: () => servfail }, api: { policies } });
    assert.ok(failing.some(({ outcome, reason }) => outcome === 'Failed' && reason === 'ServerFailure'));
  });
});

describe('The resolv.conf of a Pod', () => {
  const other: Fault = { conf: () => ({ nameservers: ['192.0.2.53'], search: ['example.com'], ndots: 1 }) };

  it('is not held against the cluster where somebody configured it, or the policy is another', () => {
    for (const dns of [
      { policy: 'ClusterFirst', configured: true },
      { policy: 'Default', configured: false },
    ]) {
      const probeDNS = new Map(['n1', 'n2'].map((node) => [node, dns]));
      assert.deepEqual(told(judged({ nodes: 2, replicas: 2, fault: other, api: { probeDNS } })), []);
    }
  });

  it('may name a cache on the node, which is judged for its answers', () => {
    const conf = () => ({ nameservers: ['169.254.20.10'] });
    assert.deepEqual(told(judged({ nodes: 2, replicas: 2, fault: { conf } })), []);
    const fault: Fault = { conf, resolver: ({ node }) => (node === 'n1' ? silent : undefined) };
    const failed = judged({ nodes: 2, replicas: 2, fault }).filter(({ outcome }) => outcome === 'Failed');
    assert.deepEqual(
      [...new Set(failed.map(({ reason, subject }) => `${reason} ${subject}`))],
      ['TimedOut n1 → resolv.conf'],
    );
    assert.match(failed[0]?.message ?? '', /no answer in time; 169\.254\.20\.10 is a cache on the node$/);
  });

  it('that leads to a silent server before one that answers makes lookups slow', () => {
    const late = { ...answer('10.96.0.1'), silent: ['10.96.0.10'] };
    const fault: Fault = {
      conf: () => ({ nameservers: ['10.96.0.10', '192.0.2.53'] }),
      resolver: ({ node, lookup }) =>
        node === 'n1' && lookup[0].startsWith('kubernetes') ? late : undefined,
    };
    assert.deepEqual(told(judged({ nodes: 2, replicas: 2, fault })), ['SlowLookups (n1 → resolv.conf)']);
  });

  it('of all Pods may lead to another resolver, and then a Service that is not used is not judged', () => {
    const fault: Fault = {
      conf: () => ({ nameservers: ['192.0.2.53'] }),
      replica: () => silent,
      service: () => silent,
      resolver: ({ lookup }) =>
        lookup[1] === 'PTR' ? answer('kubernetes.default.svc.cluster.local.') : undefined,
    };
    const options = { lookups: [{ name: '10.96.0.1', type: 'PTR' }] } as const;
    const reasons = judged({ nodes: 2, replicas: 1, fault, options }).map(
      ({ outcome, reason }) => `${outcome} ${reason}`,
    );
    assert.deepEqual([...new Set(reasons)].sort(), ['Passed AsExpected', 'Skipped ExternalDNS']);
  });
});

describe('A node with a cache', () => {
  it('is told of where the Service path fails, since that tests the cache', () => {
    const fault: Fault = { service: ({ node }) => (node === 'n1' ? silent : undefined) };
    const cluster = { cachingNodes: new Set(['n1']) };
    const failed = judged({ nodes: 2, replicas: 2, fault, cluster }).filter(
      ({ outcome, lookup }) => outcome === 'Failed' && lookup?.path === 'Service',
    );
    assert.equal(
      failed[0]?.message,
      'kubernetes.default.svc.cluster.local. A over UDP from Service kube-system/kube-dns (10.96.0.10): no answer in time; the endpoints answer this node, and the ClusterIP does not; NodeLocal DNSCache on this node takes what is sent to the ClusterIP: this tests the cache',
    );
  });
});

describe('What was not asked', () => {
  it('is told as what it is, and is never passed', () => {
    const input = inputOf({ nodes: 1, replicas: 1 });
    const evidence = evidenceOf({ nodes: 1, replicas: 1 }, input.plan, input.check, 'n1');
    const with3 = {
      ...evidence,
      results: evidence.results.map((each, index) => (index < 3 ? -1 - index : each)),
    };
    for (const [complete, reasons] of [
      [true, ['NotAsked', 'ServerSilent', 'NoReport']],
      [false, ['NoReport', 'ServerSilent', 'NoReport']],
    ] as const) {
      const verdicts = judge({ ...input, reports: new Map([['n1', answered(with3, complete)]]) });
      assert.deepEqual(
        verdicts.slice(0, 3).map(({ reason }) => reason),
        reasons,
      );
    }
  });

  it('is unknown where nslookup could not run, and no fault of the network', () => {
    const fault: Fault = { replica: () => seen('Broken', 'spawn nslookup ENOENT') };
    assert.deepEqual(
      [
        ...new Set(
          judged({ nodes: 1, replicas: 1, fault }).map(({ outcome, reason }) => `${outcome} ${reason}`),
        ),
      ],
      ['Unknown EvidenceBroken'],
    );
  });
});

describe('The evidence of a failure', () => {
  it('is the command that anyone can run again, and what it printed', () => {
    const endpoint = judged({ nodes: 1, replicas: 2, fault: firstDead }).filter(
      ({ outcome, lookup }) => outcome === 'Failed' && lookup?.path === 'Endpoints',
    );
    assert.deepEqual(
      endpoint.map(({ evidence }) => evidence),
      ['', '-vc '].flatMap((tcp) =>
        ['-type=A', '-type=PTR'].map((type) => ({
          command: `kubectl exec -n netaudit responder-n1 -- nslookup ${type} -timeout=2 -retry=2 ${tcp}${type === '-type=A' ? 'kubernetes.default.svc.cluster.local.' : '10.96.0.1'} 10.244.1.2`,
          output: [';; communications error to x#53: timed out', ';; no servers could be reached'],
        })),
      ),
    );
    assert.equal(
      endpoint[0]?.message,
      'kubernetes.default.svc.cluster.local. A over UDP from Pod kube-system/coredns-1 (10.244.1.2): no answer in time; Pod kube-system/coredns-1 (10.244.1.2) answers nothing to the one node that asked it; 1 of 2 replicas answer',
    );
  });
});

describe('The configuration of the DNS server', () => {
  it('is warned of once, whatever the verdicts are, and of no node', () => {
    const corefile = { configMap: 'kube-system/coredns', text: '.:53 {\n forward . 10.96.0.10\n' };
    const verdicts = judged({ nodes: 2, replicas: 2, cluster: { corefile } });
    assert.deepEqual(
      verdicts
        .flatMap(({ warning }) => (warning === undefined ? [] : [`${warning.reason} ${warning.node}`]))
        .sort(),
      ['CorefileUnreadable ', 'ForwardsToItself '],
    );
    assert.ok(verdicts.every(({ outcome }) => outcome === 'Passed'));
  });
});

describe('The time of answers', () => {
  it('is that of the server, over UDP, and absent where none was taken', () => {
    const verdicts = judged({
      nodes: 1,
      replicas: 1,
      fault: { latency: (_, path) => (path === 'Service' ? null : latency) },
    });
    assert.deepEqual(
      [...new Set(verdicts.map(({ lookup, subject }) => `${subject}: ${lookup?.latencyMicroseconds}`))],
      [
        'n1 → resolv.conf: 500',
        'n1 → Service kube-system/kube-dns (10.96.0.10) UDP: undefined',
        'n1 → Service kube-system/kube-dns (10.96.0.10) TCP: undefined',
        'n1 → Pod kube-system/coredns-1 (10.244.1.2) UDP: 500',
        'n1 → Pod kube-system/coredns-1 (10.244.1.2) TCP: undefined',
      ],
    );
  });
});
