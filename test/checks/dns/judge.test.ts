import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  answer,
  type Fault,
  garbage,
  judged,
  type Model,
  reasonsOf,
  refusing,
  replicaSubject,
  seen,
  servfail,
  silent,
  told,
} from './clusters.ts';

const sizes = [1, 2, 5].flatMap((nodes) => [1, 2, 3, 4].map((replicas) => ({ nodes, replicas })));
const chances = [(question: number) => question, () => 0, () => 1, (question: number) => question >> 1];

/** each judges a fault on clusters of all sizes, whichever replica the Service leads to. */
function each(fault: Fault, check: (model: Model, title: string) => void, least = { nodes: 1, replicas: 1 }) {
  for (const { nodes, replicas } of sizes) {
    if (nodes < least.nodes || replicas < least.replicas) continue;
    for (const [index, chance] of chances.entries()) {
      check({ nodes, replicas, fault, chance }, `${nodes} nodes, ${replicas} replicas, chance ${index}`);
    }
  }
}

const down = (replica: number) =>
  `EndpointDown (${replicaSubject(replica)}) blames Pod kube-system/coredns-${replica + 1} everywhere`;

describe('A sound cluster', () => {
  it('passes, whatever its size', () => {
    each({}, (model, title) => assert.deepEqual(told(judged(model)), [], title));
  });

  it('says of each question what it was about, along which path, and how long the server takes', () => {
    const [first] = judged({ nodes: 1, replicas: 1 });
    assert.deepEqual(first, {
      check: 'dns',
      type: 'DNS',
      outcome: 'Passed',
      reason: 'AsExpected',
      message: '',
      node: 'n1',
      subject: 'n1 → resolv.conf',
      lookup: { path: 'ResolvConf', latencyMicroseconds: 500 },
    });
  });
});

describe('One replica', () => {
  for (const [name, outcome] of [
    ['silent', silent],
    ['refusing connections', refusing],
  ] as const) {
    it(`is told as down when it is ${name}, and nothing else is told`, () => {
      each({ replica: (_, replica) => (replica === 0 ? outcome : undefined) }, (model, title) =>
        assert.deepEqual(told(judged(model)), [down(0)], title),
      );
    });
  }

  for (const [name, outcome] of [
    ['SERVFAIL', servfail],
    ['REFUSED', seen('Refused')],
    ['garbage', garbage],
  ] as const) {
    it(`is told as down when it says ${name} to everything while others answer`, () => {
      each(
        { replica: (_, replica) => (replica === 0 ? outcome : undefined) },
        (model, title) => assert.deepEqual(told(judged(model)), [down(0)], title),
        { nodes: 1, replicas: 2 },
      );
    });
  }

  it('is blamed for its lies, and for what it says through the Service', () => {
    each(
      {
        replica: ({ lookup }, replica) =>
          replica === 1 && lookup[1] === 'A' ? answer('10.66.6.6') : undefined,
      },
      (model, title) =>
        assert.deepEqual(
          told(judged(model)),
          [`WrongAnswer (${replicaSubject(1)}) blames Pod kube-system/coredns-2 everywhere`],
          title,
        ),
      { nodes: 1, replicas: 2 },
    );
  });

  it('is blamed for not knowing a name that the others know', () => {
    const fault: Fault = {
      replica: ({ lookup }, replica) =>
        replica === 0 && lookup[0].startsWith('netaudit-names.') ? seen('NXDomain') : undefined,
    };
    assert.deepEqual(told(judged({ nodes: 2, replicas: 2, fault })), [
      `NameNotFound (${replicaSubject(0)}) blames Pod kube-system/coredns-1 everywhere`,
    ]);
  });

  it('is blamed for what comes of a name that it denies under the right suffix', () => {
    const full = 'kubernetes.default.svc.cluster.local.';
    const fault: Fault = {
      replica: ({ lookup }, replica) => {
        if (replica !== 1) return undefined;
        return lookup[0] === full
          ? seen('NXDomain')
          : lookup[0] === 'kubernetes.default'
            ? servfail
            : undefined;
      },
    };
    each(
      fault,
      (model, title) =>
        assert.deepEqual(
          told(judged(model)),
          [`NameNotFound (${replicaSubject(1)}) blames Pod kube-system/coredns-2 everywhere`],
          title,
        ),
      { nodes: 1, replicas: 2 },
    );
  });

  it('is unreachable, not down, when one node alone cannot reach it', () => {
    const fault: Fault = {
      replica: ({ node }, replica) => (node === 'n1' && replica === 1 ? silent : undefined),
    };
    for (const { nodes, replicas } of [
      { nodes: 2, replicas: 2 },
      { nodes: 5, replicas: 3 },
    ]) {
      const verdicts = judged({ nodes, replicas, fault });
      assert.deepEqual(reasonsOf(verdicts), ['EndpointUnreachable']);
      assert.deepEqual(
        [...new Set(verdicts.filter(({ outcome }) => outcome === 'Failed').map(({ node }) => node))],
        ['n1'],
      );
    }
  });

  it('is slow, not down, when its answers come five seconds late', () => {
    const fault: Fault = {
      replica: (_, replica) => (replica === 0 ? silent : undefined),
      latency: (_, __, replica) => (replica === 0 ? { lateMilliseconds: 5003 } : undefined),
    };
    assert.deepEqual(told(judged({ nodes: 2, replicas: 2, fault })), [
      `SlowLookups (${replicaSubject(0)}) blames Pod kube-system/coredns-1 everywhere`,
    ]);
  });
});

