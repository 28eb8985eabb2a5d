import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { bytesOf, maxRunBytes, type NetworkAuditRun, type Plan } from '../../src/api/v1alpha1/index.ts';
import type { Verdict } from '../../src/checks/verdict.ts';
import { passingOf, passingOfRun } from '../../src/plan/passing.ts';
import type { ProbeReport } from '../../src/plan/reports.ts';
import { type ResultInput, resultsOf } from '../../src/plan/results.ts';
import { fakeCheck } from './fake-check.ts';
import { allPairs, finishedStatus, makePlanned, makeRun, makeVerdict, noon } from './make.ts';

describe('what decides', () => {
  for (const [name, counts, percent, want] of [
    ['all passed', [9, 0, 0, 0], 10, 'Passed NetworkSound: 9 of 9 questions passed'],
    ['one failure', [99, 1, 0, 0], 10, 'Failed FindingsFailed: 1 of 100 questions failed'],
    [
      'a failure outweighs what is unknown',
      [0, 1, 99, 0],
      10,
      'Failed FindingsFailed: 1 of 100 questions failed',
    ],
    [
      'just few enough unknown',
      [90, 0, 10, 0],
      10,
      'Passed NetworkSound: 90 of 100 questions passed, 10 could not be answered',
    ],
    [
      'one too many unknown',
      [89, 0, 11, 0],
      10,
      'Unknown TooManyUnknown: 11 of 100 questions could not be answered, at most 10 % may',
    ],
    [
      'none may be unknown',
      [99, 0, 1, 0],
      0,
      'Unknown TooManyUnknown: 1 of 100 questions could not be answered, at most 0 % may',
    ],
    [
      'all unknown, and all may be',
      [0, 0, 5, 0],
      100,
      'Unknown NothingJudged: None of 5 questions was answered (5 unknown, 0 skipped)',
    ],
    [
      'all skipped',
      [0, 0, 0, 4],
      10,
      'Unknown NothingJudged: None of 4 questions was answered (0 unknown, 4 skipped)',
    ],
    ['nothing asked', [0, 0, 0, 0], 10, 'Unknown NothingJudged: Nothing was asked: no node can take part'],
    [
      'skipped ones do not count',
      [9, 0, 1, 90],
      10,
      'Passed NetworkSound: 9 of 10 questions passed, 1 could not be answered, 90 skipped',
    ],
  ] as const) {
    it(name, () => {
      const [passed, failed, unknown, skipped] = counts;
      const { outcome, reason, message } = passingOf({ passed, failed, unknown, skipped }, percent);
      assert.equal(`${outcome} ${reason}: ${message}`, want);
    });
  }
});

describe('what decides over a whole run', () => {
  const { podToPod: _, ...kind } = makePlanned().checks[0] ?? assert.fail('no check');
  const checks = ['pods', 'few'].map((name) => ({ ...kind, name }));
  const many = Array.from({ length: 99 }, () => makeVerdict('n1', 'n2'));
  const few = (outcome: 'Unknown' | 'Skipped') => makeVerdict('n1', 'n2', { check: 'few', outcome });

  it('is each check by itself, too: the few questions of one are not lost among the many of another', () => {
    assert.deepEqual(
      passingOfRun(makePlanned({ checks, eligible: 2 }), [...many, few('Unknown')], undefined),
      {
        outcome: 'Unknown',
        reason: 'TooManyUnknown',
        message: 'Check few: 1 of 1 questions could not be answered, at most 10 % may',
      },
    );
    assert.equal(
      passingOfRun(makePlanned({ checks }), [...many, few('Skipped')], undefined).outcome,
      'Passed',
    );
  });

  it('is unknown where every question of a check came amid a change: an outage that is new is no sound network', () => {
    const settling = makeVerdict('n1', 'n2', { check: 'few', outcome: 'Skipped', reason: 'Settling' });
    const silent = { ...settling, reason: 'ServerSilent' };
    assert.deepEqual(passingOfRun(makePlanned({ checks }), [...many, settling, silent], undefined), {
      outcome: 'Unknown',
      reason: 'NothingJudged',
      message: 'Check few: none of 2 questions was judged, since what they are about was changing',
    });
    const one = makeVerdict('n1', 'n2', { check: 'few' });
    assert.equal(
      passingOfRun(makePlanned({ checks }), [...many, settling, one], undefined).outcome,
      'Passed',
    );
  });

  it('says what it says nothing about', () => {
    const skipped = ['a', 'b'].map((name) => ({ name, reason: 'NodeNotReady', message: '' }));
    const windows = { name: 'w', reason: 'NotLinux', message: '' };
    const message = (plan: Partial<Plan>) =>
      passingOfRun(makePlanned(plan), [makeVerdict('n1', 'n1')], undefined).message;
    assert.equal(message({ eligible: 2, skipped: [windows] }), '1 of 1 questions passed');
    assert.equal(
      message({ eligible: 1, skipped: [...skipped, windows] }),
      '1 of 1 questions passed; one node only can take part, so that nothing went from node to node; 2 nodes not Ready took no part',
    );
  });
});

