import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { destinationText, entryText } from '../../../src/checks/service-rules/entry.ts';
import { ExpectedTables } from '../../../src/checks/service-rules/expected/expected.ts';
import { readIptablesSave } from '../../../src/checks/service-rules/iptables/save.ts';
import { tableOf } from '../../../src/checks/service-rules/table/table.ts';
import { combine } from '../../../src/checks/service-rules/trace/combine.ts';
import { capturedConfig, capturedFacts, capturedServices } from './captured-cluster.ts';
import { capturedInput, healthyCaptures } from './captured-rules.ts';
import { config, inputOf, node, rowsOf, rulesetOf, save, type Tables, textsOf } from './traced.ts';

/** A dispatch with a Service, a NodePort and their endpoint. */
const shop: Tables = {
  nat: `
    PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
    OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
    POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
    KUBE-SERVICES -d 10.96.0.5/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-WEB
    KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
    KUBE-NODEPORTS -d 127.0.0.0/8 -p tcp -m tcp --dport 30080 -j KUBE-EXT-WEB
    KUBE-NODEPORTS -p tcp -m tcp --dport 30080 -j KUBE-EXT-WEB
    KUBE-EXT-WEB -j KUBE-MARK-MASQ
    KUBE-EXT-WEB -j KUBE-SVC-WEB
    KUBE-SVC-WEB ! -s 10.244.0.0/16 -d 10.96.0.5/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ
    KUBE-SVC-WEB -j KUBE-SEP-A
    KUBE-SEP-A -s 10.244.1.5/32 -j KUBE-MARK-MASQ
    KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 10.244.1.5:8080
    KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
    KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
    KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
    KUBE-POSTROUTING -j MASQUERADE --random-fully`,
};
const notPodsButItself = '0,af40000,af40105,af40106,af50000,100000000';
const serviceRow = `Address 10.96.0.5 tcp 80|in;Endpoint 10.244.1.5:8080 * ${notPodsButItself}|node;Endpoint 10.244.1.5:8080 * *`;
const nodePortOutcomes = 'in;Endpoint 10.244.1.5:8080 * *|node;Endpoint 10.244.1.5:8080 * *';

function with_(changes: (nat: string) => string, filter = ''): Tables {
  return { nat: changes(shop.nat ?? ''), filter };
}

