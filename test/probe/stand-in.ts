/** A responder that does with questions what a test wants, over UDP and TCP on an address of the loopback. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Task } from '../../src/checks/check.ts';
import type { Evidence } from '../../src/checks/pod-to-pod/evidence.ts';
import { podToPodProbe } from '../../src/checks/pod-to-pod/probe.ts';
import {
  encodeWireAnswer,
  readWireQuestion,
  type WireQuestion,
  type WireView,
} from '../../src/checks/pod-to-pod/wire.ts';

/** own is the address that the probe asks from: the kernel's choice on the loopback. */
export const own = '127.0.0.1';

/** Reply sends bytes back to where a question came from. */
export type Reply = (bytes: Buffer) => void;

/** Behaviour is what becomes of a question: `honest` is the right answer to it. */
export type Behaviour = (honest: Buffer, reply: Reply, question: WireQuestion, view: WireView) => void;

/** honestly answers as a responder does. */
export const honestly: Behaviour = (honest, reply) => reply(honest);

/** StandIn is a responder on a port of its own. */
export interface StandIn extends AsyncDisposable {
  readonly port: number;
  readonly address: string;
}

/** standIn listens until it is disposed of. */
export async function standIn(overUDP: Behaviour, overTCP: Behaviour = honestly): Promise<StandIn> {
  const address = '127.0.88.2';
  const open = new Set<Socket>();
  const behave = (bytes: Buffer, peer: string, peerPort: number, behaviour: Behaviour, reply: Reply) => {
    const question = readWireQuestion(bytes);
    if (question === undefined) return;
    const heard = question.kind === 'Collect' ? { heard: 'f' } : {};
    const view = {
      nonce: question.nonce,
      peer,
      peerPort,
      local: address,
      uid: 'uid-2',
      pod: 'r2',
      node: 'n2',
      ...heard,
    };
    behaviour(encodeWireAnswer(view, question.length) ?? Buffer.alloc(0), reply, question, view);
  };
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    let all = Buffer.alloc(0);
    socket.on('data', (data: Buffer) => {
      all = Buffer.concat([all, data]);
      const question = readWireQuestion(all);
      if (question === undefined || all.length < question.length) return;
      behave(all, socket.remoteAddress ?? '', socket.remotePort ?? 0, overTCP, (bytes) =>
        socket.write(bytes),
      );
    });
  });
  server.listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const datagrams = createSocket('udp4').bind(port, address);
  await once(datagrams, 'listening');
  let closed = false;
  datagrams.on('message', (bytes, from) => {
    behave(bytes, from.address, from.port, overUDP, (answer) => {
      if (!closed) datagrams.send(answer, from.port, from.address);
    });
  });
  return {
    port,
    address,
    [Symbol.asyncDispose]: async () => {
      closed = true;
      datagrams.close();
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** taskFor asks one stand-in over some protocols. */
export function taskFor({ port, address }: StandIn, protocols: readonly string[], changes: Task = {}): Task {
  return {
    key: '00112233445566ff',
    prober: 0,
    port,
    protocols,
    timeoutMilliseconds: 250,
    targets: [['uid-2', address]],
    own: 0,
    expected: 'f',
    heardWaitMilliseconds: 0,
    ...changes,
  };
}

/** probed carries a task out. */
export async function probed(
  task: Task,
  signal = new AbortController().signal,
  progress: (evidence: unknown) => void = () => {},
): Promise<Evidence> {
  const evidence: unknown = await podToPodProbe.probe(task, {
    signal,
    podAddresses: [own],
    node: 'n1',
    check: 'pods',
    progress,
    print: async () => {},
  });
  return evidence as Evidence;
}