describe('All replicas', () => {
  it('are told each as down when all are silent', () => {
    each({ replica: () => silent }, (model, title) => {
      const verdicts = judged(model);
      const expected = Array.from({ length: model.replicas }, (_, replica) => down(replica));
      assert.deepEqual(told(verdicts), expected, title);
    });
  });

  it('that fail in one zone fail at its names only', () => {
    const zone = ({ lookup }: { lookup: readonly [string, string] }) =>
      lookup[0].startsWith('netaudit-names.') ? servfail : undefined;
    each({ replica: zone }, (model, title) =>
      assert.deepEqual(
        told(judged(model)),
        ['ServerFailure (netaudit-names.netaudit.svc.cluster.local. A) everywhere'],
        title,
      ),
    );
  });

  it('that deny a name fail at that name, whatever comes of it through the search list', () => {
    const fault: Fault = {
      replica: ({ lookup }) =>
        lookup[0] === 'kubernetes.default.svc.cluster.local.'
          ? seen('NXDomain')
          : lookup[0] === 'kubernetes.default'
            ? servfail
            : undefined,
    };
    each(fault, (model, title) =>
      assert.deepEqual(
        told(judged(model)),
        ['NameNotFound (kubernetes.default.svc.cluster.local. A) everywhere'],
        title,
      ),
    );
  });

  it('that refuse everything refuse, and are not down', () => {
    each({ replica: () => seen('Refused') }, (model, title) =>
      assert.deepEqual(reasonsOf(judged(model)), ['Refused'], title),
    );
  });

  it('that are late are slow', () => {
    each({ replica: () => silent, latency: () => ({ lateMilliseconds: 5001 }) }, (model, title) =>
      assert.deepEqual(reasonsOf(judged(model)), ['SlowLookups'], title),
    );
  });
});

describe('A protocol', () => {
  for (const transport of ['UDP', 'TCP'] as const) {
    it(`that no node gets an answer over is told once, for all: ${transport}`, () => {
      const fault: Fault = { replica: (at) => (at.transport === transport ? silent : undefined) };
      for (const { nodes, replicas } of sizes) {
        const expected =
          nodes === 1
            ? [`${transport}OnlyBroken`]
            : [`${transport}OnlyBroken (DNS over ${transport}) everywhere`];
        const verdicts = judged({ nodes, replicas, fault });
        assert.deepEqual(nodes === 1 ? reasonsOf(verdicts) : told(verdicts), expected);
      }
    });
  }
});

