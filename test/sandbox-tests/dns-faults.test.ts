/** Each fault of DNS breaks what its name says and nothing else, and mended it is as before. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import {
  clusterIPPathBroken,
  type DnsReplica,
  dnsAllDead,
  dnsReplicaDead,
  parallelQueriesLost,
  tcp53Dropped,
  udp53Dropped,
} from '../sandbox/faults/dns.ts';
import * as server from '../sandbox/faults/dns-server.ts';
import { SandboxFaults } from '../sandbox/faults/inject.ts';
import { PODS } from '../sandbox/kinds.ts';
import type { Kubelet } from '../sandbox/node/kubelet.ts';
import { obstacle } from '../sandbox/requirements.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { askerPod, dig, dnsReplicas, nslookup, pair } from './dns-pods.ts';

const skip = (await obstacle()) ?? false;

const CLUSTER_IP = '10.96.0.10';
const NAME = 'kubernetes.default.svc.cluster.local.';
const RIGHT = 'NOERROR A 10.96.0.1';

/** What a Pod gets through the Service and from each replica, over UDP and TCP. */
interface Paths {
  service: [udp: string, tcp: string];
  first: [udp: string, tcp: string];
  second: [udp: string, tcp: string];
}

const both = (answer: string): [string, string] => [answer, answer];
const fine: Paths = { service: both(RIGHT), first: both(RIGHT), second: both(RIGHT) };
const dead = both('nothing');

