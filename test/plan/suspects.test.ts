import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Verdict } from '../../src/checks/verdict.ts';
import { pairResultsOf } from '../../src/plan/pair-suspects.ts';
import { suspectsOf } from '../../src/plan/suspects.ts';
import { allPairs, makeVerdict } from './make.ts';

function suspects(verdicts: readonly Verdict[]): readonly string[] {
  return suspectsOf(verdicts).map(({ name }) => name);
}

function why(verdicts: readonly Verdict[]): readonly string[] {
  return suspectsOf(verdicts).map((suspect) => `${suspect.kind} ${suspect.name}: ${suspect.why}`);
}

describe('with three nodes', () => {
  for (const [name, fails, want] of [
    ['nothing is named when all is well', () => undefined, []],
    [
      'masquerade on n2 is blamed on n2',
      (from, to) => (from === 'n2' && to !== 'n2' ? 'AddressTranslated' : undefined),
      ['Node n2: both pairs that leave n2 are translated (AddressTranslated), none between other nodes'],
    ],
    [
      'everything dropped from n2, so that answers are lost, too, is blamed on n2',
      (from, to) =>
        from === to ? undefined : from === 'n2' ? 'Unreachable' : to === 'n2' ? 'OneWay' : undefined,
      [
        'Node n2: both pairs that leave n2 are lost (Unreachable), none between other nodes; both pairs that enter n2 get no answer back (OneWay)',
      ],
    ],
    [
      'an address that two Pods have is blamed on the node of the target',
      (from, to) => (to === 'n2' && from !== 'n2' ? 'WrongResponder' : undefined),
      [
        'Node n2: both pairs that enter n2 are answered by another Pod (WrongResponder), none between other nodes',
      ],
    ],
    [
      'a responder that nobody reaches is counted by those who tried',
      (from, to) => (to === 'n3' && from !== 'n3' ? 'Unreachable' : undefined),
      ['Node n3: 2 of 2 nodes that tried could not reach it'],
    ],
    [
      'a missing route on n1 to the Pods of n2 fits both, so none is named',
      (from, to) =>
        (from === 'n1' && to === 'n2') || (from === 'n2' && to === 'n1') ? 'Unreachable' : undefined,
      [],
    ],
    [
      'one pair in one direction names none',
      (from, to) => (from === 'n1' && to === 'n2' ? 'Unreachable' : undefined),
      [],
    ],
    ['everything bad names none', (from, to) => (from === to ? undefined : 'Unreachable'), []],
    [
      'same-node traffic on n2 alone is blamed on n2',
      (from, to) => (from === 'n2' && to === 'n2' ? 'Unreachable' : undefined),
      [
        'Node n2: Pods on n2 do not reach each other as they should (Unreachable), those on most other nodes do',
      ],
    ],
    [
      'same-node traffic on all nodes names none',
      (from, to) => (from === to ? 'Unreachable' : undefined),
      [],
    ],
    [
      'a node that is bad inside and outside is named once',
      (from) => (from === 'n2' ? 'AddressTranslated' : undefined),
      [
        'Node n2: both pairs that leave n2 are translated (AddressTranslated), none between other nodes; Pods on n2 do not reach each other as they should (AddressTranslated), those on most other nodes do',
      ],
    ],
  ] as const satisfies readonly (readonly [
    string,
    (from: string, to: string) => string | undefined,
    readonly string[],
  ])[]) {
    it(name, () => assert.deepEqual(why(allPairs(3, fails)), want));
  }
});

describe('with two nodes', () => {
  it('a broken pair names none, since either may be to blame', () => {
    assert.deepEqual(suspects(allPairs(2, (from, to) => (from === to ? undefined : 'Unreachable'))), []);
    assert.deepEqual(
      suspects(allPairs(2, (from, to) => (from === 'n1' && to === 'n2' ? 'AddressTranslated' : undefined))),
      [],
    );
  });

  it('same-node traffic names its node', () => {
    assert.deepEqual(
      suspects(allPairs(2, (from, to) => (from === 'n2' && to === 'n2' ? 'Unreachable' : undefined))),
      ['n2'],
    );
  });
});