describe('One node', () => {
  const onN1 = (transport: string) => ({
    replica: (at: { node: string; transport: string }) =>
      at.node === 'n1' && at.transport === transport ? silent : undefined,
  });

  it('that loses UDP to port 53 is told as that, along all paths', () => {
    each(onN1('UDP'), (model, title) => {
      const verdicts = judged(model).filter(({ outcome }) => outcome === 'Failed');
      assert.deepEqual(reasonsOf(verdicts), ['UDPOnlyBroken'], title);
      assert.deepEqual([...new Set(verdicts.map(({ node }) => node))], ['n1'], title);
      assert.deepEqual(
        [...new Set(verdicts.map(({ lookup }) => lookup?.path))],
        ['ResolvConf', 'Service', 'Endpoints'],
        title,
      );
    });
  });

  it('that loses TCP to port 53 is told as that, and its resolv.conf passes', () => {
    each(onN1('TCP'), (model, title) => {
      const verdicts = judged(model).filter(({ outcome }) => outcome === 'Failed');
      assert.deepEqual(reasonsOf(verdicts), ['TCPOnlyBroken'], title);
      assert.deepEqual(
        [...new Set(verdicts.map(({ lookup }) => lookup?.path))],
        ['Service', 'Endpoints'],
        title,
      );
    });
  });

  it('whose ClusterIP is silent has a broken Service path, and its resolv.conf fails for the same', () => {
    for (const outcome of [silent, refusing]) {
      each({ service: ({ node }) => (node === 'n1' ? outcome : undefined) }, (model, title) =>
        assert.deepEqual(
          told(judged(model)),
          [
            'ServicePathBroken (n1 → Service kube-system/kube-dns (10.96.0.10) TCP) blames Node n1',
            'ServicePathBroken (n1 → Service kube-system/kube-dns (10.96.0.10) UDP) blames Node n1',
            'ServicePathBroken (n1 → resolv.conf) blames Node n1',
          ],
          title,
        ),
      );
    }
  });

  it('whose ClusterIP is silent over UDP only has a broken Service path as well', () => {
    const fault: Fault = {
      service: ({ node, transport }) => (node === 'n1' && transport === 'UDP' ? silent : undefined),
    };
    assert.deepEqual(reasonsOf(judged({ nodes: 2, replicas: 2, fault })), ['ServicePathBroken']);
  });

  it('that reaches no replica on other nodes is blamed itself', () => {
    const fault: Fault = {
      replica: ({ node }, replica) => (node === 'n5' && replica % 5 !== 4 ? silent : undefined),
    };
    assert.deepEqual(
      told(judged({ nodes: 5, replicas: 3, fault })).map((line) => line.replace(/ \(.*\)/, '')),
      Array.from({ length: 9 }, () => 'EndpointUnreachable blames Node n5'),
    );
  });

  it('with servers in resolv.conf that are silent has a wrong resolv.conf', () => {
    const fault: Fault = {
      conf: (node) => (node === 'n1' ? { nameservers: ['10.96.0.99'] } : undefined),
      resolver: ({ node }) => (node === 'n1' ? silent : undefined),
    };
    each(fault, (model, title) =>
      assert.deepEqual(told(judged(model)), ['ResolvConfWrong (n1 → resolv.conf) blames Node n1'], title),
    );
  });

  it('with another search list or ndots has a wrong resolv.conf, even where names are found', () => {
    for (const [conf, message] of [
      [
        { search: ['example.com'] },
        'kubernetes.default A through resolv.conf: right; search must begin with netaudit.svc.cluster.local svc.cluster.local cluster.local, and is example.com',
      ],
      [{ ndots: 1 }, 'kubernetes.default A through resolv.conf: right; ndots must be 5, and is 1'],
    ] as const) {
      const fault: Fault = { conf: (node) => (node === 'n1' ? conf : undefined) };
      const failed = judged({ nodes: 2, replicas: 2, fault }).filter(({ outcome }) => outcome === 'Failed');
      assert.deepEqual(
        failed.map(({ reason, message: text }) => [reason, text]),
        [['ResolvConfWrong', message]],
      );
    }
  });

  it('with another resolver that is right passes with a warning', () => {
    const fault: Fault = { conf: (node) => (node === 'n1' ? { nameservers: ['192.0.2.53'] } : undefined) };
    const verdicts = judged({ nodes: 5, replicas: 2, fault });
    assert.deepEqual(told(verdicts), []);
    assert.deepEqual(
      verdicts.flatMap(({ warning }) => warning ?? []),
      [
        {
          reason: 'ResolverDiffers',
          message: 'resolv.conf names 192.0.2.53, where that of most nodes names 10.96.0.10',
          subject: 'n1 → resolv.conf',
        },
      ],
    );
  });

  it('that loses one of two answers is slow', () => {
    const fault: Fault = {
      latency: (node, path) => (node === 'n1' && path === 'Service' ? { halves: 3 } : undefined),
    };
    assert.deepEqual(told(judged({ nodes: 2, replicas: 2, fault })), [
      'SlowLookups (n1 → Service kube-system/kube-dns (10.96.0.10) UDP) blames Node n1',
    ]);
  });

  it('that loses one of two answers while a replica is down is not told as slow, too', () => {
    const fault: Fault = {
      replica: (_, replica) => (replica === 0 ? silent : undefined),
      latency: (node, path) => (node === 'n1' && path === 'Service' ? { halves: 5 } : undefined),
    };
    assert.deepEqual(told(judged({ nodes: 2, replicas: 2, fault, chance: () => 1 })), [down(0)]);
  });

  it('that takes longer than the audit admits is slow, and is not judged without a bound', () => {
    const fault: Fault = {
      latency: (node) => (node === 'n1' ? { p50: 80_000, p90: 90_000, max: 90_000 } : undefined),
    };
    assert.deepEqual(reasonsOf(judged({ nodes: 2, replicas: 2, fault })), []);
    const verdicts = judged({ nodes: 2, replicas: 2, fault, options: { maxLatencyMilliseconds: 50 } });
    assert.deepEqual(reasonsOf(verdicts), ['SlowLookups']);
    assert.ok(
      verdicts.filter(({ outcome }) => outcome === 'Failed').every(({ blames }) => blames?.name === 'n1'),
    );
  });
});

