/** Each fault of a proxy's rules changes what it says, on its node alone, and its undo puts everything back. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SandboxFaults } from '../sandbox/faults/inject.ts';
import { PROXY_FAULTS, portOf, stopProxy, switchProxy } from '../sandbox/faults/proxy.ts';
import type { RuleFaultName } from '../sandbox/faults/proxy-edits.ts';
import { inNamespace, must } from '../sandbox/node/command.ts';
import type { ProxyMode } from '../sandbox/proxy/config.ts';
import type { KubeProxy } from '../sandbox/proxy/kube-proxy.ts';
import { listedTable } from '../sandbox/proxy/nft-listed.ts';
import { obstacle } from '../sandbox/requirements.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { ENDPOINT_SLICES, SERVICES, type Service } from '../sandbox/service-kinds.ts';

const skip = (await obstacle()) ?? false;

/** What a fault takes from a node's rules and what it puts there: a word of each rule, in the order of the rules. */
const CHANGES: Record<RuleFaultName, Partial<Record<ProxyMode, { gone: RegExp[]; come: RegExp[] }>>> = {
  'endpoint-deleted': {
    iptables: { gone: [/KUBE-SVC-.*--probability 0\.5.* -j KUBE-SEP-/], come: [] },
    nftables: { gone: [/mod 2 map/], come: [/mod 1 map \{ 0 : 10\.200\.2\.200 \. 8080 \}/] },
  },
  'target-altered': {
    iptables: { gone: [/DNAT.* 10\.200\.1\.200:8080$/], come: [/DNAT.* 10\.200\.1\.200:18080$/] },
    nftables: { gone: [/0 : 10\.200\.1\.200 \. 8080,/], come: [/0 : 10\.200\.1\.200 \. 18080,/] },
  },
  'shares-altered': {
    iptables: { gone: [/--probability 0\.5/], come: [/--probability 0\.8?9/] },
    nftables: { gone: [/mod 2 map/], come: [/mod 3 map \{ 0 : (\S+) \. 8080,.* 2 : \1 \. 8080 \}/] },
  },
  'service-deleted': {
    iptables: { gone: [/^nat KUBE-SERVICES .*-j KUBE-SVC-/], come: [] },
    nftables: { gone: [/^service-ips 10\.96\.20\.1 \. tcp \. 80 : goto service-/], come: [] },
  },
  'dispatch-removed': {
    iptables: { gone: [/^nat PREROUTING .*-j KUBE-SERVICES$/], come: [] },
    nftables: { gone: [/^nat-prerouting jump services$/], come: [] },
  },
  'masquerade-removed': {
    iptables: { gone: [/^nat KUBE-POSTROUTING .*-j MASQUERADE/], come: [] },
    nftables: { gone: [/^masquerading meta mark & /], come: [] },
  },
  'mark-removed': {
    iptables: { gone: [/^nat KUBE-SVC-\S+ ! -s 10\.200\.0\.0\/16 .*-j KUBE-MARK-MASQ$/], come: [] },
    nftables: {
      gone: [/^services ip daddr @cluster-ips ip saddr != 10\.200\.0\.0\/16 meta mark set/],
      come: [],
    },
  },
  'reject-removed': {
    iptables: { gone: [/^filter KUBE-SERVICES .*default\/idle:http has no endpoints.*-j REJECT/], come: [] },
    nftables: { gone: [/^no-endpoint-services 10\.96\.20\.3 .*goto reject-chain$/], come: [] },
  },
  'affinity-broken': {
    iptables: { gone: [/^nat KUBE-SVC-.*--rcheck --seconds 600/], come: [] },
    nftables: { gone: [/^service-\S+ ip saddr @affinity-\S+ goto endpoint-/], come: [] },
  },
  'foreign-drop': {
    iptables: { gone: [], come: [/^raw PREROUTING -d 10\.96\.20\.1\/32 .*-j DROP$/] },
    nftables: { gone: [], come: [/^raw PREROUTING -d 10\.96\.20\.1\/32 .*-j DROP$/] },
  },
  'foreign-dnat': {
    iptables: {
      gone: [],
      come: [/^nat PREROUTING -d 10\.96\.20\.1\/32 .*--to-destination 10\.200\.1\.200:18080$/],
    },
    nftables: {
      gone: [],
      come: [/^prerouting type nat/, /ip daddr 10\.96\.20\.1 .*dnat ip to 10\.200\.1\.200:18080$/],
    },
  },
  'foreign-notrack': {
    iptables: { gone: [], come: [/^raw PREROUTING -d 10\.96\.20\.1\/32 .*-j CT --notrack$/] },
    nftables: { gone: [], come: [/^prerouting type filter/, /ip daddr 10\.96\.20\.1 .*notrack$/] },
  },
  'legacy-leftovers': {
    iptables: { gone: [], come: Array(5).fill(/^legacy nat /) },
    nftables: { gone: [], come: Array(5).fill(/^legacy nat /) },
  },
  'nft-leftovers': { iptables: { gone: [], come: Array(7).fill(/services|nat-|service-/) } },
};

