import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  complement,
  emptySet,
  fullSet,
  setOf,
  union,
} from '../../../src/checks/service-rules/address-set.ts';
import { differencesOf } from '../../../src/checks/service-rules/difference/differences.ts';
import { type Entry, entryText, type Outcome } from '../../../src/checks/service-rules/entry.ts';
import { ExpectedTables } from '../../../src/checks/service-rules/expected/expected.ts';
import type { ExpectedRow } from '../../../src/checks/service-rules/expected/row.ts';
import { endpoint, facts, service } from './made-services.ts';
import { nodesByChance, servicesByChance } from './random-services.ts';
import { allBuckets } from './row-shape.ts';

const [all, none] = [fullSet('IPv4'), emptySet('IPv4')];
const [here, there, elsewhere] = ['10.244.1.5:8080', '10.244.2.4:8080', '10.244.3.6:8080'];
const foreign = [{ rule: '-A PREROUTING -d 10.96.0.7/32 -j DROP', count: 1 }];

function expectedRow(
  more: Parameters<typeof service>[0] = {},
  key = '4 Address 10.96.0.7 tcp 80',
): ExpectedRow {
  const rows = new ExpectedTables([service(more)]).rows(facts(), 'IPv4', allBuckets);
  const row = rows.get(key);
  assert.ok(row);
  return row;
}

/** told are the reasons with what they are about, for a row whose outcomes were changed in both origins. */
function told(
  expected: ExpectedRow,
  change: (outcomes: readonly Outcome[]) => readonly Outcome[],
  more: Partial<Parameters<typeof differencesOf>[0]> = {},
) {
  const { entry } = expected;
  const actual = { ...entry, entering: change(entry.entering), node: change(entry.node) };
  return differencesOf({ expected, actual, foreign: [], ...more }).map(({ reason, origins, what }) => [
    reason,
    origins.join('+'),
    ...what,
  ]);
}

const both = 'entering+node';

describe('endpoints', () => {
  it('that are missing are told, and not that the others get more', () => {
    assert.deepEqual(
      told(expectedRow(), (outcomes) => outcomes.slice(0, 1)),
      [['EndpointMissing', both, there]],
    );
    const half = (outcomes: readonly Outcome[]) =>
      outcomes.slice(0, 1).map((outcome) => ({ ...outcome, shareMillionths: 500_000 }));
    assert.deepEqual(told(expectedRow(), half), [['EndpointMissing', both, there]]);
  });

  it('that the Service no longer has are stale, beside others that are missing too', () => {
    const more = (outcomes: readonly Outcome[]) => [...outcomes, sent(elsewhere)];
    assert.deepEqual(told(expectedRow(), more), [['EndpointStale', both, elsewhere]]);
    const instead = (outcomes: readonly Outcome[]) => [...outcomes.slice(0, 1), sent(elsewhere)];
    assert.deepEqual(told(expectedRow(), instead, { had: (each) => each === elsewhere }), [
      ['EndpointMissing', both, there],
      ['EndpointStale', both, elsewhere],
    ]);
  });

  it('that stand in for others without having been of the Service are wrong', () => {
    const instead = (outcomes: readonly Outcome[]) => [...outcomes.slice(0, 1), sent(elsewhere)];
    assert.deepEqual(told(expectedRow(), instead), [['EndpointWrong', both, there, elsewhere]]);
    const port = (outcomes: readonly Outcome[]) => [...outcomes.slice(0, 1), sent('10.244.2.4:8081')];
    assert.deepEqual(told(expectedRow(), port, { had: () => true }), [
      ['EndpointWrong', both, there, '10.244.2.4:8081'],
    ]);
  });

  it('of which some packets are lost are told as spread unevenly', () => {
    const shares = [300_000, 700_000];
    const uneven = (outcomes: readonly Outcome[]) =>
      outcomes.map((outcome, index) => ({ ...outcome, shareMillionths: shares[index] ?? 0 }));
    assert.deepEqual(told(expectedRow(), uneven), [['UnevenShares', both, there]]);
  });

  it('that are chosen for another time, or by chance, break the affinity', () => {
    const sticky = expectedRow({ affinitySeconds: 600 });
    const longer = (outcomes: readonly Outcome[]) =>
      outcomes.map((outcome) => ({ ...outcome, stickySeconds: 601 }));
    assert.deepEqual(told(sticky, longer), [['AffinityWrong', both, here, there]]);
    const first = (outcomes: readonly Outcome[]) =>
      outcomes.map((outcome, index) => (index === 0 ? withoutAffinity(outcome) : outcome));
    assert.deepEqual(told(sticky, first), [['AffinityWrong', both, here]]);
    assert.deepEqual(told(expectedRow(), longer), [['AffinityWrong', both, here, there]]);
  });
});

