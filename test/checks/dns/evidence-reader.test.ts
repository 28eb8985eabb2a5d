import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Evidence } from '../../../src/checks/dns/evidence.ts';
import { readEvidence } from '../../../src/checks/dns/evidence-reader.ts';
import type { DNSTask } from '../../../src/checks/dns/task.ts';

const task: DNSTask = {
  lookups: [
    ['kubernetes.default.svc.cluster.test.', 'A'],
    ['kubernetes.default', 'A'],
  ],
  paths: ['ResolvConf', 'Service'],
  transports: ['UDP', 'TCP'],
  timeoutSeconds: 2,
  services: [{ addresses: ['10.96.0.10'], endpoints: [] }],
  first: 0,
  budget: { questions: 10, seconds: 10 },
};

/** Two questions along ResolvConf; at the Service the absolute name over both transports. */
const good: Evidence = {
  version: 1,
  resolvConf: { nameservers: ['10.96.0.10'], search: ['cluster.test'], ndots: 5 },
  results: [0, 1, 0, -2],
  outcomes: [
    {
      kind: 'Answer',
      name: 'a.',
      records: ['10.96.0.1'],
      aliases: ['b.'],
      silent: ['10.0.0.1'],
      text: 'x\n',
    },
    { kind: 'TimedOut', records: [], text: '' },
  ],
  latencies: [
    null,
    { p50: 1, p90: 2, max: 3, asked: 5, answered: 5, pairs: 10, halves: 1, lateMilliseconds: 5000 },
  ],
};

const outcome = good.outcomes[0];
const latency = good.latencies[1];

test('good evidence is read as it is, without what is not known', () => {
  assert.deepEqual(readEvidence(good, task), { ok: true, evidence: good });
  const more = { ...good, more: 1, outcomes: good.outcomes.map((each) => ({ ...each, more: 1 })) };
  assert.deepEqual(readEvidence(more, task), { ok: true, evidence: good });
});

test('a problem of the probe is told as one', () => {
  assert.deepEqual(readEvidence({ version: 1, problem: 'no nslookup' }, task), {
    ok: false,
    problem: 'the probe failed: no nslookup',
  });
});

test('evidence with one thing wrong is none', () => {
  const wrong: readonly object[] = [
    { version: 2 },
    { resolvConf: undefined },
    { resolvConf: { nameservers: ['a b'], search: [], ndots: 5 } },
    { resolvConf: { nameservers: [], search: [], ndots: -1 } },
    { resolvConf: { problem: '\u001b[31m' } },
    { results: [0, 1, 0] },
    { results: [0, 1, 0, 2] },
    { results: [0, 1, 0, -4] },
    { results: [0, 1, 0, 0.5] },
    { outcomes: [] },
    { outcomes: [{ ...outcome, kind: 'Fine' }, outcome] },
    { outcomes: [{ ...outcome, kind: 'NoData' }, outcome] },
    { outcomes: [{ ...outcome, text: 'x'.repeat(401) }, outcome] },
    { outcomes: [{ ...outcome, text: '\u202e' }, outcome] },
    { outcomes: [{ ...outcome, name: 'a b' }, outcome] },
    { outcomes: [{ ...outcome, records: ['x'.repeat(301)] }, outcome] },
    { outcomes: Array.from({ length: 5 }, () => outcome) },
    { latencies: [null] },
    { latencies: [null, { ...latency, p50: 9 }] },
    { latencies: [null, { ...latency, answered: 6 }] },
    { latencies: [null, { ...latency, halves: 11 }] },
    { latencies: [null, { ...latency, lateMilliseconds: 1e9 }] },
  ];
  for (const change of wrong)
    assert.equal(readEvidence({ ...good, ...change }, task).ok, false, JSON.stringify(change));
});

test('nothing that a node can send makes it throw', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(...Object.keys(good)), (value, field) => {
      assert.equal(readEvidence(value, task).ok, false);
      readEvidence({ ...good, [field]: value }, task);
    }),
  );
});
