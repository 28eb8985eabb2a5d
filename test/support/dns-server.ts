/**
 * A DNS server on loopback that says what a test wants said, right or wrong. It answers over UDP and TCP on one port;
 * over UDP what does not fit into 512 bytes is truncated, as a server does for a question without EDNS.
 */
import { createSocket, type Socket as UDPSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Question,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from 'dns-packet';

/** rcodes are the codes of replies, by name. */
export const rcodes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
};

/** Asked is one question that arrived. */
export interface Asked {
  readonly name: string;
  readonly type: string;
  readonly transport: 'UDP' | 'TCP';
  /** nth counts the questions of this server, from 1. */
  readonly nth: number;
}

/** Reply is what the server says to a question. */
export interface Reply {
  /** answers, authorities and additionals default to none. */
  readonly answers?: readonly Answer[];
  readonly authorities?: readonly Answer[];
  readonly additionals?: readonly Answer[];
  readonly rcode?: keyof typeof rcodes;
  /** authoritative and recursion are the flags AA and RA; both are set unless they are false. */
  readonly authoritative?: boolean;
  readonly recursion?: boolean;
  readonly delayMilliseconds?: number;
  /** wrong makes it a reply to another question, to another id, or no reply at all. */
  readonly wrong?: 'Id' | 'Question' | 'NotAReply';
  /** truncated sets TC over UDP although all fits, and leaves the answers out. */
  readonly truncated?: boolean;
  /** mangle changes the bytes of the message before they are sent. */
  readonly mangle?: (message: Buffer) => Buffer;
}

/** Respond decides the replies to a question, in order: none is silence. Over TCP `Close` ends the connection at once. */
export type Respond = (asked: Asked) => Reply | readonly Reply[] | 'Drop' | 'Close';

/** DNSServer is a server that runs. */
export interface DNSServer {
  readonly address: string;
  readonly port: number;
  /** asked are the questions that arrived, in order. */
  readonly asked: readonly Asked[];
  stop(): Promise<void>;
}

/** Listening says where to listen. */
export interface Listening {
  /** address is 127.0.0.1 when not given. */
  readonly address?: string;
  /** port is any free one when not given, so that several servers can have one port on different addresses. */
  readonly port?: number;
  /** transports are those that are open; a question over the other one is refused by the kernel. */
  readonly transports?: readonly ('UDP' | 'TCP')[];
}

/** startDNSServer starts a server and gives it when it can be asked. */
export async function startDNSServer(respond: Respond, listening: Listening = {}): Promise<DNSServer> {
  const { address = '127.0.0.1', transports = ['UDP', 'TCP'] } = listening;
  const asked: Asked[] = [];
  const sockets = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  const later = (milliseconds: number, send: () => void) => {
    if (milliseconds === 0) return send();
    const timer = setTimeout(() => {
      timers.delete(timer);
      send();
    }, milliseconds);
    timers.add(timer);
  };
  const hear: Hear = (message, transport, send) => {
    const { id = 0, questions: [question] = [] } = decode(message);
    if (question === undefined) return;
    const heard: Asked = { name: question.name, type: question.type, transport, nth: asked.length + 1 };
    asked.push(heard);
    const said = respond(heard);
    if (said === 'Drop') return;
    if (said === 'Close') return send(undefined);
    for (const reply of Array.isArray(said) ? said : [said])
      later(reply.delayMilliseconds ?? 0, () => send(messageOf(reply, id, question, transport)));
  };
  const tcp = createServer((socket) => serveStream(socket, sockets, hear));
  const udp = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  serveDatagrams(udp, hear);
  const port = await listen(tcp, udp, address, listening.port);
  if (!transports.includes('TCP')) tcp.close();
  if (!transports.includes('UDP')) udp.close();
  return {
    address,
    port,
    asked,
    async stop() {
      for (const timer of timers) clearTimeout(timer);
      for (const socket of sockets) socket.destroy();
      if (tcp.listening) await new Promise((done) => tcp.close(done));
      if (transports.includes('UDP')) await new Promise<void>((done) => udp.close(done));
    },
  };
}

/** Hear takes one message; `send` of undefined ends a connection. */
type Hear = (message: Buffer, transport: 'UDP' | 'TCP', send: (message: Buffer | undefined) => void) => void;

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('A server over TCP has no port');
  return address.port;
}

/** A port that is free over TCP may be taken over UDP: then another one is tried. */
async function listen(tcp: Server, udp: UDPSocket, address: string, wanted?: number): Promise<number> {
  for (let tries = 0; ; tries++) {
    tcp.listen(wanted ?? 0, address);
    await once(tcp, 'listening');
    const port = portOf(tcp.address());
    try {
      udp.bind(port, address);
      await once(udp, 'listening');
      return port;
    } catch (error) {
      await new Promise((done) => tcp.close(done));
      if (wanted !== undefined || tries > 20) throw error;
    }
  }
}

function serveDatagrams(udp: UDPSocket, hear: Hear): void {
  udp.on('message', (message, { address, port }) => {
    hear(message, 'UDP', (reply) => {
      if (reply !== undefined) udp.send(reply, port, address);
    });
  });
}

function serveStream(socket: Socket, sockets: Set<Socket>, hear: Hear): void {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  // The client may leave at any time; that is its own affair.
  socket.on('error', () => socket.destroy());
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const message = rest.subarray(2, 2 + rest.readUInt16BE(0));
      rest = rest.subarray(2 + message.length);
      hear(message, 'TCP', (reply) => {
        if (reply === undefined) {
          socket.destroy();
          return;
        }
        const length = Buffer.alloc(2);
        length.writeUInt16BE(reply.length);
        socket.write(Buffer.concat([length, reply]));
      });
    }
  });
}

/** messageOf writes a reply to a question. */
function messageOf(reply: Reply, id: number, question: Question, transport: 'UDP' | 'TCP'): Buffer {
  const { answers = [], authorities = [], additionals = [], rcode = 'NOERROR', wrong } = reply;
  const { authoritative = true, recursion = true, truncated = false, mangle = (message) => message } = reply;
  const write = (cut: boolean) =>
    encode({
      id: wrong === 'Id' ? (id + 1) % 65_536 : id,
      type: wrong === 'NotAReply' ? 'query' : 'response',
      flags:
        rcodes[rcode] |
        RECURSION_DESIRED |
        (authoritative ? AUTHORITATIVE_ANSWER : 0) |
        (recursion ? RECURSION_AVAILABLE : 0) |
        (cut ? TRUNCATED_RESPONSE : 0),
      questions: [wrong === 'Question' ? { ...question, name: `not.${question.name}` } : question],
      answers: cut ? [] : [...answers],
      authorities: cut ? [] : [...authorities],
      additionals: cut ? [] : [...additionals],
    });
  const whole = write(false);
  const cut = transport === 'UDP' && (truncated || whole.length > 512);
  return mangle(cut ? write(true) : whole);
}