describe('masquerading', () => {
  it('that is lacking is told for the endpoints and sources concerned', () => {
    const bare = (outcomes: readonly Outcome[]) =>
      outcomes.map((outcome) => ({ ...outcome, masqueraded: none }));
    assert.deepEqual(told(expectedRow(), bare), [['NotMasqueraded', both, here, there]]);
    const [difference] = differencesOf({
      expected: expectedRow(),
      actual: { ...expectedRow().entry, entering: withoutOwn(expectedRow().entry.entering) },
      foreign: [],
    });
    assert.equal(
      difference?.sentence,
      "10.96.0.7:80/TCP is sent to 10.244.1.5:8080 with its own source, which must be replaced by the node's, for packets from 10.244.1.5",
    );
  });

  it('that is needless is told where none is lacking', () => {
    const masked = (outcomes: readonly Outcome[]) =>
      outcomes.map((outcome) => ({ ...outcome, masqueraded: all }));
    assert.deepEqual(told(expectedRow(), masked), [['WronglyMasqueraded', 'entering', here, there]]);
  });

  it('that is needless is not told beside an endpoint that is missing, of whose mark it comes', () => {
    const first = (outcomes: readonly Outcome[]) =>
      outcomes.slice(0, 1).map((each) => ({ ...each, masqueraded: all }));
    assert.deepEqual(told(expectedRow(), first), [['EndpointMissing', both, there]]);
  });
});

describe('rows that are missing', () => {
  it('are Services without rules, node ports without rules, or refusals that are not made', () => {
    const port = { ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort: 30080 }] };
    const reasons = [
      expectedRow(),
      expectedRow(port, '4 NodePort  tcp 30080'),
      expectedRow({ endpoints: [] }),
    ].map((expected) => differencesOf({ expected, foreign }).map(({ reason, what }) => [reason, what]));
    assert.deepEqual(reasons, [[['ServiceMissing', []]], [['NodePortMissing', []]], [['RejectMissing', []]]]);
  });

  it('are told for the origin that lacks them', () => {
    const expected = expectedRow();
    assert.deepEqual(differencesOf({ expected, actual: { ...expected.entry, node: [] }, foreign: [] }), [
      {
        reason: 'ServiceMissing',
        destination: expected.entry.destination,
        service: 'shop/web',
        portName: 'http',
        origins: ['node'],
        what: [],
        sentence:
          '10.96.0.7:80/TCP has no rules, and must be sent to 10.244.1.5:8080, 10.244.2.4:8080, for packets of the node itself',
      },
    ]);
  });

  it('are told of packets that come in where those of the node itself are sent on', () => {
    const expected = expectedRow();
    const actual = { ...expected.entry, entering: [] };
    assert.deepEqual(
      differencesOf({ expected, actual, foreign: [] }).map(({ origins, sentence }) => [origins, sentence]),
      [
        [
          ['entering'],
          '10.96.0.7:80/TCP has no rules, and must be sent to 10.244.1.5:8080, 10.244.2.4:8080, for packets from Pods and from outside',
        ],
      ],
    );
  });

  it('are put down to a rule of others that lets packets pass before kube-proxy’s', () => {
    const accepting = [{ rule: '-A PREROUTING -i eth1 -j ACCEPT', count: 9 }];
    assert.deepEqual(
      differencesOf({ expected: expectedRow(), foreign: accepting }).map(({ reason }) => reason),
      ['PacketsTaken'],
    );
  });
});

describe('rows that must not be', () => {
  it('are stale Services and stale node ports', () => {
    const { entry } = expectedRow();
    const port = { ...entry, destination: { ...entry.destination, kind: 'NodePort' as const, address: '' } };
    assert.deepEqual(
      [entry, port].map((actual) =>
        differencesOf({ actual, foreign: [] }).map(({ reason, sentence }) => [reason, sentence]),
      ),
      [
        [
          [
            'ServiceStale',
            '10.96.0.7:80/TCP has rules that send it to 10.244.1.5:8080, 10.244.2.4:8080, and no Service has it',
          ],
        ],
        [
          [
            'NodePortStale',
            'node port 80/TCP has rules that send it to 10.244.1.5:8080, 10.244.2.4:8080, and no Service has it',
          ],
        ],
      ],
    );
  });
});

