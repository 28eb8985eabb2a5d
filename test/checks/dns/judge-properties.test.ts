import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Report } from '../../../src/checks/check.ts';
import { type Evidence, seenKinds } from '../../../src/checks/dns/evidence.ts';
import { judge } from '../../../src/checks/dns/judge.ts';
import { dnsTask } from '../../../src/checks/dns/plan.ts';
import { reasons } from '../../../src/checks/dns/reasons.ts';
import { questionsOf, serversOf } from '../../../src/checks/dns/task.ts';
import { answered, dnsAddress, evidenceOf, inputOf, type Model } from './clusters.ts';

const sizes = fc.record({
  nodes: fc.integer({ min: 1, max: 4 }),
  replicas: fc.integer({ min: 0, max: 4 }),
});

/** questionsIn is how many questions a node of the model is asked. */
function questionsIn(model: Model, node: string): number {
  const { plan, check } = inputOf(model);
  const task = dnsTask(plan, check, node);
  return task === undefined ? 0 : questionsOf(task, serversOf(task, [dnsAddress])).length;
}

const outcome = fc.record({
  kind: fc.constantFrom(...seenKinds),
  records: fc.constantFrom<string[]>(
    [],
    ['10.96.0.1'],
    ['10.66.6.6'],
    ['kubernetes.default.svc.cluster.local.'],
  ),
  text: fc.constantFrom('', ';; Got bad packet: x', 'spawn nslookup ENOENT'),
});
const soundOutcome = outcome.map((each) => (each.kind === 'Answer' ? each : { ...each, records: [] }));

/** scrambled is well-formed evidence of a node that may have seen anything. */
function scrambled(model: Model, node: string) {
  const { plan, check } = inputOf(model);
  const evidence = evidenceOf(model, plan, check, node);
  return fc
    .tuple(
      fc.array(soundOutcome, { minLength: 1, maxLength: 6 }),
      fc.array(fc.integer({ min: -3, max: 5 }), {
        minLength: evidence.results.length,
        maxLength: evidence.results.length,
      }),
    )
    .map(
      ([outcomes, results]): Evidence => ({
        ...evidence,
        outcomes,
        results: results.map((each) => Math.min(each, outcomes.length - 1)),
      }),
    );
}

describe('The judge of DNS', () => {
  it('gives one verdict for each question, with a documented reason, whatever the probes saw', () => {
    const models = sizes.chain((model) =>
      fc
        .tuple(...Array.from({ length: model.nodes }, (_, index) => scrambled(model, `n${index + 1}`)))
        .map((evidence) => ({ model, evidence })),
    );
    fc.assert(
      fc.property(models, ({ model, evidence }) => {
        const reports = new Map(evidence.map((each, index) => [`n${index + 1}`, answered(each)]));
        const verdicts = judge({ ...inputOf(model), reports });
        const extra = model.replicas === 0 ? 1 : 0;
        for (const node of reports.keys()) {
          const ours = verdicts.filter((verdict) => verdict.node === node);
          assert.equal(ours.length, questionsIn(model, node) + extra);
        }
        for (const { reason, outcome: told, lookup, message } of verdicts) {
          const documented = new Map<string, { outcome: string }>(Object.entries(reasons)).get(reason);
          assert.equal(documented?.outcome, told, reason);
          assert.ok(lookup !== undefined);
          assert.equal(message === '', told === 'Passed');
        }
      }),
      { numRuns: 300 },
    );
  });

  it('passes nothing without evidence, and fails nothing for it either', () => {
    const lost = fc.constantFrom<Report | undefined>(
      undefined,
      { kind: 'Lost', reason: 'PodMutated', message: 'It has a sidecar' },
      { kind: 'Lost', reason: 'no such reason', message: 'Gone wrong' },
      { kind: 'Gone', message: 'Node n1 was deleted' },
      answered({ version: 1, problem: 'nslookup is missing' }),
    );
    fc.assert(
      fc.property(
        sizes,
        fc.oneof(
          lost,
          fc.jsonValue().map((value) => answered(value)),
        ),
        (model, report) => {
          const reports = new Map(report === undefined ? [] : [['n1', report]]);
          const ours = judge({ ...inputOf({ ...model, nodes: 1 }), reports });
          assert.ok(ours.length > 0);
          for (const { outcome: told } of ours) assert.ok(told === 'Unknown' || told === 'Skipped');
        },
      ),
      { numRuns: 500 },
    );
  });

  it('never throws on evidence that somebody else wrote', () => {
    const evidence = fc.record(
      {
        version: fc.constant(1),
        resolvConf: fc.oneof(
          fc.jsonValue(),
          fc.record({
            nameservers: fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string())),
            search: fc.array(fc.string()),
            ndots: fc.integer(),
          }),
        ),
        results: fc.oneof(fc.jsonValue(), fc.array(fc.integer())),
        outcomes: fc.oneof(fc.jsonValue(), fc.array(outcome)),
        latencies: fc.jsonValue(),
      },
      { requiredKeys: ['version'] },
    );
    fc.assert(
      fc.property(sizes, fc.oneof(evidence, fc.anything()), (model, value) => {
        judge({ ...inputOf(model), reports: new Map([['n1', answered(value)]]) });
      }),
      { numRuns: 500 },
    );
  });

  it('says why a probe said nothing', () => {
    const told = (report: Report) => {
      const verdicts = judge({ ...inputOf({ nodes: 1, replicas: 1 }), reports: new Map([['n1', report]]) });
      return [
        ...new Set(verdicts.map(({ outcome: one, reason, message }) => `${one} ${reason}: ${message}`)),
      ];
    };
    assert.deepEqual(told({ kind: 'Lost', reason: 'PodMutated', message: 'It has a sidecar' }), [
      'Unknown PodMutated: It has a sidecar',
    ]);
    assert.deepEqual(told({ kind: 'Gone', message: 'Node n1 was deleted' }), [
      'Skipped NodeGone: Node n1 was deleted',
    ]);
    assert.deepEqual(told(answered({ version: 1, problem: 'nslookup is missing' })), [
      'Unknown EvidenceBroken: the probe failed: nslookup is missing',
    ]);
  });

  it('judges 200 nodes with 60 questions each in less than 150 ms of a processor', () => {
    const lookups = Array.from({ length: 12 }, (_, index) => ({
      name:
        index < 6 ? 'kubernetes.default.svc.cluster.local.' : 'netaudit-names.netaudit.svc.cluster.local.',
    }));
    const model: Model = {
      nodes: 200,
      replicas: 3,
      options: { lookups },
      fault: {
        replica: (_, replica) =>
          replica === 0 ? { kind: 'TimedOut', records: [], text: 'timed out' } : undefined,
      },
    };
    const input = inputOf(model);
    judge(input);
    const times = Array.from({ length: 5 }, () => {
      const start = process.threadCpuUsage();
      assert.ok(judge(input).length >= 200 * 60);
      const { user, system } = process.threadCpuUsage(start);
      return (user + system) / 1000;
    });
    const best = Math.min(...times);
    assert.ok(best < 150, `it took ${best.toFixed(0)} ms`);
  });
});
