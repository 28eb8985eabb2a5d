/** What a kube-proxy answers on its node, what becomes of its rules, and how it changes its mode. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { listedTable } from '../sandbox/proxy/nft-listed.ts';
import { obstacle } from '../sandbox/requirements.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { SERVICES, type Service } from '../sandbox/service-kinds.ts';

const skip = (await obstacle()) ?? false;
const FIXTURES = new URL('../fixtures/kube-proxy/', import.meta.url);
const fixture = (name: string) => readFileSync(new URL(name, FIXTURES), 'utf8');
const METRICS = '127.0.0.1:10249';

/** Keys of objects, however deep, and of what kind their values are. */
function form(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, form(inner)]));
}

function samples(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => /^[a-z]/.test(line));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]),
  );
}

describe('a kube-proxy', { skip }, () => {
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await startSandbox({ dns: false, nodes: 2, proxySyncPeriod: 400 });
  });
  after(() => sandbox?.stop());

  const node = async (argv: string[], name = 'n1') => {
    const { code, stdout, stderr } = await sandbox.nodeExec(name, argv);
    return { code, stdout, stderr };
  };
  const get = (path: string, name = 'n1') =>
    node(['curl', '--silent', '--max-time', '5', '--write-out', '\n%{http_code}', `http://${path}`], name);
  const metric = async (name: string) => {
    const found = samples((await get(`${METRICS}/metrics`)).stdout).get(name);
    return found === undefined ? undefined : Number(found);
  };
  const proxy = () => {
    const found = sandbox.proxies.get('n1');
    assert.ok(found);
    return found;
  };
  /** A Service with two endpoints that nobody is. */
  const service = async (name: string, clusterIP: string) => {
    const metadata = { name, namespace: 'default' };
    const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
    const spec = { clusterIP, ports };
    await sandbox.client.create<Service>(SERVICES, { apiVersion: 'v1', kind: 'Service', metadata, spec });
    await sandbox.client.create(
      { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices' },
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { ...metadata, labels: { 'kubernetes.io/service-name': name } },
        addressType: 'IPv4',
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
        endpoints: ['10.200.1.200', '10.200.2.200'].map((address) => ({
          addresses: [address],
          conditions: { ready: true },
        })),
      },
    );
    await proxy().idle();
  };
  const nat = async () => (await node(['iptables-nft-save', '-t', 'nat'])).stdout;
  const until = async (condition: () => Promise<boolean>) => {
    while (!(await condition())) await delay(10);
  };

  it('says its mode and its whole configuration, and knows no other page', async () => {
    assert.equal((await get(`${METRICS}/proxyMode`)).stdout, 'iptables\n200');
    assert.equal((await get(`${METRICS}/healthz`)).stdout, 'ok\n200');
    assert.equal((await get(`${METRICS}/elsewhere`)).stdout, '404 page not found\n\n404');
    const [body = ''] = (await get(`${METRICS}/configz`)).stdout.split('\n');
    const real = fixture('kube-proxy-configz.json')
      .replace('"10.244.0.0/16"', '"10.200.0.0/16"')
      .replace('"syncPeriod":"30s","minSyncPeriod":"1s"', '"syncPeriod":"400ms","minSyncPeriod":"50ms"');
    assert.equal(body, real.trim());
  });

  it('says that it is well, on every address of the node', async () => {
    for (const host of ['127.0.0.1', '10.199.0.11']) {
      const [body = '', code] = (await get(`${host}:10256/healthz`)).stdout.split('\n');
      assert.equal(code, '200');
      assert.deepEqual(form(JSON.parse(body)), form(JSON.parse(fixture('kube-proxy-healthz.json'))));
      assert.equal(JSON.parse(body).healthy, true);
    }
    assert.equal((await get('10.199.0.11:10249/proxyMode')).code, 7);
    assert.equal((await get('10.199.0.11:10256/healthz', 'n2')).stdout.split('\n')[1], '200');
  });

  it('counts its syncs under the names of the real one', async () => {
    const real = samples(fixture('kube-proxy-metrics.txt'));
    const before = samples((await get(`${METRICS}/metrics`)).stdout);
    assert.ok(before.size > 60);
    assert.deepEqual(
      [...before.keys()].filter((name) => !real.has(name)),
      [],
    );
    const last = 'kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family="IPv4"}';
    const queued = 'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds{ip_family="IPv4"}';
    const total = 'kubeproxy_sync_proxy_rules_iptables_total{ip_family="IPv4",table="nat"}';
    await service('counted', '10.96.20.1');
    assert.ok(Number(await metric(last)) > Number(before.get(last)));
    assert.ok(Number(await metric(queued)) <= Number(await metric(last)));
    // A rule of dispatch, one that marks and two that choose, and two for each endpoint.
    assert.equal(await metric(total), Number(before.get(total)) + 8);
    assert.equal((await nat()).match(/^-A KUBE-(?!KUBELET)/gm)?.length, await metric(total));
  });

  it('does not answer while it is stopped, and answers when it is started again', async () => {
    await proxy().stop();
    for (const port of [10_249, 10_256]) assert.equal((await get(`127.0.0.1:${port}/healthz`)).code, 7);
    await proxy().start();
    for (const port of [10_249, 10_256]) assert.equal((await get(`127.0.0.1:${port}/healthz`)).code, 0);
  });

  it('leaves a rule deleted that is in the chain of a Service, whatever changes elsewhere', async () => {
    await service('broken', '10.96.20.2');
    const rule = / "default\/broken:http -> 10\.200\.1\.200:8080" /;
    const [line = ''] = (await nat()).split('\n').filter((text) => rule.test(text));
    await node(['sh', '-c', `iptables-nft -t nat ${line.replace('-A', '-D')}`]);
    await service('other', '10.96.20.3');
    assert.doesNotMatch(await nat(), rule);
    assert.match(await nat(), / "default\/other:http -> 10\.200\.1\.200:8080" /);
    await proxy().restart();
    assert.match(await nat(), rule);
  });

  it('writes everything again when its rules were flushed, and only then its jumps', async () => {
    const jump = /^-A PREROUTING .*-j KUBE-SERVICES$/m;
    await node(['iptables-nft', '-t', 'nat', '-F', 'PREROUTING']);
    await service('later', '10.96.20.4');
    assert.doesNotMatch(await nat(), jump);
    await node(['nft', 'flush', 'ruleset']);
    await until(async () => jump.test(await nat()));
    assert.match(await nat(), /"default\/later:http cluster IP"/);
  });

  it('takes the other mode, and takes the rules of the one before away', async () => {
    await proxy().restart({ mode: 'nftables' });
    assert.equal((await get(`${METRICS}/proxyMode`)).stdout, 'nftables\n200');
    assert.equal((await get(`${METRICS}/proxyMode`, 'n2')).stdout, 'iptables\n200');
    const saved = (await node(['iptables-nft-save'])).stdout;
    assert.deepEqual(
      saved.split('\n').filter((line) => /KUBE/.test(line)),
      [
        ':KUBE-IPTABLES-HINT - [0:0]',
        ':KUBE-KUBELET-CANARY - [0:0]',
        ':KUBE-FIREWALL - [0:0]',
        ':KUBE-KUBELET-CANARY - [0:0]',
        '-A INPUT -j KUBE-FIREWALL',
        '-A OUTPUT -j KUBE-FIREWALL',
        '-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
        ':KUBE-KUBELET-CANARY - [0:0]',
      ],
    );
    const listed = listedTable((await node(['nft', 'list', 'ruleset'])).stdout, 'ip');
    assert.deepEqual(listed?.sets['cluster-ips']?.elements.slice(1), [
      '10.96.20.1',
      '10.96.20.2',
      '10.96.20.3',
      '10.96.20.4',
    ]);
    const [chain = ''] = Object.keys(listed?.chains ?? {}).filter((name) => name.includes('default/later'));
    assert.match(
      `${listed?.chains[chain]}`,
      /^meta l4proto tcp dnat ip .*to numgen random mod 2 map \{ 0 : 10\.200\.1\.200 \. 8080, 1 : 10\.200\.2\.200 \. 8080 \}$/,
    );
    await proxy().restart({ mode: 'iptables' });
    assert.doesNotMatch((await node(['nft', 'list', 'tables'])).stdout, /kube-proxy/);
    assert.match(await nat(), /"default\/later:http cluster IP"/);
  });
});