function answered(node: string): ProbeReport {
  const answer = { version: 1, run: 'now-uid', question: '', complete: true, results: [] } as const;
  return {
    node,
    place: 'pod',
    final: true,
    unstarted: false,
    outcome: { kind: 'Answered', answer, podAddresses: [] },
  };
}

function results(verdicts: readonly Verdict[], more: Partial<ResultInput> = {}) {
  const names = [...new Set(verdicts.flatMap(({ node, peer }) => [node, peer ?? node]))].sort();
  const nodes = names.map((name) => ({ name, uid: `${name}-uid`, places: ['pod' as const] }));
  const targets = names.map((node) => ({ node, pod: node, uid: node, addresses: [] }));
  const plan = makePlanned({ nodes, targets, eligible: nodes.length });
  const input = {
    run: makeRun('now', { observedGeneration: 1, conditions: [], startTime: '2026-11-24T11:59:00Z', plan }),
    plan,
    verdicts,
    reports: names.map(answered),
    nodeNames: new Set(names),
    late: false,
    ...more,
  };
  return resultsOf(input, noon, [fakeCheck]);
}

/** before is a finished run with one failure, seen since ten to twelve. */
function before(subject: string, node = 'n1', check = 'pods'): NetworkAuditRun {
  const finding = {
    severity: 'Failed',
    check,
    reason: 'Unreachable',
    node,
    subject,
    message: 'gave no answer',
    since: '2026-11-24T11:50:00Z',
  } as const;
  return makeRun('before', finishedStatus({}, { findings: [finding] }));
}

