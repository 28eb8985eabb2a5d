import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JudgeInput } from '../../../src/checks/check.ts';
import { bucketOf } from '../../../src/checks/service-rules/digest.ts';
import type { Destination, Entry } from '../../../src/checks/service-rules/entry.ts';
import { serviceRules } from '../../../src/checks/service-rules/index.ts';
import { judge, wantsLog } from '../../../src/checks/service-rules/judge.ts';
import type { Verdict } from '../../../src/checks/verdict.ts';
import {
  answered,
  evidenceOf,
  inputOf,
  linesOf,
  makeCluster,
  makeShop,
  type NodeModel,
  names,
  reasonsOf,
  silent,
  told,
} from './modelled.ts';

const api = makeShop('api', '10.96.0.10', ['10.244.1.4', '10.244.2.4']);
const web = makeShop('web', '10.96.0.11', ['10.244.3.4'], {
  type: 'NodePort',
  ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort: 30080 }],
});
const empty = makeShop('empty', '10.96.0.12', []);
const cluster = makeCluster([api, web, empty]);

const run = (nodes: Readonly<Record<string, NodeModel>>, of = cluster): readonly Verdict[] =>
  judge(inputOf({ cluster: of, nodes }));

/** without deletes what packets to a Service are sent to. */
const without = (address: string, port: number) => (rows: Map<string, Entry>) => {
  assert.ok(rows.delete(`4 Address ${address} tcp ${port}`));
};

/** misled sends what packets to a Service get somewhere else. */
const misled = (address: string, port: number) => (rows: Map<string, Entry>) => {
  const key = `4 Address ${address} tcp ${port}`;
  const entry = rows.get(key);
  assert.ok(entry !== undefined);
  const entering = entry.entering.map((outcome) => ({ ...outcome, endpoint: '10.66.6.6:8080' }));
  rows.set(key, { ...entry, entering });
};

const http = (address: string): Destination => ({
  family: 'IPv4',
  kind: 'Address',
  address,
  protocol: 'tcp',
  port: 80,
});

