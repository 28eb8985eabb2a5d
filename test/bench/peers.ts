/**
 * The probe against many responders: `unshare --net node peers.ts PEERS` starts that many responders in this process,
 * runs the probe's bundle in a network namespace beside it, pinned to one core, and prints one line of JSON.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { readAnswer } from '../../src/checks/answer.ts';
import { type PodToPodTask, responderPort } from '../../src/checks/pod-to-pod/task.ts';
import { encodeQuestion, questionHash, questionVariable } from '../../src/checks/question.ts';
import { isObject } from '../../src/checks/shape.ts';
import { Responder } from '../../src/responder/responder.ts';
import { root } from '../deploy/rendered.ts';
import { uid } from './large-cluster.ts';
import { memoryOf } from './memory.ts';

const peers = Number(process.argv[2]);
const local = '10.9.255.2';
const namespace = `bench-${process.pid}`;
const first = '10.9.8.8';
const addressOf = (index: number) => `10.9.${index >> 7}.${(index & 127) + 1}`;

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

// Responders on loopback addresses, where they see none of each other's; the probe across a veth with a Pod's MTU.
ip('link', 'set', 'lo', 'up');
ip('netns', 'add', namespace);
process.on('exit', () => ip('netns', 'delete', namespace));
ip('link', 'add', 'bench0', 'mtu', '1450', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
ip('address', 'add', '10.9.255.1/24', 'dev', 'bench0');
ip('link', 'set', 'bench0', 'up');
ip('-n', namespace, 'address', 'add', `${local}/24`, 'dev', 'eth0');
ip('-n', namespace, 'link', 'set', 'eth0', 'mtu', '1450', 'up');
ip('-n', namespace, 'route', 'add', 'default', 'via', '10.9.255.1');
const addresses = Array.from({ length: peers }, (_, index) => addressOf(index));
for (const address of [...addresses, first]) ip('address', 'add', `${address}/32`, 'dev', 'lo');

const responders = addresses.map((address, index) => {
  const settings = {
    port: responderPort,
    addresses: [address],
    uid: uid(index),
    pod: `r${index}`,
    node: `n${index}`,
  };
  return new Responder(settings, () => {});
});
for (const responder of responders) await responder.start();

const quick = await run([[uid(1), first]], 100);
const whole = await run(
  addresses.map((address, index) => [uid(index), address] as const),
  2000,
);
process.stdout.write(`${JSON.stringify({ startMilliseconds: await quick.firstPacket, ...whole.figures })}\n`);
process.exit(0);

/** run asks targets; `firstPacket` is when, after the process was started, the address `first` was connected to. */
async function run(targets: PodToPodTask['targets'], timeoutMilliseconds: number) {
  const began = performance.now();
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.destroy();
  });
  const firstPacket = new Promise<number>((resolve) =>
    server.once('connection', () => resolve(performance.now() - began)),
  );
  server.listen(responderPort, first);
  await once(server, 'listening');
  const question = questionOf(targets, timeoutMilliseconds);
  const message = join(root, `dist/bench-${process.pid}`);
  const started = performance.now();
  const bundle = join(root, 'dist/probe.cjs');
  const inNamespace = ['netns', 'exec', namespace, 'taskset', '--cpu-list', '0'];
  const child = spawn('ip', [...inNamespace, process.execPath, '--max-old-space-size=48', bundle], {
    env: {
      ...process.env,
      [questionVariable]: question,
      NODE_NAME: 'n',
      POD_IPS: local,
      NETAUDIT_TERMINATION_LOG: message,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let most = 0;
  const poll = setInterval(() => {
    try {
      // NaN of a process that has ended compares with nothing.
      const now = memoryOf(child.pid ?? 0).most;
      if (now > most) most = now;
    } catch {
      // Its account is gone, too.
    }
  }, 5);
  await once(child, 'exit');
  clearInterval(poll);
  const seconds = (performance.now() - started) / 1000;
  const answer = readAnswer(readFileSync(message, 'utf8'), { run: uid(0), question: questionHash(question) });
  rmSync(message);
  server.close();
  return { firstPacket, figures: { seconds, megabytes: most, healthy: healthyOf(answer) } };
}

function questionOf(targets: PodToPodTask['targets'], timeoutMilliseconds: number): string {
  const task: PodToPodTask = {
    key: '0123456789abcdef',
    prober: 0,
    port: responderPort,
    protocols: ['TCP', 'UDP'],
    timeoutMilliseconds,
    targets,
    own: -1,
    expected: '0',
    heardWaitMilliseconds: 0,
  };
  const encoded = encodeQuestion({
    version: 1,
    run: { name: 'bench', uid: uid(0) },
    node: 'n',
    place: 'pod',
    deadlineTime: new Date(Date.now() + 120_000).toISOString(),
    tasks: [{ check: 'pods', type: 'PodToPod', task: { ...task } }],
  });
  if (!encoded.ok) throw new Error(encoded.problem);
  return encoded.text;
}

/** How many of the questions went as expected: a bench of failures would measure timeouts. */
function healthyOf(answer: ReturnType<typeof readAnswer>): number {
  if (answer.kind !== 'Answer') return 0;
  const evidence = answer.answer.results[0]?.evidence;
  const results = isObject(evidence) && Array.isArray(evidence.results) ? evidence.results : [];
  return results.filter((result) => typeof result === 'number' && result > 0).length;
}