describe('a fault of DNS', { skip }, () => {
  let sandbox: Sandbox;
  let faults: SandboxFaults;
  let [first, second]: [DnsReplica, DnsReplica] = [
    { name: '', addresses: [], target: { name: '', addresses: [], podCIDRs: [] } },
    { name: '', addresses: [], target: { name: '', addresses: [], podCIDRs: [] } },
  ];
  const names = () => [first.name, second.name];
  const kubelet = (node: string): Kubelet => {
    const found = sandbox.nodes.get(node);
    if (found === undefined) throw new Error(`There is no node ${node}`);
    return found;
  };

  const ask = (pod: string, address: string, ...question: string[]): Promise<[string, string]> =>
    Promise.all([dig(sandbox, pod, address, ...question), dig(sandbox, pod, address, '+tcp', ...question)]);
  const paths = async (pod: string, ...question: string[]): Promise<Paths> => {
    const asked = question.length > 0 ? question : [NAME];
    const [service, one, two] = await Promise.all(
      [CLUSTER_IP, first.addresses[0] ?? '', second.addresses[0] ?? ''].map((address) =>
        ask(pod, address, ...asked),
      ),
    );
    return { service: service ?? dead, first: one ?? dead, second: two ?? dead };
  };

  before(async () => {
    sandbox = await startSandbox();
    faults = new SandboxFaults(sandbox);
    const rollout = ['rollout', 'status', 'deployment/coredns', '--timeout=30s'];
    await Promise.all([
      sandbox.kubectl(['--namespace', 'kube-system', ...rollout]),
      ...['n1', 'n2', 'n3'].map((node) => askerPod(sandbox, `on-${node}`, node)),
    ]);
    const replicas = await dnsReplicas(sandbox);
    assert.equal(replicas.length, 2);
    assert.notEqual(replicas[0]?.target.name, replicas[1]?.target.name);
    [first = first, second = second] = replicas;
    for (const proxy of sandbox.proxies.values()) await proxy.idle();
  });
  after(() => sandbox?.stop());
  afterEach(async () => {
    await faults.mend();
    const nodes = [...sandbox.nodes.keys()];
    const seen = await Promise.all(nodes.map((node) => paths(`on-${node}`)));
    assert.deepEqual(seen, [fine, fine, fine]);
  });

  /** What a Pod on the node of the first replica and one on a node without replica see. */
  const near = () => paths(`on-${first.target.name}`);
  const far = () =>
    paths(
      `on-${['n1', 'n2', 'n3'].find((node) => ![first, second].some(({ target }) => target.name === node))}`,
    );

  it('is none at first', async () => {
    assert.deepEqual(await near(), fine);
  });

  it('silences one replica for everyone, and its Pod stays ready', async () => {
    await faults.network(dnsReplicaDead(first));
    for (const seen of await Promise.all([near(), far()])) {
      assert.deepEqual([seen.first, seen.second], [dead, both(RIGHT)]);
    }
    const { stdout } = await sandbox.kubectl([
      'get',
      '-n',
      'kube-system',
      'deployment',
      'coredns',
      '-o',
      'jsonpath={.status.readyReplicas}',
    ]);
    assert.equal(stdout, '2');
  });

  it('silences all replicas', async () => {
    await faults.network(dnsAllDead([first, second]));
    assert.deepEqual(await near(), { service: dead, first: dead, second: dead });
    assert.deepEqual((await nslookup(sandbox, 'on-n1', NAME)).slice(0, 1), ['1']);
  });

  for (const [what, fault, seen] of [
    ['UDP', udp53Dropped, ['nothing', RIGHT]],
    ['TCP', tcp53Dropped, [RIGHT, 'nothing']],
  ] as const) {
    it(`drops ${what} on one node, on every path`, async () => {
      const broken: Paths = { service: [...seen], first: [...seen], second: [...seen] };
      await faults.network(fault(first.target));
      assert.deepEqual(await near(), broken);
      assert.deepEqual(await far(), fine);
    });
  }

  it('breaks the path through the Service on one node, where endpoints still answer', async () => {
    await faults.network(clusterIPPathBroken(first.target, [CLUSTER_IP]));
    assert.deepEqual(await near(), { ...fine, service: dead });
    assert.deepEqual(await far(), fine);
  });

  it('loses one of two questions asked at once through the Service, and neither of two asked in turn', async () => {
    await faults.network(parallelQueriesLost(first.target, [CLUSTER_IP]));
    const pod = `on-${first.target.name}`;
    assert.deepEqual(await pair(sandbox, pod, CLUSTER_IP, NAME), ['A']);
    assert.deepEqual(await pair(sandbox, pod, second.addresses[0] ?? '', NAME), ['A', 'AAAA']);
    assert.deepEqual(await nslookup(sandbox, pod, NAME), [
      '0',
      `Name: ${NAME.slice(0, -1)}`,
      'Address: 10.96.0.1',
    ]);
    await faults.mend();
    assert.deepEqual(await pair(sandbox, pod, CLUSTER_IP, NAME), ['A', 'AAAA']);
  });

  it('lets one replica lie until it is undone, whatever else changes', async () => {
    const lies = [
      { name: NAME, type: 'A', data: ['10.96.66.66'] },
      { name: 'kube-dns.kube-system.svc.cluster.local.', type: 'A', data: [] },
    ];
    await faults.cluster(server.dnsReplicaLying(sandbox, first.name, lies));
    const metadata = { name: 'new', namespace: 'default' };
    const spec = { clusterIP: '10.96.7.7', ports: [{ port: 80 }] };
    const services = { group: '', version: 'v1', plural: 'services' };
    const object = { apiVersion: 'v1', kind: 'Service', metadata, spec };
    await sandbox.client.create(services, object);
    for (const { addresses } of [first, second]) {
      const address = addresses[0] ?? '';
      while (
        (await dig(sandbox, 'on-n1', address, 'new.default.svc.cluster.local.')) !== 'NOERROR A 10.96.7.7'
      );
    }
    const { first: one, second: two } = await near();
    assert.deepEqual([one, two], [both('NOERROR A 10.96.66.66'), both(RIGHT)]);
    const gone = await paths('on-n1', 'kube-dns.kube-system.svc.cluster.local.');
    assert.deepEqual([gone.first, gone.second], [both('NOERROR'), both('NOERROR A 10.96.0.10')]);
    await sandbox.client.delete(services, 'default', 'new');
  });

  it('fails to answer for one zone, on one replica or on both', async () => {
    const reverse = ['-x', '10.96.0.1'];
    const name = 'NOERROR PTR kubernetes.default.svc.cluster.local.';
    await faults.cluster(server.servfailZone(sandbox, [first.name], '96.10.in-addr.arpa'));
    const one = await paths('on-n1', ...reverse);
    assert.deepEqual([one.first, one.second], [both('SERVFAIL'), both(name)]);
    await faults.cluster(server.servfailZone(sandbox, [second.name], '96.10.in-addr.arpa'));
    assert.deepEqual((await paths('on-n1', ...reverse)).service, both('SERVFAIL'));
    assert.deepEqual(await near(), fine);
    await faults.mend();
    assert.deepEqual((await paths('on-n1', ...reverse)).service, both(name));
  });

  it('refuses every question', async () => {
    await faults.cluster(server.refused(sandbox, names()));
    const refused = both('REFUSED');
    assert.deepEqual(await near(), { service: refused, first: refused, second: refused });
    const lines = await nslookup(sandbox, 'on-n1', NAME);
    assert.deepEqual([lines[0], lines.at(-1)], ['1', `** server can't find ${NAME.slice(0, -1)}: REFUSED`]);
  });

  it('answers late', async () => {
    await faults.cluster(server.slowAnswers(sandbox, names(), 700));
    const begin = performance.now();
    assert.deepEqual(await near(), fine);
    assert.ok(performance.now() - begin >= 700);
    await faults.cluster(server.slowAnswers(sandbox, names()));
    assert.deepEqual(await near(), { service: dead, first: dead, second: dead });
  });

  it('answers with what is no DNS', async () => {
    for (const kind of ['noise', 'cut', 'large'] as const) {
      const mend = await faults.cluster(server.garbage(sandbox, [first.name], kind));
      const seen = await near();
      assert.ok(!seen.first.includes(RIGHT), `${kind}: ${seen.first}`);
      assert.deepEqual(seen.second, both(RIGHT));
      await mend();
    }
  });

  it('writes another resolv.conf into new Pods of one node, and leaves it to those that are there', async () => {
    const conf = async (pod: string) =>
      (await sandbox.podExec('default', pod, ['cat', '/etc/resolv.conf'])).stdout.split('\n').slice(0, 3);
    const right = [
      'search default.svc.cluster.local svc.cluster.local cluster.local',
      'nameserver 10.96.0.10',
      'options ndots:5',
    ];
    const [search = '', nameserver = '', options = ''] = right;
    const cases = [
      [server.wrongResolvConf, [search, 'nameserver 10.96.0.99', options], '1'],
      [server.wrongNdots, [search, nameserver, 'options ndots:1'], '1'],
      [
        server.wrongSearch,
        ['search default.svc.cluster.example svc.cluster.example cluster.example', nameserver, options],
        '1',
      ],
    ] as const;
    for (const [fault, written, code] of cases) {
      await faults.cluster(fault(kubelet('n1')));
      const name = fault.name.toLowerCase();
      await Promise.all([askerPod(sandbox, name, 'n1'), askerPod(sandbox, `${name}-n2`, 'n2')]);
      assert.deepEqual(await conf(name), written);
      // It has one dot: it is found by the search list, if the number of dots allows that.
      assert.equal((await nslookup(sandbox, name, 'kubernetes.default.svc'))[0], code, name);
      for (const other of [`${name}-n2`, 'on-n1']) assert.deepEqual(await conf(other), right, other);
      assert.equal((await nslookup(sandbox, 'on-n1', 'kubernetes.default.svc'))[0], '0');
      await faults.mend();
      await askerPod(sandbox, `${name}-mended`, 'n1');
      assert.deepEqual(await conf(`${name}-mended`), right);
      for (const pod of [name, `${name}-n2`, `${name}-mended`])
        await sandbox.client.delete(PODS, 'default', pod, { gracePeriodSeconds: 0 });
    }
  });
});
