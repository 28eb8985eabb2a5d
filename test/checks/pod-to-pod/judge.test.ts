import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ApiView, Report } from '../../../src/checks/check.ts';
import type { Deviation, Result, SeenView } from '../../../src/checks/pod-to-pod/evidence.ts';
import { judge } from '../../../src/checks/pod-to-pod/judge.ts';
import { asked } from '../../../src/checks/pod-to-pod/plan.ts';
import { reasons } from '../../../src/checks/pod-to-pod/reasons.ts';
import { between, makeCheck, makePlan, quiet, reportsOf, type Seen, told } from './plans.ts';

const plan = makePlan(2);
const udp = makeCheck({ protocols: ['UDP'] });
const both = makeCheck();

/** view is a view of one flow; everything in it is as expected unless said otherwise. */
function view(
  times: number,
  changes: Partial<Record<'local' | 'from' | 'peer' | 'at' | 'uid' | 'pod' | 'node', string>> & {
    peerPort?: number;
  },
): SeenView {
  const { local = '', from = '', peer = '', peerPort = 0, at = '', uid = '', pod = '', node = '' } = changes;
  return [times, local, 41234, from, peer, peerPort, at, uid, pod, node];
}

/** ofForth is that n1 sees this of n2, over these protocols; everything else is as expected. */
const ofForth =
  (result: Result, ...protocols: readonly string[]): Seen =>
  (node, peer, protocol) =>
    node === 'n1' && peer === 'n2' && (protocols.length === 0 || protocols.includes(protocol)) ? result : 400;

/** forth judges n1 → n2 over UDP. */
function forth(result: Result, api: Partial<ApiView> = {}, heard?: (node: string) => string | undefined) {
  const reports = reportsOf(plan, udp, ofForth(result), heard);
  const verdicts = judge({ plan, check: udp, reports, api: { ...quiet, ...api } });
  const others = verdicts.filter(({ node, peer }) => !(node === 'n1' && peer === 'n2'));
  assert.deepEqual(
    others.map(({ outcome }) => outcome),
    ['Passed', 'Passed', 'Passed'],
  );
  return told(between(verdicts, 'n1', 'n2'));
}

const silence: Deviation = { t: 0, n: 0, u: [3, 'timeout'] };
const refused: Deviation = { t: 0, n: 0, u: [3, 'ECONNREFUSED'] };
const subject = 'n1 → n2 UDP IPv4';

describe('What is as expected', () => {
  it('passes, with its round trip and without a message', () => {
    const [verdict] = between(
      judge({ plan, check: udp, reports: reportsOf(plan, udp), api: quiet }),
      'n1',
      'n2',
    );
    assert.deepEqual(verdict, {
      check: 'pods',
      type: 'PodToPod',
      outcome: 'Passed',
      reason: 'AsExpected',
      message: '',
      node: 'n1',
      peer: 'n2',
      subject,
      roundTripMicroseconds: 400,
    });
  });

  it('is told of the same node apart', () => {
    const verdicts = judge({ plan, check: both, reports: reportsOf(plan, both), api: quiet });
    assert.deepEqual(told(between(verdicts, 'n1', 'n1')), [
      'Passed AsExpected | n1 → n1 TCP IPv4 (same node)',
      'Passed AsExpected | n1 → n1 UDP IPv4 (same node)',
    ]);
  });
});

