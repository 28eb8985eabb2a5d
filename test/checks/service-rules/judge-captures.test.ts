import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judge, wantsLog } from '../../../src/checks/service-rules/judge.ts';
import { capturedRun } from './captured.ts';
import { capturedServices } from './captured-cluster.ts';
import { long, reasonsOf, silent, told } from './modelled.ts';

describe('The judge of ServiceRules, on what real kube-proxies wrote,', () => {
  for (const capture of ['iptables-healthy', 'nftables-healthy']) {
    it(`needs no log of ${capture}, and has nothing to tell`, () => {
      const input = capturedRun(capture);
      assert.deepEqual(told(judge(input)), []);
      assert.equal(wantsLog(input).size, 0);
    });
  }

  it('shows the rules behind an endpoint that is missing', () => {
    const verdicts = judge(capturedRun('iptables-missing-endpoint'));
    assert.deepEqual(reasonsOf(verdicts), ['n2 Failed EndpointMissing']);
    const { evidence } = verdicts.find(({ outcome }) => outcome === 'Failed') ?? {};
    assert.ok(Array.isArray(evidence?.rules) && evidence.rules.length > 0);
  });

  for (const capture of ['iptables-stale-proxy', 'nftables-stale-proxy']) {
    it(`tells all that the one kube-proxy of ${capture} missed, and that it does not answer`, () => {
      const healthy = capturedServices(capture.replace('stale-proxy', 'healthy'));
      const was = new Map(healthy.map((each) => [each.name, each.endpoints]));
      // The watch has seen which endpoints went.
      const services = capturedServices(capture).map((each) => ({
        ...each,
        endpointTimes: new Map((was.get(each.name) ?? []).map(({ address }) => [address, long])),
      }));
      const verdicts = judge(capturedRun(capture, { n3: { evidence: { proxy: silent } } }, services));
      assert.deepEqual(reasonsOf(verdicts), [
        'n3 Failed EndpointMissing',
        'n3 Failed EndpointStale',
        'n3 Failed ProxyStopped',
        'n3 Failed RejectMissing',
        'n3 Failed ServiceStale',
      ]);
      for (const { blames, outcome } of verdicts) {
        if (outcome === 'Failed') assert.deepEqual(blames, { kind: 'Node', name: 'n3' });
      }
      const messageOf = (reason: string) => verdicts.find((each) => each.reason === reason)?.message ?? '';
      assert.match(messageOf('EndpointMissing'), /^shop\/near:http: /);
      assert.match(messageOf('RejectMissing'), /shop\/newcomer/);
      assert.match(messageOf('ServiceStale'), /:2905\/SCTP/);
      assert.match(messageOf('EndpointStale'), /shop\/api/);
    });
  }
});
