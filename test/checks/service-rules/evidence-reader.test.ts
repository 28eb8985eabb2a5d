import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Evidence } from '../../../src/checks/service-rules/evidence.ts';
import { readEvidence } from '../../../src/checks/service-rules/evidence-reader.ts';
import { evidenceOf, makeCluster, makeShop } from './modelled.ts';

const { evidence } = evidenceOf('n1', {}, makeCluster([makeShop('api', '10.96.0.10', ['10.244.1.4'])]));

describe('The reader of what a node reports', () => {
  it('takes what a probe reports, and nothing beside it', () => {
    const proxy = { ...evidence.proxy, more: 1 };
    assert.deepEqual(readEvidence({ ...evidence, proxy, extra: true }), { ok: true, evidence });
  });

  it('takes evidence of a node where kube-proxy tells nothing', () => {
    const { config: _, ...rest } = evidence;
    const silent: Evidence = {
      ...rest,
      mode: 'unknown',
      modeSource: 'kernel',
      digests: '',
      unreadable: [{ tool: 'nft', problem: 'Operation not permitted\n' }],
      proxy: { now: '2026-11-22T08:20:30.123Z', healthError: 'refused', metricsError: 'refused' },
    };
    assert.deepEqual(readEvidence(silent), { ok: true, evidence: silent });
  });

  it('says what a probe says of its own failure', () => {
    assert.deepEqual(readEvidence({ version: 1, problem: 'spawn nft ENOENT' }), {
      ok: false,
      problem: 'the probe failed: spawn nft ENOENT',
    });
  });

  const cases: readonly (readonly [string, object, string])[] = [
    ['of another version', { version: 2 }, 'has another version than 1'],
    ['of a mode that nobody knows', { mode: 'userspace' }, 'has no mode that is known'],
    ['with digests that are cut', { digests: evidence.digests.slice(4) }, 'has digests in a wrong form'],
    ['with addresses that are none', { host: ['10.0.0.256'] }, 'has addresses of the node in a wrong form'],
    [
      'with addresses in another spelling',
      { host: ['FD00::1'] },
      'has addresses of the node in a wrong form',
    ],
    [
      'with endless addresses',
      { host: Array(65).fill('10.0.0.1') },
      'has addresses of the node in a wrong form',
    ],
    ['with a table of no size', { rows: -1 }, 'has no count of rows'],
    ['with a clock that is none', { proxy: { now: 'soon' } }, 'has a state of kube-proxy in a wrong form'],
    [
      'with half a configuration',
      { config: { clusterCIDR: '' } },
      'has a configuration of kube-proxy in a wrong form',
    ],
    [
      'with too many rules of others',
      { guards: Array(9).fill({ rule: '', count: 1 }) },
      'has rules of others in a wrong form',
    ],
  ];
  for (const [what, change, problem] of cases) {
    it(`refuses evidence ${what}`, () => {
      assert.deepEqual(readEvidence({ ...evidence, ...change }), {
        ok: false,
        problem: `the evidence ${problem}`,
      });
    });
  }

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom(...Object.keys(evidence)), (value, field) => {
        assert.equal(typeof readEvidence(value).ok, 'boolean');
        assert.equal(typeof readEvidence({ ...evidence, [field]: value }).ok, 'boolean');
      }),
      { numRuns: 1000 },
    );
  });
});
