/** Decisions of the sandbox's nodes that need no machine. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Fault, inject } from '../sandbox/faults/fault.ts';
import { masquerade } from '../sandbox/faults/network.ts';
import type { Pod } from '../sandbox/kinds.ts';
import { privileges } from '../sandbox/node/container.ts';
import { expand } from '../sandbox/node/environment.ts';
import { resolvConf } from '../sandbox/node/resolver.ts';

describe('expansion of $(NAME)', () => {
  // The cases of Kubernetes' own third_party/forked/golang/expansion.
  const cases: [string, string][] = [
    ['$(A)', 'a'],
    ['$(A)-$(B)', 'a-b'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$a'],
    ['$(UNKNOWN)', '$(UNKNOWN)'],
    ['$A', '$A'],
    ['$(A', '$(A'],
    ['$(EMPTY)', ''],
    ['costs 5$', 'costs 5$'],
  ];
  for (const [text, expected] of cases) {
    it(`makes ${expected} of ${text}`, () =>
      assert.equal(expand(text, { A: 'a', B: 'b', EMPTY: '' }), expected));
  }

  it('leaves text without a dollar sign alone, and never expands twice', () => {
    fc.assert(fc.property(fc.string(), (text) => text.includes('$') || expand(text, { A: 'a' }) === text));
    fc.assert(fc.property(fc.string(), (value) => expand('$(A)', { A: value, B: 'b' }) === value));
  });
});

describe('resolv.conf of a Pod', () => {
  const settings = {
    clusterDNS: ['10.96.0.10'],
    clusterDomain: 'cluster.local',
    nodeResolvConf: 'search corp.example\nnameserver 192.0.2.1\n',
  };
  const pod = (spec: Partial<Pod['spec']>): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', namespace: 'shop' },
    spec: { containers: [], ...spec },
  });

  it('asks cluster DNS, and searches the cluster before the node', () => {
    assert.equal(
      resolvConf(pod({}), settings),
      'search shop.svc.cluster.local svc.cluster.local cluster.local corp.example\nnameserver 10.96.0.10\noptions ndots:5\n',
    );
  });

  it('is the node’s on the host network, unless the Pod wants the cluster’s', () => {
    const node = 'search corp.example\nnameserver 192.0.2.1\n';
    assert.equal(resolvConf(pod({ hostNetwork: true }), settings), node);
    assert.equal(resolvConf(pod({ dnsPolicy: 'Default' }), settings), node);
    const both = resolvConf(pod({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }), settings);
    assert.match(both, /^nameserver 10\.96\.0\.10$/m);
  });

  it('is what dnsConfig says, alone or on top', () => {
    const dnsConfig = {
      nameservers: ['192.0.2.9'],
      searches: ['x.example'],
      options: [{ name: 'ndots', value: '2' }],
    };
    assert.equal(
      resolvConf(pod({ dnsPolicy: 'None', dnsConfig }), settings),
      'search x.example\nnameserver 192.0.2.9\noptions ndots:2\n',
    );
    assert.match(resolvConf(pod({ dnsConfig }), settings), /\nnameserver 192\.0\.2\.9\noptions ndots:2\n$/);
  });
});

describe('privileges of a container', () => {
  it('are no more than its capabilities', () => {
    const identity = {
      uid: 0,
      gid: 0,
      groups: [0],
      capabilities: ['NET_ADMIN', 'NET_RAW'],
      noNewPrivileges: true,
    };
    assert.deepEqual(privileges(identity).slice(-3), [
      '--bounding-set',
      '-all,+net_admin,+net_raw',
      '--no-new-privs',
    ]);
  });
});

describe('a fault', () => {
  const target = { name: 'n1', addresses: ['10.199.0.11'], podCIDRs: ['10.200.1.0/24', 'fd00:200:1::/64'] };
  const answer = (code: number) => ({ code, stdout: '', stderr: code === 0 ? '' : 'no' });

  it('is undone by deleting its own table, which is all that it makes', () => {
    const { apply, undo } = masquerade(target, { protocols: ['udp'] });
    assert.deepEqual(undo, [
      { place: { node: 'n1' }, argv: ['nft', 'delete', 'table', 'inet', 'netaudit-fault-masquerade-udp'] },
    ]);
    assert.equal(
      apply[0]?.input,
      [
        'table inet netaudit-fault-masquerade-udp {',
        '  chain postrouting {',
        '    type nat hook postrouting priority srcnat;',
        '    ip saddr 10.200.1.0/24 ip daddr != { 10.200.1.0/24, 224.0.0.0/4 } meta l4proto { udp } masquerade',
        '    ip6 saddr fd00:200:1::/64 ip6 daddr != { fd00:200:1::/64, ff00::/8 } meta l4proto { udp } masquerade',
        '  }',
        '}',
        '',
      ].join('\n'),
    );
  });

  it('that fails half-way is taken back', async () => {
    const place = { node: 'n1' };
    const step = (word: string) => ({ place, argv: [word] });
    const fault: Fault = { name: 'x', apply: [step('one'), step('two')], undo: [step('undo')] };
    const ran: string[] = [];
    const execute = async ({ argv }: { argv: string[] }) => {
      ran.push(argv.join());
      return answer(argv[0] === 'two' ? 1 : 0);
    };
    await assert.rejects(inject(fault, execute), /Fault x: two ended with code 1: no/);
    assert.deepEqual(ran, ['one', 'two', 'undo']);
  });

  it('is mended once, however often it is asked', async () => {
    const ran: string[] = [];
    const mend = await inject(masquerade(target), async ({ argv }) => {
      ran.push(argv[1] ?? '');
      return answer(0);
    });
    await mend();
    await mend();
    assert.deepEqual(ran, ['-f', 'delete']);
  });
});
