import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Finding, NetworkAuditRun } from '../../src/api/v1alpha1/index.ts';
import type { Verdict } from '../../src/checks/verdict.ts';
import { carriedOver } from '../../src/plan/carried.ts';
import { findingsOf } from '../../src/plan/findings.ts';
import { outstandingOf } from '../../src/plan/outstanding.ts';
import { finishedStatus, makeRun, nodeNames } from './make.ts';

const time = '2026-11-24T12:00:00Z';
const replica = 'kube-system/coredns-1';

/** lookup is a DNS verdict: it failed, unless told otherwise. */
function lookup(node: string, more: Partial<Verdict> = {}): Verdict {
  return {
    check: 'dns',
    type: 'DNS',
    outcome: 'Failed',
    reason: 'EndpointUnreachable',
    message: 'gave no answer',
    node,
    subject: `${node} → ${replica}`,
    ...more,
  };
}

function findings(verdicts: readonly Verdict[]): readonly Finding[] {
  return findingsOf(verdicts, [], undefined, time).findings;
}

function told(verdicts: readonly Verdict[]): readonly string[] {
  return findings(verdicts).map(({ severity, node, message }) => `${severity} ${node}: ${message}`);
}

const down = { reason: 'EndpointDown', subject: replica, everywhere: true } as const;

describe('failures of DNS', () => {
  it('of one node, reason and subject are one finding, the message that of the first', () => {
    const verdicts = [lookup('n1', { evidence: { seen: 'timeout' } }), lookup('n1', { message: 'nothing' })];
    assert.deepEqual(findings(verdicts), [
      {
        severity: 'Failed',
        check: 'dns',
        reason: 'EndpointUnreachable',
        node: 'n1',
        subject: `n1 → ${replica}`,
        message: 'gave no answer (2 questions)',
        evidence: '{"seen":"timeout"}',
        since: time,
      },
    ]);
    assert.deepEqual(told([lookup('n1')]), ['Failed n1: gave no answer']);
  });

  it('of other nodes, reasons, subjects and checks stay apart', () => {
    const verdicts = [
      lookup('n1'),
      lookup('n2'),
      lookup('n1', { reason: 'WrongAnswer' }),
      lookup('n1', { subject: 'other' }),
      lookup('n1', { check: 'more' }),
    ];
    assert.equal(findings(verdicts).length, 5);
  });

  it('from everywhere are one finding of no node, the first of all, with who saw it', () => {
    const verdicts = [
      lookup('n1'),
      ...nodeNames(5).flatMap((node) => [lookup(node, down), lookup(node, down)]),
    ];
    assert.deepEqual(told(verdicts), [
      'Failed : gave no answer (from 5 nodes: n1, n2, n3 and 2 more; 10 questions)',
      'Failed n1: gave no answer',
    ]);
  });

  it('keep who saw them behind a message that is too long', () => {
    const message = 'm'.repeat(2000);
    const [first] = findings([lookup('n1', { ...down, message }), lookup('n2', { ...down, message })]);
    assert.equal(first?.message.length, 1024);
    assert.match(first?.message ?? '', /m… \(from 2 nodes: n1, n2; 2 questions\)$/);
  });

  it('make no more findings with more lookups of a server, and lose no node', () => {
    const places = fc.array(fc.tuple(fc.constantFrom(...nodeNames(6)), fc.boolean()), { minLength: 1 });
    fc.assert(
      fc.property(places, fc.integer({ min: 1, max: 8 }), (asked, times) => {
        const verdicts = asked.map(([node, all]) => lookup(node, all ? down : {}));
        const once = findings(verdicts);
        const more = findings(Array.from({ length: times }, () => verdicts).flat());
        assert.equal(more.length, once.length);
        const here = asked.flatMap(([node, all]) => (all ? [] : [node]));
        const there = new Set(asked.flatMap(([node, all]) => (all ? [node] : []))).size;
        const nodes = more.map(({ node }) => node).filter((node) => node !== '');
        assert.deepEqual(nodes, [...new Set(here)].sort());
        const whole = more.find(({ node }) => node === '')?.message ?? '(from 0 node';
        assert.ok(whole.includes(`(from ${there} node`), whole);
      }),
    );
  });
});

