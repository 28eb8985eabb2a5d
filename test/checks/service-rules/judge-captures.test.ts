import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setOf } from '../../../src/checks/service-rules/address-set.ts';
import { judge, wantsLog } from '../../../src/checks/service-rules/judge.ts';
import type { Rule, Ruleset } from '../../../src/checks/service-rules/model.ts';
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

  it('says which rule of others takes the packets', () => {
    const raw = '-A FORWARD -d 10.244.1.5/32 -j DROP';
    const steps: Rule['steps'] = [{ match: 'destination', set: address('10.244.1.5') }, { action: 'drop' }];
    const verdicts = judge(
      capturedRun('iptables-healthy', { n1: { ruleset: first('filter/FORWARD', { raw, steps }) } }),
    );
    assert.deepEqual(reasonsOf(verdicts), ['n1 Failed PacketsTaken']);
    const { message = '', evidence } = verdicts.find(({ outcome }) => outcome === 'Failed') ?? {};
    assert.match(message, /; rule of another agent: -A FORWARD -d 10\.244\.1\.5\/32 -j DROP; /);
    assert.ok(Array.isArray(evidence?.rules) && evidence.rules[0] === raw);
  });

  it('cannot tell what hangs on a rule that nobody understands: before kube-proxy, or behind it', () => {
    const raw = '-A X -m set --match-set blocked dst -j DROP';
    const rule: Rule = { raw, steps: [{ match: 'unknown', text: 'set' }, { action: 'drop' }] };
    const before = judge(capturedRun('iptables-healthy', { n2: { ruleset: first('nat/PREROUTING', rule) } }));
    assert.deepEqual(reasonsOf(before), ['n2 Unknown RuleNotUnderstood']);
    const behind = judge(capturedRun('iptables-healthy', { n2: { ruleset: first('filter/FORWARD', rule) } }));
    assert.deepEqual(reasonsOf(behind), ['n2 Unknown FilteredByOthers']);
    assert.match(told(behind)[0] ?? '', /--match-set blocked/);
  });

  for (const [capture, chain, jump] of [
    ['iptables-healthy', 'nat/PREROUTING', 'nat/PREROUTING → KUBE-SERVICES'],
    ['iptables-healthy', 'nat/OUTPUT', 'nat/OUTPUT → KUBE-SERVICES'],
    ['iptables-healthy', 'nat/POSTROUTING', 'nat/POSTROUTING → KUBE-POSTROUTING'],
    ['nftables-healthy', 'ip kube-proxy/nat-prerouting', 'kube-proxy/nat-prerouting → services'],
    ['nftables-healthy', 'ip kube-proxy/nat-postrouting', 'kube-proxy/nat-postrouting → masquerading'],
  ] as const) {
    it(`tells that ${jump} is gone from ${capture}, once`, () => {
      const verdicts = judge(capturedRun(capture, { n3: { ruleset: withChain(chain, () => []) } }));
      assert.deepEqual(reasonsOf(verdicts), ['n3 Failed DispatchMissing']);
      const { message = '' } = verdicts.find(({ outcome }) => outcome === 'Failed') ?? {};
      assert.ok(message.startsWith(`missing: ${jump}`), message);
    });
  }
});

function address(text: string) {
  const set = setOf('IPv4', text);
  assert.ok(set !== undefined);
  return set;
}

/** first puts a rule before all others of a chain. */
function first(chain: string, rule: Rule): (ruleset: Ruleset) => Ruleset {
  return withChain(chain, (rules) => [rule, ...rules]);
}

function withChain(name: string, change: (rules: readonly Rule[]) => readonly Rule[]) {
  return (ruleset: Ruleset): Ruleset => {
    const [id, chain] = [...ruleset.chains].find(([each]) => each.endsWith(` ${name}`)) ?? [];
    assert.ok(id !== undefined && chain !== undefined, name);
    return {
      ...ruleset,
      chains: new Map([...ruleset.chains, [id, { ...chain, rules: change(chain.rules) }]]),
    };
  };
}