describe('the table of a node', () => {
  test('has a row for each destination, at each of the node’s kinds of addresses', () => {
    assert.deepEqual(rowsOf(shop), [
      serviceRow,
      `NodePort  tcp 30080|${nodePortOutcomes}`,
      `NodePortElsewhere  tcp 30080|${nodePortOutcomes}`,
      'NodePortLoopback  tcp 30080|in|node;Endpoint 10.244.1.5:8080 * *',
    ]);
  });

  test('has no row for a destination of which nothing comes', () => {
    assert.deepEqual(
      rowsOf(
        with_((nat) =>
          nat.replaceAll(
            '10.96.0.5/32 -p tcp -m tcp --dport 80 -j KUBE-SVC',
            '10.96.0.5/32 -p tcp -m tcp --dport 80 -j KUBE-NONE',
          ),
        ),
      ).slice(0, 1),
      [`NodePort  tcp 30080|${nodePortOutcomes}`],
    );
  });

  test('tells protocols of one port apart that are sent to the same chain', () => {
    const tcp = 'KUBE-SERVICES -d 10.96.0.5/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-WEB';
    const both = with_((nat) => nat.replace(tcp, `${tcp.replaceAll('tcp', 'udp')}\n${tcp}`));
    assert.deepEqual(rowsOf(both), rowsOf(shop));
  });

  test('has none elsewhere on a node with one address, and none at all without its address', () => {
    const kinds = (rows: readonly string[]): readonly string[] => rows.map((row) => row.split(' ')[0] ?? '');
    assert.deepEqual(kinds(rowsOf(shop, { host: [node, 'fe80::1', '169.254.1.1'] })), [
      'Address',
      'NodePort',
      'NodePortLoopback',
    ]);
  });

  test('tells less without kube-proxy’s configuration: one source, no masquerading, only the first address', () => {
    const { config: _, ...input } = inputOf(shop);
    assert.deepEqual(textsOf(tableOf(input)), [
      'Address 10.96.0.5 tcp 80|in;Endpoint 10.244.1.5:8080 * -|node;Endpoint 10.244.1.5:8080 * -',
      'NodePort  tcp 30080|in;Endpoint 10.244.1.5:8080 * -|node;Endpoint 10.244.1.5:8080 * -',
    ]);
  });

  test('tells packets of Pods apart only where the local detector asks for interfaces', () => {
    const bridge = with_((nat) => nat.replace('! -s 10.244.0.0/16', '! -i cni0'));
    const detectors = { detectLocalMode: 'BridgeInterface', bridgeInterface: 'cni0' };
    assert.deepEqual(rowsOf(bridge, { config: config(detectors) }).slice(0, 2), [
      'Address 10.96.0.5 tcp 80|in;Endpoint 10.244.1.5:8080 * *|pods;Endpoint 10.244.1.5:8080 * af40105,af40106|node;Endpoint 10.244.1.5:8080 * *',
      `NodePort  tcp 30080|${nodePortOutcomes}`,
    ]);
    const prefix = { detectLocalMode: 'InterfaceNamePrefix', interfaceNamePrefix: 'cni' };
    assert.deepEqual(
      rowsOf(
        with_((nat) => nat.replace('! -s 10.244.0.0/16', '! -i cni+')),
        { config: config(prefix) },
      ).slice(0, 1),
      rowsOf(bridge, { config: config(detectors) }).slice(0, 1),
    );
    assert.match(rowsOf(bridge)[0] ?? '', /^[^|]*\|in[^|]*\|node[^|]*$/);
  });

  test('knows destinations that are only refused, of addresses and of every node', () => {
    const refused = `
      INPUT -m conntrack --ctstate NEW -j KUBE-EXTERNAL-SERVICES
      FORWARD -m conntrack --ctstate NEW -j KUBE-SERVICES
      OUTPUT -m conntrack --ctstate NEW -j KUBE-SERVICES
      FORWARD -m conntrack --ctstate NEW -j KUBE-EXTERNAL-SERVICES
      KUBE-SERVICES -d 10.96.0.7/32 -p tcp -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable
      KUBE-EXTERNAL-SERVICES -d 198.51.100.7/32 -p udp -m udp --dport 53 -j DROP
      KUBE-EXTERNAL-SERVICES -p tcp -m addrtype --dst-type LOCAL -m tcp --dport 30432 -j DROP`;
    assert.deepEqual(rowsOf({ filter: refused }, { host: [node] }), [
      'Address 10.96.0.7 tcp 80|in;Reject  * -|node;Reject  * -',
      'Address 198.51.100.7 udp 53|in;Drop  * -|node',
      'NodePort  tcp 30432|in;Drop  * -|node;Drop  * -',
      'NodePortLoopback  tcp 30432|in|node;Drop  * -',
    ]);
  });

  test('does not take health check ports for NodePorts', () => {
    const rules = 'INPUT -j KUBE-NODEPORTS\nKUBE-NODEPORTS -p tcp -m tcp --dport 31402 -j ACCEPT';
    assert.deepEqual(rowsOf({ filter: rules }), []);
  });

  test('shows few rules behind each row, those of packets without an endpoint first', () => {
    const ranged = with_(
      (nat) => nat,
      'FORWARD -s 203.0.113.0/24 -d 10.244.1.5/32 -p tcp -m tcp --dport 8080 -j DROP',
    );
    assert.deepEqual(tableOf(inputOf(ranged)).rows[0]?.rules, [
      '-A KUBE-SERVICES -d 10.96.0.5/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-WEB',
      '-A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 10.244.1.5:8080',
      '-A FORWARD -s 203.0.113.0/24 -d 10.244.1.5/32 -p tcp -m tcp --dport 8080 -j DROP',
    ]);
  });
});

describe('a node of IPv6', () => {
  const six = `
    PREROUTING -j KUBE-SERVICES
    OUTPUT -j KUBE-SERVICES
    POSTROUTING -j KUBE-POSTROUTING
    KUBE-SERVICES -d fd00:96::5/128 -p tcp -m tcp --dport 80 -j KUBE-SVC-WEB
    KUBE-SERVICES ! -d ::1/128 -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
    KUBE-NODEPORTS -p tcp -m tcp --dport 30080 -j KUBE-SVC-WEB
    KUBE-SVC-WEB ! -s fd00:244::/32 -j KUBE-MARK-MASQ
    KUBE-SVC-WEB -j KUBE-SEP-A
    KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination [fd00:244::5]:8080
    KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
    KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
    KUBE-POSTROUTING -j MASQUERADE`;
  const outside = `0,${'fd000244'.padEnd(32, '0')},${'fd000245'.padEnd(32, '0')},${'1'.padEnd(33, '0')}`;
  const outcomes = `in;Endpoint [fd00:244::5]:8080 * ${outside}|node;Endpoint [fd00:244::5]:8080 * *`;

  test('has the same rows, with no loopback of NodePorts', () => {
    const changes = {
      family: 'IPv6',
      primary: 'fd00:99::b',
      host: ['fd00:99::b'],
      config: config({ clusterCIDR: '10.244.0.0/16,fd00:244::/32' }),
    } as const;
    assert.deepEqual(rowsOf({ nat: six }, changes), [
      `Address fd00:96::5 tcp 80|${outcomes}`,
      `NodePort  tcp 30080|${outcomes}`,
    ]);
  });
});