describe('what could not be told, and what is worth knowing', () => {
  it('for one cause on several nodes is of no one node, and says from how many', () => {
    const unknown = { outcome: 'Unknown', reason: 'NotAsked', message: 'no time' } as const;
    assert.deepEqual(told(['n2', 'n1'].map((node) => lookup(node, unknown))), [
      'Unknown : no time (from 2 nodes: n2, n1; 2 questions)',
    ]);
  });

  it('is told once for the same subject, with evidence of its own', () => {
    const warning = {
      reason: 'ForwardsToItself',
      message: 'line 9 forwards to itself',
      subject: 'ConfigMap kube-system/coredns',
      node: '',
    };
    const passed = { outcome: 'Passed', reason: 'AsExpected', message: '', evidence: { other: 1 } } as const;
    const verdicts = ['n1', 'n2'].map((node) => lookup(node, { ...passed, warning }));
    assert.deepEqual(findings(verdicts), [{ severity: 'Warning', check: 'dns', ...warning, since: time }]);
  });
});

/** before is a run that ended with these failures. */
function before(...verdicts: readonly Verdict[]): NetworkAuditRun {
  const { podToPod: _, ...kind } = finishedStatus().plan?.checks[0] ?? assert.fail('no check');
  const checks = [{ ...kind, name: 'dns', type: 'DNS' as const }];
  return makeRun('before', finishedStatus({ checks }, { findings: [...findings(verdicts)] }));
}

describe('a failure of DNS in the run before', () => {
  const carried = (failure: Verdict, ...now: readonly Verdict[]) =>
    carriedOver(before(failure), now, new Set(['dns']), new Set(['n1', 'n2'])).length === 1;
  const passed = { outcome: 'Passed', reason: 'AsExpected' } as const;
  const silent = { outcome: 'Unknown', reason: 'NoReport' } as const;

  it('of a node is cleared by that node only, and by an answer only', () => {
    assert.equal(carried(lookup('n1')), true);
    assert.equal(carried(lookup('n1'), lookup('n2', passed)), true);
    assert.equal(
      carried(lookup('n1'), lookup('n1', silent), lookup('n1', { ...passed, subject: 'x' })),
      true,
    );
    assert.equal(carried(lookup('n1'), lookup('n1', passed)), false);
    assert.equal(carried(lookup('n1'), lookup('n1', { ...passed, subject: 'x' })), false);
    assert.equal(carried(lookup('n9')), false);
  });

  it('of no node is cleared by whoever answers about its subject, else by any answer', () => {
    const failure = lookup('n9', down);
    assert.equal(carried(failure), true);
    assert.equal(carried(failure, lookup('n1', { ...silent, subject: replica })), true);
    const other = lookup('n2', { ...passed, subject: 'n2 → kube-system/coredns-2 UDP' });
    assert.equal(carried(failure, lookup('n1', { ...silent, subject: replica }), other), true);
    assert.equal(carried(failure, lookup('n1', silent), other), true);
    assert.equal(carried(failure, lookup('n1', { ...passed, subject: `n1 → ${replica} UDP` }), other), false);
    assert.equal(carried(failure, lookup('n1', { ...passed, subject: replica }), other), false);
    assert.equal(carried(failure, lookup('n2', { ...passed, subject: 'n2 → resolv.conf' })), false);
  });

  it('of a replica that others still ask waits for its own node to ask it again', () => {
    const failure = lookup('n1');
    const elsewhere = lookup('n1', { ...passed, subject: 'n1 → kube-system/coredns-2' });
    assert.equal(carried(failure, elsewhere, lookup('n2', passed)), true);
    assert.equal(carried(failure, elsewhere), false);
  });

  it('lets its node probe again, and one of no node lets nobody', () => {
    assert.deepEqual(outstandingOf(before(lookup('n2'), lookup('n1', down))), { pairs: [], nodes: ['n2'] });
  });
});