describe('The judge of ServiceRules', () => {
  it('passes nodes that do what the API says: one question for each part of the table, and one for kube-proxy', () => {
    const input = inputOf({ cluster });
    const verdicts = judge(input);
    assert.deepEqual(told(verdicts), []);
    const [first] = verdicts;
    assert.deepEqual(first, {
      check: 'rules',
      type: 'ServiceRules',
      outcome: 'Passed',
      reason: 'AsExpected',
      message: '',
      node: 'n1',
      subject: first?.subject,
    });
    assert.match(first?.subject ?? '', /^n1 Services \d+$/);
    for (const node of names) {
      const ours = verdicts.filter((verdict) => verdict.node === node).map(({ subject }) => subject);
      assert.equal(new Set(ours).size, ours.length);
      assert.ok(ours.length >= 4 && ours.includes(`${node} kube-proxy`));
    }
    assert.equal(wantsLog(input).size, 0);
  });

  it('tells a Service that one node has no rules for, and blames that node', () => {
    const verdicts = run({ n2: { rows: without('10.96.0.10', 80) } });
    assert.deepEqual(reasonsOf(verdicts), ['n2 Failed ServiceMissing']);
    const failed = verdicts.find(({ outcome }) => outcome === 'Failed');
    assert.equal(failed?.subject, 'n2 Services');
    assert.deepEqual(failed?.blames, { kind: 'Node', name: 'n2' });
    assert.match(failed?.message ?? '', /^shop\/api:http: 10\.96\.0\.10:80\/TCP has no rules, /);
    assert.match(failed?.message ?? '', /; kube-proxy last wrote its rules at 2026-11-22T08:19:50Z$/);
  });

  it('wants the rows of the parts that differ, of those nodes only', () => {
    const input = inputOf({ cluster, nodes: { n2: { rows: misled('10.96.0.10', 80), log: null } } });
    const wanted = wantsLog(input);
    assert.deepEqual([...wanted.keys()], ['n2']);
    for (const line of wanted.get('n2') ?? []) assert.match(line, /^netaudit-bucket rules \d+ $/);
    assert.equal(wanted.get('n2')?.length, 1);
  });

  it('judges from the lines that it wanted, and needs no others', () => {
    const nodes = { n2: { rows: misled('10.96.0.10', 80) } };
    const wanted = wantsLog(inputOf({ cluster, nodes })).get('n2') ?? [];
    const { rows } = evidenceOf('n2', nodes.n2, cluster);
    const lines = linesOf(rows).filter((line) => wanted.some((start) => line.startsWith(start)));
    assert.deepEqual(run({ n2: { ...nodes.n2, log: { lines } } }), run(nodes));
  });

  it('tells a hundred stale Services as one failure, with a count and examples', () => {
    const many = Array.from({ length: 100 }, (_, index) =>
      makeShop(`s${index}`, `10.96.7.${index + 1}`, ['10.244.1.9']),
    );
    const verdicts = run({ n3: { written: makeCluster([api, web, empty, ...many]) } });
    assert.deepEqual(reasonsOf(verdicts), ['n3 Failed ServiceStale']);
    const { message = '', evidence } = verdicts.find(({ outcome }) => outcome === 'Failed') ?? {};
    assert.match(message, /^100 destinations: .*; and 97 more; kube-proxy last wrote/);
    const parts = new Set(many.map(({ clusterIPs: [address = ''] }) => bucketOf(http(address))));
    assert.equal(verdicts.filter(({ outcome }) => outcome === 'Failed').length, parts.size);
    assert.ok(message.length < 1024, message);
    assert.ok(JSON.stringify(evidence).length < 1024);
  });

  it('tells a kube-proxy that stopped and what it missed, of the same node', () => {
    const before = makeCluster([{ ...api, endpoints: api.endpoints.slice(0, 1) }, web]);
    const verdicts = run({ n3: { written: before, evidence: { proxy: silent } } });
    assert.deepEqual(reasonsOf(verdicts), [
      'n3 Failed EndpointMissing',
      'n3 Failed ProxyStopped',
      'n3 Failed RejectMissing',
    ]);
    const stopped = verdicts.find(({ reason }) => reason === 'ProxyStopped');
    assert.equal(
      stopped?.message,
      'kube-proxy on n3 does not answer (:10256: refused; :10249: refused), and does on n1, n2',
    );
    assert.deepEqual(stopped?.blames, { kind: 'Node', name: 'n3' });
  });

  it('says nothing of kube-proxy where its ports answer nowhere and its rules are right', () => {
    const quiet = { evidence: { proxy: silent } };
    const verdicts = run({ n1: quiet, n2: quiet, n3: quiet });
    assert.deepEqual(told(verdicts), []);
    assert.ok(!verdicts.some(({ subject }) => subject.endsWith('kube-proxy')));
  });

  it('tells one that lags, with the bound of the audit', () => {
    const proxy = {
      ...silent,
      health: { status: 200, healthy: true },
      lastSyncTime: '2026-11-22T08:10:00Z',
      lastQueuedTime: '2026-11-22T08:18:30Z',
    };
    const verdicts = run({ n1: { evidence: { proxy } } });
    assert.deepEqual(told(verdicts), [
      'Failed ProxyLagging | n1 kube-proxy | kube-proxy on n1: a change has been waiting for 120 s, of at most 60; its rules were last written at 2026-11-22T08:10:00Z | n1',
    ]);
    assert.deepEqual(
      told(judge(inputOf({ cluster, nodes: { n1: { evidence: { proxy } } }, maxLagSeconds: 120 }))),
      [],
    );
  });

  it('tells a missing jump once in place of all that it takes away', () => {
    const missingJumps = ['nat/PREROUTING → KUBE-SERVICES'];
    const rows = (table: Map<string, Entry>) => {
      for (const [key, entry] of table) {
        if (entry.entering.some(({ kind }) => kind === 'Endpoint'))
          table.set(key, { ...entry, entering: [] });
      }
    };
    const verdicts = run({ n2: { rows, evidence: { missingJumps } } });
    assert.deepEqual(reasonsOf(verdicts), ['n2 Failed DispatchMissing']);
    const { message = '' } = verdicts.find(({ outcome }) => outcome === 'Failed') ?? {};
    assert.match(
      message,
      /^missing: nat\/PREROUTING → KUBE-SERVICES; so packets do not meet the rules of \d destinations of 2 Services: /,
    );
  });

  it('tells nothing of a missing jump that takes nothing away, and what else is wrong apart', () => {
    const missingJumps = ['filter/INPUT → KUBE-EXTERNAL-SERVICES'];
    assert.deepEqual(told(run({ n2: { evidence: { missingJumps } } })), []);
    const stale = makeCluster([api, web, empty, makeShop('old', '10.96.0.99', ['10.244.1.9'])]);
    assert.deepEqual(reasonsOf(run({ n2: { written: stale, evidence: { missingJumps } } })), [
      'n2 Failed ServiceStale',
    ]);
  });

  it('cannot tell what differs without the log, and says so once for a node', () => {
    const broken = { rows: misled('10.96.0.10', 80) };
    assert.deepEqual(told(run({ n2: { ...broken, log: { error: 'pods/log is forbidden' } } })), [
      'Unknown RowsNotRead | n2 Services | the rules differ from the API in 1 of 128 parts, and which ones is not known: pods/log is forbidden',
    ]);
    assert.deepEqual(reasonsOf(run({ n2: { ...broken, log: null } })), ['n2 Unknown RowsNotRead']);
    assert.deepEqual(reasonsOf(run({ n2: { ...broken, log: { lines: [] } } })), ['n2 Unknown RowsNotRead']);
    const { rows } = evidenceOf('n2', {}, cluster);
    assert.deepEqual(reasonsOf(run({ n2: { ...broken, log: { lines: linesOf(rows) } } })), [
      'n2 Unknown RowsNotRead',
    ]);
  });

  it('needs no log of a part in which the node has nothing', () => {
    const nodes = { n2: { rows: without('10.96.0.10', 80), log: null } };
    assert.equal(wantsLog(inputOf({ cluster, nodes })).size, 0);
    assert.deepEqual(reasonsOf(run(nodes)), ['n2 Failed ServiceMissing']);
  });

  it('skips nodes without kube-proxy where no node has it', () => {
    const none: NodeModel = {
      evidence: { mode: 'none', modeSource: 'kernel', backends: [], digests: '', rows: 0, proxy: silent },
    };
    assert.deepEqual(
      reasonsOf(run({ n1: none, n2: none, n3: none })),
      names.map((name) => `${name} Skipped NoKubeProxy`),
    );
  });

  it('tells that a node has no rules at all where others have', () => {
    const none: NodeModel = {
      evidence: { mode: 'none', modeSource: 'kernel', backends: [], digests: '', rows: 0, proxy: silent },
    };
    assert.deepEqual(told(run({ n3: none })), [
      'Failed ServiceMissing | n3 Services | there are no rules of kube-proxy on n3, which other nodes have: all of 3 Services are missing | n3',
    ]);
  });

  it('skips the rules of mode ipvs, and still looks at kube-proxy', () => {
    const ipvs: NodeModel = { evidence: { mode: 'ipvs', backends: ['iptables-nft'], digests: '' } };
    const verdicts = run({ n1: ipvs, n2: ipvs, n3: { evidence: { ...ipvs.evidence, proxy: silent } } });
    assert.deepEqual(reasonsOf(verdicts), [
      'n1 Skipped ModeNotAudited',
      'n2 Skipped ModeNotAudited',
      'n3 Failed ProxyStopped',
      'n3 Skipped ModeNotAudited',
    ]);
  });

  it('judges nodes of different modes each by its own, and says once that they differ', () => {
    assert.deepEqual(told(run({ n3: { mode: 'nftables' } })), [
      'Warning ModesDiffer | kube-proxy is in iptables on n1, n2; nftables on n3',
    ]);
  });

  it('warns of rules that another mode left behind', () => {
    assert.deepEqual(
      told(run({ n2: { mode: 'nftables', evidence: { backends: ['iptables-legacy', 'nftables'] } } })).slice(
        0,
        1,
      ),
      ['Warning ModesDiffer | kube-proxy is in iptables on n1, n3; nftables on n2'],
    );
    assert.deepEqual(told(run({ n1: { evidence: { backends: ['iptables-nft', 'iptables-legacy'] } } })), [
      'Warning BothBackends | Rules of kube-proxy on n1 are in iptables-nft, iptables-legacy, and it is in mode iptables',
    ]);
  });

  it('says of what was not read that it is not known, and fails nothing for it', () => {
    const unreadable = [{ tool: 'iptables-nft-save', problem: 'Permission denied' }];
    const blind: NodeModel = { evidence: { unreadable, backends: [], digests: '' } };
    assert.deepEqual(told(run({ n2: blind })), [
      'Unknown RulesUnreadable | n2 Services | iptables-nft-save: Permission denied',
    ]);
    const half: NodeModel = { rows: without('10.96.0.10', 80), evidence: { unreadable, backends: [] } };
    assert.deepEqual(reasonsOf(run({ n2: half })), ['n2 Unknown RulesUnreadable']);
    const other = [{ tool: 'iptables-legacy-save', problem: 'Permission denied' }];
    assert.deepEqual(
      reasonsOf(run({ n2: { rows: without('10.96.0.10', 80), evidence: { unreadable: other } } })),
      ['n2 Failed ServiceMissing', 'n2 Unknown RulesUnreadable'],
    );
  });

  it('says of rules of others behind the choice of an endpoint that they are not known', () => {
    const guards = [{ rule: '-A KUBE-ROUTER-FORWARD -m set --match-set x dst -j DROP', count: 7 }];
    assert.deepEqual(told(run({ n2: { evidence: { guards } } })), [
      'Unknown FilteredByOthers | n2 rules of others | packets to 7 endpoints pass a rule that is not understood: -A KUBE-ROUTER-FORWARD -m set --match-set x dst -j DROP',
    ]);
  });

  it('gives a reason for every node of which there is nothing', () => {
    const verdicts = run({
      n1: { report: { kind: 'Lost', reason: 'PodRefused', message: 'quota' } },
      n2: { report: { kind: 'Gone', message: 'Node n2 was deleted' } },
      n3: { report: answered('n3', { version: 1, problem: 'spawn nft ENOENT' }) },
    });
    assert.deepEqual(told(verdicts), [
      'Unknown PodRefused | n1 Services | quota',
      'Skipped NodeGone | n2 Services | Node n2 was deleted',
      'Unknown EvidenceBroken | n3 Services | the probe failed: spawn nft ENOENT',
    ]);
    const input = inputOf({ cluster });
    const unheard: JudgeInput = { ...input, reports: new Map() };
    assert.deepEqual(
      reasonsOf(judge(unheard)),
      names.map((name) => `${name} Unknown NoReport`),
    );
  });

  it('does not count what a node lacks that has just become Ready, or that was deleted since', () => {
    const nodes = { n2: { rows: without('10.96.0.10', 80) } };
    const settling = new Map([['n2', 'Node n2 became Ready at 2026-11-22T08:20:00Z']]);
    assert.deepEqual(told(judge(inputOf({ cluster, nodes, api: { settling } }))), [
      'Skipped Settling | n2 Services | Node n2 became Ready at 2026-11-22T08:20:00Z',
    ]);
    const left = makeCluster([api, web, empty], {
      nodes: new Map([
        ['n1', { podCIDRs: [] }],
        ['n3', { podCIDRs: [] }],
      ]),
    });
    assert.deepEqual(reasonsOf(run(nodes, left)), ['n2 Skipped NodeGone']);
  });

  it('asks nodes of the place node, and knows of no peers', () => {
    const { plan, check } = inputOf({ cluster });
    assert.deepEqual(serviceRules.task(plan, check, 'n1'), { version: 1 });
    assert.equal(
      serviceRules.task({ ...plan, nodes: [{ name: 'n1', uid: 'u', places: ['pod'] }] }, check, 'n1'),
      undefined,
    );
    assert.deepEqual([serviceRules.place, serviceRules.asksPeers], ['node', false]);
    assert.deepEqual(check.serviceRules, { maxLagSeconds: 60 });
  });
});
