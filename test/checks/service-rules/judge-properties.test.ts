import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JudgeInput, Report } from '../../../src/checks/check.ts';
import { emptySet, fullSet } from '../../../src/checks/service-rules/address-set.ts';
import { bucketCount, digestBytes } from '../../../src/checks/service-rules/digest.ts';
import type { Entry, Outcome } from '../../../src/checks/service-rules/entry.ts';
import type { Evidence } from '../../../src/checks/service-rules/evidence.ts';
import { judge, wantsLog } from '../../../src/checks/service-rules/judge.ts';
import { reasons } from '../../../src/checks/service-rules/reasons.ts';
import type { Verdict } from '../../../src/checks/verdict.ts';
import { answered, evidenceOf, inputOf, linesOf, makeCluster, makeShop, names, told } from './modelled.ts';

const cluster = makeCluster([
  makeShop('api', '10.96.0.10', ['10.244.1.4', '10.244.2.4']),
  makeShop('web', '10.96.0.11', ['10.244.3.4'], {
    type: 'LoadBalancer',
    ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort: 30080 }],
    loadBalancerIPs: ['198.51.100.7'],
    sourceRanges: ['203.0.113.0/24'],
  }),
  makeShop('empty', '10.96.0.12', []),
]);
const { evidence } = evidenceOf('n1', {}, cluster);

const documented = new Map<string, { readonly outcome: string }>(Object.entries(reasons));

function checkForm(verdicts: readonly Verdict[]): void {
  for (const { blames, message, node, outcome, reason, subject, warning } of verdicts) {
    assert.equal(documented.get(reason)?.outcome, outcome, reason);
    assert.equal(message === '', outcome === 'Passed');
    assert.ok(subject.startsWith(`${node} `));
    assert.deepEqual(blames, outcome === 'Failed' ? { kind: 'Node', name: node } : undefined);
    if (warning !== undefined) assert.equal(documented.get(warning.reason)?.outcome, 'Warning');
  }
  // What fails for one reason on one node is told in the same words, however many questions it is the answer to.
  const failed = verdicts.filter(({ outcome }) => outcome === 'Failed');
  const reasonsOfNodes = new Set(failed.map(({ node, reason }) => `${node} ${reason}`));
  assert.equal(new Set(failed.map((verdict) => JSON.stringify(verdict))).size, reasonsOfNodes.size);
}

const text = fc.oneof(fc.string(), fc.constantFrom('nft', 'iptables-nft-save', 'ip6tables-legacy-save'));
const guards = fc.array(fc.record({ rule: fc.string(), count: fc.nat() }), { maxLength: 8 });
const time = fc.constantFrom('2026-11-22T08:00:00Z', '2026-11-22T08:19:00Z', '2026-11-22T08:20:30.5Z');
const state = fc.record(
  {
    health: fc.record({ status: fc.constantFrom(200, 503), healthy: fc.boolean() }),
    healthError: text,
    metricsError: text,
    lastSyncTime: time,
    lastQueuedTime: time,
    restoreFailures: fc.nat(),
    now: time,
  },
  { requiredKeys: ['now'] },
);
const digests = fc
  .uint8Array({ minLength: bucketCount * digestBytes, maxLength: bucketCount * digestBytes })
  .map((bytes) => Buffer.from(bytes).toString('base64'));

/** seen is evidence in the right form, with anything in it. */
const seen = fc
  .record(
    {
      mode: fc.constantFrom<Evidence['mode']>('iptables', 'nftables', 'ipvs', 'none', 'unknown'),
      modeSource: fc.constantFrom<Evidence['modeSource']>('proxy', 'kernel'),
      backends: fc.uniqueArray(fc.constantFrom('iptables-nft', 'iptables-legacy', 'nftables'), {
        maxLength: 3,
      }),
      unreadable: fc.array(fc.record({ tool: fc.constantFrom('nft', 'ip6tables-nft-save'), problem: text }), {
        maxLength: 2,
      }),
      proxy: state,
      families: fc.constantFrom([], ['IPv4'], ['IPv6'], ['IPv4', 'IPv6']),
      digests: fc.oneof(fc.constant(''), fc.constant(evidence.digests), digests),
      missingJumps: fc.array(
        fc.constantFrom('nat/OUTPUT → KUBE-SERVICES', 'kube-proxy/nat-prerouting → services', '?'),
      ),
      guards,
      foreign: guards,
    },
    { requiredKeys: [] },
  )
  .map((changes) => ({ ...evidence, ...changes }));