describe('what other agents do', () => {
  const foreign = (tables: Tables): unknown => tableOf(inputOf(tables)).foreign;

  test('is named with how many destinations it decided over', () => {
    const taken = 'PREROUTING -d 10.96.0.0/16 -p tcp -j DNAT --to-destination 192.0.2.1:1';
    assert.deepEqual(foreign(with_((nat) => `${taken}\n${nat}`)), [
      // The other ports of the address are taken too.
      { rule: `-A ${taken}`, count: 2 },
    ]);
    assert.deepEqual(foreign(with_((nat) => nat, 'FORWARD -d 10.244.0.0/16 -j AGENT-X\nAGENT-X -j DROP')), [
      { rule: '-A AGENT-X -j DROP', count: 3 },
    ]);
    assert.deepEqual(foreign({ ...shop, raw: 'PREROUTING -d 10.96.0.5/32 -j CT --notrack' }), [
      { rule: '-A PREROUTING -d 10.96.0.5/32 -j CT --notrack', count: 1 },
    ]);
    assert.deepEqual(foreign({ ...shop, filter: ':FORWARD DROP' }), [
      { rule: 'filter/FORWARD policy drop', count: 3 },
    ]);
  });

  test('is to accept packets only where kube-proxy’s rules would still have come', () => {
    const early = 'PREROUTING -d 10.96.0.5/32 -j ACCEPT';
    assert.deepEqual(foreign(with_((nat) => `${early}\n${nat}`)), [{ rule: `-A ${early}`, count: 1 }]);
    assert.deepEqual(foreign(with_((nat) => `${nat}\n${early}`)), []);
    assert.deepEqual(foreign(with_((nat) => nat, 'FORWARD -s 10.244.0.0/16 -j ACCEPT')), []);
  });

  test('is nothing on a node that is as kube-proxy made it', () => {
    assert.deepEqual(foreign(shop), []);
  });

  test('is a guard where it is not understood and comes behind the choice of an endpoint', () => {
    const policy = 'FORWARD -d 10.244.1.5/32 -j AGENT-FW\nAGENT-FW -m set ! --match-set allowed src -j DROP';
    const table = tableOf(inputOf(with_((nat) => nat, policy)));
    assert.deepEqual(textsOf(table), rowsOf(shop));
    assert.deepEqual(table.guards, [
      { rule: '-A AGENT-FW -m set ! --match-set allowed src -j DROP', count: 1 },
    ]);
    assert.deepEqual(table.foreign, []);
  });
});

describe('missing jumps', () => {
  const missing = (tables: Tables): readonly string[] => tableOf(inputOf(tables)).missingJumps;

  test('are those that kube-proxy makes to chains that do something', () => {
    assert.deepEqual(missing(shop), []);
    assert.deepEqual(
      missing(with_((nat) => nat.replace(/PREROUTING.*\n/, '').replace(/POSTROUTING.*\n/, ''))),
      ['nat/PREROUTING → KUBE-SERVICES', 'nat/POSTROUTING → KUBE-POSTROUTING'],
    );
    assert.deepEqual(missing(with_((nat) => nat, 'KUBE-FORWARD -j ACCEPT')), [
      'filter/FORWARD → KUBE-FORWARD',
    ]);
  });

  test('are none where there is no kube-proxy, and none to chains that are empty', () => {
    assert.deepEqual(missing({}), []);
    assert.deepEqual(missing({ filter: 'OUTPUT -j KUBE-FORWARD' }), []);
  });

  test('of nftables are found by hook and chain', () => {
    const input = capturedInput('nftables-healthy', 'n1');
    const chains = new Map(input.ruleset.chains);
    const id = 'nftables ip kube-proxy/filter-forward';
    const chain = chains.get(id);
    assert(chain !== undefined);
    chains.set(id, { ...chain, rules: chain.rules.slice(1) });
    assert.deepEqual(tableOf({ ...input, ruleset: { ...input.ruleset, chains } }).missingJumps, [
      'kube-proxy/filter-forward → service-endpoints-check',
    ]);
  });
});

describe('two back ends', () => {
  test('are passed through both, the first first', () => {
    const legacy = readIptablesSave(
      save({ nat: shop.nat?.replace('10.244.1.5:8080', '10.244.1.6:8080') ?? '' }),
      'iptables-legacy',
      'IPv4',
    );
    assert(legacy.kind === 'Read' && legacy.rulesets[0] !== undefined);
    const ruleset = combine([legacy.rulesets[0], rulesetOf(shop)]);
    const first = textsOf(tableOf({ ...inputOf(shop), ruleset }))[0];
    assert.equal(first, serviceRow.replaceAll('10.244.1.5:8080', '10.244.1.6:8080'));
  });
});