describe('the results of a run', () => {
  it('are its whole status, plan and start kept', () => {
    const verdicts = [
      makeVerdict('n1', 'n1', { roundTripMicroseconds: 100 }),
      makeVerdict('n1', 'n2', { roundTripMicroseconds: 300 }),
      makeVerdict('n2', 'n1', {
        outcome: 'Failed',
        reason: 'OneWay',
        message: 'no answer came back',
        evidence: { seen: '10.0.0.1' },
      }),
      makeVerdict('n2', 'n2', { warning: { reason: 'FragmentsLost', message: 'fragments are lost' } }),
    ];
    const status = results(verdicts);
    assert.deepEqual(status, {
      observedGeneration: 1,
      conditions: [
        {
          type: 'Complete',
          status: 'True',
          observedGeneration: 1,
          reason: 'Finished',
          message: '2 of 2 probes answered',
          lastTransitionTime: '2026-11-24T12:00:00Z',
        },
        {
          type: 'Passed',
          status: 'False',
          observedGeneration: 1,
          reason: 'FindingsFailed',
          message: '1 of 4 questions failed (1 OneWay)',
          lastTransitionTime: '2026-11-24T12:00:00Z',
        },
      ],
      startTime: '2026-11-24T11:59:00Z',
      completionTime: '2026-11-24T12:00:00Z',
      plan: status.plan,
      outcome: 'Failed',
      summary: {
        passed: 3,
        failed: 1,
        unknown: 0,
        skipped: 0,
        warnings: 1,
        nodes: { eligible: 2, probed: 2, reported: 2 },
      },
      checks: [
        {
          name: 'pods',
          type: 'PodToPod',
          outcome: 'Failed',
          reason: 'OneWay',
          message: 'no answer came back',
          passed: 3,
          failed: 1,
          unknown: 0,
          skipped: 0,
        },
      ],
      findings: [
        {
          severity: 'Failed',
          check: 'pods',
          reason: 'OneWay',
          node: 'n2',
          subject: 'n2 → n1 TCP IPv4',
          message: 'no answer came back',
          evidence: '{"seen":"10.0.0.1"}',
          since: '2026-11-24T12:00:00Z',
        },
        {
          severity: 'Warning',
          check: 'pods',
          reason: 'FragmentsLost',
          node: 'n2',
          subject: 'n2 → n2 TCP IPv4',
          message: 'fragments are lost',
          since: '2026-11-24T12:00:00Z',
        },
      ],
      findingsOmitted: 0,
      suspects: [],
      nodes: [
        {
          name: 'n1',
          place: 'pod',
          outcome: 'Passed',
          reason: 'AsExpected',
          message: '',
          passed: 2,
          failed: 0,
          unknown: 0,
          skipped: 0,
          roundTripMicroseconds: { p50: 100, p90: 300, max: 300 },
        },
        {
          name: 'n2',
          place: 'pod',
          outcome: 'Failed',
          reason: 'OneWay',
          message: 'no answer came back',
          passed: 1,
          failed: 1,
          unknown: 0,
          skipped: 0,
        },
      ],
      matrix: {
        targets: ['n1', 'n2'],
        rows: [
          { node: 'n1', reach: '..', roundTripMicroseconds: [100, 300] },
          { node: 'n2', reach: 'x.', roundTripMicroseconds: [0, 0] },
        ],
      },
    });
  });

  it('say in one line what failed, the most frequent first, and which node explains it', () => {
    const told = (verdicts: readonly Verdict[]) =>
      results(verdicts).conditions.find(({ type }) => type === 'Passed')?.message;
    const failing = (reasons: Readonly<Record<string, string>>) =>
      allPairs(3, (from, to) => reasons[`${from} ${to}`]);
    assert.equal(
      told(failing({ 'n1 n3': 'Unreachable', 'n3 n1': 'OneWay' })),
      '2 of 9 questions failed (1 OneWay, 1 Unreachable)',
    );
    assert.equal(
      told(failing({ 'n2 n1': 'OneWay', 'n2 n3': 'Unreachable', 'n2 n2': 'Unreachable' })),
      '3 of 9 questions failed (2 Unreachable, 1 OneWay); node n2 explains most of it',
    );
  });

  it('show the worst of several questions between one pair', () => {
    const udp = { subject: 'n1 → n2 UDP IPv4' };
    const row = (...verdicts: readonly Verdict[]) => results(verdicts).matrix?.rows[0]?.reach;
    assert.equal(
      row(makeVerdict('n1', 'n2'), makeVerdict('n1', 'n2', { ...udp, outcome: 'Failed', reason: 'OneWay' })),
      ' x',
    );
    assert.equal(
      row(
        makeVerdict('n1', 'n2'),
        makeVerdict('n1', 'n2', { ...udp, outcome: 'Unknown', reason: 'NoReport' }),
      ),
      ' ?',
    );
    assert.equal(
      row(
        makeVerdict('n1', 'n2'),
        makeVerdict('n1', 'n2', { ...udp, outcome: 'Skipped', reason: 'Settling' }),
      ),
      ' .',
    );
    assert.equal(row(makeVerdict('n1', 'n2', { outcome: 'Skipped', reason: 'NodeGone' })), ' -');
  });

  it('are Unknown by name where a probe gave no answer, with one finding for all its questions', () => {
    const lost = {
      outcome: 'Unknown',
      reason: 'ImageNotPulled',
      message: 'ErrImagePull: no such image',
    } as const;
    const verdicts = allPairs(3, () => undefined).map((verdict) =>
      verdict.node === 'n3' ? { ...verdict, ...lost } : verdict,
    );
    const reports: ProbeReport[] = [
      answered('n1'),
      answered('n2'),
      { ...answered('n3'), outcome: { kind: 'Lost', reason: lost.reason, message: lost.message } },
    ];
    const status = results(verdicts, { reports, late: true });
    assert.equal(status.conditions[0]?.message, "The run's time was over: 1 of 3 probes gave no answer");
    assert.deepEqual(status.findings, [
      {
        severity: 'Unknown',
        check: 'pods',
        reason: 'ImageNotPulled',
        node: 'n3',
        message: 'ErrImagePull: no such image (3 questions)',
        since: '2026-11-24T12:00:00Z',
      },
    ]);
    assert.deepEqual(
      status.nodes?.map(({ name, outcome, reason }) => `${name} ${outcome} ${reason}`),
      ['n1 Passed AsExpected', 'n2 Passed AsExpected', 'n3 Unknown ImageNotPulled'],
    );
    assert.equal(status.summary?.nodes.reported, 2);
  });
});