const log = fc.option(
  fc.oneof(
    fc.record({ error: fc.string() }),
    fc.record({ lines: fc.constant(linesOf(evidenceOf('n1', {}, cluster).rows)) }),
    fc.record({ lines: fc.array(fc.string()) }),
  ),
  { nil: undefined },
);

const report: fc.Arbitrary<Report> = fc.oneof(
  fc.tuple(fc.oneof(seen, fc.anything()), log).map(([each, lines]) => answered('n1', each, lines)),
  fc.constant<Report>({ kind: 'Lost', reason: 'no such reason', message: 'It was lost' }),
  fc.constant<Report>({ kind: 'Gone', message: 'Node was deleted' }),
);

describe('The judge of ServiceRules, whatever probes report,', () => {
  it('gives verdicts in the right form, the same in whichever order nodes come', () => {
    fc.assert(
      fc.property(fc.tuple(report, report, report), (three) => {
        const input = inputOf({ cluster });
        const reports = new Map(names.map((name, index) => [name, three[index] ?? three[0]]));
        const verdicts = judge({ ...input, reports });
        checkForm(verdicts);
        for (const name of names) assert.ok(verdicts.some(({ node }) => node === name));
        const turned: JudgeInput = {
          ...input,
          plan: { ...input.plan, nodes: [...input.plan.nodes].reverse() },
          reports: new Map([...reports].reverse()),
        };
        const plain = (all: readonly Verdict[]) =>
          all.map(({ warning: _, ...verdict }) => JSON.stringify(verdict)).sort();
        assert.deepEqual(plain(judge(turned)), plain(verdicts));
        const warnings = (all: readonly Verdict[]) =>
          all.flatMap(({ warning }) => (warning === undefined ? [] : [warning.message])).sort();
        assert.deepEqual(warnings(judge(turned)), warnings(verdicts));
        assert.deepEqual(
          [...wantsLog(turned).keys()].sort(),
          [...wantsLog({ ...input, reports }).keys()].sort(),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('passes nothing of a node without evidence, and fails nothing of it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const input = inputOf({ cluster });
        const reports = new Map(names.map((name) => [name, answered(name, value)]));
        for (const { outcome, reason } of judge({ ...input, reports })) {
          assert.deepEqual([outcome, reason], ['Unknown', 'EvidenceBroken']);
        }
      }),
    );
  });

  it('finds each row that is missing, that is too many, and of which an outcome is another', () => {
    const keys = [...evidenceOf('n1', {}, cluster).rows].length;
    const outcome = fc.constantFrom<Outcome>(
      ...(['Reject', 'Drop', 'Untracked', 'Unknown'] as const).map((kind) => ({
        kind,
        endpoint: '',
        sources: fullSet('IPv4'),
        masqueraded: emptySet('IPv4'),
      })),
      {
        kind: 'Endpoint',
        endpoint: '10.244.9.9:8080',
        sources: fullSet('IPv4'),
        masqueraded: emptySet('IPv4'),
      },
    );
    const change = fc.constantFrom('delete', 'add', 'entering', 'node');
    fc.assert(
      fc.property(fc.nat({ max: keys - 1 }), change, outcome, (index, what, other) => {
        let same = false;
        const rows = (table: Map<string, Entry>) => {
          const [key, entry] = [...table][index] ?? [];
          if (key === undefined || entry === undefined) return;
          if (what === 'delete') table.delete(key);
          else if (what === 'add')
            table.set('x', { ...entry, destination: { ...entry.destination, port: 7 } });
          else {
            same =
              entry[what].length === 1 && entry[what][0]?.kind === other.kind && other.kind !== 'Endpoint';
            table.set(key, { ...entry, [what]: [other] });
          }
        };
        const verdicts = judge(inputOf({ cluster, nodes: { n2: { rows } } }));
        checkForm(verdicts);
        if (same) return;
        const wrong = verdicts.filter(
          (verdict) => verdict.outcome === 'Failed' || verdict.outcome === 'Unknown',
        );
        assert.ok(wrong.length > 0, `${what} ${index}`);
        assert.ok(wrong.every(({ node }) => node === 'n2'));
      }),
      { numRuns: 300 },
    );
  });

  it('finds nothing where nothing is wrong, in either mode', () => {
    for (const mode of ['iptables', 'nftables'] as const) {
      const all = Object.fromEntries(names.map((name) => [name, { mode }]));
      assert.deepEqual(told(judge(inputOf({ cluster, nodes: all }))), []);
    }
  });
});