describe('a fault of a proxy', { skip }, () => {
  let sandbox: Sandbox;
  let faults: SandboxFaults;
  const names = { endpoints: 'web', affinity: 'sticky', 'no-endpoints': 'idle' };

  const make = async (name: string, spec: Partial<Service['spec']>, addresses: string[]) => {
    const metadata = { name, namespace: 'default' };
    const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
    const service = { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports, ...spec } };
    await sandbox.client.create<Service>(SERVICES, service);
    await sandbox.client.create(ENDPOINT_SLICES, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    });
  };

  before(async () => {
    sandbox = await startSandbox({ dns: false, nodes: 2 });
    faults = new SandboxFaults(sandbox);
    const two = ['10.200.1.200', '10.200.2.200'];
    await make('web', { clusterIP: '10.96.20.1' }, two);
    const clientIP = { timeoutSeconds: 600 };
    await make(
      'sticky',
      { clusterIP: '10.96.20.2', sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP } },
      two,
    );
    await make('idle', { clusterIP: '10.96.20.3' }, []);
    for (const proxy of sandbox.proxies.values()) await proxy.idle();
  });
  after(() => sandbox?.stop());

  const proxy = (): KubeProxy => {
    const found = sandbox.proxies.get('n1');
    assert.ok(found);
    return found;
  };

  /** Every rule and element on a node that may be a proxy's or a fault's, each with where it is. */
  const rules = async (node: string): Promise<string[]> => {
    const script = 'iptables-nft-save; echo ==; iptables-legacy-save; echo ==; nft list ruleset';
    const namespace = sandbox.network.nodes.get(node) ?? '';
    const [nft = '', legacy = '', listing = ''] = (
      await must(inNamespace(namespace, ['sh', '-c', script]))
    ).split('==\n');
    const saved = (text: string, word: string) => {
      let table = '';
      return text.split('\n').flatMap((line) => {
        if (line.startsWith('*')) table = line.slice(1);
        return line.startsWith('-A ') ? [`${word}${table} ${line.slice(3)}`] : [];
      });
    };
    const tables = [...listing.matchAll(/^table (ip|inet) (kube-proxy|netaudit-fault-\S+) \{$/gm)];
    const listed = tables.flatMap(([, family, name]) => {
      const found = listedTable(listing, family === 'ip' ? 'ip' : 'inet', name);
      return [
        ...Object.entries(found?.chains ?? {}).flatMap(([chain, own]) =>
          own.map((rule) => `${chain} ${rule}`),
        ),
        ...Object.entries(found?.sets ?? {}).flatMap(([set, { elements }]) =>
          elements.map((element) => `${set} ${element}`),
        ),
      ];
    });
    return [...saved(nft, ''), ...saved(legacy, 'legacy '), ...listed];
  };
  const less = (all: string[], without: string[]) => all.filter((rule) => !without.includes(rule));
  const assertAll = (found: string[], forms: RegExp[]) => {
    assert.equal(found.length, forms.length, found.join('\n'));
    for (const [i, form] of forms.entries()) assert.match(found[i] ?? '', form);
  };

  for (const mode of ['iptables', 'nftables'] as const)
    describe(`in ${mode} mode`, () => {
      let other: string[] = [];

      before(async () => {
        await proxy().restart({ mode });
        other = await rules('n2');
      });
      after(async () => {
        // Of the other node's rules only those of a new Service are new.
        const now = (await rules('n2')).filter((rule) => !rule.includes(`/new-${mode}:`));
        assert.deepEqual(now, other);
      });

      for (const { name, needs } of PROXY_FAULTS.filter(({ modes }) => modes.includes(mode)))
        it(`that is called ${name} is there until it is undone`, async () => {
          const change = CHANGES[name][mode];
          const was = await rules('n1');
          const undo = await faults.rules('n1', name, await portOf(sandbox.client, 'default', names[needs]));
          const is = await rules('n1');
          assertAll(less(was, is), change?.gone ?? []);
          assertAll(less(is, was), change?.come ?? []);
          await undo();
          assert.deepEqual(await rules('n1'), was);
        });

      it('that breaks nothing is none', async () => {
        const port = await portOf(sandbox.client, 'default', 'idle');
        await assert.rejects(faults.rules('n1', 'service-deleted', port), /has no/);
      });

      it('goes with what the proxy writes, as its list says', async () => {
        const was = await rules('n1');
        // Those that take a rule each and are not in each other's way.
        const some = PROXY_FAULTS.filter(({ name }) =>
          /^(endpoint|service)-deleted|^(dispatch|masquerade|mark|reject)-removed|^affinity/.test(name),
        );
        for (const { name, needs } of some)
          await faults.rules('n1', name, await portOf(sandbox.client, 'default', names[needs]));
        assert.equal(less(was, await rules('n1')).length, some.length);
        await make(`new-${mode}`, {}, []);
        await proxy().idle();
        const stay = some.filter(({ until }) => until[mode] === 'full-sync');
        const gone = less(was, await rules('n1'));
        const forms = stay.flatMap(({ name }) => CHANGES[name][mode]?.gone ?? []);
        assert.equal(gone.length, forms.length, gone.join('\n'));
        for (const form of forms)
          assert.ok(
            gone.some((rule) => form.test(rule)),
            `${form}`,
          );
        await proxy().restart();
        assert.deepEqual(less(was, await rules('n1')), []);
      });
    });

  it('can be that it is stopped, or in the other mode', async () => {
    await proxy().restart({ mode: 'iptables' });
    const mode = async () =>
      (await sandbox.nodeExec('n1', ['curl', '--silent', 'http://127.0.0.1:10249/proxyMode'])).stdout;
    const start = await stopProxy(proxy());
    assert.equal(await mode(), '');
    await start();
    const back = await switchProxy(proxy());
    assert.equal(await mode(), 'nftables');
    await back();
    assert.equal(await mode(), 'iptables');
  });
});
