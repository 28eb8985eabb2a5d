import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JudgeInput } from '../../src/checks/check.ts';
import { checkOf } from '../../src/checks/registry.ts';
import { verdictsOf } from '../../src/plan/judge.ts';
import type { ProbeReport } from '../../src/plan/reports.ts';
import { apiViewOf } from '../../src/plan/view.ts';
import type { World } from '../../src/plan/world.ts';
import { fakeCheck } from './fake-check.ts';
import { makeNode, makePlanned, makeResponder, makeRun, makeWorld, noon, settings } from './make.ts';

const plan = makePlanned({
  nodes: ['n1', 'n2'].map((name) => ({ name, uid: `${name}-uid`, places: ['pod'] })),
  targets: ['n1', 'n2'].map((node) => {
    const { name: pod, uid, addresses } = makeResponder(node);
    return { node, pod, uid, addresses };
  }),
  eligible: 2,
});

function lost(node: string, place: 'pod' | 'node' = 'pod'): ProbeReport {
  const outcome = { kind: 'Lost', reason: 'NoReport', message: 'nothing' } as const;
  return { node, place, final: true, unstarted: false, outcome };
}

/** silent is the report of a probe that reached itself and nobody else. */
function silent(node: string): ProbeReport {
  const nothing = { t: 0, n: 0, u: [3, 'timeout'] };
  const results = ['n1', 'n2'].flatMap<unknown>((peer) => (peer === node ? [400, 400] : [nothing, nothing]));
  const evidence = { version: 1, local: ['10.244.9.9'], mtu: 1500, results };
  const answer = {
    version: 1,
    run: 'now-uid',
    question: '0123456789abcdef',
    complete: true,
    results: [{ check: 'pods', evidence }],
  } as const;
  const outcome = { kind: 'Answered', answer, podAddresses: ['10.244.9.9'] } as const;
  return { node, place: 'pod', final: true, unstarted: false, outcome };
}

describe('what judges may know of the API', () => {
  it('is nothing while all is as planned', () => {
    const { gone, targets } = apiViewOf(plan, [], makeWorld(2), noon, noon);
    assert.deepEqual([...gone], []);
    assert.deepEqual(
      [...targets],
      [
        ['n1', { kind: 'Ready' }],
        ['n2', { kind: 'Ready' }],
      ],
    );
  });

  for (const [name, responders, want] of [
    [
      'that a responder was replaced',
      [makeResponder('n2', { uid: 'other', name: 'other' })],
      {
        kind: 'Changed',
        message:
          'Responder Pod netaudit-responder-n2 was replaced while the run went on: Pod other is there now',
      },
    ],
    [
      'that a responder is gone',
      [],
      {
        kind: 'Changed',
        message: 'Responder Pod netaudit-responder-n2 was replaced while the run went on: there is none now',
      },
    ],
    [
      'that a responder is going',
      [makeResponder('n2', { deleting: true })],
      { kind: 'Changed', message: 'Responder Pod netaudit-responder-n2 is being deleted' },
    ],
    [
      'that a responder got another address',
      [makeResponder('n2', { addresses: ['10.244.9.9'] })],
      {
        kind: 'Changed',
        message: 'Responder Pod netaudit-responder-n2 got other addresses while the run went on',
      },
    ],
    [
      'that a responder is not ready',
      [makeResponder('n2', { ready: false })],
      { kind: 'NotReady', message: 'its Ready condition is not True' },
    ],
    [
      'that a responder became ready within the settle window',
      [makeResponder('n2', { readySince: '2026-11-24T12:00:01Z' })],
      {
        kind: 'Changed',
        message: 'Responder Pod netaudit-responder-n2 became ready at 2026-11-24T12:00:01Z',
      },
    ],
    [
      'nothing of a responder that has been ready for longer',
      [makeResponder('n2', { readySince: '2026-11-24T12:00:00Z' })],
      { kind: 'Ready' },
    ],
    [
      'that a responder has a proxy',
      [makeResponder('n2', { foreignContainers: ['istio-proxy'] })],
      {
        kind: 'Mutated',
        message: 'Responder Pod netaudit-responder-n2 has containers that are not ours: istio-proxy',
      },
    ],
  ] as const) {
    it(`is ${name}`, () => {
      const world = makeWorld(2, { responders: [makeResponder('n1'), ...responders] });
      assert.deepEqual(apiViewOf(plan, [], world, noon, noon).targets.get('n2'), want);
    });
  }

  it('is which nodes went away, whether they probe or are asked', () => {
    const world = makeWorld(0, { nodes: [makeNode('n2', { ready: 'False' })] });
    const report: ProbeReport = {
      ...lost('n1'),
      outcome: { kind: 'Gone', message: 'Node n1 was drained while the run went on' },
    };
    assert.deepEqual(
      [...apiViewOf(plan, [report], world, noon, noon).gone],
      [
        ['n1', 'Node n1 was drained while the run went on'],
        ['n2', 'Node n2 became NotReady while the run went on (Ready is False)'],
      ],
    );
  });
});