describe('a port of no Service that passes where all unused ports of its address are refused', () => {
  it('lacks its refusal', () => {
    const { destination } = expectedRow().entry;
    const actual = { destination: { ...destination, port: 81 }, entering: [], node: [] };
    assert.deepEqual(
      differencesOf({ actual, foreign: [] }).map(({ reason, sentence }) => [reason, sentence]),
      [
        [
          'RejectMissing',
          '10.96.0.7:81/TCP must be refused as all unused ports of its address are, and is not',
        ],
      ],
    );
  });
});

describe('refusals', () => {
  const rejects = (): readonly Outcome[] => [refused('Reject')];

  it('of what has endpoints are stale, or a rule of others if it is among those behind the row', () => {
    assert.deepEqual(told(expectedRow(), rejects), [['RejectStale', both, here, there]]);
    const [{ rule } = { rule: '' }] = foreign;
    assert.deepEqual(told(expectedRow(), rejects, { foreign, rules: [rule] }), [
      ['PacketsTaken', both, here, there],
    ]);
    assert.deepEqual(told(expectedRow(), rejects, { foreign, rules: ['-A KUBE-SERVICES -j REJECT'] }), [
      ['RejectStale', both, here, there],
    ]);
  });

  it('of a part of the packets are told without their shares', () => {
    const some = (outcomes: readonly Outcome[]) =>
      [...outcomes, refused('Drop')].map((outcome) => ({ ...outcome, shareMillionths: 333_333 }));
    assert.deepEqual(told(expectedRow(), some), [['RejectStale', both, here, there]]);
    const empty = expectedRow({ endpoints: [] });
    assert.deepEqual(
      told(empty, () => [{ ...refused('Reject'), shareMillionths: 500_000 }]),
      [['RejectMissing', both]],
    );
  });

  it('that became sending are told by the endpoints, those of the other kind as missing', () => {
    const empty = expectedRow({ endpoints: [] });
    assert.deepEqual(
      told(empty, () => [sent(here)]),
      [['EndpointStale', both, here]],
    );
    assert.deepEqual(
      told(empty, () => [refused('Drop')]),
      [['RejectMissing', both]],
    );
  });
});

describe('source ranges', () => {
  const key = '4 Address 198.51.100.20 tcp 80';
  const walled = expectedRow({ loadBalancerIPs: ['198.51.100.20'], sourceRanges: ['203.0.113.0/24'] }, key);

  it('that let others through are wrong, as are those that keep their own out', () => {
    const open = walled.entry.entering
      .filter(({ kind }) => kind === 'Endpoint')
      .map((outcome) => ({ ...outcome, sources: all, masqueraded: all }));
    assert.deepEqual(reasonsOf({ ...walled.entry, entering: open }), [['SourceRangesWrong']]);
    const shut = [refused('Drop')];
    assert.deepEqual(reasonsOf({ ...walled.entry, entering: shut }), [['SourceRangesWrong', here, there]]);
  });

  it('are not blamed for an endpoint within them that is stale', () => {
    const allowed = walled.entry.entering[0]?.sources ?? none;
    const extra: Outcome = { ...sent(elsewhere), sources: allowed, masqueraded: allowed };
    assert.deepEqual(reasonsOf({ ...walled.entry, entering: [...walled.entry.entering, extra] }), [
      ['EndpointStale', elsewhere],
    ]);
  });

  function reasonsOf(actual: Entry) {
    return differencesOf({ expected: walled, actual, foreign: [] }).map(({ reason, what }) => [
      reason,
      ...what,
    ]);
  }
});