describe('with many nodes', () => {
  it('one bad node among fifty is named, and its peers are not', () => {
    assert.deepEqual(
      suspects(allPairs(50, (from, to) => (from === 'n7' || to === 'n7' ? 'Unreachable' : undefined))),
      ['n7'],
    );
  });

  it('two bad nodes are both named', () => {
    const bad = new Set(['n2', 'n4']);
    assert.deepEqual(
      suspects(
        allPairs(5, (from, to) =>
          from !== to && (bad.has(from) || bad.has(to)) ? 'Unreachable' : undefined,
        ),
      ),
      ['n2', 'n4'],
    );
    assert.deepEqual(suspects(allPairs(50, (from) => (bad.has(from) ? 'AddressTranslated' : undefined))), [
      'n2',
      'n4',
    ]);
  });

  it('one bad pair among fifty nodes names none', () => {
    assert.deepEqual(
      suspects(allPairs(50, (from, to) => (from === 'n1' && to === 'n2' ? 'Unreachable' : undefined))),
      [],
    );
  });

  it('everything bad names none', () => {
    assert.deepEqual(suspects(allPairs(50, () => 'Unreachable')), []);
    assert.deepEqual(suspects(allPairs(4, () => 'Unreachable')), []);
  });

  it('a cluster in two halves that do not reach each other names none', () => {
    const half = (name: string) => Number(name.slice(1)) % 2;
    assert.deepEqual(
      suspects(allPairs(4, (from, to) => (half(from) === half(to) ? undefined : 'Unreachable'))),
      [],
    );
    assert.deepEqual(
      suspects(allPairs(10, (from, to) => (half(from) === half(to) ? undefined : 'Unreachable'))),
      [],
    );
  });

  it('a bad target is named even where few of all nodes probe', () => {
    const probers = ['n1', 'n2', 'n3'];
    const verdicts = allPairs(20, (_, to) => (to === 'n9' ? 'Unreachable' : undefined)).filter(({ node }) =>
      probers.includes(node),
    );
    assert.deepEqual(why(verdicts), ['Node n9: 3 of 3 nodes that tried could not reach it']);
  });

  it('at most eight are named, those that explain most first', () => {
    const bad = (name: string) => Number(name.slice(1)) <= 10;
    const fails = (from: string, to: string) =>
      bad(from) || (from !== 'n50' && to === 'n5') ? 'Unreachable' : undefined;
    const found = suspects(allPairs(60, fails));
    assert.equal(found.length, 8);
    assert.equal(found[0], 'n5');
  });

  it('what could not be told or was skipped says nothing about anyone', () => {
    const verdicts = [
      ...allPairs(3, () => undefined),
      makeVerdict('n1', 'n4', { outcome: 'Unknown', reason: 'NoReport' }),
      makeVerdict('n2', 'n4', { outcome: 'Unknown', reason: 'NoReport' }),
      makeVerdict('n3', 'n4', { outcome: 'Skipped', reason: 'NodeGone' }),
    ];
    assert.deepEqual(suspects(verdicts), []);
  });

  it('the most frequent reason speaks for a pair', () => {
    const pairs = pairResultsOf([
      makeVerdict('n1', 'n2', { outcome: 'Failed', reason: 'OneWay' }),
      makeVerdict('n1', 'n2', { outcome: 'Failed', reason: 'Unreachable' }),
      makeVerdict('n1', 'n2', { outcome: 'Failed', reason: 'Unreachable' }),
      makeVerdict('n1', 'n2'),
    ]);
    assert.deepEqual(pairs, [{ from: 'n1', to: 'n2', failed: true, reason: 'Unreachable' }]);
  });
});

describe('with failures that judges lay on an object', () => {
  const blaming = (node: string, object: string, more: Partial<Verdict> = {}): Verdict => {
    const { peer: _, ...verdict } = makeVerdict(node, '', { check: 'dns', type: 'DNS' });
    const [kind, name = ''] = object.split(' ');
    assert.ok(kind === 'Pod' || kind === 'Node' || kind === 'Service');
    return { ...verdict, outcome: 'Failed', reason: 'EndpointDown', blames: { kind, name }, ...more };
  };
  const unblamed = (node: string): Verdict => {
    const { blames: _, ...verdict } = blaming(node, 'Pod x', { reason: 'WrongAnswer' });
    return verdict;
  };
  const coredns = 'Pod kube-system/coredns-1';

  it('a replica that fails every node is named, with how many nodes and questions agree', () => {
    const verdicts = ['n1', 'n2', 'n3'].flatMap((node) => [blaming(node, coredns), blaming(node, coredns)]);
    assert.deepEqual(why(verdicts), [
      `${coredns}: all 6 questions that failed, asked from 3 nodes, point at it (EndpointDown)`,
    ]);
    assert.deepEqual(why([...verdicts, unblamed('n1')]), [
      `${coredns}: 6 of 7 questions that failed, asked from 3 nodes, point at it (EndpointDown)`,
    ]);
  });

  it('one question convicts only where it is all that failed', () => {
    assert.deepEqual(why([blaming('n1', 'Service kube-system/kube-dns')]), [
      'Service kube-system/kube-dns: the one question that failed, asked from n1, points at it (EndpointDown)',
    ]);
    assert.deepEqual(suspects([blaming('n1', coredns), unblamed('n1')]), []);
  });

  it('nothing is named where most failures are of no object, or of more objects than can be named', () => {
    const two = [blaming('n1', coredns), blaming('n2', coredns)];
    assert.deepEqual(suspects([...two, unblamed('n1'), unblamed('n2')]), []);
    const everyNode = Array.from({ length: 40 }, (_, index) => `n${index}`);
    assert.deepEqual(
      suspects(everyNode.flatMap((node) => [blaming(node, `Node ${node}`), blaming(node, `Node ${node}`)])),
      [],
    );
  });

  it('two dead replicas are both named, the one that fails more nodes first', () => {
    const verdicts = [
      ...['n1', 'n2'].map((node) => blaming(node, coredns)),
      ...['n1', 'n2', 'n3'].map((node) => blaming(node, 'Pod kube-system/coredns-2')),
    ];
    assert.deepEqual(suspects(verdicts), ['kube-system/coredns-2', 'kube-system/coredns-1']);
  });

  it('a node that pairs speak against, too, is named once, before a replica that it takes along', () => {
    const pairs = allPairs(3, (from, to) =>
      from === to || (from !== 'n2' && to !== 'n2') ? undefined : 'Unreachable',
    );
    const found = suspectsOf([
      ...pairs,
      ...['n1', 'n3'].flatMap((node) => [blaming(node, coredns), blaming(node, coredns)]),
      blaming('n2', 'Node n2', { reason: 'ServicePathBroken' }),
      blaming('n2', 'Node n2', { reason: 'ServicePathBroken' }),
    ]);
    assert.deepEqual(
      found.map(({ kind, name }) => `${kind} ${name}`),
      ['Node n2', coredns],
    );
    assert.match(found[0]?.why ?? '', /leave n2.*; 2 of 6 questions that failed, asked from n2, point at it/);
  });
});