describe('the judging of a run', () => {
  /** settlingAt is what becomes of n1 → n2, where n1 reached nobody, with the world as a test says. */
  const outcomesIn = (world: Partial<World>, startTime: string) => {
    const run = makeRun('now', { observedGeneration: 1, conditions: [], startTime });
    const verdicts = verdictsOf({
      run,
      plan,
      reports: [silent('n1')],
      world: makeWorld(2, world),
      kinds: [checkOf('PodToPod')],
      settings,
      now: noon,
    });
    return verdicts.flatMap(({ node, peer, outcome, reason }) =>
      node === 'n1' && peer === 'n2' ? [`${outcome} ${reason}`] : [],
    );
  };

  it('blames nobody for what became ready within the settle window before the run, or while it went on', () => {
    const started = '2026-11-24T12:00:00Z';
    const responders = (readySince: string) => ({ responders: [makeResponder('n2', { readySince })] });
    const nodes = (name: string, readySince: string) => ({
      nodes: ['n1', 'n2'].map((each) => makeNode(each, each === name ? { readySince } : {})),
      responders: [makeResponder('n2')],
    });
    const skipped = ['Skipped Settling', 'Skipped Settling'];
    const failed = ['Failed Unreachable', 'Failed Unreachable'];
    assert.deepEqual(outcomesIn(responders('2026-11-24T11:58:31Z'), started), skipped);
    assert.deepEqual(outcomesIn(responders('2026-11-24T12:00:20Z'), started), skipped);
    assert.deepEqual(outcomesIn(responders('2026-11-24T11:58:30Z'), started), failed);
    assert.deepEqual(outcomesIn(nodes('n1', '2026-11-24T11:59:00Z'), started), skipped);
    assert.deepEqual(outcomesIn(nodes('n2', '2026-11-24T11:59:00Z'), started), skipped);
    assert.deepEqual(outcomesIn(nodes('n2', '2026-11-24T11:00:00Z'), started), failed);
  });

  it('gives each check the reports of its own place only', () => {
    const seen: JudgeInput[] = [];
    const judge = (input: JudgeInput) => {
      seen.push(input);
      return [];
    };
    const spy = { ...fakeCheck, judge };
    verdictsOf({
      run: makeRun('now'),
      plan,
      reports: [lost('n1'), lost('n2', 'node')],
      world: makeWorld(2),
      kinds: [spy],
      settings,
      now: noon,
    });
    assert.deepEqual([...(seen[0]?.reports.keys() ?? [])], ['n1']);
  });

  it('says of each pair that could not be asked that there is no responder', () => {
    const skipped = [
      { name: 'n3', reason: 'NoResponder', message: 'The node has no responder Pod with an address' },
      { name: 'w1', reason: 'NotLinux', message: 'The node runs windows' },
    ];
    const verdicts = verdictsOf({
      run: makeRun('now'),
      plan: { ...plan, skipped },
      reports: [lost('n1'), lost('n2')],
      world: makeWorld(3),
      kinds: [fakeCheck],
      settings,
      now: noon,
    });
    assert.deepEqual(
      verdicts
        .filter(({ peer }) => peer === 'n3' || peer === 'w1')
        .map(({ outcome, reason, subject }) => `${outcome} ${reason} ${subject}`),
      ['Unknown NoResponder n1 → n3', 'Unknown NoResponder n2 → n3'],
    );
  });

  it('says so of a node outside the block for its own pair alone, which nobody else would have asked', () => {
    const nodes = [...plan.nodes, { name: 'n9', uid: 'n9-uid', places: ['pod' as const] }];
    const reports = ['n1', 'n2', 'n9'].map((node) => lost(node));
    const verdicts = verdictsOf({
      run: makeRun('now'),
      plan: { ...plan, nodes },
      reports,
      world: makeWorld(9),
      kinds: [fakeCheck],
      settings,
      now: noon,
    });
    assert.deepEqual(
      verdicts.flatMap(({ outcome, reason, subject, peer }) =>
        peer === 'n9' ? [`${outcome} ${reason} ${subject}`] : [],
      ),
      ['Unknown NoResponder n9 → n9'],
    );
  });

  it('leaves unknown what it has no judge for', () => {
    const verdicts = verdictsOf({
      run: makeRun('now'),
      plan,
      reports: [],
      world: makeWorld(2),
      kinds: [],
      settings,
      now: noon,
    });
    assert.deepEqual(
      verdicts.map(({ node, outcome, reason }) => `${node} ${outcome} ${reason}`),
      ['n1 Unknown NoReport', 'n2 Unknown NoReport'],
    );
  });
});