describe('lookups', () => {
  it('are told for each path that was asked, in order, with how long answers took', () => {
    const asked = (
      path: 'ResolvConf' | 'Service',
      more: Partial<Verdict> = {},
      latency?: number,
    ): Verdict => ({
      ...makeVerdict('n1', 'n1', { type: 'DNS', check: 'dns', ...more }),
      lookup: latency === undefined ? { path } : { path, latencyMicroseconds: latency },
    });
    const status = results([
      asked('Service', {}, 300),
      asked('Service', { outcome: 'Failed', reason: 'TimedOut' }, 90_000_000),
      asked('ResolvConf', { outcome: 'Skipped', reason: 'Settling' }),
      makeVerdict('n2', 'n2'),
    ]);
    assert.deepEqual(
      status.nodes?.map(({ name, lookups }) => ({ name, lookups })),
      [
        {
          name: 'n1',
          lookups: [
            { path: 'ResolvConf', passed: 0, failed: 0, unknown: 0, skipped: 1 },
            {
              path: 'Service',
              passed: 1,
              failed: 1,
              unknown: 0,
              skipped: 0,
              latencyMicroseconds: { p50: 300, p90: 60_000_000, max: 60_000_000 },
            },
          ],
        },
        { name: 'n2', lookups: undefined },
      ],
    );
  });

  it('name a replica as what explains most of it by its kind', () => {
    const { peer: _, ...own } = makeVerdict('n1', 'n1', { outcome: 'Failed', reason: 'EndpointDown' });
    const blames = { kind: 'Pod', name: 'kube-system/coredns-1' } as const;
    const status = results([{ ...own, blames }]);
    assert.equal(
      status.conditions.find(({ type }) => type === 'Passed')?.message,
      '1 of 1 questions failed (1 EndpointDown); Pod kube-system/coredns-1 explains most of it',
    );
  });
});