describe('What the two ends saw of each other', () => {
  for (const [name, changes, reason, message] of [
    [
      'another address',
      { peer: '10.0.0.1' },
      'AddressTranslated',
      "n2's Pod 10.244.2.7 saw 10.0.0.1:41234 where 10.244.1.5:41234 asked",
    ],
    [
      'another address and port',
      { peer: '10.0.0.1', peerPort: 1024 },
      'AddressTranslated',
      "n2's Pod 10.244.2.7 saw 10.0.0.1:1024 where 10.244.1.5:41234 asked",
    ],
    [
      'another port',
      { peerPort: 1024 },
      'PortTranslated',
      "n2's Pod 10.244.2.7 saw 10.244.1.5:1024 where 10.244.1.5:41234 asked",
    ],
    [
      'an answer from elsewhere',
      { from: '10.244.2.9' },
      'AddressTranslated',
      'the answer came from 10.244.2.9 where 10.244.2.7 was asked by 10.244.1.5:41234',
    ],
    [
      'another Pod at another address',
      { at: '10.244.3.7', uid: 'other', pod: 'responder-n3', node: 'n3' },
      'DestinationTranslated',
      "10.244.2.7 was asked and n3's Pod responder-n3 got the question at 10.244.3.7",
    ],
    [
      'another Pod at the same address',
      { uid: 'other', pod: 'web-0', node: 'n3' },
      'WrongResponder',
      '10.244.2.7 was answered by Pod web-0 (uid other) on n3 where Pod responder-n2 (uid uid-responder-n2) on n2 should answer',
    ],
    [
      'another own address',
      { local: '10.244.1.99' },
      'AddressMismatch',
      "the probe's Pod asked from 10.244.1.99 where the API gives it 10.244.1.5",
    ],
  ] as const) {
    it(`fails when it was ${name}`, () => {
      assert.deepEqual(forth({ t: 400, n: 2, v: [view(2, changes)] }), [
        `Failed ${reason} | ${subject} | ${message}`,
      ]);
    });
  }

  it('fails when the only flow that was answered was translated', () => {
    const [verdict = ''] = forth({ t: 400, n: 1, v: [view(1, { peer: '10.0.0.1' })] });
    assert.match(verdict, /^Failed AddressTranslated/);
  });

  it('is a warning when it happened once and not again', () => {
    const message = "n2's Pod 10.244.2.7 saw 10.0.0.1:41234 where 10.244.1.5:41234 asked, in one of 6 flows";
    const once = { t: 400, n: 6, v: [view(1, { peer: '10.0.0.1' })] };
    assert.deepEqual(forth(once), [`Passed AsExpected | ${subject} | Warning TranslatedOnce: ${message}`]);
  });

  it('is told by what was seen most', () => {
    const [verdict = ''] = forth({
      t: 400,
      n: 3,
      v: [view(1, { uid: 'other' }), view(2, { peer: '10.0.0.1' })],
    });
    assert.match(verdict, /^Failed AddressTranslated/);
  });

  it('is shown as evidence', () => {
    const reports = reportsOf(plan, udp, ofForth({ t: 400, n: 2, v: [view(2, { peer: '10.0.0.1' })] }));
    const [verdict] = between(judge({ plan, check: udp, reports, api: quiet }), 'n1', 'n2');
    assert.deepEqual(verdict?.evidence, {
      asked: '10.244.1.5:41234',
      seenPeer: '10.0.0.1:41234',
      dialled: '10.244.2.7',
      answeredAt: '10.244.2.7',
      answerFrom: '10.244.2.7',
      answeredBy: 'responder-n2 uid-responder-n2 n2',
      flows: 2,
      of: 2,
    });
  });
});

describe('Silence', () => {
  const nothing = '10.244.2.7 on n2 gave no answer in 3 attempts';

  it('is Unreachable when the questions did not arrive', () => {
    const message = `${nothing}, within 2000 ms each; none of them arrived`;
    assert.deepEqual(
      forth(silence, {}, () => '0f'),
      [`Failed Unreachable | ${subject} | ${message}`],
    );
  });

  it('is Unreachable, and not known to be more, when the peer did not report', () => {
    const message = `${nothing}, within 2000 ms each; whether they arrived is not known without n2's report`;
    assert.deepEqual(
      forth(silence, {}, () => undefined),
      [`Failed Unreachable | ${subject} | ${message}`],
    );
  });

  it('is OneWay when the questions arrived', () => {
    const message = `${nothing}: it got the questions, and its answers did not come back`;
    assert.deepEqual(forth(silence), [`Failed OneWay | ${subject} | ${message}`]);
  });

  it('is OneWay over TCP, too, when UDP shows which way is closed: a half-open connection is heard of by nobody', () => {
    const verdictsWith = (seen: Seen) => {
      const reports = reportsOf(plan, both, seen, () => '22');
      return told(between(judge({ plan, check: both, reports, api: quiet }), 'n1', 'n2')).map(
        (text) => text.split(' | ')[0],
      );
    };
    assert.deepEqual(verdictsWith(ofForth(silence)), ['Failed OneWay', 'Failed OneWay']);
    assert.deepEqual(verdictsWith(ofForth(silence, 'TCP')), ['Failed Unreachable', 'Passed AsExpected']);
  });

  it('is told in words when the kernel said why', () => {
    const message = `${nothing}, refused: nothing listens there, or something rejects it`;
    assert.deepEqual(
      forth(refused, {}, () => '00'),
      [`Failed Unreachable | ${subject} | ${message}`],
    );
  });

  it('is NoResponder when the Pod that should answer is not ready', () => {
    const targets = new Map([['n2', { kind: 'NotReady', message: 'CrashLoopBackOff' } as const]]);
    const verdict = `Unknown NoResponder | ${subject} | n2's Pod responder-n2 is not ready: CrashLoopBackOff`;
    assert.deepEqual(
      forth(silence, { targets }, () => '00'),
      [verdict],
    );
    assert.deepEqual(
      forth(refused, { targets }, () => '00'),
      [verdict],
    );
  });

  it('is BlockedByPolicy only when a policy denies that way', () => {
    const policy = (selects: 'probe' | 'responder', denies: 'Ingress' | 'Egress') => ({
      policies: [{ name: 'netaudit/deny', selects: [selects], denies: [denies] }],
    });
    const outcome = (api: Partial<ApiView>, heard: string) =>
      forth(silence, api, () => heard)[0]?.split(' | ');
    const blocked = 'Unknown BlockedByPolicy';
    assert.deepEqual(outcome(policy('probe', 'Egress'), '00'), [
      blocked,
      subject,
      'NetworkPolicy netaudit/deny denies what the probe sends',
    ]);
    assert.deepEqual(outcome(policy('responder', 'Ingress'), '00'), [
      blocked,
      subject,
      'NetworkPolicy netaudit/deny denies what reaches the responder',
    ]);
    assert.equal(outcome(policy('probe', 'Ingress'), '00')?.[0], 'Failed Unreachable');
    assert.equal(outcome(policy('responder', 'Egress'), '00')?.[0], 'Failed Unreachable');
    assert.equal(outcome(policy('responder', 'Ingress'), 'ff')?.[0], 'Failed OneWay');
  });

  it('says nothing of the network when the probe had no socket or no address', () => {
    assert.match(forth({ t: 0, n: 0, u: [3, 'EMFILE'] })[0] ?? '', /^Unknown ProbeFailed .*EMFILE$/);
    assert.match(
      forth({ t: 0, n: 0, u: [1, 'NoAddress'] })[0] ?? '',
      /^Unknown NoAddress .*has no IPv4 address$/,
    );
  });
});

