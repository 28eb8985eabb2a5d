/** A question over TCP: a connection of its own, unbound, so that its source address is the kernel's choice. */
import { connect, type Socket } from 'node:net';
import { encodeWireQuestion, readWireAnswer } from '../../checks/pod-to-pod/wire.ts';
import { type Endpoint, errorName, type Flow, type FlowQuestion, newNonce } from './flow.ts';

/** Stream is one question of one size. */
export interface Stream {
  readonly to: Endpoint;
  readonly ask: FlowQuestion;
  readonly bytes: number;
  /** timeout in milliseconds, of connection, question and answer together. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** kept is how much of an answer is kept: the padding behind it is only counted. */
const kept = 2048;

/** askStream asks and ends with the answer, or with why there is none. It never fails. */
export function askStream({ to, ask, bytes, timeout, signal }: Stream): Promise<Flow> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve({ answered: false, error: 'aborted' });
      return;
    }
    const nonce = newNonce();
    const socket = connect({ host: to.address, port: to.port });
    let head: Buffer = Buffer.alloc(0);
    let received = 0;
    let start = performance.now();
    const end = (flow: Flow) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.destroy();
      resolve(flow);
    };
    const silent = (error: string) => end({ answered: false, error });
    const abort = () => silent('aborted');
    const timer = setTimeout(() => silent('timeout'), timeout);
    signal.addEventListener('abort', abort);
    socket.setNoDelay(true);
    socket.on('error', (error) => silent(errorName(error)));
    socket.on('close', () => silent('ECONNRESET'));
    socket.on('connect', () => {
      start = performance.now();
      socket.write(encodeWireQuestion({ ...ask, length: bytes, nonce }));
    });
    socket.on('data', (data: Buffer) => {
      received += data.length;
      if (head.length < kept) head = Buffer.concat([head, data.subarray(0, kept)]);
      if (received > bytes) silent('EPROTO');
      if (received !== bytes) return;
      const view = readWireAnswer(head);
      if (view?.nonce !== nonce) silent('EPROTO');
      else end({ answered: true, view, ...ends(socket, to), microseconds: since(start) });
    });
  });
}

function ends(socket: Socket, to: Endpoint) {
  const { localAddress = '', localPort = 0, remoteAddress = to.address } = socket;
  return { local: { address: localAddress, port: localPort }, from: remoteAddress };
}

function since(start: number): number {
  return Math.max(1, Math.round((performance.now() - start) * 1000));
}
