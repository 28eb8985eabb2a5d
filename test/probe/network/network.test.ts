import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { each, Pods, remarkable } from './pods.ts';

const across = (from: number, to: number) => (protocol: string, family: string) =>
  `n${from} → n${to} ${protocol} ${family}`;
const forth = across(1, 2);
const back = across(2, 1);
const all = (way: typeof forth) => [
  way('TCP', 'IPv4'),
  way('UDP', 'IPv4'),
  way('TCP', 'IPv6'),
  way('UDP', 'IPv6'),
];

/** drop is a rule set that drops what a match on its way through the node describes. */
const drop = (match: string) =>
  `table inet fault { chain forward { type filter hook forward priority 0; ${match} drop; }; }`;

describe('PodToPod between two nodes', () => {
  const pods = new Pods();
  before(() => pods.up());
  afterEach(() => pods.mend());
  after(() => pods.down());

  it('finds nothing in a healthy network, and measures every pair', async () => {
    const verdicts = await pods.judge();
    assert.deepEqual(remarkable(verdicts), {});
    assert.equal(verdicts.length, 16);
    assert.ok(verdicts.every(({ roundTripMicroseconds = 0 }) => roundTripMicroseconds > 0));
  });

  it('names the address that masquerading shows instead', async () => {
    await pods.rules(
      'n1',
      'table ip nat { chain out { type nat hook postrouting priority 100; oif mid masquerade; }; }',
    );
    const verdicts = await pods.judge();
    const found = each('Failed AddressTranslated', forth('TCP', 'IPv4'), forth('UDP', 'IPv4'));
    assert.deepEqual(remarkable(verdicts), found);
    const message = verdicts.find(({ outcome }) => outcome === 'Failed')?.message ?? '';
    assert.match(message, /^n2's Pod 10\.244\.2\.7 saw 10\.0\.0\.1:(\d+) where 10\.244\.1\.5:\1 asked$/);
  });

  it('names address and port when masquerading takes random ports', async () => {
    const random = 'meta l4proto tcp masquerade random,fully-random';
    await pods.rules(
      'n1',
      `table ip nat { chain out { type nat hook postrouting priority 100; oif mid ${random}; }; }`,
    );
    const verdicts = await pods.judge();
    assert.deepEqual(remarkable(verdicts), each('Failed AddressTranslated', forth('TCP', 'IPv4')));
    const message = verdicts.find(({ outcome }) => outcome === 'Failed')?.message ?? '';
    const [, seen, asked] = /saw 10\.0\.0\.1:(\d+) where 10\.244\.1\.5:(\d+) asked$/.exec(message) ?? [];
    assert.notEqual(seen, asked);
  });

  it('tells a translated port from a translated address', async () => {
    const ports = 'ip saddr 10.244.1.5 udp dport 9100 snat to 10.244.1.5:2000-2999';
    await pods.rules(
      'n1',
      `table ip nat { chain out { type nat hook postrouting priority 100; ${ports}; }; }`,
    );
    assert.deepEqual(remarkable(await pods.judge()), each('Failed PortTranslated', forth('UDP', 'IPv4')));
  });

  it('finds masquerading in IPv6, too', async () => {
    await pods.rules(
      'n2',
      'table ip6 nat { chain out { type nat hook postrouting priority 100; oif mid masquerade; }; }',
    );
    const found = each('Failed AddressTranslated', back('TCP', 'IPv6'), back('UDP', 'IPv6'));
    assert.deepEqual(remarkable(await pods.judge()), found);
  });

  it('sees that another Pod got what was sent to an address', async () => {
    await pods.respond('p2');
    const there = 'ip daddr 10.244.2.7 dnat to 10.244.2.5';
    await pods.rules(
      'n1',
      `table ip nat { chain in { type nat hook prerouting priority -100; ${there}; }; }`,
    );
    try {
      const verdicts = await pods.judge();
      const found = each('Failed DestinationTranslated', forth('TCP', 'IPv4'), forth('UDP', 'IPv4'));
      assert.deepEqual(remarkable(verdicts), found);
      const message =
        "10.244.2.7 was asked and n2's Pod netaudit-responder-p2 got the question at 10.244.2.5";
      assert.equal(verdicts.find(({ reason }) => reason === 'DestinationTranslated')?.message, message);
    } finally {
      await pods.silence('p2');
    }
  });

  it('tells a lost question from a lost answer', async () => {
    await pods.rules('n1', drop('iif cni0 oif mid'));
    assert.deepEqual(remarkable(await pods.judge()), {
      ...each('Failed Unreachable', ...all(forth)),
      ...each('Failed OneWay', ...all(back)),
    });
  });

  it('finds the direction in which new connections are dropped', async () => {
    await pods.rules('n1', drop('iif cni0 oif mid ct state new'));
    const verdicts = await pods.judge();
    assert.deepEqual(remarkable(verdicts), each('Failed Unreachable', ...all(forth)));
    assert.match(
      verdicts.find(({ outcome }) => outcome === 'Failed')?.message ?? '',
      /; none of them arrived$/,
    );
  });

  it('tells the protocol that is dropped', async () => {
    await pods.rules('n1', drop('meta nfproto ipv4 udp dport 9100'));
    await pods.rules('n2', drop('meta nfproto ipv6 tcp dport 9100'));
    const udp = [forth('UDP', 'IPv4'), back('UDP', 'IPv4')];
    const tcp = [forth('TCP', 'IPv6'), back('TCP', 'IPv6')];
    assert.deepEqual(remarkable(await pods.judge()), each('Failed Unreachable', ...udp, ...tcp));
  });

  it('finds a path that swallows full packets without a word', async () => {
    await pods.rules('n1', drop('meta length > 1300'));
    assert.deepEqual(
      remarkable(await pods.judge()),
      each('Failed LargePacketsLost', ...all(forth), ...all(back)),
    );
  });

  it('finds a link with a smaller MTU only where ICMP does not tell of it', async () => {
    for (const node of ['n1', 'n2']) await pods.within(node, ['ip', 'link', 'set', 'mid', 'mtu', '1400']);
    try {
      assert.deepEqual(remarkable(await pods.judge()), {});
      const mute = 'icmp type destination-unreachable drop; icmpv6 type packet-too-big drop;';
      const table = `table inet mute { chain out { type filter hook output priority 0; ${mute} }; }`;
      for (const node of ['n1', 'n2']) await pods.rules(node, table);
      // Not before: what the first look left unacknowledged is sent again, and would learn the MTU anew.
      await pods.forgetPaths();
      assert.deepEqual(remarkable(await pods.judge()), {
        ...each('Failed LargePacketsLost', ...all(forth), ...all(back)),
      });
    } finally {
      for (const node of ['n1', 'n2']) await pods.within(node, ['ip', 'link', 'set', 'mid', 'mtu', '1500']);
    }
  });

  it('warns of fragments that are lost, and fails nothing', async () => {
    const fragments =
      'table ip fault { chain in { type filter hook prerouting priority -450; ip frag-off & 0x3fff != 0 drop; }; }';
    await pods.rules('n1', fragments);
    const found = each('Warning FragmentsLost', forth('UDP', 'IPv4'), back('UDP', 'IPv4'));
    assert.deepEqual(remarkable(await pods.judge()), found);
  });

  it('finds that half of all datagrams are lost', async () => {
    await pods.rules('n1', drop('oif mid meta l4proto udp numgen random mod 100 < 50'));
    const udp = [forth('UDP', 'IPv4'), back('UDP', 'IPv4'), forth('UDP', 'IPv6'), back('UDP', 'IPv6')];
    assert.deepEqual(remarkable(await pods.judge()), each('Failed DatagramsLost', ...udp));
  });

  it('makes nothing of one packet lost in a hundred', async () => {
    for (const node of ['n1', 'n2']) await pods.rules(node, drop('oif mid numgen random mod 100 < 1'));
    for (let run = 0; run < 5; run += 1) assert.deepEqual(remarkable(await pods.judge()), {});
  });

  it('finds that Pods on one node do not reach each other', async () => {
    await pods.rules(
      'n1',
      'table bridge fault { chain forward { type filter hook forward priority 0; drop; }; }',
    );
    const own = all(across(1, 1)).map((subject) => `${subject} (same node)`);
    assert.deepEqual(remarkable(await pods.judge()), each('Failed Unreachable', ...own));
  });

  it('finds a route that is missing on a node', async () => {
    await pods.within('n1', ['ip', 'route', 'del', '10.244.2.0/24']);
    try {
      assert.deepEqual(remarkable(await pods.judge()), {
        ...each('Failed Unreachable', forth('TCP', 'IPv4'), forth('UDP', 'IPv4')),
        ...each('Failed OneWay', back('TCP', 'IPv4'), back('UDP', 'IPv4')),
      });
    } finally {
      await pods.within('n1', ['ip', 'route', 'add', '10.244.2.0/24', 'via', '10.0.0.2']);
    }
  });

  it('says what the kernel says of a route that is missing in the Pod', async () => {
    await pods.within('p1', ['ip', 'route', 'del', 'default']);
    try {
      const verdicts = await pods.judge();
      assert.deepEqual(
        remarkable(verdicts),
        each('Failed Unreachable', forth('TCP', 'IPv4'), forth('UDP', 'IPv4')),
      );
      const messages = verdicts.filter(({ outcome }) => outcome === 'Failed').map(({ message }) => message);
      const message = '10.244.2.7 on n2 gave no answer in 3 attempts, network unreachable';
      assert.deepEqual(messages, [message, message]);
    } finally {
      await pods.within('p1', ['ip', 'route', 'add', 'default', 'via', '10.244.1.1']);
    }
  });

  it('tells a responder that is not there from one that is not ready', async () => {
    await pods.silence('r2');
    try {
      const own = all(across(2, 2)).map((subject) => `${subject} (same node)`);
      const verdicts = await pods.judge();
      assert.deepEqual(remarkable(verdicts), each('Failed Unreachable', ...all(forth), ...own));
      assert.match(
        verdicts.find(({ outcome }) => outcome === 'Failed')?.message ?? '',
        /refused: nothing listens/,
      );
      const targets = new Map([['n2', { kind: 'NotReady', message: 'CrashLoopBackOff' } as const]]);
      const again = await pods.judge({ api: { targets } });
      assert.deepEqual(remarkable(again), each('Unknown NoResponder', ...all(forth), ...own));
    } finally {
      await pods.respond('r2');
    }
  });

  it('sees that another Pod with the same address answers', async () => {
    await pods.silence('r1');
    await pods.within('r1', ['ip', 'addr', 'add', '10.244.2.7/32', 'dev', 'eth0']);
    await pods.within('n1', ['ip', 'route', 'add', '10.244.2.7/32', 'dev', 'cni0']);
    await pods.respond('r1', 'uid-r1', ['10.244.1.7', 'fd00:244:1::7', '10.244.2.7']);
    try {
      const verdicts = await pods.judge();
      const found = each('Failed WrongResponder', forth('TCP', 'IPv4'), forth('UDP', 'IPv4'));
      assert.deepEqual(remarkable(verdicts), found);
      assert.equal(
        verdicts.find(({ outcome }) => outcome === 'Failed')?.message,
        '10.244.2.7 was answered by Pod netaudit-responder-r1 (uid uid-r1) on n1 where Pod netaudit-responder-r2 (uid uid-r2) on n2 should answer',
      );
    } finally {
      await pods.silence('r1');
      await pods.within('n1', ['ip', 'route', 'del', '10.244.2.7/32', 'dev', 'cni0']);
      await pods.within('r1', ['ip', 'addr', 'del', '10.244.2.7/32', 'dev', 'eth0']);
      await pods.respond('r1');
    }
  });

  it('sees that a Pod asks from another address than the API gives it', async () => {
    await pods.within('p1', ['ip', 'addr', 'add', '10.244.1.99/24', 'dev', 'eth0']);
    await pods.within('p1', ['ip', 'route', 'replace', 'default', 'via', '10.244.1.1', 'src', '10.244.1.99']);
    try {
      const verdicts = await pods.judge();
      const found = each('Failed AddressMismatch', forth('TCP', 'IPv4'), forth('UDP', 'IPv4'));
      assert.deepEqual(remarkable(verdicts), found);
    } finally {
      await pods.within('p1', ['ip', 'route', 'replace', 'default', 'via', '10.244.1.1']);
      await pods.within('p1', ['ip', 'addr', 'del', '10.244.1.99/24', 'dev', 'eth0']);
    }
  });
});