describe('Sizes, losses and times', () => {
  it('fail for datagrams that are lost twice in a row', () => {
    const message = 'between n1 and n2 (10.244.2.7) 11 of 20, then 29 of 60 datagrams were lost';
    const l = [
      [20, 11],
      [60, 29],
    ] as const;
    assert.deepEqual(forth({ t: 400, n: 3, l }), [`Failed DatagramsLost | ${subject} | ${message}`]);
  });

  it('pass where the second round shows that the first was chance', () => {
    assert.deepEqual(
      forth({
        t: 400,
        n: 3,
        l: [
          [20, 3],
          [60, 8],
        ],
      }),
      [`Passed AsExpected | ${subject}`],
    );
    assert.deepEqual(forth({ t: 400, n: 3, l: [[20, 3]] }), [`Passed AsExpected | ${subject}`]);
  });

  it('fail for packets as large as the interface takes', () => {
    const [datagram = '', stream = ''] = [
      forth({ t: 400, n: 3, f: [1472, 6], g: [8000, 6] })[0],
      forth({ t: 400, n: 3, s: [20000, 3, 'timeout'] })[0],
    ];
    assert.match(datagram, /^Failed LargePacketsLost .* of 1472 bytes, .* none did in 6 tries$/);
    assert.match(
      stream,
      /^Failed LargePacketsLost .* 20000 bytes each way did not get through in 3 tries \(timeout\)$/,
    );
  });

  it('only warn of fragments', () => {
    const message =
      'between n1 and n2 (10.244.2.7) no datagram of 8000 bytes, which travels in fragments, got through in 6 tries';
    const g = [8000, 6] as const;
    assert.deepEqual(forth({ t: 400, n: 3, g }), [
      `Passed AsExpected | ${subject} | Warning FragmentsLost: ${message}`,
    ]);
  });

  it('fail for slowness only where the audit sets a limit', () => {
    const limited = makeCheck({ protocols: ['UDP'], maxRoundTripMilliseconds: 5 });
    const slow = (check: typeof udp, microseconds: number) =>
      told(
        between(
          judge({ plan, check, reports: reportsOf(plan, check, ofForth(microseconds)), api: quiet }),
          'n1',
          'n2',
        ),
      );
    const message = 'the median round trip to n2 took 5.1 ms, at most 5 ms pass';
    assert.deepEqual(slow(limited, 5100), [`Failed TooSlow | ${subject} | ${message}`]);
    assert.deepEqual(slow(limited, 5000), [`Passed AsExpected | ${subject}`]);
    assert.deepEqual(slow(udp, 5_000_000), [`Passed AsExpected | ${subject}`]);
  });

  it('fail for a source address that the kernel would choose and the API does not know', () => {
    const message = "the probe's Pod on n1 asks n2 from 10.9.9.9 where the API gives it 10.244.1.5";
    assert.deepEqual(forth({ t: 400, n: 3, c: '10.9.9.9' }), [
      `Failed AddressMismatch | ${subject} | ${message}`,
    ]);
  });

  it('fail when all questions came from another address than the API gives the Pod', () => {
    const reports = reportsOf(plan, udp);
    const report = reports.get('n1');
    assert.equal(report?.kind, 'Answered');
    if (report?.kind === 'Answered') reports.set('n1', { ...report, podAddresses: ['10.244.1.6'] });
    const verdicts = judge({ plan, check: udp, reports, api: quiet });
    assert.deepEqual(
      verdicts.map(({ node, outcome, reason }) => [node, outcome, reason]),
      [
        ['n1', 'Failed', 'AddressMismatch'],
        ['n1', 'Failed', 'AddressMismatch'],
        ['n2', 'Passed', 'AsExpected'],
        ['n2', 'Passed', 'AsExpected'],
      ],
    );
  });
});

