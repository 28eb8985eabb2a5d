/** A responder's UDP side at one address. Bound to that address, so that it knows where a datagram arrived. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { largestDatagram, readWireQuestion } from '../checks/pod-to-pod/wire.ts';
import type { Answering } from './answering.ts';

/** receiveBuffer is asked of the kernel for a burst of many probes; it gives at most net.core.rmem_max. */
const receiveBuffer = 1024 * 1024;

/** serveUDP binds and answers; it fails as bind does. The socket is closed by itself on any later error. */
export async function serveUDP(address: string, port: number, answering: Answering): Promise<Socket> {
  const socket = isIPv6(address) ? createSocket({ type: 'udp6', ipv6Only: true }) : createSocket('udp4');
  socket.on('message', (bytes, from) => {
    if (bytes.length > largestDatagram || !answering.allows(from.address)) return;
    const question = readWireQuestion(bytes);
    if (question === undefined || question.length !== bytes.length) return;
    const arrival = { protocol: 'UDP', peer: from.address, peerPort: from.port, local: address } as const;
    const answer = answering.answer(question, arrival);
    // An answer that cannot be sent is a lost answer: the prober sees it, and nobody waits for this one.
    if (answer !== undefined) socket.send(answer, from.port, from.address, () => {});
  });
  socket.bind({ address, port, exclusive: true });
  try {
    await once(socket, 'listening');
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.setRecvBufferSize(receiveBuffer);
  socket.on('error', () => socket.close());
  return socket;
}
