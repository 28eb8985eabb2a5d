import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Check, JudgeInput, Report } from '../../src/checks/check.ts';
import { Cluster } from './cluster.ts';
import { fakeCheck } from './fake-check.ts';
import { makeAudit } from './make.ts';

/** Details are a log as one judge got it. */
type Details = Extract<Report, { kind: 'Answered' }>['log'];

/** Wants says which lines a judge wants of a node's log at a look, and keeps what it got in the end. */
class Wanting {
  readonly judged: Record<string, Details>[] = [];
  looks = 0;
  readonly kind: Check;

  constructor(wants: (node: string, look: number) => readonly string[] | undefined) {
    this.kind = {
      ...fakeCheck,
      wantsLog: ({ reports }) => {
        this.looks += 1;
        const nodes = [...reports].filter(([, { kind }]) => kind === 'Answered').map(([node]) => node);
        return new Map(
          nodes.flatMap((node) => {
            const beginnings = wants(node, this.looks);
            return beginnings === undefined ? [] : [[node, beginnings]];
          }),
        );
      },
      judge: (input) => {
        this.judged.push(logsOf(input));
        return fakeCheck.judge(input);
      },
    };
  }
}

function logsOf({ reports }: JudgeInput): Record<string, Details> {
  return Object.fromEntries(
    [...reports].flatMap(([node, report]) =>
      report.kind === 'Answered' && report.log !== undefined ? [[node, report.log]] : [],
    ),
  );
}

function started(wanting: Wanting, timeout = 180): Cluster {
  return new Cluster(3, makeAudit({ runTimeoutSeconds: timeout }), {}, wanting.kind);
}

const lines = (line: string) => ({ lines: [line] });

describe('a log that a judge wants', () => {
  it('is read of those nodes alone, before the run is judged and its probes are deleted', () => {
    const wanting = new Wanting((node) => (node === 'n2' ? ['mark pods 7 '] : undefined));
    const cluster = started(wanting);
    const read: string[] = [];
    cluster.details = ({ pod, keep }) => {
      read.push(`${/-(n\d)-/.exec(pod)?.[1]}, ${JSON.stringify(keep)}, ${cluster.jobs.size} Jobs`);
      return lines('mark pods 7 abc');
    };
    cluster.settle();
    assert.deepEqual(read, ['n2, {"beginnings":["mark pods 7 "]}, 3 Jobs']);
    assert.deepEqual(wanting.judged, [{ n2: lines('mark pods 7 abc') }]);
    assert.equal(cluster.run('cluster-g1').status?.outcome, 'Passed');
    assert.equal(cluster.jobs.size, 0);
  });

  it('is not read where nothing differs', () => {
    const wanting = new Wanting(() => undefined);
    const cluster = started(wanting);
    cluster.settle();
    assert.equal(cluster.counts.get('ReadLog'), undefined);
    assert.deepEqual(wanting.judged, [{}]);
  });

  it('is read once, though the judge wants other lines at each look', () => {
    const wanting = new Wanting((_, look) => [`mark pods ${look} `]);
    const cluster = started(wanting);
    cluster.details = () => lines('mark pods 1 abc');
    cluster.settle();
    assert.equal(cluster.counts.get('ReadLog'), 3);
    assert.deepEqual(Object.keys(wanting.judged[0] ?? {}), ['n1', 'n2', 'n3']);
    assert.equal(wanting.judged.length, 1);
  });

  it('that cannot be read is judged as that', () => {
    const wanting = new Wanting((node) => (node === 'n1' ? ['mark pods 1 '] : undefined));
    const cluster = started(wanting);
    cluster.details = () => ({ error: 'the kubelet is not there' });
    cluster.settle();
    assert.deepEqual(wanting.judged, [{ n1: { error: 'the kubelet is not there' } }]);
  });

  it('is waited for until the run must end', () => {
    const wanting = new Wanting((node) => (node === 'n1' ? ['mark pods 1 '] : undefined));
    const cluster = started(wanting);
    for (let turn = 0; turn < 3; turn += 1) cluster.reconcile();
    cluster.runProbes();
    for (let second = 0; second < 179; second += 1) {
      cluster.pass(1);
      cluster.reconcile();
    }
    assert.equal(cluster.jobs.size, 3);
    assert.deepEqual(wanting.judged, []);
    cluster.pass(2);
    cluster.settle();
    const [job] = cluster.createdJobs.filter((name) => name.includes('n1'));
    assert.deepEqual(wanting.judged, [{ n1: { error: `The log of Pod ${job}-abcde was not read in time` } }]);
    assert.equal(cluster.run('cluster-g1').status?.outcome, 'Passed');
  });

  it('is read while another probe hangs, near the end', () => {
    const wanting = new Wanting((node) => (node === 'n1' ? ['mark pods 1 '] : undefined));
    const cluster = started(wanting);
    cluster.details = () => lines('mark pods 1 abc');
    cluster.mute.add('n3');
    cluster.settle();
    cluster.pend('n3', {});
    cluster.pass(100);
    cluster.settle();
    assert.equal(cluster.counts.get('ReadLog'), undefined);
    cluster.pass(72);
    cluster.settle();
    assert.equal(cluster.counts.get('ReadLog'), 1);
    assert.deepEqual(wanting.judged, []);
    cluster.pass(4);
    cluster.settle();
    assert.deepEqual(wanting.judged, [{ n1: lines('mark pods 1 abc') }]);
  });
});