describe('What is no fault of the network', () => {
  const verdictOf = (report: Report | undefined, api: Partial<ApiView> = {}) => {
    const reports = reportsOf(plan, udp);
    if (report === undefined) reports.delete('n1');
    else reports.set('n1', report);
    return told(between(judge({ plan, check: udp, reports, api: { ...quiet, ...api } }), 'n1', 'n2'));
  };

  for (const reason of [
    'NoReport',
    'ProbeNotScheduled',
    'PodRefused',
    'ImageNotPulled',
    'PodMutated',
    'EvidenceBroken',
  ]) {
    it(`is Unknown for the true reason: ${reason}`, () => {
      assert.deepEqual(verdictOf({ kind: 'Lost', reason, message: 'why' }), [
        `Unknown ${reason} | ${subject} | why`,
      ]);
    });
  }

  it('is NoReport when the reason is none of the set, or nothing is known at all', () => {
    assert.deepEqual(verdictOf({ kind: 'Lost', reason: 'toString', message: 'why' }), [
      `Unknown NoReport | ${subject} | why`,
    ]);
    assert.deepEqual(verdictOf({ kind: 'Lost', reason: 'Unreachable', message: 'why' }), [
      `Unknown NoReport | ${subject} | why`,
    ]);
    assert.match(verdictOf(undefined)[0] ?? '', /^Unknown NoReport/);
  });

  it('is EvidenceBroken, with a sentence, when the evidence is', () => {
    const report = {
      kind: 'Answered',
      evidence: { version: 1, local: [] },
      podAddresses: [],
      complete: true,
    } as const;
    assert.deepEqual(verdictOf(report), [
      `Unknown EvidenceBroken | ${subject} | the evidence has an MTU out of range`,
    ]);
  });

  it('is EvidenceBroken when the evidence does not say which own address was asked from', () => {
    const evidence = { version: 1, local: [], mtu: 1500, results: [400, 400] };
    const report = { kind: 'Answered', evidence, podAddresses: ['10.244.1.5'], complete: true } as const;
    const message = 'the evidence names no own IPv4 address';
    assert.deepEqual(verdictOf(report), [`Unknown EvidenceBroken | ${subject} | ${message}`]);
  });

  it('is NoReport for what the probe had not asked to the end, and a verdict for the rest', () => {
    const evidence = { version: 1, local: ['10.244.1.5'], mtu: 1500, results: [400, 0] };
    const report = { kind: 'Answered', evidence, podAddresses: ['10.244.1.5'], complete: false } as const;
    const reports = new Map<string, Report>([['n1', report]]);
    const verdicts = judge({ plan, check: udp, reports, api: quiet }).filter(({ node }) => node === 'n1');
    assert.deepEqual(told(verdicts), [
      'Passed AsExpected | n1 → n1 UDP IPv4 (same node)',
      `Unknown NoReport | ${subject} | the probe on n1 ended before it had asked n2 to the end`,
    ]);
  });

  it('is Skipped for a node that went away, at either end, whatever was seen', () => {
    const reports = reportsOf(plan, udp, () => silence);
    const verdicts = judge({
      plan,
      check: udp,
      reports,
      api: { ...quiet, gone: new Map([['n2', 'Node n2 was deleted']]) },
    });
    assert.deepEqual(told(verdicts).slice(1), [
      'Skipped NodeGone | n1 → n2 UDP IPv4 | Node n2 was deleted',
      'Skipped NodeGone | n2 → n1 UDP IPv4 | Node n2 was deleted',
      'Skipped NodeGone | n2 → n2 UDP IPv4 (same node) | Node n2 was deleted',
    ]);
    assert.deepEqual(verdictOf({ kind: 'Gone', message: 'drained' }), [
      `Skipped NodeGone | ${subject} | drained`,
    ]);
  });

  it('is Unknown where the responder has containers of others, unless it answered well', () => {
    const targets = new Map([['n2', { kind: 'Mutated', message: 'it has a proxy' } as const]]);
    const [verdict = ''] = forth(silence, { targets }, () => '00');
    assert.match(verdict, /^Unknown PodMutated \| n1 → n2 UDP IPv4 \| it has a proxy; seen: /);
    assert.deepEqual(forth(400, { targets }), [`Passed AsExpected | ${subject}`]);
  });

  it('is Skipped while the responder changes, unless it answered well', () => {
    const targets = new Map([['n2', { kind: 'Changed', message: "n2's responder was replaced" } as const]]);
    const [verdict = ''] = forthChanged(silence);
    assert.match(verdict, /^Skipped Settling \| n1 → n2 UDP IPv4 \| n2's responder was replaced; seen: /);
    assert.deepEqual(forthChanged(400), [`Passed AsExpected | ${subject}`]);
    function forthChanged(result: Result) {
      const reports = reportsOf(plan, udp, ofForth(result));
      return told(between(judge({ plan, check: udp, reports, api: { ...quiet, targets } }), 'n1', 'n2'));
    }
  });
});

describe('The judge', () => {
  const anyResult: fc.Arbitrary<unknown> = fc.oneof(
    fc.nat(40_000_000),
    fc.record(
      { t: fc.nat(9), n: fc.nat(9), u: fc.tuple(fc.nat(3), fc.string({ maxLength: 9 })) },
      { requiredKeys: ['t'] },
    ),
    fc.jsonValue({ maxDepth: 3 }),
  );
  const anyReport = fc.oneof(
    fc.record({ kind: fc.constant('Lost' as const), reason: fc.string(), message: fc.string() }),
    fc.record({ kind: fc.constant('Gone' as const), message: fc.string() }),
    fc.record({
      kind: fc.constant('Answered' as const),
      evidence: fc.oneof(
        fc.jsonValue({ maxDepth: 4 }),
        fc.record({
          version: fc.constant(1),
          local: fc.constant(['10.244.1.5']),
          mtu: fc.constant(1500),
          results: fc.array(anyResult, { minLength: 4, maxLength: 6 }),
          heard: fc.constantFrom('000', 'fff', '12', 7),
        }),
      ),
      podAddresses: fc.constantFrom([], ['10.244.1.5'], ['nonsense']),
      complete: fc.boolean(),
    }),
  );

  it('gives exactly one documented verdict for every question, whatever became of the probes', () => {
    const three = makePlan(3);
    const questions = three.nodes.flatMap(({ name }) =>
      asked(three, both, name).map((question) => `${name} ${question.target} ${question.protocol}`),
    );
    fc.assert(
      fc.property(
        fc.array(fc.option(anyReport, { nil: undefined }), { minLength: 3, maxLength: 3 }),
        (given) => {
          const reports = new Map<string, Report>();
          for (const [index, report] of given.entries()) {
            if (report !== undefined) reports.set(`n${index + 1}`, report);
          }
          const verdicts = judge({ plan: three, check: both, reports, api: quiet });
          const answered = verdicts.map(
            ({ node, peer, subject: text }) => `${node} ${Number(peer?.slice(1)) - 1} ${text.split(' ')[3]}`,
          );
          assert.deepEqual(answered, questions);
          for (const { outcome, reason } of verdicts) {
            const documented: { readonly [name: string]: { readonly outcome: string } } = reasons;
            assert.equal(documented[reason]?.outcome, outcome);
          }
        },
      ),
    );
  });

  it('never passes what it has no good evidence of', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const verdicts = judge({ plan, check: udp, reports: new Map([['n1', report]]), api: quiet });
        for (const { node, outcome, roundTripMicroseconds } of verdicts) {
          if (outcome === 'Passed')
            assert.ok(node === 'n1' && report.kind === 'Answered' && (roundTripMicroseconds ?? 0) >= 0);
          if (node === 'n2') assert.equal(outcome, 'Unknown');
        }
      }),
    );
  });
});
