/** A responder's TCP side at one address: one question, one answer a connection; and kubelet's readiness probe. */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import {
  headerLength,
  largestStream,
  readWireQuestion,
  type WireQuestion,
} from '../checks/pod-to-pod/wire.ts';
import type { Answering } from './answering.ts';

/** limits of what a peer can hold: connections at once, and how long one may take in milliseconds. */
const limits = { connections: 512, idle: 5_000, whole: 20_000 };

/** serveTCP listens and answers; it fails as listen does. */
export async function serveTCP(
  address: string,
  port: number,
  answering: Answering,
  ready: () => boolean,
): Promise<Server> {
  const server = createServer((socket) => converse(socket, answering, ready));
  server.maxConnections = limits.connections;
  server.listen({ host: address, port, ipv6Only: true, exclusive: true });
  await once(server, 'listening');
  server.on('error', () => server.close());
  return server;
}

function converse(socket: Socket, answering: Answering, ready: () => boolean): void {
  const end = setTimeout(() => socket.destroy(), limits.whole);
  socket.on('close', () => clearTimeout(end));
  socket.on('error', () => socket.destroy());
  socket.setTimeout(limits.idle, () => socket.destroy());
  const peer = socket.remoteAddress ?? '';
  if (!answering.allows(peer)) {
    socket.destroy();
    return;
  }
  let head: Buffer = Buffer.alloc(0);
  let question: WireQuestion | undefined;
  let received = 0;
  socket.on('data', (bytes: Buffer) => {
    received += bytes.length;
    if (question === undefined) {
      head = Buffer.concat([head, bytes.subarray(0, 256)]);
      if (head.length < headerLength && !isRequest(head)) return;
      if (isRequest(head)) {
        socket.end(readiness(ready()));
        return;
      }
      question = readWireQuestion(head);
    }
    if (question === undefined || question.length > largestStream || received > question.length) {
      socket.destroy();
    } else if (received === question.length) {
      const { remotePort = 0, localAddress = '' } = socket;
      const arrival = { protocol: 'TCP', peer, peerPort: remotePort, local: localAddress } as const;
      const answer = answering.answer(question, arrival);
      if (answer === undefined) socket.destroy();
      else socket.end(answer);
    }
  });
}

/** isRequest tells kubelet's probe: a complete first line of an HTTP GET. */
function isRequest(head: Buffer): boolean {
  return /^GET \/readyz HTTP\/1\.[01]\r\n/.test(head.toString('latin1'));
}

function readiness(ready: boolean): string {
  const [status, body] = ready
    ? ['200 OK', 'ok']
    : ['503 Service Unavailable', 'not all addresses are bound'];
  return `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
}