describe('the captured nodes', () => {
  const buckets = new Set(Array.from({ length: 128 }, (_, bucket) => bucket));

  for (const capture of healthyCaptures) {
    for (const name of ['n1', 'n2', 'n3']) {
      for (const known of [capturedConfig, null]) {
        test(`${capture}: ${name} has the rows that the API asks for${known === null ? ' as far as they are told without a configuration' : ''}`, () => {
          const table = tableOf(capturedInput(capture, name, known));
          const { config: _, ...facts } = capturedFacts(capture, name);
          const expected = new ExpectedTables(capturedServices(capture)).rows(
            known === null ? facts : { ...facts, config: known },
            'IPv4',
            buckets,
          );
          const actual = new Map(
            table.rows.map(({ entry }) => [destinationText(entry.destination), entryText(entry)]),
          );
          const wanted = [...expected].map(([key, { entry }]) => [key, entryText(entry)] as const);
          assert.deepEqual(new Map([...actual].sort()), new Map(wanted.sort()));
          assert.deepEqual([table.guards, table.foreign, table.missingJumps], [[], [], []]);
        });
      }
    }
  }

  test('have whole rows: affinity, source ranges, a near endpoint, in both modes', () => {
    const rows = (capture: string): readonly string[] =>
      textsOf(tableOf(capturedInput(capture, 'n1'))).filter((row) =>
        /^(Address (10\.96\.217\.146|198\.51\.100\.21|10\.96\.93\.18)|OtherPorts 10\.96\.217\.146) /.test(
          row,
        ),
      );
    assert.deepEqual([...rows('iptables-healthy')].sort(), iptablesRows);
    assert.deepEqual([...rows('nftables-healthy')].sort(), nftablesRows);
  });

  test('of IPv6 have no rows, as the cluster has no Services of it', () => {
    for (const capture of healthyCaptures) {
      assert.deepEqual(tableOf(capturedInput(capture, 'n1', capturedConfig, 'IPv6')).rows, []);
    }
  });
});

/** Packets from outside the Pods' range are masqueraded, and those of the endpoint itself where it is hairpinned. */
const outside = '0,af40000,af50000,100000000';
const outsideAnd = (from: string, to: string): string => `0,af40000,${from},${to},af50000,100000000`;
const sourceRanges =
  'Address 198.51.100.21 tcp 443|in;Drop  0,cb007100,cb007200,100000000 -;Endpoint 10.244.1.5:8080 cb007100,cb007200 -|node;Drop  * -';
const iptablesRows: readonly string[] = [
  `Address 10.96.217.146 tcp 80|in;Endpoint 10.244.1.5:8080 * ${outsideAnd('af40105', 'af40106')} ~600;` +
    `Endpoint 10.244.2.4:8080 * ${outsideAnd('af40204', 'af40205')} ~600;` +
    `Endpoint 10.244.3.4:8080 * ${outsideAnd('af40304', 'af40305')} ~600;` +
    `Endpoint 10.244.3.6:8080 * ${outsideAnd('af40306', 'af40307')} ~600|node;` +
    'Endpoint 10.244.1.5:8080 * * ~600;Endpoint 10.244.2.4:8080 * * ~600;' +
    'Endpoint 10.244.3.4:8080 * * ~600;Endpoint 10.244.3.6:8080 * * ~600',
  `Address 10.96.93.18 tcp 80|in;Endpoint 10.244.1.5:8080 * ${outsideAnd('af40105', 'af40106')}|node;Endpoint 10.244.1.5:8080 * *`,
  sourceRanges,
];
/** nftables masquerades hairpins of endpoints on the node only, and refuses other ports of a cluster address. */
const nftablesRows: readonly string[] = [
  `Address 10.96.217.146 tcp 80|in;Endpoint 10.244.1.5:8080 * ${outsideAnd('af40105', 'af40106')} ~600;` +
    `Endpoint 10.244.2.4:8080 * ${outside} ~600;Endpoint 10.244.3.7:8080 * ${outside} ~600;` +
    `Endpoint 10.244.3.8:8080 * ${outside} ~600|node;` +
    'Endpoint 10.244.1.5:8080 * * ~600;Endpoint 10.244.2.4:8080 * * ~600;' +
    'Endpoint 10.244.3.7:8080 * * ~600;Endpoint 10.244.3.8:8080 * * ~600',
  `Address 10.96.93.18 tcp 80|in;Endpoint 10.244.1.5:8080 * ${outsideAnd('af40105', 'af40106')}|node;Endpoint 10.244.1.5:8080 * *`,
  sourceRanges,
  'OtherPorts 10.96.217.146 tcp 0|in;Reject  * -|node;Reject  * -',
];
