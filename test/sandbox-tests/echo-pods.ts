/** Pods that say what they see of who talks to them, and questions to them from inside other Pods. */
import { PODS, type Pod } from '../sandbox/kinds.ts';
import { TOOLS_IMAGE } from '../sandbox/node/images.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';

const SERVER = `
const me = process.env.NODE_NAME;
require('net').createServer({ allowHalfOpen: true }, (s) => {
  let size = 0;
  s.on('error', () => {});
  s.on('data', (d) => { size += d.length; });
  s.on('end', () => s.end(JSON.stringify({ me, size, from: s.remoteAddress.replace('::ffff:', ''), port: s.remotePort, local: s.localAddress.replace('::ffff:', '') })));
}).listen(9100, '::');
for (const address of process.env.POD_IPS.split(',')) {
  const u = require('dgram').createSocket(address.includes(':') ? 'udp6' : 'udp4');
  u.on('message', (m, r) => u.send(JSON.stringify({ me, size: m.length, from: r.address, port: r.port }), r.port, r.address));
  u.bind(9100, address);
}
process.on('SIGTERM', () => process.exit(0));`;

const CLIENT = `
const [host, sizeText, countText] = process.argv.slice(1);
const size = Number(sizeText), count = Number(countText), wait = 1200;
const tcp = () => new Promise((done) => {
  let text = '';
  const s = require('net').connect(9100, host);
  const own = () => ({ address: s.localAddress, port: s.localPort });
  const late = setTimeout(() => { s.destroy(); done({ error: 'timeout' }); }, wait);
  let mine;
  s.on('connect', () => { mine = own(); s.end(Buffer.alloc(size)); });
  s.on('data', (d) => { text += d; });
  s.on('error', (e) => { clearTimeout(late); done({ error: e.code }); });
  s.on('end', () => { clearTimeout(late); const a = JSON.parse(text); done({ me: a.me, same: mine.address === a.from, samePort: mine.port === a.port, local: a.local }); });
});
const udp = () => new Promise((done) => {
  const u = require('dgram').createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const late = setTimeout(() => { u.close(); done({ error: 'timeout' }); }, wait);
  u.on('message', (m) => { clearTimeout(late); const a = JSON.parse(m); const own = u.address(); u.close();
    const mine = Object.values(require('os').networkInterfaces()).flat().map((i) => i.address);
    done({ me: a.me, same: mine.includes(a.from), samePort: own.port === a.port }); });
  u.send(Buffer.alloc(size), 9100, host);
});
Promise.all([tcp(), ...Array.from({ length: count }, udp)]).then(([t, ...us]) => {
  const answered = us.filter((u) => !u.error);
  console.log(JSON.stringify({ tcp: t, udp: { ...(answered[0] ?? us[0]), answered: answered.length } }));
});`;

/** Seen is what one question showed: who answered, and whether it saw the asker's own address and port. */
export interface Seen {
  tcp: { me?: string; same?: boolean; samePort?: boolean; local?: string; error?: string };
  udp: { me?: string; same?: boolean; samePort?: boolean; error?: string; answered: number };
}

/** podRunning resolves to a Pod once it is Ready. */
export function podReady(sandbox: Sandbox, name: string): Promise<Pod> {
  return new Promise((resolve) => {
    const selector = { namespace: 'default', fieldSelector: `metadata.name=${name}` };
    const end = sandbox.client.watch<Pod>(PODS, selector, ({ object }) => {
      if (!object.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'))
        return;
      queueMicrotask(() => end());
      resolve(object);
    });
  });
}

/** echoPod starts a Pod on a node that answers over TCP and UDP on port 9100. */
export async function echoPod(sandbox: Sandbox, name: string, nodeName: string): Promise<Pod> {
  await sandbox.client.create<Pod>(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: {
      nodeName,
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'echo',
          image: TOOLS_IMAGE,
          command: ['node', '-e', SERVER],
          env: [
            { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
            { name: 'POD_IPS', valueFrom: { fieldRef: { fieldPath: 'status.podIPs' } } },
          ],
          readinessProbe: { tcpSocket: { port: 9100 }, periodSeconds: 1 },
        },
      ],
    },
  });
  return podReady(sandbox, name);
}

/** ask sends TCP and UDP questions of `size` bytes from one Pod to an address. */
export async function ask(
  sandbox: Sandbox,
  from: string,
  to: string,
  size = 100,
  datagrams = 1,
): Promise<Seen> {
  const { stdout, stderr } = await sandbox.podExec('default', from, [
    'node',
    '-e',
    CLIENT,
    to,
    `${size}`,
    `${datagrams}`,
  ]);
  if (stdout === '') throw new Error(stderr);
  const seen: Seen = JSON.parse(stdout);
  return seen;
}