describe('The DNS Service', () => {
  it('without a ready endpoint is told once, for all nodes and paths', () => {
    assert.deepEqual(told(judged({ nodes: 2, replicas: 0 })), [
      'NoDNSEndpoints (Service kube-system/kube-dns) blames Service kube-system/kube-dns everywhere',
    ]);
  });

  it('that is not there is no fault where the resolver of the Pods is right', () => {
    const fault: Fault = { conf: () => ({ nameservers: ['192.0.2.53'] }) };
    const verdicts = judged({ nodes: 2, replicas: 1, fault, cluster: { dnsServices: [] } });
    assert.deepEqual(told(verdicts), [
      'Skipped ExternalDNS (n1 → Endpoints)',
      'Skipped ExternalDNS (n1 → Service)',
      'Skipped ExternalDNS (n2 → Endpoints)',
      'Skipped ExternalDNS (n2 → Service)',
    ]);
  });

  it('that is not there is missing where nothing answers names of the cluster', () => {
    const fault: Fault = { conf: () => ({ nameservers: ['192.0.2.53'] }), resolver: () => seen('NXDomain') };
    const verdicts = judged({ nodes: 2, replicas: 1, fault, cluster: { dnsServices: [] } });
    assert.deepEqual(reasonsOf(verdicts), ['NoDNSService']);
  });
});
