import type { DnsReplica } from '../sandbox/faults/dns.ts';
import { SandboxFaults } from '../sandbox/faults/inject.ts';
import { isReady, PODS, type Pod } from '../sandbox/kinds.ts';
import { TOOLS_IMAGE } from '../sandbox/node/images.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { podSeen } from './seen.ts';

/** askerPod starts a Pod on a node that only waits to be asked things. */
export async function askerPod(sandbox: Sandbox, name: string, nodeName: string): Promise<void> {
  await sandbox.client.create<Pod>(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: {
      nodeName,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'main', image: TOOLS_IMAGE, command: ['sleep', 'infinity'] }],
    },
  });
  await podSeen(sandbox, name, isReady);
}

/** dnsReplicas are the DNS Pods, by the order of their nodes. */
export async function dnsReplicas(sandbox: Sandbox): Promise<DnsReplica[]> {
  const faults = new SandboxFaults(sandbox);
  const { items } = await sandbox.client.list<Pod>(PODS, {
    namespace: 'kube-system',
    labelSelector: 'k8s-app=kube-dns',
  });
  const replicas = items.map(async ({ metadata, spec, status }) => ({
    name: metadata.name ?? '',
    addresses: (status?.podIPs ?? []).map(({ ip }) => ip),
    target: await faults.target(spec.nodeName ?? ''),
  }));
  return (await Promise.all(replicas)).sort((a, b) => (a.target.name < b.target.name ? -1 : 1));
}

/** NOISE is what nslookup says of the server. */
const NOISE = /^Server:|#53$|^;; Got recursion not available/;

/** nslookup runs BIND's in a Pod and resolves to its exit code and its lines, without what it says of the server. */
export async function nslookup(sandbox: Sandbox, pod: string, ...args: string[]): Promise<string[]> {
  const argv = ['nslookup', '-timeout=1', '-retry=0', ...args];
  const { code, stdout } = await sandbox.podExec('default', pod, argv);
  const lines = stdout.split('\n').map((line) => line.replaceAll('\t', ' ').trim());
  return [`${code}`, ...lines.filter((line) => line !== '' && !NOISE.test(line))];
}

/** Asked is what became of one question: the code of the answer and its records, or that there was none in time. */
export type Asked = string;

/** dig asks one server from a Pod: `NOERROR 10.96.0.1`, `NXDOMAIN`, `nothing`. */
export async function dig(
  sandbox: Sandbox,
  pod: string,
  server: string,
  ...question: string[]
): Promise<Asked> {
  const argv = ['dig', '+tries=1', '+time=1', '+noall', '+comments', '+answer', `@${server}`, ...question];
  const { code, stdout } = await sandbox.podExec('default', pod, argv);
  const status = /status: (\w+)/.exec(stdout)?.[1];
  if (code !== 0 || status === undefined) return 'nothing';
  const records = stdout.split('\n').filter((line) => line !== '' && !line.startsWith(';'));
  const data = records.map((line) => line.split(/\s+/).slice(3).join(' '));
  return [status, ...data.sort()].join(' ');
}

/** Asks for A and AAAA from one socket at once, and prints which of the two was answered within a second. */
const PAIR = `
const [server, name] = process.argv.slice(1);
const labels = name.split('.').filter(Boolean).map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
const question = (id, type) => Buffer.concat([Buffer.from([0, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), ...labels, Buffer.from([0, 0, type, 0, 1])]);
const socket = require('dgram').createSocket('udp4');
const answered = new Set();
const finish = () => { console.log(JSON.stringify([...answered].sort())); socket.close(); };
const late = setTimeout(finish, 1000);
socket.on('message', (answer) => { answered.add(answer[1] === 1 ? 'A' : 'AAAA'); if (answered.size === 2) { clearTimeout(late); finish(); } });
socket.bind(0, () => { socket.send(question(1, 1), 53, server); socket.send(question(2, 28), 53, server); });`;

/** pair asks a server from a Pod for A and AAAA at once and resolves to the types that were answered. */
export async function pair(sandbox: Sandbox, pod: string, server: string, name: string): Promise<string[]> {
  const { stdout, stderr } = await sandbox.podExec('default', pod, ['node', '-e', PAIR, server, name]);
  if (stdout === '') throw new Error(stderr);
  const answered: string[] = JSON.parse(stdout);
  return answered;
}
