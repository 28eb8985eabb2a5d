/** The sandbox's DNS answers with what the API says, from Pods on every node. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { DnsReplica } from '../sandbox/faults/dns.ts';
import { isReady, PODS, type Pod } from '../sandbox/kinds.ts';
import { obstacle } from '../sandbox/requirements.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { ENDPOINT_SLICES, type EndpointSlice, SERVICES, type Service } from '../sandbox/service-kinds.ts';
import { askerPod, dig, dnsReplicas, nslookup } from './dns-pods.ts';
import { podOf, podSeen, seen } from './seen.ts';

const skip = (await obstacle()) ?? false;
const CLUSTER_IP = '10.96.0.10';
const DEFAULT = 'default.svc.cluster.local.';

describe('the DNS of a sandbox', { skip }, () => {
  let sandbox: Sandbox;
  let replicas: DnsReplica[] = [];

  const ask = (...question: string[]) => dig(sandbox, 'asker', CLUSTER_IP, ...question);
  const create = (name: string, spec: Service['spec']) =>
    sandbox.client.create<Service>(SERVICES, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'default' },
      spec,
    });
  /** Asks every replica until both answer as wanted. */
  const becomes = async (wanted: string, ...question: string[]): Promise<void> => {
    const begin = performance.now();
    for (const { addresses } of replicas) {
      let answer = '';
      while (answer !== wanted) {
        answer = await dig(sandbox, 'asker', addresses[0] ?? '', ...question);
        if (performance.now() - begin > 5000) assert.equal(answer, wanted);
      }
    }
  };

  before(async () => {
    sandbox = await startSandbox();
    const { code, stderr } = await sandbox.kubectl([
      'rollout',
      'status',
      'deployment/coredns',
      '--namespace=kube-system',
      '--timeout=30s',
    ]);
    assert.equal(code, 0, stderr);
    await askerPod(sandbox, 'asker', 'n3');
    replicas = await dnsReplicas(sandbox);
    for (const proxy of sandbox.proxies.values()) await proxy.idle();
  });
  after(() => sandbox?.stop());

  it('is two replicas on two nodes behind one address', async () => {
    assert.deepEqual(
      replicas.map(({ target }) => target.name).length,
      new Set(replicas.map(({ target }) => target.name)).size,
    );
    assert.equal(replicas.length, 2);
    const slice = await seen<EndpointSlice>(
      sandbox,
      ENDPOINT_SLICES,
      { namespace: 'kube-system', labelSelector: 'kubernetes.io/service-name=kube-dns' },
      ({ endpoints }) => endpoints?.every(({ conditions }) => conditions?.ready) === true,
    );
    const addresses = (slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses);
    assert.deepEqual(addresses.sort(), replicas.flatMap((replica) => replica.addresses).sort());
  });

  it('answers what the specification says of the kubernetes Service, over UDP and TCP', async () => {
    const own = `kubernetes.${DEFAULT}`;
    for (const transport of ['+notcp', '+tcp']) {
      assert.deepEqual(
        await Promise.all([
          ask(transport, own),
          ask(transport, own, 'AAAA'),
          ask(transport, '-x', '10.96.0.1'),
          ask(transport, `_https._tcp.${own}`, 'SRV'),
          ask(transport, 'dns-version.cluster.local.', 'TXT'),
        ]),
        [
          'NOERROR A 10.96.0.1',
          'NOERROR',
          `NOERROR PTR ${own}`,
          `NOERROR SRV 0 100 443 ${own}`,
          'NOERROR TXT "1.1.0"',
        ],
      );
    }
  });

  it('tells names that are not there from names without such records, and knows nothing of the world', async () => {
    const names = [
      `nothing.${DEFAULT}`,
      'nothing.cluster.local.',
      '9.9.96.10.in-addr.arpa.',
      DEFAULT,
      'example.com.',
    ];
    assert.deepEqual(await Promise.all(names.map((name) => ask(name))), [
      'NXDOMAIN',
      'NXDOMAIN',
      'NXDOMAIN',
      'NOERROR',
      'SERVFAIL',
    ]);
  });

  it('is what a Pod asks that says nothing of DNS, with its search list', async () => {
    const right = ['0', 'Name: kubernetes.default.svc.cluster.local', 'Address: 10.96.0.1'];
    assert.deepEqual(await nslookup(sandbox, 'asker', 'kubernetes'), right);
    assert.deepEqual(await nslookup(sandbox, 'asker', 'kubernetes.default'), right);
    assert.deepEqual(await nslookup(sandbox, 'asker', 'kube-dns.kube-system'), [
      '0',
      'Name: kube-dns.kube-system.svc.cluster.local',
      'Address: 10.96.0.10',
    ]);
  });

  it('follows Services that come, change and go', async () => {
    await create('comes', { clusterIP: '10.96.5.5', ports: [{ name: 'http', port: 80 }] });
    await becomes('NOERROR A 10.96.5.5', `comes.${DEFAULT}`);
    assert.equal(await ask('-x', '10.96.5.5'), `NOERROR PTR comes.${DEFAULT}`);
    await sandbox.client.patch(SERVICES, 'default', 'comes', {
      spec: { ports: [{ name: 'web', port: 81 }] },
    });
    await becomes(`NOERROR SRV 0 100 81 comes.${DEFAULT}`, `_web._tcp.comes.${DEFAULT}`, 'SRV');
    assert.equal(await ask(`_http._tcp.comes.${DEFAULT}`, 'SRV'), 'NXDOMAIN');
    await sandbox.client.delete(SERVICES, 'default', 'comes');
    await becomes('NXDOMAIN', `comes.${DEFAULT}`);
    assert.equal(await ask('-x', '10.96.5.5'), 'NXDOMAIN');
  });

  it('follows the ready Pods of a headless Service, and gives those with a hostname a name', async () => {
    await create('peers', { clusterIP: 'None', selector: { app: 'peer' }, ports: [{ name: 'p', port: 9 }] });
    assert.equal(await ask(`peers.${DEFAULT}`), 'NXDOMAIN');
    const peer = podOf('peer', 'sleep infinity', {}, { nodeName: 'n1', hostname: 'one', subdomain: 'peers' });
    const started = podSeen(sandbox, 'peer', isReady);
    await sandbox.client.create<Pod>(PODS, peer);
    const address = (await started).status?.podIP ?? '';
    await becomes(`NOERROR A ${address}`, `peers.${DEFAULT}`);
    assert.deepEqual(
      await Promise.all([
        ask(`one.peers.${DEFAULT}`),
        ask(`_p._tcp.peers.${DEFAULT}`, 'SRV'),
        ask('-x', address),
      ]),
      [
        `NOERROR A ${address}`,
        `NOERROR SRV 0 100 9 one.peers.${DEFAULT}`,
        `NOERROR PTR one.peers.${DEFAULT}`,
      ],
    );
    await sandbox.client.delete(PODS, 'default', 'peer', { gracePeriodSeconds: 0 });
    await becomes('NXDOMAIN', `peers.${DEFAULT}`);
  });

  it('leads external names on, as far as it knows them', async () => {
    await create('inside', { type: 'ExternalName', externalName: `kubernetes.${DEFAULT.slice(0, -1)}` });
    await create('outside', { type: 'ExternalName', externalName: 'example.com' });
    await becomes(`NOERROR A 10.96.0.1 CNAME kubernetes.${DEFAULT}`, `inside.${DEFAULT}`);
    await becomes('NOERROR CNAME example.com.', `outside.${DEFAULT}`, 'CNAME');
    // Where the name leads to is the world's to say.
    assert.equal(await ask(`outside.${DEFAULT}`), 'SERVFAIL');
  });

  it('has every record again when a replica was replaced', async () => {
    const name = replicas[0]?.name ?? '';
    await sandbox.client.delete(PODS, 'kube-system', name, { gracePeriodSeconds: 0 });
    const fresh = await seen<Pod>(
      sandbox,
      PODS,
      { namespace: 'kube-system', labelSelector: 'k8s-app=kube-dns' },
      (pod) => isReady(pod) && replicas.every((known) => known.name !== pod.metadata.name),
    );
    replicas = await dnsReplicas(sandbox);
    assert.equal(replicas.length, 2);
    assert.equal(
      await dig(sandbox, 'asker', fresh.status?.podIP ?? '', `inside.${DEFAULT}`),
      `NOERROR A 10.96.0.1 CNAME kubernetes.${DEFAULT}`,
    );
  });

  it('refuses changes from outside of its Pods', async () => {
    const text = `server ${replicas[0]?.addresses[0]}\nzone cluster.local\nupdate add x.cluster.local. 5 A 1.2.3.4\nsend\n`;
    const { code, stderr } = await sandbox.podNetworkExec('default', 'asker', ['nsupdate'], { input: text });
    assert.deepEqual([code, stderr.trim()], [2, 'update failed: REFUSED']);
    assert.equal(await ask('x.cluster.local.'), 'NXDOMAIN');
  });
});