describe('what is not known', () => {
  it('is told for the sources concerned, and the rest is judged', () => {
    const lan = setOf('IPv4', '192.168.0.0/16') ?? none;
    const expected = expectedRow();
    const kept = expected.entry.entering.map((outcome) => ({
      ...outcome,
      sources: complement(lan),
      masqueraded: difference(outcome),
    }));
    const unknown: Outcome = { ...refused('Reject'), kind: 'Unknown', sources: lan };
    const actual = { ...expected.entry, entering: [...kept.slice(0, 1), unknown] };
    assert.deepEqual(
      differencesOf({ expected, actual, foreign: [] }).map(({ reason, sentence }) => [reason, sentence]),
      [
        [
          'RuleNotUnderstood',
          '10.96.0.7:80/TCP hangs on a rule that is not understood, for packets from 192.168.0.0-192.168.255.255',
        ],
        [
          'EndpointMissing',
          '10.96.0.7:80/TCP is not sent to 10.244.2.4:8080, for packets from 0.0.0.0-192.167.255.255, 192.169.0.0-255.255.255.255',
        ],
      ],
    );
    function difference({ masqueraded }: Outcome) {
      return complement(union(complement(masqueraded), lan));
    }
  });

  it('is taken by others where packets are not tracked', () => {
    assert.deepEqual(
      told(expectedRow(), () => [{ ...refused('Reject'), kind: 'Untracked' }]),
      [['PacketsTaken', both]],
    );
  });
});

describe('whatever two rows', () => {
  it('differ exactly when something is told of them', () => {
    fc.assert(
      fc.property(
        servicesByChance,
        servicesByChance,
        nodesByChance,
        nodesByChance,
        (services, others, node, otherNode) => {
          const expected = new ExpectedTables(services).rows(node, 'IPv4', allBuckets);
          const actual = new ExpectedTables(others).rows(otherNode, 'IPv4', allBuckets);
          for (const key of new Set([...expected.keys(), ...actual.keys()])) {
            const [must, does] = [expected.get(key), actual.get(key)];
            const differences = differencesOf({
              ...(must === undefined ? {} : { expected: must }),
              ...(does === undefined ? {} : { actual: does.entry }),
              foreign: [],
            });
            const wanted = must === undefined ? [] : [must.entry, ...(must.alternatives ?? [])];
            const right = wanted.some((entry) => does && entryText(entry) === entryText(does.entry));
            if (wanted.length > 1) assert.ok(!right || differences.length === 0, key);
            else assert.equal(differences.length === 0, right, key);
            for (const { sentence, origins } of differences) {
              assert.ok(sentence.length > 0 && sentence.length < 600 && origins.length > 0);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('that several Services claim have no difference, whoever is served, but what nobody wants', () => {
    const first = service({ externalIPs: ['198.51.100.7'], name: 'a' });
    const second = service({
      externalIPs: ['198.51.100.7'],
      name: 'b',
      clusterIPs: ['10.96.0.8'],
      endpoints: [endpoint('10.244.3.6', 'n3')],
    });
    const key = '4 Address 198.51.100.7 tcp 80';
    const row = new ExpectedTables([first, second]).rows(facts(), 'IPv4', allBuckets).get(key);
    for (const each of [first, second]) {
      const actual = new ExpectedTables([each]).rows(facts(), 'IPv4', allBuckets).get(key)?.entry;
      assert.ok(row && actual);
      assert.deepEqual(differencesOf({ expected: row, actual, foreign: [] }), []);
      const more = { ...actual, entering: [...actual.entering, sent('192.0.2.1:80')] };
      assert.deepEqual(
        differencesOf({ expected: row, actual: more, foreign: [], had: () => true }).map(
          ({ reason }) => reason,
        ),
        ['EndpointStale'],
      );
    }
    assert.ok(row);
    assert.deepEqual(
      differencesOf({ expected: row, foreign: [] }).map(({ reason, service: owner }) => [reason, owner]),
      [['ServiceMissing', 'shop/a']],
    );
  });
});

function sent(to: string): Outcome {
  return { kind: 'Endpoint', endpoint: to, sources: all, masqueraded: all };
}

function refused(kind: 'Reject' | 'Drop'): Outcome {
  return { kind, endpoint: '', sources: all, masqueraded: none };
}

/** Without what goes back to the sender of the first endpoint. */
function withoutOwn(outcomes: readonly Outcome[]): readonly Outcome[] {
  const own = setOf('IPv4', '10.244.1.5') ?? none;
  return outcomes.map((outcome, index) =>
    index === 0
      ? { ...outcome, masqueraded: complement(union(complement(outcome.masqueraded), own)) }
      : outcome,
  );
}

function withoutAffinity({ stickySeconds: _, ...rest }: Outcome): Outcome {
  return rest;
}
