import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { encodeAnswer } from '../../src/checks/answer.ts';
import { isObject, type JsonObject } from '../../src/checks/shape.ts';
import { jobView, probePodView } from '../../src/cluster/views.ts';
import { reportFor, reportsOf } from '../../src/plan/reports.ts';
import type { JobView, NodeView, ProbePodView } from '../../src/plan/world.ts';
import { makeNode, makePlanned, makeRun, makeWorld } from './make.ts';

const run = makeRun('now');
const hash = 'abcdefabcdefabcd';
const asking = { node: 'n1', place: 'pod', question: { text: 'question', hash } } as const;

const job: JobView = {
  name: 'now-pod-n1',
  namespace: 'netaudit',
  uid: 'job-uid',
  node: 'n1',
  place: 'pod',
  runUid: 'now-uid',
  creationTime: '2026-11-24T12:00:00Z',
};

function pod(more: Partial<ProbePodView> = {}): ProbePodView {
  return {
    name: 'now-pod-n1-x',
    namespace: 'netaudit',
    uid: 'pod-uid',
    jobUid: 'job-uid',
    node: 'n1',
    phase: 'Running',
    addresses: ['10.244.1.9'],
    deleting: false,
    foreignContainers: [],
    dns: { policy: 'ClusterFirst', configured: false },
    ...more,
  };
}

/** unplaced is a Pod that the scheduler found no place for. */
function unplaced(message: string): ProbePodView {
  const { node: _, ...rest } = pod({ phase: 'Pending', unscheduled: { reason: 'Unschedulable', message } });
  return rest;
}

const answer = {
  version: 1,
  run: 'now-uid',
  question: hash,
  complete: true,
  results: [{ check: 'pods', evidence: { seen: 1 } }],
} as const;

/** ended is a container that ended with a termination message. */
function ended(message: string, exitCode = 0, reason = 'Completed') {
  return { exitCode, reason, message };
}

interface Seen {
  readonly jobs?: readonly JobView[];
  readonly pods?: readonly ProbePodView[];
  /** nodes are those of the cluster: n1, and Ready, unless told otherwise. */
  readonly nodes?: readonly NodeView[];
  readonly place?: 'pod' | 'node';
}

function reportOf({ jobs = [job], pods = [], nodes = [makeNode('n1')], place = 'pod' }: Seen) {
  const plan = makePlanned({ nodes: [{ name: 'n1', uid: 'n1-uid', places: [place] }] });
  const world = makeWorld(0, { jobs, probePods: pods, nodes });
  const [report] = reportsOf(run, plan, [{ ...asking, place }], world);
  assert.ok(report);
  return report;
}

/** told is a report in one line: whether it is final or nothing runs yet, and what it says. */
function told(seen: Seen): string {
  const { final, unstarted, outcome } = reportOf(seen);
  const state = final ? 'final' : unstarted ? 'unstarted' : 'waits';
  if (outcome.kind === 'Answered') return `${state} Answered`;
  return outcome.kind === 'Gone'
    ? `${state} Gone: ${outcome.message}`
    : `${state} ${outcome.reason}: ${outcome.message}`;
}