describe('a finding of the run before', () => {
  it('keeps its date when it is found again', () => {
    const verdicts = [
      makeVerdict('n1', 'n2', { outcome: 'Failed', reason: 'Unreachable', message: 'gave no answer' }),
    ];
    const { findings } = results(verdicts, { previous: before('n1 → n2 TCP IPv4') });
    assert.deepEqual(
      findings?.map(({ since }) => since),
      ['2026-11-24T11:50:00Z'],
    );
  });

  for (const [name, verdicts, previous, carried] of [
    [
      'is carried over when its pair was not asked',
      [makeVerdict('n2', 'n1')],
      before('n1 → n2 TCP IPv4'),
      true,
    ],
    [
      'is carried over when its pair could not be told',
      [makeVerdict('n1', 'n2', { outcome: 'Unknown', reason: 'NoReport' })],
      before('n1 → n2 TCP IPv4'),
      true,
    ],
    [
      'is carried over when a node was away for a moment',
      [makeVerdict('n1', 'n2', { outcome: 'Skipped', reason: 'NodeGone' })],
      before('n1 → n2 TCP IPv4'),
      true,
    ],
    ['is gone when its question passed', [makeVerdict('n1', 'n2')], before('n1 → n2 TCP IPv4'), false],
    [
      'is gone when its pair passed and its question is not asked any more',
      [makeVerdict('n1', 'n2')],
      before('n1 → n2 UDP IPv4'),
      false,
    ],
    ['is gone when a node of the pair is', [makeVerdict('n1', 'n2')], before('n1 → n9 TCP IPv4'), false],
    [
      'is gone when its check is',
      [makeVerdict('n2', 'n1')],
      before('n1 → n2 TCP IPv4', 'n1', 'former'),
      false,
    ],
    [
      'about a node alone is carried over until that node is judged',
      [makeVerdict('n2', 'n1')],
      before('/etc/cni/net.d'),
      true,
    ],
  ] as const) {
    it(name, () => {
      const status = results(verdicts, { previous });
      assert.equal(
        status.findings?.some(({ since }) => since === '2026-11-24T11:50:00Z'),
        carried,
      );
      assert.notEqual(status.outcome, 'Failed');
    });
  }
});

describe('a run with everything failing and the longest names', () => {
  it('is never larger than 512 KiB, and says how much it left out', () => {
    const name = (index: number) => `node-${index}-`.padEnd(253, 'a');
    const names = Array.from({ length: 200 }, (_, index) => name(index));
    const list = Array.from({ length: 200 }, () => 'y'.repeat(40));
    const evidence = { asked: 'x'.repeat(300), list };
    const message = '<&>'.repeat(300);
    const verdicts = names.flatMap((node) =>
      names.slice(0, 50).flatMap((peer) =>
        ['TCP', 'UDP'].map((protocol) =>
          makeVerdict(node, peer, {
            outcome: 'Failed',
            reason: 'Unreachable',
            message,
            subject: `${node} → ${peer} ${protocol} IPv4`,
            evidence,
            roundTripMicroseconds: 1_234_567,
          }),
        ),
      ),
    );
    const status = results(verdicts);
    const run = { ...makeRun(name(1).slice(0, 63)), status };
    assert.ok(bytesOf(run) <= maxRunBytes, `${bytesOf(run)} bytes`);
    assert.equal((status.findings?.length ?? 0) + (status.findingsOmitted ?? 0), 20_000);
    assert.ok((status.findings?.length ?? 0) >= 32);
    assert.equal(status.summary?.failed, 20_000);
    for (const { evidence } of status.findings ?? []) assert.doesNotThrow(() => JSON.parse(evidence ?? ''));
  });

  it('keeps within every bound of the schema, whatever the verdicts say', () => {
    const text = fc.string({ unit: 'binary', maxLength: 3000 });
    const verdict = fc.record({ subject: text, message: text, evidence: fc.dictionary(fc.string(), text) });
    fc.assert(
      fc.property(fc.array(verdict, { minLength: 1, maxLength: 5 }), (parts) => {
        const verdicts = parts.map((part) =>
          makeVerdict('n1', 'n2', { ...part, outcome: 'Failed', reason: 'OneWay' }),
        );
        for (const { subject, message, evidence } of results(verdicts).findings ?? []) {
          assert.ok(
            (subject ?? '').length <= 600 && message.length <= 1024 && (evidence ?? '').length <= 1024,
          );
        }
      }),
      { numRuns: 50 },
    );
  });
});
