/** Services lead to their Pods from every node, as the API says at the moment, and to nobody when they have none. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PODS } from '../sandbox/kinds.ts';
import { obstacle } from '../sandbox/requirements.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { SERVICES, type Service } from '../sandbox/service-kinds.ts';
import { ask, echoPod, type Seen } from './echo-pods.ts';

const skip = (await obstacle()) ?? false;

/** Who answered over TCP and UDP, or why nobody did. */
function word({ tcp, udp }: Seen): string {
  return `${tcp.me ?? tcp.error} ${udp.me ?? udp.error}`;
}

for (const proxyMode of ['iptables', 'nftables'] as const)
  describe(`a Service by ${proxyMode}`, { skip }, () => {
    let sandbox: Sandbox;
    const pods = { a: 'n1', b: 'n2', c: 'n3' };

    const create = async (name: string, spec: Partial<Service['spec']> = {}): Promise<Service> => {
      const ports = [
        { name: 'tcp', port: 9100, protocol: 'TCP' },
        { name: 'udp', port: 9100, protocol: 'UDP' },
      ];
      return sandbox.client.create<Service>(SERVICES, {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace: 'default' },
        spec: { selector: { [name]: 'yes' }, ports, ...spec },
      });
    };
    /** Puts Pods behind a Service, or takes them away, and waits until every node has it. */
    const behind = async (service: string, names: string[], yes = true) => {
      for (const name of names)
        await sandbox.client.patch(PODS, 'default', name, {
          metadata: { labels: { [service]: yes ? 'yes' : null } },
        });
      // The slices follow in the turns after the Pods.
      await new Promise((resolve) => setImmediate(resolve));
      for (const proxy of sandbox.proxies.values()) await proxy.idle();
    };
    const address = ({ spec }: Service) => spec.clusterIP ?? '';

    before(async () => {
      sandbox = await startSandbox({ dns: false, proxyMode });
      await Promise.all(Object.entries(pods).map(([name, node]) => echoPod(sandbox, name, node)));
    });
    after(() => sandbox?.stop());

    it('answers over TCP and UDP from a Pod on each node, itself included, and shows whom it asks for', async () => {
      const to = address(await create('one'));
      await behind('one', ['b']);
      for (const from of ['a', 'b', 'c']) {
        const seen = await ask(sandbox, from, to);
        assert.equal(word(seen), 'n2 n2', from);
        // A Pod that reaches itself through a Service sees its node, everyone else is seen as what he is.
        assert.equal(seen.tcp.same, from !== 'b', from);
      }
    });

    it('spreads over its endpoints and follows them as they come and go', async () => {
      const to = address(await create('many'));
      await behind('many', []);
      assert.equal(word(await ask(sandbox, 'a', to)), 'ECONNREFUSED timeout');
      await behind('many', ['b']);
      assert.equal(word(await ask(sandbox, 'a', to)), 'n2 n2');
      await behind('many', ['c']);
      await behind('many', ['b'], false);
      assert.equal(word(await ask(sandbox, 'a', to)), 'n3 n3');
      await behind('many', ['a', 'b']);
      const seen = new Set<string | undefined>();
      while (seen.size < 3) seen.add((await ask(sandbox, 'a', to)).tcp.me);
      assert.deepEqual([...seen].sort(), ['n1', 'n2', 'n3']);
      await behind('many', ['a', 'b', 'c'], false);
      for (const from of ['a', 'b', 'c']) {
        assert.equal((await ask(sandbox, from, to)).tcp.error, 'ECONNREFUSED', from);
      }
    });

    it('stays where a stopped proxy has left it, until the proxy starts again', async () => {
      const to = address(await create('stale'));
      await behind('stale', ['b']);
      const proxy = sandbox.proxies.get('n1');
      await proxy?.stop();
      await behind('stale', ['c']);
      await behind('stale', ['b'], false);
      assert.equal(word(await ask(sandbox, 'a', to)), 'n2 n2');
      assert.equal(word(await ask(sandbox, 'b', to)), 'n3 n3');
      await proxy?.start();
      assert.equal(word(await ask(sandbox, 'a', to)), 'n3 n3');
    });

    it('named kubernetes leads Pods to the API server', async () => {
      const code =
        "require('tls').connect({host:'10.96.0.1',port:443,rejectUnauthorized:false},function(){console.log(this.getPeerCertificate().subject.CN);this.end()}).on('error',(e)=>console.log(e.code))";
      const { stdout } = await sandbox.podExec('default', 'b', ['node', '-e', code]);
      assert.equal(stdout, 'kube-apiserver\n');
    });
  });