describe('the report of a probe', () => {
  it('is its answer, with the addresses that the API gives its Pod', () => {
    const { final, outcome } = reportOf({ pods: [pod({ terminated: ended(encodeAnswer(answer).message) })] });
    assert.equal(final, true);
    assert.deepEqual(outcome, { kind: 'Answered', answer, podAddresses: ['10.244.1.9'] });
  });

  for (const [name, seen, want] of [
    ['waits for a Job', { jobs: [] }, 'unstarted NoReport: The run ended before its Job was made'],
    ['waits for a Pod', {}, 'waits NoReport: No Pod was made for its Job now-pod-n1 in time'],
    [
      'is that the Pod was refused, in the words of who refused it',
      { jobs: [{ ...job, refusal: 'pods "x" is forbidden: exceeded quota: few' }] },
      'unstarted PodRefused: pods "x" is forbidden: exceeded quota: few',
    ],
    [
      'is that no Pod was made, where nobody says why',
      { jobs: [{ ...job, refusal: '' }] },
      'unstarted NoReport: No Pod was made for its Job now-pod-n1 in time',
    ],
    [
      'is that the Pod fits nowhere, in the words of the scheduler',
      {
        pods: [unplaced('0/3 nodes are available: 1 Too many pods.')],
      },
      'unstarted ProbeNotScheduled: 0/3 nodes are available: 1 Too many pods.',
    ],
    [
      'is the same on a cordoned node that is full',
      {
        nodes: [makeNode('n1', { unschedulable: true })],
        pods: [unplaced('Insufficient cpu')],
      },
      'unstarted ProbeNotScheduled: Insufficient cpu',
    ],
    [
      'is that the image could not be had',
      {
        pods: [
          pod({
            phase: 'Pending',
            waiting: { reason: 'ErrImageNeverPull', message: 'image is not present' },
          }),
        ],
      },
      'unstarted ImageNotPulled: ErrImageNeverPull: image is not present',
    ],
    [
      'is that the container did not start',
      { pods: [pod({ phase: 'Pending', waiting: { reason: 'ContainerCreating', message: '' } })] },
      'unstarted NoReport: The container of Pod now-pod-n1-x did not start in time (ContainerCreating)',
    ],
    [
      'is that the probe hangs',
      { pods: [pod()] },
      "waits NoReport: The probe hung: Pod now-pod-n1-x had not ended when the run's time was over",
    ],
    [
      'is that the probe was stopped at its deadline',
      { pods: [pod({ phase: 'Failed', reason: 'DeadlineExceeded', message: 'Pod was active too long' })] },
      'final NoReport: The probe hung: its Pod now-pod-n1-x was stopped at its deadline',
    ],
    [
      'is that the Pod was evicted, and why',
      {
        pods: [pod({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' })],
      },
      'final NoReport: Its Pod now-pod-n1-x was stopped by the node (Evicted): The node was low on resource: memory.',
    ],
    [
      'is that the kubelet would not have the Pod',
      { pods: [pod({ phase: 'Failed', reason: 'OutOfcpu', message: 'Node did not have enough resource' })] },
      'final NoReport: Its Pod now-pod-n1-x was stopped by the node (OutOfcpu): Node did not have enough resource',
    ],
    [
      'is how the probe died',
      {
        pods: [
          pod({
            phase: 'Failed',
            terminated: { exitCode: 137, reason: 'OOMKilled', signal: 9, message: '' },
          }),
        ],
      },
      'final NoReport: Its Pod now-pod-n1-x ended without an answer: OOMKilled, signal 9',
    ],
    [
      'is that the probe could not be started, and no answer, whatever the kubelet says in its place',
      {
        pods: [
          pod({
            phase: 'Failed',
            terminated: ended('exec: "/usr/local/bin/node": no such file', 128, 'StartError'),
          }),
        ],
      },
      'final NoReport: The container of Pod now-pod-n1-x did not start (StartError: exec: "/usr/local/bin/node": no such file)',
    ],
    [
      'is not that the probe hung where the kubelet has lost its container',
      {
        pods: [
          pod({
            phase: 'Failed',
            reason: 'DeadlineExceeded',
            terminated: ended('The container could not be located', 137, 'ContainerStatusUnknown'),
          }),
        ],
      },
      'final NoReport: The container of Pod now-pod-n1-x did not start (ContainerStatusUnknown: The container could not be located)',
    ],
    [
      'is that its Pod is gone where its Job is over, unless the Pod comes to be seen',
      {
        jobs: [
          {
            ...job,
            finished: {
              type: 'Failed',
              reason: 'DeadlineExceeded',
              message: 'Job was active longer than specified deadline',
            },
          },
        ],
      },
      'unstarted NoReport: The Pod of its Job now-pod-n1 is gone, and no answer with it (DeadlineExceeded: Job was active longer than specified deadline)',
    ],
    [
      'is nothing that foreign containers may have touched',
      {
        pods: [pod({ foreignContainers: ['istio-proxy'], terminated: ended(encodeAnswer(answer).message) })],
      },
      'final PodMutated: Its Pod now-pod-n1-x has containers that are not ours: istio-proxy',
    ],
    [
      'is nothing that was said on another node',
      { pods: [pod({ node: 'n2', terminated: ended(encodeAnswer(answer).message) })] },
      'final EvidenceBroken: Its Pod now-pod-n1-x ran on n2',
    ],
    [
      'is nothing that cannot be read',
      { pods: [pod({ terminated: ended('{"version":1') })] },
      'final EvidenceBroken: the answer is cut or is not JSON',
    ],
    [
      'is no answer to another question',
      {
        pods: [pod({ terminated: ended(encodeAnswer({ ...answer, question: '0000000000000000' }).message) })],
      },
      'final EvidenceBroken: the answer is to another question',
    ],
    [
      'is no answer to another run',
      { pods: [pod({ terminated: ended(encodeAnswer({ ...answer, run: 'other' }).message) })] },
      'final EvidenceBroken: the answer is about another run',
    ],
    [
      'takes no Pod that another Job made',
      { pods: [pod({ jobUid: 'other', terminated: ended(encodeAnswer(answer).message) })] },
      'waits NoReport: No Pod was made for its Job now-pod-n1 in time',
    ],
    [
      'takes no Job of another run',
      {
        jobs: [{ ...job, runUid: 'other' }],
        pods: [pod({ terminated: ended(encodeAnswer(answer).message) })],
      },
      'unstarted NoReport: The run ended before its Job was made',
    ],
    [
      'prefers the Pod that ended, should there be two',
      { pods: [pod({ terminated: ended(encodeAnswer(answer).message) }), pod({ name: 'z', uid: 'z' })] },
      'final Answered',
    ],
  ] as const satisfies readonly (readonly [string, Seen, string])[]) {
    it(name, () => assert.equal(told(seen), want));
  }
});

describe('the node of a probe that did not answer', () => {
  const hung = [pod()];
  for (const [name, seen, want] of [
    ['was deleted', { nodes: [], pods: hung }, 'final Gone: Node n1 was deleted while the run went on'],
    [
      'came back as another',
      { nodes: [makeNode('n1', { uid: 'other' })], pods: hung },
      'final Gone: Node n1 was deleted while the run went on, and another of its name came',
    ],
    [
      'is being deleted',
      { nodes: [makeNode('n1', { deleting: true })], pods: hung },
      'final Gone: Node n1 is being deleted',
    ],
    [
      'became NotReady',
      { nodes: [makeNode('n1', { ready: 'Unknown' })], pods: hung },
      'final Gone: Node n1 became NotReady while the run went on (Ready is Unknown)',
    ],
    [
      'was drained',
      { nodes: [makeNode('n1', { unschedulable: true })], pods: [pod({ deleting: true })] },
      'final Gone: Node n1 was drained while the run went on',
    ],
    [
      'was drained, and the Pod is gone, too',
      {
        nodes: [makeNode('n1', { unschedulable: true })],
        jobs: [
          {
            ...job,
            finished: {
              type: 'Failed',
              reason: 'BackoffLimitExceeded',
              message: 'Job has reached the specified backoff limit',
            },
          },
        ],
      },
      'final Gone: Node n1 was drained while the run went on',
    ],
    [
      'is cordoned only',
      { nodes: [makeNode('n1', { unschedulable: true })], pods: hung },
      "waits NoReport: The probe hung: Pod now-pod-n1-x had not ended when the run's time was over",
    ],
    [
      'left after it had answered',
      { nodes: [], pods: [pod({ terminated: ended(encodeAnswer(answer).message) })] },
      'final Answered',
    ],
  ] as const satisfies readonly (readonly [string, Seen, string])[]) {
    it(name, () => assert.equal(told(seen), want));
  }

  it('may well be NotReady when it is asked at its own place', () => {
    const nodes = [makeNode('n1', { ready: 'False' })];
    assert.equal(
      told({ nodes, jobs: [{ ...job, place: 'node' }], place: 'node' }),
      'waits NoReport: No Pod was made for its Job now-pod-n1 in time',
    );
  });
});

describe('an answer on stdout', () => {
  const evidence = Array.from({ length: 4000 }, (_, index) => String(Math.imul(index, 2654435761) >>> 0));
  const large = encodeAnswer({ ...answer, results: [{ check: 'pods', evidence }] });
  const ended = { exitCode: 0, reason: 'Completed', message: large.message };

  it('is asked for, and waits until it was read', () => {
    const { final, answerLine } = reportOf({ pods: [pod({ terminated: ended })] });
    assert.deepEqual({ final, answerLine }, { final: false, answerLine: large.line?.length });
  });

  it('is read from the log', () => {
    const { final, answerLine, outcome } = reportOf({
      pods: [pod({ terminated: ended, log: { text: `noise\n${large.line}\n` } })],
    });
    assert.deepEqual({ final, answerLine }, { final: true, answerLine: undefined });
    assert.deepEqual(outcome.kind === 'Answered' && outcome.answer.results, [{ check: 'pods', evidence }]);
  });

  it('that cannot be read is no report, with the reason', () => {
    const want = 'final NoReport: Its answer is in the log of Pod now-pod-n1-x, which could not be read: 502';
    assert.equal(told({ pods: [pod({ terminated: ended, log: { error: '502' } })] }), want);
  });

  it('that is not there is broken evidence', () => {
    assert.match(
      told({ pods: [pod({ terminated: ended, log: { text: 'nothing' } })] }),
      /^final EvidenceBroken: the log has no line/,
    );
  });
});

describe("one check's part of a report", () => {
  it('is its own evidence', () => {
    const report = reportOf({ pods: [pod({ terminated: ended(encodeAnswer(answer).message) })] });
    assert.deepEqual(reportFor('pods', report), {
      kind: 'Answered',
      evidence: { seen: 1 },
      podAddresses: ['10.244.1.9'],
      complete: true,
    });
    const details = { lines: ['mark pods 7 abc'] };
    const read = reportOf({ pods: [pod({ terminated: ended(encodeAnswer(answer).message), details })] });
    assert.deepEqual(reportFor('pods', read), { ...reportFor('pods', report), log: details });
    assert.deepEqual(reportFor('other', report), {
      kind: 'Lost',
      reason: 'NoReport',
      message: 'The probe ended before it came to this check',
    });
  });
});

describe('what a real cluster said', () => {
  const folder = new URL('../fixtures/jobs/', import.meta.url);
  const read = (name: string): JsonObject => {
    const value: unknown = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
    assert.ok(isObject(value));
    return value;
  };
  const capture = (name: string): string => {
    const real = { ...jobView(read(`job-${name}.json`)), runUid: 'now-uid', node: 'n1' };
    const list = read(`pods-of-${name}.json`).items;
    const items: readonly unknown[] = Array.isArray(list) ? list : [];
    const pods = items.filter(isObject).map((item): ProbePodView => {
      const view = probePodView(item);
      return view.node === undefined ? view : { ...view, node: 'n1' };
    });
    return told({ jobs: [real], pods });
  };

  it('is read as what it was', () => {
    assert.equal(capture('good'), 'final EvidenceBroken: the answer has another version than 1');
    assert.equal(capture('fails'), 'final EvidenceBroken: the answer cannot be decompressed: Z_DATA_ERROR');
    assert.equal(
      capture('late'),
      'unstarted NoReport: The Pod of its Job late is gone, and no answer with it (DeadlineExceeded: Job was active longer than specified deadline)',
    );
    assert.equal(
      capture('noimage'),
      'unstarted ImageNotPulled: ErrImageNeverPull: Container image "docker.io/lab/none:1" is not present with pull policy of Never',
    );
    assert.match(
      capture('nowhere'),
      /^unstarted ProbeNotScheduled: 0\/3 nodes are available: 3 node\(s\) didn't satisfy plugin\(s\) \[NodeAffinity\]/,
    );
  });
});
